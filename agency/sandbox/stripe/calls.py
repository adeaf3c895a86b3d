"""The table of calls: method, path, parameters, function. What is not in it, and a parameter not named, is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from agency.sandbox.stripe.errors import StripeError, unfit
from agency.sandbox.stripe.merchant import Merchant, Obj

MOST_LISTED = 100
LISTED = 10
LIST_PARAMS = {"limit": "whole", "starting_after": "text", "ending_before": "text", "created": "any"}
DEEPEST_BRACKETS = 6
WHOLE = re.compile(r"-?[0-9]{1,15}")


@dataclass(frozen=True)
class Listed:
    """What a list call found, oldest first."""

    url: str
    found: Iterable[Obj]


Work = Callable[..., Obj | Listed]
W = TypeVar("W", bound=Work)


@dataclass(frozen=True)
class Call:
    method: str
    pattern: re.Pattern[str]
    work: Work
    params: dict[str, str]
    is_list: bool = False


@dataclass
class Table:
    calls: list[Call] = field(default_factory=list)

    def add(
        self, method: str, path: str, shared: dict[str, str] | None = None, *, is_list: bool = False, **params: str
    ) -> Callable[[W], W]:
        """`params`, and those `shared` with other calls: each with its kind: text, whole, flag, map, list or any."""
        pattern = re.compile("/v1" + re.sub(r"\{\w+\}", r"([^/]+)", path))
        known = {**(shared or {}), **params, "expand": "list", **(LIST_PARAMS if is_list else {})}

        def keep(work: W) -> W:
            self.calls.append(Call(method, pattern, work, known, is_list))
            return work

        return keep

    def find(self, method: str, path: str) -> tuple[Call, tuple[str, ...]]:
        for call in self.calls:
            match = call.pattern.fullmatch(path)
            if match and call.method == method:
                return call, match.groups()
        raise StripeError(
            404,
            f"Unrecognized request URL ({method}: {path}). The stand-in models the calls its README names, no others.",
        )


TABLE = Table()
call = TABLE.add


def form(body: str) -> Obj:
    """`a[b][0][c]=d` and `a[]=b` as nested objects and lists; raises StripeError for brackets that do not fit."""
    made: Obj = {}
    try:
        pairs = parse_qsl(body, keep_blank_values=True, strict_parsing=bool(body), max_num_fields=2000)
    except ValueError:
        raise unfit("The body is no form.") from None
    for name, value in pairs:
        keys = [name] if "[" not in name else [name[: name.index("[")], *re.findall(r"\[([^\]]*)\]", name)]
        if len(keys) > DEEPEST_BRACKETS:
            raise unfit("The parameters are nested too deep.", name)
        place: Obj = made
        for key, following in zip(keys, [*keys[1:], None], strict=True):
            if key == "":
                key = str(len(place))
            if following is None:
                place[key] = value
            else:
                inner = place.setdefault(key, {})
                if not isinstance(inner, dict):
                    raise unfit("Invalid object", name)
                place = inner
    return made


def as_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: as_lists(one) for key, one in value.items()}
    if inner and all(key.isdigit() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def read(call_: Call, given: Obj) -> Obj:
    """The call's parameters by their kinds; raises StripeError for an unknown or unreadable one."""
    if unknown := sorted(set(given) - set(call_.params)):
        raise StripeError(400, f"Received unknown parameter: {unknown[0]}", code="parameter_unknown", param=unknown[0])
    return {name: _kind(name, call_.params[name], value) for name, value in given.items()}


def _kind(name: str, kind: str, value: Any) -> Any:
    if value == "" and kind != "text":
        return None
    if kind == "whole":
        return whole(value, name)
    if kind == "flag":
        return flag(value, name)
    if kind == "text":
        if not isinstance(value, str):
            raise unfit(f"Invalid string: {name}", name)
        return value
    if kind == "map":
        if not isinstance(value, dict):
            raise unfit("Invalid object", name)
        return value
    value = as_lists(value)
    if kind == "list" and not isinstance(value, list):
        raise unfit("Invalid array", name)
    return value


def whole(value: Any, name: str) -> int:
    if not isinstance(value, str) or not WHOLE.fullmatch(value):
        raise StripeError(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def flag(value: Any, name: str) -> bool:
    if value not in ("true", "false"):
        raise unfit(f"Invalid boolean: {value}", name)
    return bool(value == "true")


def required(given: Obj, *names: str) -> None:
    for name in names:
        if given.get(name) in (None, ""):
            raise StripeError(400, f"Missing required param: {name}.", code="parameter_missing", param=name)


def one_of(value: Any, known: tuple[str, ...], param: str) -> Any:
    if value not in known:
        raise unfit(f"Invalid {param}: must be one of {', '.join(known)}", param)
    return value


def metadata(known: Obj, given: Obj) -> Obj:
    """Keys are added and replaced, an empty value takes its key away, an empty parameter all of them."""
    if "metadata" not in given:
        return known
    if given["metadata"] is None:
        return {}
    changed = {**known, **given["metadata"]}
    for key, value in changed.items():
        if len(key) > 40 or not isinstance(value, str) or len(value) > 500:
            raise unfit("Metadata keys have up to 40 characters, values up to 500.", f"metadata[{key}]")
    if len(changed) > 50:
        raise unfit("Metadata can have up to 50 keys.", "metadata")
    return {key: value for key, value in changed.items() if value != ""}


def page(merchant: Merchant, listed: Listed, given: Obj) -> tuple[list[Obj], bool]:
    """Newest first, as Stripe lists: at most `limit`, after or before an id; and whether there is more."""
    limit = given.get("limit", LISTED)
    if not 1 <= limit <= MOST_LISTED:
        raise unfit(f"Limit must be between 1 and {MOST_LISTED}.", "limit")
    found = [one for one in listed.found if _is_within(one, given.get("created"))][::-1]
    for name, is_before in (("starting_after", False), ("ending_before", True)):
        if name in given:
            places = [number for number, one in enumerate(found) if one["id"] == given[name]]
            if not places:
                raise unfit(f"No such object: {given[name]}", name, "resource_missing")
            if is_before:
                left = found[: places[0]]
                return left[-limit:], len(left) > limit
            found = found[places[0] + 1 :]
    return found[:limit], len(found) > limit


def _is_within(one: Obj, created: Any) -> bool:
    if created is None:
        return True
    if isinstance(created, str):
        return bool(one["created"] == whole(created, "created"))
    at = one["created"]
    signs = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}
    return all(signs[sign](at, whole(value, f"created[{sign}]")) for sign, value in created.items() if sign in signs)
