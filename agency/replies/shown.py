"""A decision is about what its maker was shown, and says why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from agency.replies.models import Reply, ReplyText
from agency.replies.text_difference import text_difference
from styleguides.tokens import shows_nothing
from tenants.database import db
from tenants.errors import Conflict, Invalid, worded

LONGEST_REASON = 2_000


def refuse_unseen(
    reply: Reply,
    text: ReplyText,
    shown_hash: str,
    asked_at: datetime | None = None,
    *,
    tells_difference: bool = True,
) -> None:
    """A decision is about what its maker was shown: these words and, where it says so, this request for a yes.

    Raises Conflict `text_changed`, with the difference unless that is not asked for, or `asked_anew`.
    """
    if text.text_hash != shown_hash:
        raise Conflict(
            "The words changed after you were shown them. Nothing was decided; read the new words and decide again.",
            code="text_changed",
            text=text.text,
            text_hash=text.text_hash,
            difference=_difference(reply, shown_hash, text) if tells_difference else [],
        )
    if asked_at is not None and asked_at != reply.state_since:
        raise Conflict(
            "This reply was sent for approval anew after you were shown it. Nothing was decided; "
            "look at what it answers now and decide again.",
            code="asked_anew",
            state_since=reply.state_since.isoformat(),
        )


def reason_given(reason: object) -> str:
    """The reason, trimmed. Raises Invalid for none."""
    if not isinstance(reason, str) or shows_nothing(reason) or "\x00" in reason:
        raise Invalid("Say why, in a few words. Nothing was changed.", errors={"reason": [worded("is missing")]})
    return reason.strip()[:LONGEST_REASON]


def _difference(reply: Reply, shown_hash: str, text: ReplyText) -> list[dict[str, str]]:
    shown = db.session.execute(
        select(ReplyText.text).where(ReplyText.reply_id == reply.id, ReplyText.text_hash == shown_hash).limit(1)
    ).scalar()
    return [{"kind": piece.kind, "text": piece.text} for piece in text_difference(shown or "", text.text)]
