"""Questions that rules of the desk put to a loop, in the transaction that stores a customer's words."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import and_, func, select

from agency.inbox.loops.asking import open_asking
from agency.inbox.loops.models import FeedbackLoop, LoopAsking
from agency.inbox.models import Conversation, Message
from agency.notices.mail import words_of
from tenants.database import db
from tenants.errors import Conflict

MOST_WAITING: Final = 20
"""Questions of rules that one loop has not answered: in a storm nobody is mailed three hundred times."""


def ask_by_rule(message_id: UUID, loop_id: UUID, rule_name: str) -> None:
    """Ask the first of the loop about these words, shown masked; not where it was asked about their case and has not
    answered yet, the case is not open, the loop was put away, or MOST_WAITING wait.
    """
    case = db.session.scalars(
        select(Conversation)
        .join(
            Message,
            and_(
                Message.agency_id == Conversation.agency_id,
                Message.conversation_id == Conversation.id,
                Message.brand_id == Conversation.brand_id,
            ),
        )
        .where(Message.id == message_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    loop = db.session.scalars(select(FeedbackLoop).where(FeedbackLoop.id == loop_id)).one_or_none()
    if case is None or loop is None or case.status != "open" or case.brand_id != loop.brand_id:
        return
    by_rules = select(func.count(LoopAsking.id)).where(
        LoopAsking.brand_id == loop.brand_id,
        LoopAsking.loop_id == loop_id,
        LoopAsking.asked_by.is_(None),
        LoopAsking.state == "open",
    )
    if db.session.execute(by_rules).scalar_one() >= MOST_WAITING:
        return
    waits = select(LoopAsking.id).where(
        LoopAsking.conversation_id == case.id, LoopAsking.loop_id == loop_id, LoopAsking.state == "open"
    )
    if db.session.execute(waits.limit(1)).first() is not None:
        return
    question = words_of("loop_asked", "by_rule.txt", loop.language, rule_name=rule_name)
    try:
        open_asking(case, loop, loop.people[0], question, actor=None, by_name=f"“{rule_name}”", shows="masked")
    except Conflict:  # put away, or too many questions already: a person sees the case anyway
        return
    finally:
        db.session.expire(case)
