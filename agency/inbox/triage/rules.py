"""The rules of the desk: written, changed, moved, switched off, put away; of a brand or for every brand. Flushes only.

Put away, never deleted; each change is in the record. A rule holds for what comes in from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from agency.inbox.triage.given_rules import fields_of, invalid_rule, read_rule
from agency.inbox.triage.models import TriageDeed, TriageRule
from agency.inbox.triage.terms import TERM_FIELDS, Terms, stored_of, terms_of
from tenants import clock
from tenants.audit import record
from tenants.brands import place_to_write
from tenants.database import db, first_id_of, new_id
from tenants.errors import Conflict, NotFound, worded
from tenants.models import Agency, Brand
from tenants.permissions import Actor, Permission, require

MOST_OF_AGENCY: Final = 200
MOST_OF_BRAND: Final = 50
"""Rules in use: as many as one person can know. Every text meets at most 250 of them."""
WEEK: Final = timedelta(days=7)
MOST_COUNTED: Final = 999


class RuleRow(NamedTuple):
    """A rule. `brand_id` None: for every brand. `week_count`: messages it acted on in seven days, where it was asked
    for; stops at MOST_COUNTED + 1.
    """

    id: UUID
    brand_id: UUID | None
    name: str
    position: int
    is_on: bool
    stops: bool
    terms: Terms
    note: str
    version: int
    changed_at: Any
    changed_by_name: str
    is_archived: bool
    week_count: int | None = None


def list_rules(actor: Actor, brand_id: UUID | None, *, archived: bool = False, counted: bool = False) -> list[RuleRow]:
    """A brand's own, or those for every brand, in their order; one statement, one more where there is none.

    Raises NotFound, Forbidden.
    """
    place = _place_to_read(actor, brand_id)
    kept = TriageRule.archived_at.is_not(None) if archived else TriageRule.archived_at.is_(None)
    wanted: Any = select(TriageRule).where(TriageRule.brand_id == place, kept)
    if counted:
        since = first_id_of(clock.now() - WEEK)
        some = (
            select(TriageDeed.id)
            .where(TriageDeed.rule_id == TriageRule.id, TriageDeed.id >= since)
            .limit(MOST_COUNTED + 1)
            .correlate(TriageRule)
            .subquery()
        )
        wanted = wanted.add_columns(select(func.count()).select_from(some).scalar_subquery())
    rows = db.session.execute(wanted.order_by(TriageRule.position, TriageRule.id)).all()
    if not rows and brand_id is not None:
        _hold(actor, brand_id, lock=False)
    return [row_of(row[0], int(row[1]) if counted else None) for row in rows]


def get_rule(actor: Actor, rule_id: UUID) -> RuleRow:
    """One of them, put away or not. Raises NotFound, Forbidden."""
    require(actor, Permission.CONVERSATION_WORK)
    found = db.session.execute(select(TriageRule).where(TriageRule.id == rule_id)).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return row_of(found)


def create_rule(actor: Actor, brand_id: UUID | None, data: Mapping[str, Any]) -> RuleRow:
    """A new one behind the others; `brand_id` None: for every brand. `data` has `name`, what else it says, and terms.

    Raises Invalid with `errors` by field, Conflict `too_many_rules` or `rule_exists`, NotFound, Forbidden.
    """
    place = _place_to_write(actor, brand_id)
    _hold(actor, brand_id)
    values, terms = read_rule(actor, brand_id, data)
    _check_room(place, of_agency=brand_id is None)
    _check_name_is_free(place, values["name"])
    behind = select(func.coalesce(func.max(TriageRule.position), 0)).where(TriageRule.brand_id == place)
    made = TriageRule(
        agency_id=actor.agency_id,
        id=new_id(),
        brand_id=place,
        position=db.session.execute(behind).scalar_one() + 1,
        terms=stored_of(terms),
        changed_at=clock.now(),
        changed_by_name=actor.name,
        version=1,
        moves=0,
        **{"note": "", "stops": False, "is_on": True, **values},
    )
    db.session.add(made)
    db.session.flush()
    _record(actor, made, "rule.created", terms=made.terms, note=made.note)
    return row_of(made)


def change_rule(actor: Actor, rule_id: UUID, data: Mapping[str, Any]) -> RuleRow:
    """Say it anew. `version` must be the one that was read, and grows by one; of terms all are given, or none.

    Raises Conflict `rule_changed` with the present version, or `rule_exists`; Invalid, NotFound, Forbidden.
    """
    rule = _locked(actor, rule_id)
    _check_version(rule, data.get("version"))
    given = {name: value for name, value in data.items() if name != "version"}
    brand_id = _brand_of(rule)
    says_terms = any(name in TERM_FIELDS for name in given)
    if not says_terms:
        given |= {name: value for name, value in fields_of(terms_of(rule.terms)).items() if name not in given}
    values, terms = read_rule(actor, brand_id, {"name": rule.name, **given}, knows=rule.terms)
    after = {**values, "terms": stored_of(terms)}
    before = {name: getattr(rule, name) for name in after if getattr(rule, name) != after[name]}
    if not before:
        return row_of(rule)
    if "name" in before and rule.archived_at is None:
        _check_name_is_free(rule.brand_id, values["name"], but=rule_id)
    for name in before:
        setattr(rule, name, after[name])
    _grow(actor, rule)
    _record(actor, rule, "rule.changed", before=before, after={name: after[name] for name in before})
    return row_of(rule)


def switch_rule(actor: Actor, rule_id: UUID, *, on: bool) -> RuleRow:
    """Let it act, or not. Doing it again changes nothing. Raises NotFound, Forbidden."""
    rule = _locked(actor, rule_id)
    if rule.is_on != on:
        rule.is_on = on
        _grow(actor, rule)
        _record(actor, rule, "rule.switched_on" if on else "rule.switched_off")
    return row_of(rule)


def archive_rule(actor: Actor, rule_id: UUID, *, archived: bool = True) -> RuleRow:
    """Put it away, or bring it back behind the others. Doing it again changes nothing.

    Raises Conflict `rule_exists` or `too_many_rules`, NotFound, Forbidden.
    """
    rule = _locked(actor, rule_id)
    if (rule.archived_at is not None) == archived:
        return row_of(rule)
    if not archived:
        _check_room(rule.brand_id, of_agency=rule.brand_id == actor.agency_id)
        _check_name_is_free(rule.brand_id, rule.name, but=rule_id)
        behind = select(func.coalesce(func.max(TriageRule.position), 0)).where(TriageRule.brand_id == rule.brand_id)
        rule.position = db.session.execute(behind).scalar_one() + 1
    rule.archived_at = clock.now() if archived else None
    _grow(actor, rule)
    _record(actor, rule, "rule.archived" if archived else "rule.restored")
    return row_of(rule)


def move_rule(actor: Actor, rule_id: UUID, *, up: bool) -> RuleRow:
    """Ask it before the rule before it, or behind the one behind it. At the end of the list nothing changes.

    Raises NotFound, Forbidden.
    """
    rule = _locked(actor, rule_id)
    beyond = (
        or_(
            TriageRule.position < rule.position,
            and_(TriageRule.position == rule.position, TriageRule.id < rule.id),
        )
        if up
        else or_(
            TriageRule.position > rule.position,
            and_(TriageRule.position == rule.position, TriageRule.id > rule.id),
        )
    )
    order = (TriageRule.position.desc(), TriageRule.id.desc()) if up else (TriageRule.position, TriageRule.id)
    other = db.session.scalars(
        select(TriageRule)
        .where(TriageRule.brand_id == rule.brand_id, TriageRule.archived_at.is_(None), beyond)
        .order_by(*order)
        .limit(1)
    ).first()
    if other is None or rule.archived_at is not None:
        return row_of(rule)
    rule.position, other.position = other.position, rule.position
    rule.moves, other.moves = rule.moves + 1, other.moves + 1
    db.session.flush()
    _record(actor, rule, "rule.moved", up=up, past=other.name)
    return row_of(rule)


def row_of(rule: TriageRule, week_count: int | None = None) -> RuleRow:
    """A rule as it is told."""
    return RuleRow(
        id=rule.id,
        brand_id=_brand_of(rule),
        name=rule.name,
        position=rule.position,
        is_on=rule.is_on,
        stops=rule.stops,
        terms=terms_of(rule.terms),
        note=rule.note,
        version=rule.version,
        changed_at=rule.changed_at,
        changed_by_name=rule.changed_by_name,
        is_archived=rule.archived_at is not None,
        week_count=week_count,
    )


def may_write(actor: Actor, brand_id: UUID | None) -> bool:
    """Whether this person writes rules of that brand, or for every brand."""
    if brand_id is None:
        return actor.may(Permission.RANKING_MANAGE) and actor.brand_ids is None
    return actor.may(Permission.GUIDE_WRITE) and actor.scope.covers(brand_id)


def refuse_writing(actor: Actor, brand_id: UUID | None) -> None:
    """Raise what writing a rule of that brand, or for every brand, would: NotFound, Forbidden."""
    _place_to_write(actor, brand_id)


def _place_to_read(actor: Actor, brand_id: UUID | None) -> UUID:
    require(actor, Permission.CONVERSATION_WORK, brand_id)
    return actor.agency_id if brand_id is None else brand_id


def _place_to_write(actor: Actor, brand_id: UUID | None) -> UUID:
    permission = Permission.RANKING_MANAGE if brand_id is None else Permission.GUIDE_WRITE
    return place_to_write(actor, permission, brand_id)


def _brand_of(rule: TriageRule) -> UUID | None:
    return None if rule.brand_id == rule.agency_id else rule.brand_id


def _hold(actor: Actor, brand_id: UUID | None, *, lock: bool = True) -> None:
    """Hold the row of the brand, or of the agency, so that two who write at once are counted one after the other."""
    wanted: Any = select(Brand.id).where(Brand.id == brand_id)
    if brand_id is None:
        wanted = select(Agency.id).where(Agency.id == actor.agency_id)
    held = db.session.execute(wanted.with_for_update(key_share=True) if lock else wanted)
    if held.scalar_one_or_none() is None:
        raise NotFound()


def _locked(actor: Actor, rule_id: UUID) -> TriageRule:
    require(actor, Permission.CONVERSATION_WORK)
    seen = db.session.execute(select(TriageRule.brand_id).where(TriageRule.id == rule_id)).scalar_one_or_none()
    if seen is None:
        raise NotFound()
    brand_id = None if seen == actor.agency_id else seen
    _place_to_write(actor, brand_id)
    _hold(actor, brand_id)
    return db.session.execute(
        select(TriageRule).where(TriageRule.id == rule_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()


def _grow(actor: Actor, rule: TriageRule) -> None:
    rule.version += 1
    rule.changed_at = clock.now()
    rule.changed_by_name = actor.name
    db.session.flush()


def _record(actor: Actor, rule: TriageRule, deed: str, **facts: Any) -> None:
    record(actor, deed, "rule", rule.id, brand_id=_brand_of(rule), name=rule.name, version=rule.version, **facts)


def _check_room(place: UUID, *, of_agency: bool) -> None:
    most = MOST_OF_AGENCY if of_agency else MOST_OF_BRAND
    held = select(func.count(TriageRule.id)).where(TriageRule.brand_id == place, TriageRule.archived_at.is_(None))
    if db.session.execute(held).scalar_one() >= most:
        raise Conflict(
            worded(
                "There are %(n)s rules here already. Nothing was saved. Put one away that nobody needs first.", n=most
            ),
            code="too_many_rules",
        )


def _check_name_is_free(place: UUID, name: str, *, but: UUID | None = None) -> None:
    named = select(TriageRule.id).where(
        TriageRule.brand_id == place, TriageRule.archived_at.is_(None), func.lower(TriageRule.name) == func.lower(name)
    )
    if but is not None:
        named = named.where(TriageRule.id != but)
    if db.session.execute(named).first() is not None:
        sentence = worded("There is a rule of this name already. Nothing was saved. Choose another name.")
        raise Conflict(sentence, code="rule_exists", errors={"name": [sentence]})


def _check_version(rule: TriageRule, version: Any) -> None:
    if isinstance(version, bool) or not isinstance(version, int):
        raise invalid_rule({"version": [worded("must be the version you read")]})
    if version != rule.version:
        raise Conflict(
            "Somebody changed this rule since you opened it. Nothing of yours was saved. Read it again first.",
            code="rule_changed",
            version=rule.version,
        )
