"""Cases that a rule of the desk keeps for somebody, as the next one is looked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select

from agency.inbox.triage.models import KeptCase
from tenants.database import db


def kept_for(person_id: UUID) -> bool:
    """Whether any case is kept for this person."""
    return db.session.execute(select(KeptCase.id).where(KeptCase.person_id == person_id).limit(1)).first() is not None


def any_kept() -> bool:
    """Whether any case is kept for anybody."""
    return db.session.execute(select(KeptCase.id).limit(1)).first() is not None


def may_be_offered(conversation_ids: Sequence[UUID], person_id: UUID, now: datetime) -> list[UUID]:
    """Of cases that are kept, those kept for this person or for nobody any longer, in no order."""
    rows = db.session.scalars(
        select(KeptCase.conversation_id).where(
            KeptCase.conversation_id.in_(conversation_ids),
            or_(KeptCase.person_id == person_id, KeptCase.until <= now),
        )
    )
    return list(rows)
