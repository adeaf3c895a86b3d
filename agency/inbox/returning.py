"""Cases that come back to the queue by themselves: nothing is held silently.

A claim ends when nothing was done for `deeds.CLAIM_MINUTES`, when its holder says that they are away or signs out, and
when they are off shift or may not work on the case any more. What they wrote stays with the case as its draft.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, exists, or_, select, update

from agency.inbox.colleagues import WORKING_ROLES
from agency.inbox.deeds import CLAIM_MINUTES, IDLE_MINUTES, NOBODY
from agency.inbox.models import Conversation
from agency.inbox.team import Team, team_at
from tenants import audit, clock
from tenants.database import db
from tenants.models import Membership, Person
from tenants.permissions import Actor
from tenants.shifts import WorkTimes, is_off, next_shift

AT_ONCE = 1_000
EARLY = timedelta(hours=1)
"""Who comes so long before a shift is there."""


def hand_back_expired() -> int:
    """Upkeep, within an agency's scope: give back claims that ran out and wake what was put off until now.

    Returns how many conversations changed. Rows somebody works on at this moment are left for the next time.
    """
    now = clock.now()
    due = and_(Conversation.status == "snoozed", Conversation.snoozed_until <= now)
    ended = and_(Conversation.holder_id.is_not(None), Conversation.held_until < now)
    woken = _change(_some(due), status="open", snoozed_until=None, woke_at=now, rerank_at=now)
    return len(woken) + len(_hand_back(_some(ended)))


def hand_back_of_left() -> int:
    """Upkeep: give back what people hold who may not work on it any more: who were removed or disabled, or lost the
    brand or the role. Returns how many.
    """
    works = exists().where(
        Membership.person_id == Conversation.holder_id,
        Membership.agency_id == Conversation.agency_id,
        Membership.removed_at.is_(None),
        Membership.role.in_(WORKING_ROLES),
        or_(Membership.all_brands, Conversation.brand_id == any_(Membership.brand_ids)),
        Person.id == Membership.person_id,
        Person.disabled_at.is_(None),
    )
    return len(_hand_back(_some(and_(Conversation.holder_id.is_not(None), ~works))))


def hand_back_of_off() -> int:
    """Upkeep: give back what people hold who are known to be off shift or away and did nothing for IDLE_MINUTES; not
    of those whose shift begins within EARLY. Returns how many.
    """
    now = clock.now()
    held = select(Conversation.holder_id).where(Conversation.status == "open", Conversation.holder_id.is_not(None))
    holders = {one for one in db.session.scalars(held.distinct()) if one is not None}
    known = team_at(now, holders) if holders else Team({})
    off = [one for one in known.known if _has_left(known.of(one).work, now)]
    if not off:
        return 0
    last_deed_is_old = or_(
        Conversation.held_until < now + timedelta(minutes=CLAIM_MINUTES - IDLE_MINUTES),
        Conversation.held_until > now + timedelta(minutes=CLAIM_MINUTES),  # until the end of a shift that is none
    )
    return len(_hand_back(_some(and_(Conversation.holder_id.in_(off), last_deed_is_old))))


def _has_left(work: WorkTimes, now: datetime) -> bool:
    ahead = next_shift(work, now)
    return is_off(work, now) and (ahead is None or ahead.start > now + EARLY)


def give_back_all(actor: Actor, why: str) -> int:
    """Give back every case this person holds, because they are away or signed out: `why`. Returns how many."""
    given = _change(_some(Conversation.holder_id == actor.user_id), **NOBODY, held_before_id=None, hold_reason=None)
    audit.record_many(actor, "conversation.release", "conversation", given, why=why)
    return len(given)


def _hand_back(ids: list[UUID]) -> list[tuple[UUID, UUID]]:
    return _change(ids, **NOBODY, held_before_id=Conversation.holder_id, hold_reason=None)


def _some(condition: ColumnElement[bool]) -> list[UUID]:
    """Ids of some such conversations, locked in order; those somebody works on at this moment are passed over."""
    wanted = select(Conversation.id).where(condition).order_by(Conversation.id).limit(AT_ONCE)
    return list(db.session.scalars(wanted.with_for_update(skip_locked=True, key_share=True)))


def _change(ids: list[UUID], **values: Any) -> list[tuple[UUID, UUID]]:
    """Change these conversations; their ids with their brands'."""
    if not ids:
        return []
    changed = db.session.execute(
        update(Conversation)
        .where(Conversation.id.in_(ids))
        .values(version=Conversation.version + 1, **values)
        .returning(Conversation.id, Conversation.brand_id)
        .execution_options(synchronize_session=False)
    )
    return [(row.id, row.brand_id) for row in changed]
