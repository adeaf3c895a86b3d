"""The fact sheet of a brand: what is so, in which words people speak of it, until when. Flushes, never commits.

Put away, never deleted; each change is in the record with what stood there before.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Uuid, func, literal, or_, select, tuple_
from sqlalchemy.orm import aliased

from styleguides import fact_check
from styleguides.brand_state import BrandState, state_of
from styleguides.fact_check import Facts, fact_findings
from styleguides.fact_values import VALUE_KINDS, written_value
from styleguides.given_fields import Wrong, day, line, read_fields, text, words_by_language
from styleguides.language import base_language, language_data, stems
from styleguides.models import Fact
from styleguides.rule_kinds import CheckContext, Finding
from styleguides.scenarios import LONGEST_READ
from styleguides.tokens import WORD, Normalised
from tenants import clock
from tenants.audit import record
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require

LONGEST_NAME: Final = 120
LONGEST_SUBJECT: Final = 80
LONGEST_NOTE: Final = 1_000
MOST_SUBJECTS: Final = 40
MOST_FACTS: Final = 1_000
MOST_AT_ONCE: Final = 100
LONGEST_SEARCH: Final = 100
_MOST_KEPT: Final = 500


def create_fact(actor: Actor, brand_id: UUID, data: Mapping[str, Any]) -> Fact:
    """A new one; `name`, `kind` and `value` are needed. Raises Invalid with `errors` by field, NotFound, Forbidden."""
    require(actor, Permission.GUIDE_WRITE, brand_id)
    _brand(brand_id)
    values = _values(data, None)
    held = db.session.execute(
        select(func.count(Fact.id)).where(Fact.brand_id == brand_id, Fact.archived_at.is_(None))
    ).scalar_one()
    if held >= MOST_FACTS:
        raise Conflict(
            worded(
                "The fact sheet is full: it holds %(limit)s facts. Nothing was saved. Put away what is no longer true.",
                limit=MOST_FACTS,
            ),
            code="fact_sheet_full",
        )
    fact = Fact(
        agency_id=actor.agency_id,
        brand_id=brand_id,
        version=1,
        changed_at=clock.now(),
        changed_by_name=actor.name,
        **{"subjects": [], "note": "", **values},
    )
    db.session.add(fact)
    db.session.flush()
    record(actor, "fact.written", "fact", fact.id, brand_id=brand_id, name=fact.name, value=fact.value)
    return fact


def change_fact(actor: Actor, brand_id: UUID, fact_id: UUID, data: Mapping[str, Any]) -> Fact:
    """Change the fields given. `version` must be the one that was read, and grows by one.

    Raises Conflict `fact_changed` with the present version when somebody else was faster, Invalid, NotFound, Forbidden.
    """
    fact = _locked(actor, brand_id, fact_id)
    _check_version(fact, data.get("version"))
    values = _values({name: value for name, value in data.items() if name != "version"}, fact)
    changed = [name for name, value in values.items() if getattr(fact, name) != value]
    before = fact.value
    for name in changed:
        setattr(fact, name, values[name])
    _grow(actor, fact)
    told = {"before": before, "value": fact.value} if "value" in changed else {}
    record(actor, "fact.changed", "fact", fact.id, brand_id=brand_id, name=fact.name, fields=changed, **told)
    return fact


def archive_fact(actor: Actor, brand_id: UUID, fact_id: UUID, version: int | None = None) -> Fact:
    """Put it away: no draft is held against it any more. Nothing changes where it is put away already."""
    return _put(actor, brand_id, fact_id, "archived", version)


def restore_fact(actor: Actor, brand_id: UUID, fact_id: UUID, version: int | None = None) -> Fact:
    """Let it hold again."""
    return _put(actor, brand_id, fact_id, "restored", version)


def get_fact(actor: Actor, brand_id: UUID, fact_id: UUID) -> Fact:
    """One of them, put away or not. Raises NotFound, Forbidden."""
    require(actor, Permission.GUIDE_READ, brand_id)
    found = db.session.execute(select(Fact).where(Fact.id == fact_id, Fact.brand_id == brand_id)).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return found


def list_facts(
    actor: Actor,
    brand_id: UUID,
    *,
    archived: bool = False,
    q: str = "",
    after: UUID | None = None,
    limit: int = 50,
) -> Sequence[Fact]:
    """By name, in one statement, one more where there is none. Raises NotFound, Forbidden.

    `q` is looked for in names and values; `after` is the last one seen.
    """
    require(actor, Permission.GUIDE_READ, brand_id)
    wanted = select(Fact).where(
        Fact.brand_id == brand_id, Fact.archived_at.is_not(None) if archived else Fact.archived_at.is_(None)
    )
    if q.strip() and "\x00" not in q:
        looked_for = q.strip()[:LONGEST_SEARCH]
        wanted = wanted.where(
            or_(
                Fact.name.icontains(looked_for, autoescape=True),
                Fact.value.icontains(looked_for, autoescape=True),
            )
        )
    if after is not None:
        last = aliased(Fact)
        name = select(last.name).where(last.id == after, last.brand_id == brand_id).scalar_subquery()
        wanted = wanted.where(tuple_(Fact.name, Fact.id) > tuple_(name, literal(after, Uuid())))
    rows = db.session.scalars(wanted.order_by(Fact.name, Fact.id).limit(min(limit, MOST_AT_ONCE + 1))).all()
    if not rows:
        _brand(brand_id)
    return rows


def facts_spoken_of(actor: Actor, brand_id: UUID, words: str, language: str | None, limit: int = 5) -> list[Fact]:
    """What holds today of what these words speak of, in the order they do. Two statements, one more after a change;
    one where they speak of nothing. Raises NotFound, Forbidden.
    """
    require(actor, Permission.GUIDE_READ, brand_id)
    known, today = facts_of(brand_id, state_of(brand_id))
    code = language_data(base_language(language)).code
    keys = [stems(code)[word] for word in WORD.findall(Normalised(words[:LONGEST_READ]).text)]
    found = [one.id for _place, one in sorted(known.spoken_of(keys, code), key=lambda hit: hit[0])] if known else []
    wanted = list(dict.fromkeys(found))
    if not wanted:
        return []
    rows = {row.id: row for row in db.session.execute(select(Fact).where(Fact.id.in_(wanted))).scalars()}
    return [rows[number] for number in wanted if number in rows and holds(rows[number], today)][:limit]


def holds(fact: Fact, today: date) -> bool:
    """Whether it is still true on this day."""
    return fact.archived_at is None and (fact.valid_until is None or fact.valid_until >= today)


def findings_by_facts(brand_id: UUID, text: str, context: CheckContext, state: BrandState) -> list[Finding]:
    """What of a draft contradicts the facts that hold today, where the brand is. One statement after a change."""
    facts, today = facts_of(brand_id, state)
    return fact_findings(facts, text, context, today)


_kept: OrderedDict[UUID, tuple[tuple[datetime, int], Facts]] = OrderedDict()
_lock = threading.Lock()


def facts_of(brand_id: UUID, state: BrandState) -> tuple[Facts, date]:
    """The brand's facts made ready, and the day it is there. Kept while `state` says that none has changed."""
    today = clock.now().astimezone(ZoneInfo(state.time_zone)).date()
    stamp = state.facts
    if stamp is None:
        return _NONE, today
    with _lock:
        known = _kept.get(brand_id)
    if known is None or known[0] != stamp:
        known = (stamp, _read(brand_id))
        with _lock:
            _kept[brand_id] = known
            _kept.move_to_end(brand_id)
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
    return known[1], today


_NONE: Final = Facts(())


def _read(brand_id: UUID) -> Facts:
    rows = db.session.execute(
        select(Fact.id, Fact.name, Fact.kind, Fact.value, Fact.subjects, Fact.valid_until)
        .where(Fact.brand_id == brand_id, Fact.archived_at.is_(None))
        .order_by(Fact.name, Fact.id)
        .limit(MOST_FACTS)
    )
    return Facts(
        fact_check.Fact(
            row.id,
            row.name,
            row.kind,
            row.value,
            tuple((one["language"] or None, one["words"]) for one in row.subjects),
            row.valid_until,
        )
        for row in rows
    )


def _brand(brand_id: UUID) -> None:
    if db.session.execute(select(Brand.id).where(Brand.id == brand_id)).scalar_one_or_none() is None:
        raise NotFound()


def _locked(actor: Actor, brand_id: UUID, fact_id: UUID) -> Fact:
    require(actor, Permission.GUIDE_WRITE, brand_id)
    fact = db.session.execute(
        select(Fact)
        .where(Fact.id == fact_id, Fact.brand_id == brand_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if fact is None:
        raise NotFound()
    return fact


def _put(actor: Actor, brand_id: UUID, fact_id: UUID, deed: str, version: int | None) -> Fact:
    fact = _locked(actor, brand_id, fact_id)
    if version is not None:
        _check_version(fact, version)
    if (fact.archived_at is not None) != (deed == "archived"):
        fact.archived_at = clock.now() if deed == "archived" else None
        _grow(actor, fact)
        record(actor, f"fact.{deed}", "fact", fact.id, brand_id=brand_id, name=fact.name)
    return fact


def _grow(actor: Actor, fact: Fact) -> None:
    fact.version += 1
    fact.changed_at = clock.now()
    fact.changed_by_name = actor.name
    db.session.flush()


def _check_version(fact: Fact, version: Any) -> None:
    if isinstance(version, bool) or not isinstance(version, int):
        raise _invalid({"version": [worded("must be the version you read")]})
    if version != fact.version:
        raise Conflict(
            "Somebody changed this fact since you opened it. Nothing of yours was saved. Read it again first.",
            code="fact_changed",
            version=fact.version,
        )


def _values(data: Mapping[str, Any], fact: Fact | None) -> dict[str, Any]:
    """The fields given, as they are stored. A value is read by its kind, the fact's own where none is given."""
    values, errors = read_fields(data, _FIELDS)
    if fact is None:
        errors |= {name: [worded("is missing")] for name in ("name", "kind", "value") if name not in data}
    kind = str(values.get("kind", fact.kind if fact else ""))
    if not errors and ("value" in values or "kind" in values):
        try:
            values["value"] = written_value(kind, values.get("value", fact.value if fact else ""))
        except ValueError as wrong:
            errors["value"] = [wrong.args[0]]
    if errors:
        raise _invalid(errors)
    return values


def _invalid(errors: dict[str, list[str]]) -> Invalid:
    field, messages = next(iter(errors.items()))
    return Invalid(
        worded(
            "This fact cannot be kept: %(field)s %(problem)s. Nothing was changed. Correct it and save again.",
            field=field,
            problem=messages[0],
        ),
        errors=errors,
    )


def _kind(value: Any) -> str:
    if value not in VALUE_KINDS:
        raise Wrong(worded("must be one of %(names)s", names=", ".join(VALUE_KINDS)))
    return str(value)


_FIELDS: Final[dict[str, Callable[[Any], Any]]] = {
    "name": lambda value: line(value, LONGEST_NAME),
    "subjects": lambda value: words_by_language(value, LONGEST_SUBJECT, MOST_SUBJECTS),
    "kind": _kind,
    "value": lambda value: text(value, LONGEST_NOTE),
    "valid_until": day,
    "note": lambda value: text(value, LONGEST_NOTE),
}
