"""Changing and taking back an answer of ours that stands on a platform: a reply of its own, through the same moves.

| Deed | Asks for | Goes out |
|---|---|---|
| change (`edit`) | `reply:write`, new words that pass the checks | like any reply: after the client's yes, or released where the brand needs none |
| take back (`withdraw`) | `reply:write` and a reason | at once for who may `reply:release`, whatever the brand: nothing new is said in its name, and what is wrong must be able to go now; the client is told by mail, with the reason and the receipt (decision 0011); else after the client's yes |

Both are published exactly once, by claim, one attempt, settle and reading back, as replies are (decision 0005).
"""  # noqa: E501 - a table

from __future__ import annotations

from uuid import UUID

from agency.inbox import desk as inbox_desk
from agency.replies import checks, desk
from agency.replies.approval_mail import tell_of_taking_back
from agency.replies.drafting import new_reply, new_text, refuse_unknown_way
from agency.replies.models import Reply
from agency.replies.moves import locked, show_in_queue, text_of
from agency.replies.policy_versions import policy_in_force
from agency.replies.shown import reason_given
from agency.replies.words import accepted
from tenants import audit
from tenants.database import db
from tenants.errors import Conflict
from tenants.permissions import Actor, Permission, require


def start_change(actor: Actor, reply_id: UUID, text: str, *, takes: bool = True) -> Reply:
    """A draft of new words for a published answer. The words on the platform stay until it is published.

    Claims an unclaimed conversation if `takes`.

    Raises NotFound, Forbidden, Conflict `not_published`, `answer_changed`, `not_offered` or `held`, Invalid.
    """
    base = _standing(actor, reply_id, "edit")
    words = accepted(text)
    change = _new(actor, base, "edit", None, takes=takes)
    new_text(change, checks.conversation_of(change), actor, words)
    _begun(actor, change)
    return change


def take_back(actor: Actor, reply_id: UUID, reason: str) -> Reply:
    """Take a published answer back, with a reason the record keeps: approved at once, or on its way to the client.

    Raises as `start_change`, and Invalid without a reason.
    """
    base = _standing(actor, reply_id, "withdraw")
    withdrawal = _new(actor, base, "withdraw", reason_given(reason))
    new_text(withdrawal, checks.conversation_of(withdrawal), actor, text_of(base).text)
    _begun(actor, withdrawal)
    if actor.may(Permission.REPLY_RELEASE) and policy_in_force(base.brand_id).terms.mode != "client":
        released = desk.release(actor, withdrawal.id)
        tell_of_taking_back(released)
        return released
    return desk.submit(actor, withdrawal.id)


def _standing(actor: Actor, reply_id: UUID, deed: str) -> Reply:
    base = locked(reply_id)
    require(actor, Permission.REPLY_WRITE, base.brand_id)
    if base.state != "published" or base.deed == "withdraw":
        raise Conflict(
            "Only an answer that stands on the platform can be changed or taken back. Nothing was changed.",
            code="not_published",
        )
    refuse_unknown_way(checks.conversation_of(base), deed, private=base.private)
    return base


def _new(actor: Actor, base: Reply, deed: str, reason: str | None, *, takes: bool = True) -> Reply:
    conversation, message = checks.conversation_of(base), checks.message_of(base)
    inbox_desk.hold(actor, base.conversation_id, takes=takes)
    reply = new_reply(conversation, message, actor, private=base.private, deed=deed, changes=base, reason=reason)
    checks.refuse_changed_base(reply)
    db.session.add(reply)
    db.session.flush()
    return reply


def _begun(actor: Actor, reply: Reply) -> None:
    show_in_queue(reply)
    audit.record(
        actor,
        f"reply.start_{reply.deed}",
        "reply",
        reply.id,
        brand_id=reply.brand_id,
        changes_reply_id=str(reply.changes_reply_id),
        reason=reply.deed_reason,
    )
