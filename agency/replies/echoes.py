"""What a platform tells us of our own words, or a poll brings by the way, is a second witness beside our looks.

Where nobody knows whether a reply arrived, words of ours that came in with the same text settle it at once. Where
something of ours was taken away there meanwhile, it is not sent again by itself: it may have been this one.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from agency.inbox.models import Message
from agency.replies.looks import keep_look
from agency.replies.models import Reply
from agency.replies.moves import locked, text_of
from agency.replies.promises import database_now
from agency.replies.reconciling import RESENDS_ALLOWED
from agency.replies.settling import stand, taken_by_another
from channels.matching import CLOCK_SLACK, may_be_ours
from tenants.database import db
from tenants.errors import worded
from tenants.logs import get_logger

TOLD = worded("The platform told us of it by itself.")
REMOVED = worded("Something of ours was removed there meanwhile, so it is not sent again by itself.")

log = get_logger("echoes")


def take_note(conversation_id: UUID) -> bool:
    """Settle the conversation's reply whose outcome is unknown by what came in of ours; says whether it stands."""
    unknown = db.session.execute(
        select(Reply.id).where(
            Reply.conversation_id == conversation_id, Reply.state == "outcome_unknown", Reply.deed == "reply"
        )
    ).scalar()
    if unknown is None:
        return False
    reply = locked(unknown)
    if reply.state != "outcome_unknown" or reply.sent_at is None or reply.replaces_text is not None:
        return False
    words = text_of(reply).text
    ours = db.session.execute(
        select(Message.external_id, Message.text, Message.written_at, Message.deleted_at)
        .where(
            Message.conversation_id == conversation_id,
            Message.direction == "out",
            Message.reply_id.is_(None),
            Message.written_at >= reply.sent_at - CLOCK_SLACK,
        )
        .order_by(Message.written_at)
    ).all()
    for one in ours:
        is_ours = one.deleted_at is None and may_be_ours(one.text, one.written_at, words, reply.sent_at)
        if is_ours and not taken_by_another(reply, (one.external_id,)):
            keep_look(reply, "found", TOLD, one.external_id, database_now())
            reply.read_back_at = database_now()
            stand(reply, one.external_id, "published", move_name="reconcile")
            log.info("reply_echoed", reply_id=str(reply.id))
            return True
    if reply.resends < RESENDS_ALLOWED and any(one.deleted_at is not None for one in ours):
        reply.resends = RESENDS_ALLOWED
        keep_look(reply, "cannot_tell", REMOVED, None, database_now())
    return False
