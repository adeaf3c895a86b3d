"""When a customer changes or deletes what a waiting reply answers, its window closes, a client who answers has done so,
or the account it was meant for was replaced, the request or approval lapses and says why.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from agency.replies import checks, client_answers, standing
from agency.replies.models import Reply
from agency.replies.moves import lapse, locked, move
from channels.models import Account
from tenants.database import db
from tenants.errors import Conflict, Worded, worded
from tenants.logs import get_logger

REPLACED = worded(
    "%(account)s, for which this reply was meant, was disconnected, and another account was connected since. "
    "Nothing was sent; your words are kept. Connect it again and ask anew, or answer from the other account."
)

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


def lapse_replaced(account_id: UUID) -> int:
    """An account was connected: what waits for one of the same platform and brand that was disconnected before then
    lapses, for a yes was about words from that one. Returns how many did.

    One that comes back itself is not replaced; what was given up by connecting another first goes on waiting for it.
    """
    new = db.session.execute(
        select(Account.brand_id, Account.platform).where(Account.id == account_id, Account.disconnected_at.is_(None))
    ).first()
    if new is None:
        return 0
    rows = db.session.execute(
        select(Reply.id, Account.name)
        .join(Account, Account.id == Reply.account_id)
        .where(
            Account.brand_id == new.brand_id,
            Account.platform == new.platform,
            Account.disconnected_at.is_not(None),
            Reply.state.in_(("awaiting_approval", "approved")),
        )
        .order_by(Reply.id)
    ).all()
    lapsed = 0
    for reply_id, name in rows:
        reply = locked(reply_id)
        if reply.state in ("awaiting_approval", "approved"):
            lapse(reply, str(Worded(REPLACED.template, {"account": name})))
            lapsed += 1
    if lapsed:
        log.info("replies_of_replaced_account_lapsed", account_id=str(account_id), count=lapsed)
    return lapsed
