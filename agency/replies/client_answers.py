"""Brands whose client answers: the agency watches, tells the client of cases and may suggest words, and presses nothing
in the client's name. Flushes, never commits.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update

from agency.inbox import desk as inbox_desk
from agency.inbox.models import Conversation, Message
from agency.notices.telling import Thing, tell
from agency.replies.models import Reply
from agency.replies.policy_terms import Terms
from agency.replies.policy_versions import policy_in_force, policy_of
from styleguides.guide_steps import read_words
from styleguides.masking import masked
from tenants import audit, clock
from tenants.database import db
from tenants.errors import Conflict, NotFound, worded
from tenants.holders import approvers_of
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require

MOST_CHARACTERS = 1_000
"""Of the customer's words in the mail; the rest stands at the platform."""
ANSWERED_THEMSELVES = worded("The client has answered at the platform themselves, so this suggestion is not needed.")
AGENCY_ANSWERS = worded(
    "By this brand's approval policy the agency answers, so the client is not told of single cases. Nothing was sent. "
    "Write the answer and send it for approval, or change the policy with the client."
)


def refuse_pressing(terms: Terms) -> None:
    """Raise Conflict `client_answers` where nobody of the agency may let anything out."""
    if terms.mode == "client":
        raise Conflict(
            "For this brand the client answers, not the agency. Nothing was sent; your words are kept. "
            "Suggest them to the client, or tell the client of the case.",
            code="client_answers",
        )


def tell_client(actor: Actor, conversation_id: UUID, words: str) -> int:
    """Tell the brand's owners of a case that is theirs to answer, with these words; returns how many were told.

    The words stay with the case as a note. Nobody of the agency has the case any more: its due time goes on, and once
    the client's answer is seen at the platform it is closed. Raises Conflict `agency_answers`, `held`; Invalid,
    NotFound, Forbidden.
    """
    conversation = db.session.execute(
        select(Conversation).where(Conversation.id == conversation_id)
    ).scalar_one_or_none()
    if conversation is None:
        raise NotFound()
    require(actor, Permission.REPLY_WRITE, conversation.brand_id)
    if policy_in_force(conversation.brand_id).terms.mode != "client":
        raise Conflict(AGENCY_ANSWERS, code="agency_answers")
    said = read_words(words, "note", needed=worded("Say in a few words what the client should know."))
    newest = db.session.execute(
        select(Message.text, Message.permalink)
        .where(Message.conversation_id == conversation_id, Message.direction == "in", Message.deleted_at.is_(None))
        .order_by(Message.written_at.desc(), Message.id.desc())
        .limit(1)
    ).first()
    if newest is None:
        raise Conflict("The customer's words are gone. Nothing was sent. There is nothing to answer.")
    inbox_desk.claim(actor, conversation_id)
    inbox_desk.add_note(actor, conversation_id, said)
    brand = db.session.execute(select(Brand).where(Brand.id == conversation.brand_id)).scalar_one()
    people = approvers_of(conversation.agency_id, conversation.brand_id)
    tell(
        "case_awaits_you",
        people,
        brand_id=brand.id,
        subject=Thing("conversation", conversation_id, f"/inbox/{conversation_id}"),
        values={"by_name": actor.name},
        mail={
            "brand_name": brand.name,
            "by_name": actor.name,
            "customer_name": conversation.author_name,
            "customer_words": masked(newest.text[:MOST_CHARACTERS]),
            "stars": conversation.stars,
            "note": masked(said),
            "there": newest.permalink or conversation.permalink or "",
            "due_at": conversation.due_at,
        },
    )
    inbox_desk.release(actor, conversation_id)
    audit.record(
        actor, "conversation.client_told", "conversation", conversation_id, brand_id=brand.id, people=len(people)
    )
    return len(people)


def refuse_answered(reply: Reply) -> None:
    """Raise Conflict `client_answered` for a suggestion once the client's own answer is seen at the platform."""
    if reply.deed != "reply" or policy_of(reply.brand_id, reply.policy_number).terms.mode != "client":
        return
    asked_at = select(Message.written_at).where(Message.id == reply.in_reply_to_id).scalar_subquery()
    answered = select(Message.id).where(
        Message.conversation_id == reply.conversation_id,
        Message.direction == "out",
        Message.reply_id.is_(None),
        Message.deleted_at.is_(None),
        Message.written_at > asked_at,
    )
    if db.session.execute(answered.limit(1)).first() is not None:
        raise Conflict(ANSWERED_THEMSELVES, code="client_answered")


def close_answered(conversation_id: UUID) -> None:
    """Close an open case that nobody has, whose suggestion was not needed any more."""
    now = clock.now()
    db.session.execute(
        update(Conversation)
        .where(
            Conversation.id == conversation_id,
            Conversation.status == "open",
            (Conversation.holder_id.is_(None)) | (Conversation.held_until < now),
        )
        .values(status="closed", closed_reason="answered", version=Conversation.version + 1)
        .execution_options(synchronize_session=False)
    )
