"""What came after an answer was published: how it stood by and by, and whether its customer wrote again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from agency.inbox.models import Message
from agency.replies.live_models import LiveChange
from agency.replies.models import Reply
from tenants.database import db


@dataclass(frozen=True)
class Afterwards:
    """`changes` first to last. `wrote_again_at`: the customer's next words in that case, answered by `answered_by`, a
    later published reply, or None while none followed.
    """

    changes: tuple[LiveChange, ...] = ()
    wrote_again_at: datetime | None = None
    answered_by: UUID | None = None

    def as_data(self) -> dict[str, Any]:
        """For the API."""
        return {
            "live_changes": [
                {
                    "at": one.created_at,
                    "from_state": one.from_state,
                    "to_state": one.to_state,
                    "seen_by": one.seen_by,
                    "reason": one.reason,
                    "text_hash": one.text_hash,
                }
                for one in self.changes
            ],
            "wrote_again_at": self.wrote_again_at,
            "answered_again_by": self.answered_by,
        }


def afterwards_of(reply_id: UUID, conversation_id: UUID, published_at: datetime | None) -> Afterwards:
    """In two statements; of an answer that is not published without any."""
    if published_at is None:
        return Afterwards()
    changes = db.session.scalars(select(LiveChange).where(LiveChange.reply_id == reply_id).order_by(LiveChange.id))
    answer = (
        select(Reply.id)
        .where(
            Reply.agency_id == Message.agency_id,
            Reply.conversation_id == Message.conversation_id,
            Reply.state == "published",
            Reply.deed == "reply",
            Reply.published_at > Message.written_at,
        )
        .order_by(Reply.published_at)
        .limit(1)
        .scalar_subquery()
    )
    again = db.session.execute(
        select(Message.written_at, answer)
        .where(
            Message.conversation_id == conversation_id,
            Message.direction == "in",
            Message.written_at > published_at,
        )
        .order_by(Message.written_at)
        .limit(1)
    ).first()
    return Afterwards(tuple(changes), *(again or (None, None)))
