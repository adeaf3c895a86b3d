"""How a reply moves: the row locked, the table asked, the queue row and the record told. Nothing else sets a state."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import case, or_, select, update
from sqlalchemy.orm import aliased
from sqlalchemy.orm.attributes import set_committed_value

from agency.inbox.merged import told_with
from agency.inbox.merging import BUSY
from agency.inbox.models import Conversation
from agency.replies.answered_words import keep_question
from agency.replies.approval_requests import end_of_replies, end_of_reply
from agency.replies.joins import CASE_OF_REPLY, one_of
from agency.replies.lifecycle import KEEPS_ASKING, LIFECYCLE
from agency.replies.models import LETS_ON, LETS_OUT, Approval, Reply, ReplyText
from agency.replies.telling import tell_of_many_moves, tell_of_move
from agency.replies.wordings import remember_sent
from tenants import audit, clock
from tenants.database import db
from tenants.errors import NotFound
from tenants.permissions import Actor

_PART, _SAID = aliased(Conversation), aliased(Reply)
_HAS_PARTS = (
    select(_PART.id)
    .where(_PART.agency_id == Conversation.agency_id, _PART.merged_into_id == Conversation.id)
    .correlate(Conversation)
    .exists()
)
_OF_ALL_PARTS: Any = (
    select(_SAID.state)
    .join(_PART, (_PART.agency_id == _SAID.agency_id) & (_PART.id == _SAID.conversation_id))
    .where(
        _PART.agency_id == Conversation.agency_id,
        or_(_PART.id == Conversation.id, _PART.merged_into_id == Conversation.id),
        _SAID.state != "dropped",
    )
    .order_by(_SAID.state.in_(BUSY).desc(), _SAID.state_since.desc(), _SAID.id.desc())
    .limit(1)
    .correlate(Conversation)
    .scalar_subquery()
)
"""In an UPDATE of conversations, as `agency.inbox.merging` works it out where cases are told together."""


def locked(reply_id: UUID) -> Reply:
    """The reply, its row held until the transaction ends, and its conversation's before it, with the one that is told
    within, in the order of their ids. Raises NotFound.

    The conversation first, as for intake and people at work: nobody ever waits in a circle, and what two replies to one
    conversation may not do together is asked and done by one of them at a time.
    """
    of_reply = select(Reply.conversation_id).where(Reply.id == reply_id).scalar_subquery()
    held = select(Conversation.id).where(Conversation.id.in_(told_with(of_reply))).order_by(Conversation.id)
    db.session.execute(held.with_for_update(key_share=True))
    reply = db.session.execute(
        select(Reply).where(Reply.id == reply_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if reply is None:
        raise NotFound()
    return reply


def locked_many(reply_ids: Collection[UUID]) -> list[Reply]:
    """The same for many, by id; those outside the scope are left out. Three statements.

    All conversations first, then all replies, each in the order of their ids: whoever moves one of them holds one
    conversation, or these in the same order, so here too nobody waits in a circle.
    """
    of_replies = select(Conversation.id, Conversation.merged_into_id).join(Reply, CASE_OF_REPLY)
    cases = _told_with(db.session.execute(of_replies.where(one_of(Reply.id, reply_ids))))
    held = select(Conversation.id).where(one_of(Conversation.id, cases)).order_by(Conversation.id)
    db.session.execute(held.with_for_update(key_share=True))
    wanted = select(Reply).where(one_of(Reply.id, reply_ids)).order_by(Reply.id).with_for_update()
    return list(db.session.scalars(wanted.execution_options(populate_existing=True)))


def _told_with(rows: Iterable[tuple[UUID, UUID | None]]) -> set[UUID]:
    return {one for row in rows for one in row if one is not None}


def move(
    reply: Reply, name: str, target: str | None = None, *, actor: Actor | None, reason: str | None = None, **facts: Any
) -> None:
    """Move a locked reply; `actor=None` is the system. Raises Conflict when the table does not allow it from here."""
    source = reply.state
    LIFECYCLE.apply(reply, name, target)
    if name not in KEEPS_ASKING:
        reply.state_since = clock.now()
        reply.waits_due_at = None
    reply.state_reason = reason
    reply.trouble = None
    if source == "awaiting_approval" and name not in KEEPS_ASKING:
        end_of_reply(reply, name, actor, None if actor else reason)  # people's reasons stand with their decision
    show_in_queue(reply)
    if reply.state == "published":
        remember_sent(reply)
        keep_question(reply)
    tell_of_move(reply, name, source, actor)
    audit.record(
        actor,
        f"reply.{name}",
        "reply",
        reply.id,
        brand_id=reply.brand_id,
        from_state=source,
        to_state=reply.state,
        reason=reason,
        **facts,
    )


def move_many(moved: Sequence[tuple[Reply, dict[str, Any]]], name: str, *, actor: Actor, **values: Any) -> None:
    """Move locked replies by one move of one target that somebody decides on, each with the facts its line in the
    record has; five statements, and some for each author who is told. `values` are columns that all of them get.

    Raises Conflict, before anything is moved, where the table does not allow it of one of them. Not for moves that
    publish: what was sent is remembered one by one.
    """
    (target,) = LIFECYCLE.moves[name].targets
    assert target != "published", "remember_sent and keep_question know one reply"
    for reply, _facts in moved:
        LIFECYCLE.check(name, reply.state, target)
    now, ids = clock.now(), [reply.id for reply, _facts in moved]
    same = {"state": target, "state_since": now, "state_reason": None, "waits_due_at": None, **values}
    db.session.execute(
        update(Reply).where(one_of(Reply.id, ids)).values(**same).execution_options(synchronize_session=False)
    )
    end_of_replies([reply.id for reply, _facts in moved if reply.state == "awaiting_approval"], name, actor)
    told = select(Conversation.id, Conversation.merged_into_id)
    answered = one_of(Conversation.id, {reply.conversation_id for reply, _facts in moved})
    db.session.execute(
        update(Conversation)
        .where(one_of(Conversation.id, _told_with(db.session.execute(told.where(answered)))))
        .values(reply_state=case((_HAS_PARTS, _OF_ALL_PARTS), else_=target), version=Conversation.version + 1)
        .execution_options(synchronize_session=False)
    )
    tell_of_many_moves([reply for reply, _facts in moved], name, actor)
    for reply, facts in moved:
        audit.record(
            actor,
            f"reply.{name}",
            "reply",
            reply.id,
            brand_id=reply.brand_id,
            from_state=reply.state,
            to_state=target,
            reason=None,
            **facts,
        )
        for column, value in same.items():
            set_committed_value(reply, column, value)


def show_in_queue(reply: Reply) -> None:
    """Copy the newest reply's state to the queue row, so that the list reads one table; what was given up is none.

    Of a case that tells others within it the one somebody waits for is shown, whichever part it answers.
    """
    state: Any = reply.state
    if state == "dropped":
        others = select(Reply.state).where(Reply.conversation_id == reply.conversation_id, Reply.state != "dropped")
        state = others.order_by(Reply.state_since.desc(), Reply.id.desc()).limit(1).scalar_subquery()
    db.session.execute(
        update(Conversation)
        .where(Conversation.id.in_(told_with(reply.conversation_id)))
        .values(reply_state=case((_HAS_PARTS, _OF_ALL_PARTS), else_=state), version=Conversation.version + 1)
        .execution_options(synchronize_session=False)
    )


def lapse(reply: Reply, reason: str) -> None:
    """Take an approval or a request for one back because what it was about changed. The reply must be locked."""
    void_approval(reply, reason)
    move(reply, "lapse", actor=None, reason=reason)


def text_of(reply: Reply) -> ReplyText:
    """The words the reply has now."""
    return db.session.execute(select(ReplyText).where(ReplyText.id == reply.text_id)).scalar_one()


def live_approval(reply: Reply) -> Approval | None:
    """The approval or release that still holds, if any."""
    return db.session.execute(
        select(Approval).where(
            Approval.reply_id == reply.id,
            Approval.voided_at.is_(None),
            Approval.decision.in_(LETS_OUT),
        )
    ).scalar_one_or_none()


def void_approval(reply: Reply, why: str) -> None:
    """Let a live approval, and the yes of any step before the last, lapse with its reason."""
    db.session.execute(
        update(Approval)
        .where(
            Approval.reply_id == reply.id,
            Approval.voided_at.is_(None),
            Approval.decision.in_((*LETS_OUT, *LETS_ON)),
        )
        .values(voided_at=clock.now(), void_reason=why)
        .execution_options(synchronize_session="fetch")
    )
