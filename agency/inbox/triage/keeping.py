"""Cases that a rule of the desk keeps for somebody, as the next one is looked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from agency.inbox.team import Colleague, Team, team_at
from agency.inbox.triage.models import KeptCase
from tenants.database import db
from tenants.shifts import at_work_by, is_off


def kept_for(person_id: UUID) -> bool:
    """Whether any case is kept for this person."""
    return db.session.execute(select(KeptCase.id).where(KeptCase.person_id == person_id).limit(1)).first() is not None


def any_kept() -> bool:
    """Whether any case is kept for anybody."""
    return db.session.execute(select(KeptCase.id).limit(1)).first() is not None


def may_be_offered(conversation_ids: Sequence[UUID], person_id: UUID, now: datetime) -> list[UUID]:
    """Of cases that are kept, those kept for this person, for nobody any longer, or for somebody who is not at work
    before that time is over: then for who stands in for them, and for all where nobody does. In no order. One
    statement, and two where some are kept for others.
    """
    rows = db.session.execute(
        select(KeptCase.conversation_id, KeptCase.person_id, KeptCase.until).where(
            KeptCase.conversation_id.in_(conversation_ids)
        )
    ).all()
    others = {row.person_id for row in rows if row.person_id != person_id and row.until > now}
    team = team_at(now, others) if others else Team({})
    return [
        row.conversation_id
        for row in rows
        if row.person_id == person_id
        or row.until <= now
        or _is_offered_on(team.of(row.person_id), person_id, row.until, now)
    ]


def _is_offered_on(keeper: Colleague, person_id: UUID, until: datetime, now: datetime) -> bool:
    if not is_off(keeper.work, now):
        return False
    comes_at = at_work_by(keeper.work, now)
    if comes_at is not None and comes_at <= until:
        return False
    return keeper.stand_in(now) in (None, person_id)
