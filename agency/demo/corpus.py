"""The demo's texts, brands, accounts and people, read from `agency/demo/data` and checked line by line.

Pure: reads files, touches no database and no network. What is wrong raises `CorpusError` with file and line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

DATA_FOLDER = Path(__file__).with_name("data")
SCENARIO_FILES = (Path("scenario.jsonl"), Path("share-alike") / "scenario-pl.jsonl")

PLATFORMS = frozenset({"facebook", "instagram", "google_business"})
ROLES = frozenset({"agency_admin", "team_lead", "staff", "light", "client_owner", "billing_admin"})
MARKS = frozenset({"hostile", "test_card"})
ORIGINS = ("demo", "app-review:", "complaint:", "wccrs-hotels:")

# What each kind of line must hold, and may hold beside that (agency/sandbox/README.md).
_ALWAYS = {"platform", "account", "kind", "at_seconds", "origin"}
_WIRE = {"raw", "drop", "mark", "age_minutes"}
_KINDS: dict[str, tuple[set[str], set[str]]] = {
    "account": ({"name"}, set()),
    "post": ({"key", "text"}, _WIRE),
    "comment": ({"key", "post", "author", "text"}, {"parent", *_WIRE}),
    "review": ({"key", "author", "stars"}, {"text", "anonymous", *_WIRE}),
    "edit": ({"item", "text"}, {"stars"}),
    "delete": ({"item"}, set()),
}
_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("platform", "account", "kind", "origin", "key", "author", "text", "name", "mark"), (str,)),
    **dict.fromkeys(("post", "parent", "item"), (str,)),
    "at_seconds": (int, float),
    "stars": (int,),
    "age_minutes": (int,),
    "anonymous": (bool,),
    "raw": (dict,),
    "drop": (list,),
}
LATEST_SECONDS = 600
# Ours alone; the sandbox never sees them.
_OWN_KEYS = frozenset({"origin", "mark", "age_minutes"})


class CorpusError(ValueError):
    """A file of the demo is not as it should be; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioItem:
    """One line of a scenario: something that a brand or a customer does `at_seconds` after the start.

    `age_minutes`: how long before the start it was written, for what is there from the start. `origin`: the source of
    the text. `share_alike`: the line is under CC BY-SA 4.0. `mark`: "hostile", "test_card" or None.
    """

    platform: str
    account: str
    kind: str
    at_seconds: float
    origin: str
    key: str | None = None
    author: str | None = None
    text: str | None = None
    stars: int | None = None
    post: str | None = None
    parent: str | None = None
    item: str | None = None
    name: str | None = None
    anonymous: bool | None = None
    raw: dict[str, Any] | None = None
    drop: list[str] | None = None
    age_minutes: int | None = None
    mark: str | None = None
    share_alike: bool = False

    def as_line(self, started_at: datetime) -> dict[str, Any]:
        """The line as the sandbox takes it. `started_at` (aware) turns `age_minutes` into `created_at`, ISO 8601."""
        line = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "share_alike"}
        line = {key: value for key, value in line.items() if value is not None and key not in _OWN_KEYS}
        if self.age_minutes is not None:
            line["created_at"] = (started_at - timedelta(minutes=self.age_minutes)).isoformat()
        return line


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoBrand:
    """`colour` is `#rrggbb`; `first_answer_due_hours` counts from the customer's message; the others name its `key`."""

    key: str
    name: str
    mark: str
    colour: str
    language: str
    time_zone: str
    needs_approval: bool
    first_answer_due_hours: int
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """A connected account. `credential` opens the sandbox alone; `login` is set for Instagram, as in the API.

    `page_id`: the Facebook Page an Instagram profile belongs to.
    """

    brand: str
    platform: str
    external_id: str
    name: str
    credential: str
    login: str | None = None
    page_id: str | None = None

    def as_sandbox_account(self) -> dict[str, str]:
        """The account as `POST /sandbox/accounts` takes it, its credential as the token."""
        given = {
            "platform": self.platform,
            "external_id": self.external_id,
            "name": self.name,
            "token": self.credential,
            "login": self.login,
            "page_id": self.page_id,
        }
        return {key: value for key, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson:
    """Someone who signs in. `brands` are brand keys; None means every brand of the agency."""

    key: str
    name: str
    email: str
    role: str
    languages: tuple[str, ...]
    brands: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAgency:
    """The one agency of the demo and everybody who works in it or for its clients."""

    key: str
    name: str
    time_zone: str
    language: str
    people: tuple[DemoPerson, ...]


def load_brands() -> tuple[DemoBrand, ...]:
    """The demo's brands, in the order to show them. Raises CorpusError."""
    return tuple(_made(DemoBrand, row, "brands.json") for row in _json("brands.json"))


def load_accounts() -> tuple[DemoAccount, ...]:
    """Every account of the demo; each belongs to a known brand. Raises CorpusError."""
    brands = {brand.key for brand in load_brands()}
    accounts = tuple(_made(DemoAccount, row, "accounts.json") for row in _json("accounts.json"))
    for account in accounts:
        _require(account.brand in brands, "accounts.json", f"no brand {account.brand!r}")
        _require(account.platform in PLATFORMS, "accounts.json", f"no platform {account.platform!r}")
    return accounts


def load_people() -> DemoAgency:
    """The agency and its people; roles and brands are known ones. Raises CorpusError."""
    document = _json("people.json")
    brands = {brand.key for brand in load_brands()}
    people = []
    for row in document["people"]:
        own = row["brands"]
        row = {**row, "languages": tuple(row["languages"]), "brands": None if own is None else tuple(own)}
        person = _made(DemoPerson, row, "people.json")
        _require(person.role in ROLES, "people.json", f"no role {person.role!r}")
        _require(set(person.brands or ()) <= brands, "people.json", f"{person.key}: a brand that is not there")
        people.append(person)
    return _made(DemoAgency, {**document["agency"], "people": tuple(people)}, "people.json")


def load_scenario() -> Iterable[ScenarioItem]:
    """All lines of all scenario files, by `at_seconds`, then in file order. Raises CorpusError.

    Keys are unique, every reference points at something of the same account that comes before it, and every account
    is one of `load_accounts`.
    """
    items: list[ScenarioItem] = []
    accounts = {(account.platform, account.external_id) for account in load_accounts()}
    for name in SCENARIO_FILES:
        with (DATA_FOLDER / name).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    items.append(scenario_item(line, f"{name}:{number}", share_alike=name.parent != Path(".")))
    items.sort(key=lambda item: item.at_seconds)
    _check_references(items, accounts)
    return tuple(items)


def scenario_item(line: str, where: str, *, share_alike: bool = False) -> ScenarioItem:
    """One checked line; `where` stands in the message of the CorpusError that a wrong one raises."""
    try:
        given = json.loads(line)
    except ValueError as error:
        raise CorpusError(f"{where}: not JSON: {error}") from error
    _require(isinstance(given, dict), where, "not an object")
    for key, value in given.items():
        _require(key in _TYPES, where, f"unknown {key!r}")
        _require(type(value) in _TYPES[key], where, f"{key} is a {type(value).__name__}")
    _require(given.get("kind") in _KINDS, where, f"no kind {given.get('kind')!r}")
    must, may = _KINDS[given["kind"]]
    missing, unknown = (_ALWAYS | must) - given.keys(), given.keys() - _ALWAYS - must - may
    _require(not missing, where, f"lacks {sorted(missing)}")
    _require(not unknown, where, f"a {given['kind']} has no {sorted(unknown)}")
    _require(given["platform"] in PLATFORMS, where, f"no platform {given['platform']!r}")
    _require(0 <= given["at_seconds"] <= LATEST_SECONDS, where, f"at_seconds is not within 0 to {LATEST_SECONDS}")
    _require(given.get("stars", 1) in range(1, 6), where, "stars are 1 to 5")
    _require("mark" not in given or given["mark"] in MARKS, where, f"no mark {given.get('mark')!r}")
    _require(given["origin"].startswith(ORIGINS), where, f"no origin {given['origin']!r}")
    _require("age_minutes" not in given or given["at_seconds"] == 0, where, "only what is there at 0 s has an age")
    return ScenarioItem(**given, share_alike=share_alike)


def _check_references(items: list[ScenarioItem], accounts: set[tuple[str, str]]) -> None:
    seen: dict[str, ScenarioItem] = {}
    for item in items:
        where = item.key or f"{item.kind} of {item.item or item.account}"
        _require((item.platform, item.account) in accounts, where, f"no account {item.account!r}")
        for reference, kinds in ((item.post, {"post"}), (item.parent, {"comment"}), (item.item, {"comment", "review"})):
            if reference is not None:
                target = seen.get(reference)
                _require(target is not None, where, f"{reference!r} does not come before it")
                assert target is not None
                _require(target.kind in kinds, where, f"{reference!r} is a {target.kind}")
                _require(target.account == item.account, where, f"{reference!r} is of another account")
        if item.key is not None:
            _require(item.key not in seen, where, "key is there twice")
            seen[item.key] = item


def _json(name: str) -> Any:
    return json.loads((DATA_FOLDER / name).read_text(encoding="utf-8"))


def _made(kind: type[Any], row: dict[str, Any], where: str) -> Any:
    try:
        return kind(**row)
    except TypeError as error:
        raise CorpusError(f"{where}: {error}") from error


def _require(holds: bool, where: str, what: str) -> None:
    if not holds:
        raise CorpusError(f"{where}: {what}")
