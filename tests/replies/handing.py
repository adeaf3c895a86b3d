"""Weeks, cases in hand and handovers for tests of the end of a shift."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from agency.inbox import desk
from agency.inbox.models import Conversation
from agency.inbox.team import save_member
from agency.replies.holdings import hand_over
from tenants.database import db, new_id
from tenants.permissions import Actor
from tests.factories import Agency

SHIFT_ENDS = datetime(2026, 11, 23, 15, 50, tzinfo=UTC)
"""A Monday; the early shift is 8 to 16, the late one 16 to 22."""
EARLY, LATE = [[480, 960]], [[960, 1320]]


class Moment:
    """The product's clock, put where the test wants it."""

    now = SHIFT_ENDS


def write_week(ana: Agency, who: Actor, day: list[list[int]], **more: object) -> None:
    with ana.entered(ana.team_lead):
        days = [day] * 5 + [[]] * 2
        save_member(ana.team_lead, who.user_id, {"zone": "UTC", "days": days, **more}, based_on=0)


def hold(ana: Agency, who: Actor, case: UUID) -> None:
    with ana.entered(who):
        desk.claim(who, case)


def offered(ana: Agency, giver: Actor, to: Actor, cases: list[UUID], note: str = "", **notes: str) -> UUID:
    with ana.entered(giver):
        own = {UUID(one): words for one, words in notes.items()}
        return hand_over(giver, new_id(), to.user_id, cases, own, note).handover_id


def holder_of(ana: Agency, case: UUID) -> tuple[UUID | None, datetime | None]:
    with ana.entered():
        row = db.session.execute(
            select(Conversation.holder_id, Conversation.held_until).where(Conversation.id == case)
        ).one()
        return row[0], row[1]
