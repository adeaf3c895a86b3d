"""What must hold before words leave a writer's or an approver's hands."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from agency.inbox.models import Conversation, Message
from agency.replies.models import Reply, ReplyText
from agency.replies.words import hash_of, target_fingerprint
from styleguides.brand_check import CheckResult, check_for_brand
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.models import Brand
from tenants.permissions import Actor
from tenants.states import in_words

IN_FLIGHT_STATES = ("awaiting_approval", "approved", "publishing", "outcome_unknown")


def message_of(reply: Reply) -> Message:
    """The customer's message this reply answers."""
    return db.session.execute(select(Message).where(Message.id == reply.in_reply_to_id)).scalar_one()


def conversation_of(reply: Reply) -> Conversation:
    """The conversation the reply belongs to."""
    return db.session.execute(select(Conversation).where(Conversation.id == reply.conversation_id)).scalar_one()


def brand_of(reply: Reply) -> Brand:
    """The brand whose voice the reply uses."""
    brand = db.session.execute(select(Brand).where(Brand.id == reply.brand_id)).scalar_one_or_none()
    if brand is None:
        raise NotFound()
    return brand


def check_words(conversation: Conversation, text: str) -> CheckResult:
    """The style check of these words for this conversation, with the guide in force."""
    return check_for_brand(
        conversation.brand_id,
        text,
        conversation.platform,
        conversation.kind,
        stars=conversation.stars,
        customer_name=conversation.author_name,
    )


def findings_as_data(result: CheckResult) -> list[dict[str, Any]]:
    """Findings as stored beside a text and shown in a receipt."""
    return [
        {
            "rule": finding.rule,
            "level": finding.level,
            "message": finding.message,
            "start": finding.start,
            "end": finding.end,
            "suggestion": finding.suggestion,
        }
        for finding in result.findings
    ]


def refuse_stopped(result: CheckResult) -> None:
    """Raise Invalid `style_stop` with the findings when the guide in force stops these words."""
    stops = [finding for finding in findings_as_data(result) if finding["level"] == "stop"]
    if stops:
        raise Invalid(
            worded(
                "The brand's style guide stops this reply: %(problem)s "
                "Your words are saved and nothing was sent. Change them and try again.",
                problem=stops[0]["message"],
            ),
            code="style_stop",
            findings=findings_as_data(result),
            guide_version=result.guide_version,
        )


def refuse_changed_target(reply: Reply) -> None:
    """Raise Conflict when the customer changed or deleted what this reply answers, or the target moved."""
    message = message_of(reply)
    if message.deleted_at is not None:
        raise Conflict(
            "The customer deleted what this reply answers. Nothing was sent; your words are kept.",
            code="message_deleted",
        )
    if message.content_hash != reply.in_reply_to_content_hash:
        raise Conflict(
            "The customer changed what this reply answers. Nothing was sent; read it again and save the draft anew.",
            code="message_changed",
        )
    if fingerprint_of(reply) != reply.target_fingerprint:
        raise Conflict(
            "This reply no longer belongs to the account it was written for. Nothing was sent; write it anew.",
            code="target_changed",
        )


def fingerprint_of(reply: Reply) -> bytes:
    """Where the reply would go now and what it would answer, from the rows themselves."""
    message, conversation = message_of(reply), conversation_of(reply)
    return target_fingerprint(
        brand_id=conversation.brand_id,
        account_id=conversation.account_id,
        external_id=message.external_id,
        content_hash=message.content_hash,
    )


def refuse_second_answer(reply: Reply) -> None:
    """Raise Conflict while another reply to the same message is on its way: a customer never gets two answers."""
    other = db.session.execute(
        select(Reply.id, Reply.state, Reply.written_by_name)
        .where(Reply.in_reply_to_id == reply.in_reply_to_id, Reply.id != reply.id, Reply.state.in_(IN_FLIGHT_STATES))
        .limit(1)
    ).first()
    if other is not None:
        raise Conflict(
            worded(
                "Another reply to this message, by %(name)s, is %(state)s. "
                "Nothing was sent; your words are kept. Withdraw one of the two.",
                name=other.written_by_name,
                state=in_words(other.state),
            ),
            code="another_reply",
            reply_id=str(other.id),
        )


def refuse_closed_brand(brand: Brand) -> None:
    """Raise Conflict for a brand that is paused or archived."""
    if brand.paused_at is not None or brand.archived_at is not None:
        raise Conflict(
            worded("%(brand)s is paused, so nothing is sent in its name. Your words are kept.", brand=brand.name),
            code="brand_paused",
        )


def refuse_own_approval(actor: Actor, reply: Reply, text: ReplyText) -> None:
    """Raise Conflict when the person who drafted the words would approve them."""
    if actor.user_id in (reply.written_by, text.author_id):
        raise Conflict(
            "Whoever drafted a reply never approves it. Nothing was changed; somebody else must decide.",
            code="own_reply",
        )


def words_unchanged(text: ReplyText) -> bool:
    """Whether the stored words still have the hash they were stored with."""
    return hash_of(text.text) == text.text_hash
