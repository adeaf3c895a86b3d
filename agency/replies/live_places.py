"""Where published replies stand on their platforms, as of the last look."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, select

from agency.inbox.models import Message
from agency.replies.joins import one_of
from agency.replies.models import Reply
from tenants.database import db


class LivePlace(NamedTuple):
    """The platform's address of a reply, empty where it has none or is gone, and what the last look found."""

    url: str
    live_state: str | None


def live_places(reply_ids: Collection[UUID]) -> dict[UUID, LivePlace]:
    """By reply; one statement."""
    rows = db.session.execute(
        select(Reply.id, Reply.live_state, Message.permalink)
        .outerjoin(
            Message,
            and_(
                Message.agency_id == Reply.agency_id,
                Message.reply_id == Reply.id,
                Message.brand_id == Reply.brand_id,
                Message.deleted_at.is_(None),
            ),
        )
        .where(one_of(Reply.id, reply_ids))
    )
    return {row.id: LivePlace(row.permalink or "", row.live_state) for row in rows}
