"""Rules to and from plain dicts (JSON, YAML), with errors that name rule and field; and the kinds themselves."""

from __future__ import annotations

import dataclasses
import re
import typing
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, Final

from styleguides.given_fields import LANGUAGE
from styleguides.length import PLATFORMS
from styleguides.personal_data import FEWEST_ORDER_PLACES, SORTS, order_places
from styleguides.rule_kinds import (
    CONVERSATION_KINDS,
    RULE_KINDS,
    Address,
    Banned,
    Capitals,
    CheckContext,
    EmojiBudget,
    Empathy,
    Example,
    ExclamationBudget,
    Finding,
    Greeting,
    Hashtags,
    Length,
    Level,
    Links,
    NeedsApproval,
    Negative,
    NoPersonalData,
    OtherBrands,
    Preferred,
    Promises,
    Required,
    Rule,
    SalesTalk,
    SentenceLength,
    SignOff,
    Unedited,
)
from styleguides.variants import language_tag
from tenants.errors import Worded, worded

__all__ = [
    "RULE_KINDS",
    "Address",
    "Banned",
    "Capitals",
    "CheckContext",
    "EmojiBudget",
    "Empathy",
    "Example",
    "ExclamationBudget",
    "Finding",
    "Greeting",
    "Hashtags",
    "Length",
    "Level",
    "Links",
    "NeedsApproval",
    "Negative",
    "NoPersonalData",
    "OtherBrands",
    "Preferred",
    "Promises",
    "Required",
    "Rule",
    "RuleProblem",
    "RulesInvalid",
    "SalesTalk",
    "SentenceLength",
    "SignOff",
    "Unedited",
    "rules_from_data",
    "rules_to_data",
]

MOST_RULES: Final = 5_000
MOST_ENTRIES: Final = 2_000
LONGEST_PHRASE: Final = 200
LONGEST_TEXT: Final = 5_000

_ID = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
_LONG_FIELDS = frozenset({"reason", "text"})


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """One thing wrong with the data of a rule. `rule` is its id, or its place (`rule 3`) where it has none."""

    rule: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.rule}, {self.field}: {self.message}"


class RulesInvalid(ValueError):
    """The data of a guide does not describe rules; `problems` holds everything that is wrong, in order."""

    def __init__(self, problems: Sequence[RuleProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))


class _Wrong(Exception):
    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


_known_fields: dict[type[Any], dict[str, tuple[Any, bool]]] = {}


def _fields(cls: type[Any]) -> dict[str, tuple[Any, bool]]:
    """Field of a dataclass -> its type and whether it must be given."""
    if cls not in _known_fields:
        hints = typing.get_type_hints(cls)
        _known_fields[cls] = {
            item.name: (hints[item.name], item.default is dataclasses.MISSING) for item in dataclasses.fields(cls)
        }
    return _known_fields[cls]


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise _Wrong(worded("must be text, not %(what)s", what=_called(value)))
    limit = LONGEST_TEXT if field in _LONG_FIELDS else LONGEST_PHRASE
    if len(value) > limit:
        raise _Wrong(worded("is %(n)s characters long; at most %(limit)s are allowed", n=len(value), limit=limit))
    if any(unicodedata.category(char) in ("Cs", "Cc") and char not in "\n\t" for char in value):
        raise _Wrong(worded("holds a control character"))
    return unicodedata.normalize("NFC", value)


def _called(value: Any) -> Worded:
    names: dict[type, Worded] = {
        bool: worded("yes/no"),
        int: worded("a number"),
        float: worded("a number"),
        str: worded("text"),
        list: worded("a list"),
        dict: worded("a mapping"),
    }
    return worded("nothing") if value is None else names.get(type(value), Worded(type(value).__name__))


def _texts(value: Any, field: str) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise _Wrong(worded("must be a list of texts, not %(what)s", what=_called(value)))
    if len(value) > MOST_ENTRIES:
        raise _Wrong(worded("has %(n)s entries; at most %(limit)s are allowed", n=len(value), limit=MOST_ENTRIES))
    entries = tuple(_text(entry, field) for entry in value)
    if any(not entry.strip() for entry in entries):
        raise _Wrong(worded("holds an empty entry"))
    return entries


def _value(field: str, wanted: Any, value: Any) -> Any:
    """`value` as the type `wanted`. Raises `_Wrong`."""
    origin = typing.get_origin(wanted)
    if origin in (UnionType, typing.Union):
        if value is None:
            return None
        wanted = next(part for part in typing.get_args(wanted) if part is not type(None))
        origin = typing.get_origin(wanted)
    if origin is typing.Literal:
        choices = typing.get_args(wanted)
        if value not in choices:
            raise _Wrong(
                worded("must be one of %(names)s, not %(what)s", names=", ".join(choices), what=f"{value!r:.60}")
            )
        return value
    if origin is tuple:
        return _texts(value, field)
    if wanted is Example:
        return _example(value)
    if wanted is bool:
        if not isinstance(value, bool):
            raise _Wrong(worded("must be yes or no, not %(what)s", what=_called(value)))
        return value
    if wanted is int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _Wrong(worded("must be a whole number, not %(what)s", what=_called(value)))
        if not 0 <= value <= 1_000_000:
            raise _Wrong(
                worded("must be between 0 and 1,000,000, not %(what)s", what=f"{value:.0f}")
                if abs(value) < 10**15
                else worded("is too large")
            )
        return value
    return _text(value, field)


def _example(value: Any) -> Example:
    if isinstance(value, str):
        value = {"text": value}
    if not isinstance(value, Mapping):
        raise _Wrong(worded("must be a text or a mapping with `text`, not %(what)s", what=_called(value)))
    return Example(**_taken(Example, value))


def _taken(cls: type[Any], given: Mapping[Any, Any]) -> dict[str, Any]:
    """The constructor's arguments. Raises `_Wrong` at the first field that does not fit."""
    fields = _fields(cls)
    taken: dict[str, Any] = {}
    for name, value in given.items():
        if name not in fields:
            raise _Wrong(worded("is not known; possible are %(names)s", names=", ".join(fields)), str(name)[:60])
        try:
            taken[name] = _value(name, fields[name][0], value)
        except _Wrong as wrong:
            raise _Wrong(wrong.message, f"{name}.{wrong.field}" if wrong.field else name) from None
    for name, (_, needed) in fields.items():
        if needed and name not in taken:
            raise _Wrong(worded("is missing"), name)
    return taken


def _check_choices(rule: Rule) -> None:
    for field, allowed in (("platforms", PLATFORMS), ("kinds", CONVERSATION_KINDS)):
        for entry in getattr(rule, field):
            if entry not in allowed:
                raise _Wrong(
                    worded(
                        "must hold only %(names)s, not %(what)s",
                        names=", ".join(sorted(allowed)),
                        what=f"{entry!r:.60}",
                    ),
                    field,
                )
    if isinstance(rule, NoPersonalData):
        _check_personal_data(rule)
    if isinstance(rule, NeedsApproval) and rule.level == "stop":
        raise _Wrong(worded("must be warn or hint: the reply may be sent after a yes"), "level")
    if isinstance(rule, Unedited) and not 50 <= rule.likeness_percent <= 100:
        raise _Wrong(worded("must be between 50 and 100"), "likeness_percent")
    for entry in rule.languages:
        if not LANGUAGE.fullmatch(entry) or ("-" in entry and language_tag(entry) != entry):
            raise _Wrong(
                worded("must hold language codes such as en, pl, pt, pt-BR, not %(what)s", what=f"{entry!r:.60}"),
                "languages",
            )
    if not _ID.fullmatch(rule.id):
        raise _Wrong(worded("must be small letters, digits, - and _, at most 64, for example no-jargon"), "id")
    if rule.id.startswith("platform-"):
        raise _Wrong(worded("must not begin with platform-: these names belong to the platforms' own limits"), "id")
    for field in ("phrases", "instead_of"):
        if getattr(rule, field, None) == () and _fields(type(rule))[field][1]:
            raise _Wrong(worded("needs at least one entry"), field)
    if getattr(rule, "any_of", None) == () and rule.kind != "greeting":
        raise _Wrong(worded("needs at least one entry"), "any_of")
    if getattr(rule, "use", None) is not None and not rule.use.strip():  # type: ignore[attr-defined]
        raise _Wrong(worded("must not be empty"), "use")


def _check_personal_data(rule: NoPersonalData) -> None:
    for entry in rule.sorts:
        if entry not in SORTS:
            names = ", ".join(SORTS)
            raise _Wrong(worded("must hold only %(names)s, not %(what)s", names=names, what=f"{entry!r:.60}"), "sorts")
    for entry in rule.order_patterns:
        if order_places(entry) < FEWEST_ORDER_PLACES:
            raise _Wrong(
                worded(
                    "needs at least %(n)s places in each pattern: # for a digit, ? for a letter, such as PW-######",
                    n=FEWEST_ORDER_PLACES,
                ),
                "order_patterns",
            )


def _rule(entry: Any) -> Rule:
    if not isinstance(entry, Mapping):
        raise _Wrong(worded("must be a mapping, not %(what)s", what=_called(entry)), "kind")
    kind = entry.get("kind")
    cls = RULE_KINDS.get(kind) if isinstance(kind, str) else None
    if cls is None:
        raise _Wrong(
            worded("must be one of %(names)s, not %(what)s", names=", ".join(RULE_KINDS), what=f"{kind!r:.60}"), "kind"
        )
    rule = cls(**_taken(cls, {name: value for name, value in entry.items() if name != "kind"}))
    _check_choices(rule)
    return rule


def rules_from_data(data: Any) -> tuple[Rule, ...]:
    """The rules a list of dicts describes, each with its `kind`.

    Raises `RulesInvalid`, naming for each faulty rule its id (or place) and the field.
    """
    if not isinstance(data, (list, tuple)):
        raise RulesInvalid(
            [RuleProblem("rules", "rules", worded("must be a list of rules, not %(what)s", what=_called(data)))]
        )
    if len(data) > MOST_RULES:
        raise RulesInvalid(
            [
                RuleProblem(
                    "rules",
                    "rules",
                    worded("has %(n)s rules; at most %(limit)s are allowed", n=len(data), limit=MOST_RULES),
                )
            ]
        )
    rules: list[Rule] = []
    problems: list[RuleProblem] = []
    seen: set[str] = set()
    for place, entry in enumerate(data, 1):
        given_id = entry.get("id") if isinstance(entry, Mapping) else None
        named = given_id if isinstance(given_id, str) and _ID.fullmatch(given_id) else f"rule {place}"
        try:
            rule = _rule(entry)
            if rule.id in seen:
                raise _Wrong(worded("stands on another rule of this guide too"), "id")
            seen.add(rule.id)
            rules.append(rule)
        except _Wrong as wrong:
            problems.append(RuleProblem(named, wrong.field, wrong.message))
    if problems:
        raise RulesInvalid(problems)
    return tuple(rules)


def _plain(item: Any) -> dict[str, Any]:
    """The fields that differ from their defaults."""
    data: dict[str, Any] = {}
    for entry in dataclasses.fields(item):
        value = getattr(item, entry.name)
        if value == entry.default:
            continue
        if isinstance(value, Example):
            inner = _plain(value)
            value = inner["text"] if set(inner) == {"text"} else inner
        elif isinstance(value, tuple):
            value = list(value)
        data[entry.name] = value
    return data


def rules_to_data(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """The rules as dicts of JSON values, which `rules_from_data` reads back to equal rules."""
    return [{"kind": rule.kind, **_plain(rule)} for rule in rules]
