"""What a mail that asks for a yes says of one reply."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import or_, select

from agency.inbox.models import Conversation, Message
from agency.replies import checks
from agency.replies.models import Reply, ReplyText
from agency.replies.moves import text_of
from agency.replies.policy_clock import clock_from_data
from agency.replies.targets import account_of
from agency.replies.variants import offered_variants, safe_variant_of
from agency.replies.waiting import policy_asked_by
from styleguides.length import PLATFORM_LABELS
from styleguides.masking import masked
from tenants import clock
from tenants.database import db

MOST_CHARACTERS: Final = 4000
"""Of a text in a mail; the page behind the link shows all of it."""


MOST_OF_CONTEXT: Final = 240
"""Of a post, and of what was said before: enough to know which it was."""
MOST_BEFORE: Final = 2


def facts_of(reply: Reply, path: str, *, again: bool, most_characters: int = MOST_CHARACTERS) -> dict[str, Any]:
    """The reply as the mail shows it; `path` is its link. `again`: says for how long it has waited."""
    conversation, text, message = checks.conversation_of(reply), text_of(reply), checks.message_of(reply)
    return {
        "customer_name": conversation.author_name,
        "customer_words": cut(message.text, most_characters),
        **_context(reply, conversation, message),
        "stars": conversation.stars,
        "written_by": text.author_name,
        "draft": cut(text.text, most_characters),
        "wordings": _wordings(reply, text, most_characters),
        "guide_version": text.guide_version,
        "remarks": len(text.findings),
        "let_go": text.let_go_reason or "",
        "due_at": conversation.due_at,
        "is_late": conversation.due_at is not None and conversation.due_at <= clock.now(),
        "sends_at": reply.not_before,
        "sends_in_hours": reply.not_before_because == "hours",
        **_waiting_facts(reply, again=again),
        "path": path,
    }


def _context(reply: Reply, conversation: Conversation, message: Message) -> dict[str, Any]:
    """Where and when it was written, under which post, and what this customer and we had said before: each on one line,
    so that nobody's words read as a line of ours.
    """
    before = (
        select(Message.direction, Message.text)
        .where(
            Message.conversation_id == conversation.id,
            Message.deleted_at.is_(None),
            Message.written_at < message.written_at,
            or_(Message.direction == "out", Message.contact_id == message.contact_id),
            Message.text != "",
        )
        .order_by(Message.written_at.desc(), Message.id.desc())
        .limit(MOST_BEFORE)
    )
    return {
        "platform_name": PLATFORM_LABELS.get(reply.platform, reply.platform),
        "kind": reply.kind,
        "account_name": account_of(reply).name,
        "wrote_at": message.written_at,
        "post": _on_one_line(str(conversation.context.get("text") or "")),
        "before": [
            {"ours": row.direction == "out", "words": _on_one_line(row.text)}
            for row in reversed(db.session.execute(before).all())
        ],
    }


def _on_one_line(text: str) -> str:
    return cut(" ".join(text[: MOST_OF_CONTEXT * 4].split()), MOST_OF_CONTEXT)


def _waiting_facts(reply: Reply, *, again: bool) -> dict[str, Any]:
    """What the mail says of waiting: for how long it has, and what silence will mean from when on."""
    kept = clock_from_data(reply.waits_clock)
    silence_at = kept.silence_at if kept is not None and kept.fell_at is None else None
    silence = kept.silence if kept is not None and silence_at is not None else ""
    if silence == "safe_variant" and safe_variant_of(reply) is None:
        silence = "escalate" if policy_asked_by(reply).terms.escalate_to else "hold"
    since = (kept.asked_at if kept is not None else None) or reply.state_since
    return {
        "waited_hours": max(1, round((clock.now() - since).total_seconds() / 3600)) if again else 0,
        "silence": silence,
        "silence_at": silence_at,
    }


def _wordings(reply: Reply, first: ReplyText, most_characters: int) -> list[dict[str, Any]]:
    """Each of several wordings as the mail shows it, in order; none where there is one only."""
    others = offered_variants(reply)
    several = [(first, False), *((one.text, one.is_safe) for one in others)] if others else []
    return [
        {
            "draft": cut(text.text, most_characters),
            "guide_version": text.guide_version,
            "remarks": len(text.findings),
            "let_go": text.let_go_reason or "",
            "is_safe": is_safe,
        }
        for text, is_safe in several
    ]


def cut(text: str, most_characters: int = MOST_CHARACTERS) -> str:
    """What a mail may say of it: a mailbox is no place for what leads to a person."""
    text = masked(text[: most_characters + 1])
    return text if len(text) <= most_characters else text[:most_characters] + " […]"
