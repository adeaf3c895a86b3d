"""The feedback loops a brand has named: read and written. Flushes, never commits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from agency.inbox.loops.models import ANSWERERS, SORTS, FeedbackLoop
from tenants import audit, clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.languages import LANGUAGES
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require

MOST_LOOPS: Final = 50
MOST_PEOPLE: Final = 20
LONGEST: Final = {"name": 60, "answers_name": 100, "procedure": 2_000, "person": 100, "email": 254}
MOST_HOURS: Final = 336
"""Two weeks without an hour's pause, as of a rule of the clocks."""
_ADDRESS = re.compile(r"[^\s@<>,;\"()\[\]\\]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class LoopRow(NamedTuple):
    """A loop; see `FeedbackLoop`."""

    id: UUID
    brand_id: UUID
    name: str
    sort: str
    people: list[dict[str, str]]
    language: str
    hours: int
    answers_by: str
    answers_name: str
    procedure: str
    version: int
    is_archived: bool


_COLUMNS = (
    *(getattr(FeedbackLoop, name) for name in LoopRow._fields if name != "is_archived"),
    FeedbackLoop.archived_at.is_not(None),
)


def list_loops(actor: Actor, brand_id: UUID, *, archived: bool = False) -> list[LoopRow]:
    """Those of a brand, by name. Raises NotFound, Forbidden."""
    require(actor, Permission.NOTE_READ, brand_id)
    kept = FeedbackLoop.archived_at.is_not(None) if archived else FeedbackLoop.archived_at.is_(None)
    rows = db.session.execute(
        select(*_COLUMNS)
        .where(FeedbackLoop.brand_id == brand_id, kept)
        .order_by(func.lower(FeedbackLoop.name), FeedbackLoop.id)
        .limit(MOST_LOOPS)
    )
    return [LoopRow._make(row) for row in rows]


def get_loop(actor: Actor, loop_id: UUID) -> LoopRow:
    """One. Raises NotFound, Forbidden."""
    row = db.session.execute(select(*_COLUMNS).where(FeedbackLoop.id == loop_id)).one_or_none()
    if row is None:
        raise NotFound()
    found = LoopRow._make(row)
    require(actor, Permission.NOTE_READ, found.brand_id)
    return found


def create_loop(actor: Actor, brand_id: UUID, given: Mapping[str, Any]) -> UUID:
    """Name one; returns its id. Raises Invalid (`errors` by field), Conflict `too_many`, NotFound, Forbidden."""
    require(actor, Permission.GUIDE_WRITE, brand_id)
    if db.session.execute(select(Brand.id).where(Brand.id == brand_id)).first() is None:
        raise NotFound()
    values = read_loop(given)
    count = db.session.execute(
        select(func.count(FeedbackLoop.id)).where(FeedbackLoop.brand_id == brand_id, FeedbackLoop.archived_at.is_(None))
    ).scalar_one()
    if count >= MOST_LOOPS:
        raise Conflict(
            worded("This brand has %(n)s loops. Nothing was changed. Put one away first.", n=MOST_LOOPS),
            code="too_many",
        )
    _refuse_taken(brand_id, values["name"], None)
    made = FeedbackLoop(
        agency_id=actor.agency_id,
        id=new_id(),
        brand_id=brand_id,
        changed_at=clock.now(),
        changed_by_name=actor.name,
        **values,
    )
    db.session.add(made)
    db.session.flush()
    audit.record(actor, "loop.created", "feedback_loop", made.id, brand_id=brand_id, name=made.name, hours=made.hours)
    return made.id


def change_loop(actor: Actor, loop_id: UUID, given: Mapping[str, Any], version: int) -> None:
    """Change it; questions that were put stay as they are. Raises Invalid, Conflict `changed`, NotFound, Forbidden."""
    found = _locked(actor, loop_id)
    values = read_loop(given)
    if found.version != version:
        raise Conflict(
            worded(
                "%(name)s changed this loop meanwhile. Nothing of yours was saved. Look at it again.",
                name=found.changed_by_name,
            ),
            code="changed",
        )
    _refuse_taken(found.brand_id, values["name"], loop_id)
    for name, value in values.items():
        setattr(found, name, value)
    _touch(found, actor)
    audit.record(
        actor, "loop.changed", "feedback_loop", loop_id, brand_id=found.brand_id, name=found.name, hours=found.hours
    )


def archive_loop(actor: Actor, loop_id: UUID, *, archived: bool) -> LoopRow:
    """Put it away, or bring it back; what was asked goes on. Raises Conflict for a name taken since, NotFound,
    Forbidden.
    """
    found = _locked(actor, loop_id)
    if (found.archived_at is not None) != archived:
        if not archived:
            _refuse_taken(found.brand_id, found.name, loop_id)
        found.archived_at = clock.now() if archived else None
        _touch(found, actor)
        audit.record(
            actor,
            "loop.archived" if archived else "loop.restored",
            "feedback_loop",
            loop_id,
            brand_id=found.brand_id,
            name=found.name,
        )
    return get_loop(actor, loop_id)


def read_loop(given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a form or a program. `people` are lines `Name <address>`, or a list of `{"name", "email"}`.

    Raises Invalid with `errors` by field.
    """
    errors: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    for field, needed in (("name", True), ("answers_name", False), ("procedure", False)):
        words = _clean(given.get(field), lines=field == "procedure")
        if needed and not words:
            errors[field] = [worded("is missing")]
        elif len(words) > LONGEST[field]:
            errors[field] = [worded("is longer than %(limit)s characters", limit=LONGEST[field])]
        values[field] = words
    for field, allowed in (("sort", SORTS), ("answers_by", ANSWERERS), ("language", tuple(LANGUAGES))):
        if given.get(field) not in allowed:
            errors[field] = [worded("must be one of the list")]
        values[field] = given.get(field)
    hours = given.get("hours")
    if isinstance(hours, str) and hours.strip().isascii() and hours.strip().isdigit() and len(hours.strip()) < 5:
        hours = int(hours.strip())
    if isinstance(hours, bool) or not isinstance(hours, int) or not 1 <= hours <= MOST_HOURS:
        errors["hours"] = [worded("must be a whole number from 1 to %(most)s", most=MOST_HOURS)]
    values["hours"] = hours
    if values["answers_by"] == "person" and not values["answers_name"]:
        errors.setdefault("answers_name", [worded("is missing")])
    if values["answers_by"] != "person":
        values["answers_name"] = ""
    try:
        values["people"] = read_people(given.get("people"))
    except ValueError as wrong:
        errors["people"] = [wrong.args[0]]
    if errors:
        raise Invalid("This loop cannot be kept yet. Nothing was changed. Correct it and save again.", errors=errors)
    return values


def read_people(given: Any) -> list[dict[str, str]]:
    """Whom a loop asks, each address once. Raises ValueError with what is wrong, in worded form."""
    if isinstance(given, str):
        lines = [line.strip() for line in given.replace("\r\n", "\n").split("\n") if line.strip()]
        pairs = [parseaddr(line) if "@" in line else ("", line) for line in lines[: MOST_PEOPLE + 1]]
    elif isinstance(given, list) and all(isinstance(one, Mapping) for one in given):
        pairs = [(str(one.get("name", "")), str(one.get("email", ""))) for one in given[: MOST_PEOPLE + 1]]
    else:
        pairs = []
    if not pairs:
        raise ValueError(worded("names nobody"))
    if len(pairs) > MOST_PEOPLE:
        raise ValueError(worded("names more than %(n)s people", n=MOST_PEOPLE))
    found: dict[str, dict[str, str]] = {}
    for name, address in pairs:
        one = read_person(name, address)
        found.setdefault(one["email"].casefold(), one)
    return list(found.values())


def read_person(name: Any, address: Any) -> dict[str, str]:
    """Somebody to ask. Raises ValueError with what is wrong, in worded form."""
    email, shown = str(address or "").strip(), _clean(name)
    if len(email) > LONGEST["email"] or _ADDRESS.fullmatch(email) is None:
        raise ValueError(worded("has a line without a mail address: write it as Name <name@example.org>"))
    if len(shown) > LONGEST["person"]:
        raise ValueError(worded("has a name of more than %(n)s characters", n=LONGEST["person"]))
    return {"name": shown or email.partition("@")[0], "email": email}


def _clean(value: Any, *, lines: bool = False) -> str:
    text = value.replace("\r\n", "\n") if isinstance(value, str) else ""
    kept = "\n".join(_UNSHOWN.sub(" ", line).rstrip() for line in text.split("\n"))
    return kept.strip() if lines else " ".join(kept.split())


def _locked(actor: Actor, loop_id: UUID) -> FeedbackLoop:
    found = db.session.execute(
        select(FeedbackLoop).where(FeedbackLoop.id == loop_id).with_for_update()
    ).scalar_one_or_none()
    if found is None:
        raise NotFound()
    require(actor, Permission.GUIDE_WRITE, found.brand_id)
    return found


def _touch(found: FeedbackLoop, actor: Actor) -> None:
    found.version, found.changed_at, found.changed_by_name = found.version + 1, clock.now(), actor.name
    db.session.flush()


def _refuse_taken(brand_id: UUID, name: str, but: UUID | None) -> None:
    taken = select(FeedbackLoop.id).where(
        FeedbackLoop.brand_id == brand_id,
        func.lower(FeedbackLoop.name) == func.lower(name),
        FeedbackLoop.archived_at.is_(None),
    )
    if db.session.execute(taken if but is None else taken.where(FeedbackLoop.id != but)).first() is not None:
        raise Invalid(
            "Another loop of this brand has this name. Nothing was changed. Choose another name.",
            errors={"name": [worded("is taken")]},
        )
