"""Who may work on a brand's cases: the people a case can be given to."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, select

from agency.inbox.models import Conversation
from tenants import clock
from tenants.database import db
from tenants.errors import Invalid, NotFound, worded
from tenants.models import Membership, Person
from tenants.permissions import ROLE_PERMISSIONS, Actor, Permission, require

MOST_COLLEAGUES = 200

WORKING_ROLES = [role.value for role, may in ROLE_PERMISSIONS.items() if Permission.CONVERSATION_WORK in may]


class Colleague(NamedTuple):
    """Somebody who may get a case; `open_count` is what they hold now, of the brands the reader sees."""

    person_id: UUID
    name: str
    open_count: int


class Handover(NamedTuple):
    """A case somebody is about to give away. `holder_id` is None where nobody has it now."""

    conversation_id: UUID
    brand_id: UUID
    holder_id: UUID | None
    holder_name: str | None
    colleagues: list[Colleague]


def _workers(chosen: Any, agency_id: UUID, brand_id: UUID) -> Any:
    return chosen.join(Membership, Membership.person_id == Person.id).where(
        Membership.agency_id == agency_id,
        Membership.removed_at.is_(None),
        Membership.role.in_(WORKING_ROLES),
        or_(Membership.all_brands, Membership.brand_ids.bool_op("@>")([brand_id])),
        Person.disabled_at.is_(None),
    )


class Member(NamedTuple):
    """Somebody of the agency who works on cases."""

    person_id: UUID
    name: str


def colleagues_of(actor: Actor) -> list[Member]:
    """Who works on any of the brands the reader sees, the reader among them, by name; one statement."""
    require(actor, Permission.CONVERSATION_WORK)
    query = (
        select(Person.id, Person.name)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.agency_id == actor.agency_id,
            Membership.removed_at.is_(None),
            Membership.role.in_(WORKING_ROLES),
            Person.disabled_at.is_(None),
        )
        .order_by(func.lower(Person.name), Person.id)
        .limit(MOST_COLLEAGUES)
    )
    if actor.brand_ids is not None:
        shared = Membership.brand_ids.bool_op("&&")(list(actor.brand_ids))
        query = query.where(or_(Membership.all_brands, shared))
    return [Member(*row) for row in db.session.execute(query)]


def handover_of(actor: Actor, conversation_id: UUID) -> Handover:
    """The case and who may get it, by name; two statements. Raises NotFound, Forbidden."""
    now = clock.now()
    row = db.session.execute(
        select(Conversation.brand_id, Conversation.holder_id, Conversation.holder_name, Conversation.held_until).where(
            Conversation.id == conversation_id
        )
    ).first()
    if row is None:
        raise NotFound()
    require(actor, Permission.CONVERSATION_REASSIGN, row.brand_id)
    held = _held_now(row.holder_id, row.held_until, now)
    counts = (
        select(Conversation.holder_id, func.count().label("held"))
        .where(Conversation.status == "open", Conversation.holder_id.is_not(None), Conversation.held_until >= now)
        .group_by(Conversation.holder_id)
        .subquery()
    )
    people = db.session.execute(
        _workers(select(Person.id, Person.name, func.coalesce(counts.c.held, 0)), actor.agency_id, row.brand_id)
        .outerjoin(counts, counts.c.holder_id == Person.id)
        .order_by(func.lower(Person.name), Person.id)
        .limit(MOST_COLLEAGUES)
    )
    return Handover(
        conversation_id,
        row.brand_id,
        row.holder_id if held else None,
        row.holder_name if held else None,
        [Colleague._make(one) for one in people],
    )


def _held_now(holder_id: UUID | None, held_until: datetime | None, now: datetime) -> bool:
    return holder_id is not None and (held_until is None or held_until >= now)


def name_of_colleague(agency_id: UUID, brand_id: UUID, person_id: UUID) -> str:
    """The name of somebody who may work on this brand's cases; the membership stays so until this transaction ends.

    Raises Invalid, the same for a colleague without the brand and for a person who does not exist.
    """
    wanted = _workers(select(Person.name), agency_id, brand_id).where(Person.id == person_id)
    name = db.session.execute(wanted.with_for_update(read=True, of=Membership)).scalar_one_or_none()
    if name is None:
        raise Invalid(
            "This person may not work on cases of this brand. Nothing was changed. "
            "Choose somebody from the list, or ask an agency admin to change what they may do.",
            code="not_a_colleague",
            errors={"person": [worded("may not work on cases of this brand")]},
        )
    return str(name)


class Worker(NamedTuple):
    """Somebody who works on cases; `brand_ids` are the brands, None for all of the agency."""

    person_id: UUID
    name: str
    brand_ids: frozenset[UUID] | None


def workers_of(actor: Actor) -> list[Worker]:
    """Everybody who may get cases of a brand the lead sees, by name, at most MOST_COLLEAGUES. Raises Forbidden."""
    require(actor, Permission.CONVERSATION_REASSIGN)
    rows = db.session.execute(
        _all_workers(actor.agency_id).order_by(func.lower(Person.name), Person.id).limit(MOST_COLLEAGUES)
    )
    found = [_worker(*row) for row in rows]
    seen = actor.brand_ids
    return [one for one in found if seen is None or one.brand_ids is None or one.brand_ids & seen]


def worker_named(actor: Actor, person_id: UUID) -> Worker:
    """One of them; the membership stays so until this transaction ends. Raises Invalid, alike for whoever is none."""
    require(actor, Permission.CONVERSATION_REASSIGN)
    wanted = _all_workers(actor.agency_id).where(Person.id == person_id)
    row = db.session.execute(wanted.with_for_update(read=True, of=Membership)).first()
    if row is None:
        raise Invalid(
            "This person may not work on cases. Nothing was changed. "
            "Choose somebody from the list, or ask an agency admin to change what they may do.",
            code="not_a_colleague",
            errors={"person": [worded("may not work on cases")]},
        )
    return _worker(*row)


def worker_in(agency_id: UUID, person_id: UUID) -> Worker | None:
    """Somebody who works on cases in this agency, or None; the membership stays so until this transaction ends."""
    wanted = _all_workers(agency_id).where(Person.id == person_id)
    row = db.session.execute(wanted.with_for_update(read=True, of=Membership)).first()
    return None if row is None else _worker(*row)


def others_at_work(actor: Actor) -> list[Worker]:
    """Everybody else who works on a brand this person works on, by name, at most MOST_COLLEAGUES. Raises Forbidden."""
    require(actor, Permission.CONVERSATION_WORK)
    wanted = _all_workers(actor.agency_id).where(Person.id != actor.user_id)
    found = [
        _worker(*row) for row in db.session.execute(wanted.order_by(func.lower(Person.name)).limit(MOST_COLLEAGUES))
    ]
    seen = actor.brand_ids
    return [one for one in found if seen is None or one.brand_ids is None or one.brand_ids & seen]


def all_workers(agency_id: UUID) -> list[Worker]:
    """Everybody who works on cases in this agency, by name; one statement."""
    return [_worker(*row) for row in db.session.execute(_all_workers(agency_id).order_by(func.lower(Person.name)))]


def _worker(person_id: UUID, name: str, all_brands: bool, brand_ids: list[UUID]) -> Worker:
    return Worker(person_id, name, None if all_brands else frozenset(brand_ids))


def _all_workers(agency_id: UUID) -> Any:
    return (
        select(Person.id, Person.name, Membership.all_brands, Membership.brand_ids)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.agency_id == agency_id,
            Membership.removed_at.is_(None),
            Membership.role.in_(WORKING_ROLES),
            Person.disabled_at.is_(None),
        )
    )


def name_of(agency_id: UUID, person_id: UUID) -> str:
    """The name of somebody who works or worked in this agency; empty for a stranger."""
    wanted = (
        select(Person.name)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.agency_id == agency_id, Person.id == person_id)
    )
    return db.session.execute(wanted.limit(1)).scalar() or ""
