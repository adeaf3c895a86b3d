"""Cases that a rule of the desk keeps for somebody, as the next one is looked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, union_all

from agency.inbox.team import Colleague, Team, team_at
from agency.inbox.team_models import TeamMember
from agency.inbox.triage.models import KeptCase
from tenants.database import db
from tenants.shifts import at_work_by, is_off


def kept_ids(person_id: Any) -> Any:
    """Select of the conversations that are kept for this person, and of those kept for whoever has a skill or reads a
    language that they have or read, where nobody was found yet.
    """
    named = select(KeptCase.conversation_id).where(KeptCase.person_id == person_id)
    can = and_(
        or_(KeptCase.wants_skill.is_(None), TeamMember.skills.has_key(KeptCase.wants_skill)),
        or_(KeptCase.wants_language.is_(None), TeamMember.languages.has_key(KeptCase.wants_language)),
    )
    for_any = (
        select(KeptCase.conversation_id)
        .join(TeamMember, TeamMember.agency_id == KeptCase.agency_id)
        .where(KeptCase.person_id.is_(None), TeamMember.person_id == person_id, can)
    )
    return union_all(named, for_any)


def kept_for(person_id: UUID) -> bool:
    """Whether any case is kept for this person, or for whoever can take it, which they can."""
    return db.session.execute(kept_ids(person_id).limit(1)).first() is not None


def any_kept() -> bool:
    """Whether any case is kept for anybody."""
    return db.session.execute(select(KeptCase.id).limit(1)).first() is not None


def may_be_offered(conversation_ids: Sequence[UUID], person_id: UUID, now: datetime) -> list[UUID]:
    """Of cases that are kept, those kept for this person or for whoever can take what they can, for nobody any longer,
    or for somebody who is not at work before that time is over: then for who stands in for them, and for all where
    nobody does. In no order. One statement, and three where some are not kept for them by name.
    """
    rows = db.session.execute(
        select(
            KeptCase.conversation_id,
            KeptCase.person_id,
            KeptCase.until,
            KeptCase.wants_skill,
            KeptCase.wants_language,
        ).where(KeptCase.conversation_id.in_(conversation_ids))
    ).all()
    others = {row.person_id or person_id for row in rows if row.person_id != person_id and row.until > now}
    team = team_at(now, others) if others else Team({})
    return [
        row.conversation_id
        for row in rows
        if row.person_id == person_id
        or row.until <= now
        or (
            team.of(person_id).can(row.wants_skill, row.wants_language)
            if row.person_id is None
            else _is_offered_on(team.of(row.person_id), person_id, row.until, now)
        )
    ]


def _is_offered_on(keeper: Colleague, person_id: UUID, until: datetime, now: datetime) -> bool:
    if not is_off(keeper.work, now):
        return False
    comes_at = at_work_by(keeper.work, now)
    if comes_at is not None and comes_at <= until:
        return False
    return keeper.stand_in(now) in (None, person_id)
