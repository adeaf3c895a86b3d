"""What words about to be written would answer: the target of a check that has no reply of its own yet."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select

from agency.inbox.models import Conversation
from agency.replies.models import Reply
from tenants.database import db
from tenants.errors import NotFound

OPEN = ("draft", "awaiting_approval")
"""States in which the words of a reply are still to be changed in the composer."""


class Answering(NamedTuple):
    """A conversation as checking words for it needs it, and the reply whose words they would become, if there is one.

    `in_reply_to_id` is the message that reply answers, None where a new one would answer the newest; `saved_reply_id`
    and `began_with` are what it began from.
    """

    id: UUID
    brand_id: UUID
    account_id: UUID
    platform: str
    kind: str
    stars: int | None
    author_name: str | None
    in_reply_to_id: UUID | None
    saved_reply_id: UUID | None
    began_with: str | None


def answering(conversation_id: UUID, changes: UUID | None = None) -> Answering:
    """The newest open draft of an answer, or of a change of the published answer `changes`. One statement.

    Raises NotFound.
    """
    mine = and_(Reply.state.in_(OPEN), Reply.deed == "reply")
    if changes is not None:  # until there is a draft of the change, what it changes says what is answered
        mine = or_(and_(Reply.state.in_(OPEN), Reply.changes_reply_id == changes), Reply.id == changes)
    wanted = select(Reply.id).where(Reply.conversation_id == conversation_id, Reply.deed != "withdraw", mine)
    row = db.session.execute(
        select(
            Conversation.id,
            Conversation.brand_id,
            Conversation.account_id,
            Conversation.platform,
            Conversation.kind,
            Conversation.stars,
            Conversation.author_name,
            Reply.in_reply_to_id,
            Reply.saved_reply_id,
            Reply.began_with,
        )
        .outerjoin(
            Reply,
            and_(
                Reply.agency_id == Conversation.agency_id,
                Reply.id == wanted.order_by(Reply.id.desc()).limit(1).scalar_subquery(),
            ),
        )
        .where(Conversation.id == conversation_id)
    ).first()
    if row is None:
        raise NotFound()
    return Answering._make(row)
