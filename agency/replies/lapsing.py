"""When a customer changes or deletes what a waiting reply answers, its window closes, or a client who answers has done
so, the request or approval lapses and says why.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from agency.replies import checks, client_answers, standing
from agency.replies.models import Reply
from agency.replies.moves import lapse, locked, move
from tenants.database import db
from tenants.errors import Conflict
from tenants.logs import get_logger

log = get_logger("lapsing")


def recheck_conversation(conversation_id: UUID) -> int:
    """Let waiting and approved replies lapse whose message changed or whose window closed; returns how many did."""
    waiting = db.session.execute(
        select(Reply.id).where(
            Reply.conversation_id == conversation_id, Reply.state.in_(("awaiting_approval", "approved"))
        )
    ).scalars()
    lapsed = 0
    for reply_id in list(waiting):
        reply = locked(reply_id)
        if reply.state not in ("awaiting_approval", "approved"):
            continue
        try:
            checks.refuse_changed_target(reply)
            checks.refuse_closed_window(reply)
            standing.refuse_standing(reply)
            client_answers.refuse_answered(reply)
        except Conflict as change:
            lapse(reply, change.message)
            lapsed += 1
            if change.code == "client_answered":
                move(reply, "drop", actor=None, reason=change.message)
                client_answers.close_answered(conversation_id)
    if lapsed:
        log.info("replies_lapsed", conversation_id=str(conversation_id), count=lapsed)
    return lapsed
