"""A lead lets words go in spite of what the style guide stops, says why, and the receipt shows it."""

from __future__ import annotations

from uuid import UUID

from agency.replies import checks
from agency.replies.drafting import LetGo, new_text, settle_typed
from agency.replies.lifecycle import LIFECYCLE
from agency.replies.models import Reply
from agency.replies.moves import locked, text_of
from agency.replies.shown import reason_given, refuse_unseen
from tenants import audit
from tenants.errors import Conflict
from tenants.permissions import Actor, Permission, require


def let_go(actor: Actor, reply_id: UUID, reason: str, text_hash: str) -> Reply:
    """Let a draft go in spite of what stops the words whose hash was shown; the reason stands on its receipt.

    Holds for these words alone and for the rules that stop them now; whoever has the case keeps it and sends them.
    Raises Invalid without a reason or for what no platform takes, Conflict `text_changed` with the difference
    when the words are others by now, `nothing_stops` where nothing does, NotFound, Forbidden.
    """
    reply = locked(reply_id)
    require(actor, Permission.REPLY_LET_GO, reply.brand_id)
    reason = reason_given(reason)
    LIFECYCLE.check("submit", reply.state, "awaiting_approval")
    settle_typed(reply, actor)
    conversation, text = checks.conversation_of(reply), text_of(reply)
    refuse_unseen(reply, text, text_hash)
    result = checks.check_text_of(reply, text, beside_others=True)
    rules = sorted({finding["rule"] for finding in checks.stops_of(result)})
    if not rules:
        raise Conflict("Nothing stops these words. Nothing was changed; send them.", code="nothing_stops")
    checks.refuse_stopped(result, rules)
    word = LetGo(tuple(rules), reason, actor.user_id, actor.name)
    if LetGo.of(text) == word:
        return reply  # a second click
    new_text(reply, conversation, actor, text.text, let_go=word)
    audit.record(
        actor,
        "reply.let_go",
        "reply",
        reply.id,
        brand_id=reply.brand_id,
        rules=rules,
        reason=reason,
        text_hash=text.text_hash,
    )
    return reply
