"""How many cases came since a list was made: of those it would show, not of all."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from agency.inbox.filters import QueueFilter, conditions
from agency.inbox.models import Conversation
from agency.inbox.queries import MOST_COUNTED, first_id_after
from tenants import clock
from tenants.database import db


def is_counted_for_all(wanted: QueueFilter) -> bool:
    """Whether that is what the pulse counts for everybody: open cases of these brands, whoever has them."""
    return wanted._replace(brand_ids=None, with_notes=False) == QueueFilter()


def newer_count(wanted: QueueFilter, me: UUID, since: datetime) -> int:
    """Cases of this part of the queue that came after a moment, up to MOST_COUNTED + 1. The key itself is read, from
    the newest backwards.
    """
    some = (
        select(Conversation.id)
        .where(*conditions(wanted, me, clock.now()), Conversation.id > first_id_after(since))
        .order_by(Conversation.id.desc())
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    return db.session.execute(select(func.count()).select_from(some)).scalar_one()
