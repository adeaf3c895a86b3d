"""Saying yes or no to a reply that waits: about exactly the words that were shown, by whoever the policy asks now."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from agency.replies import checks, waiting
from agency.replies.approval_mail import tell_approvers
from agency.replies.around import Around
from agency.replies.drafting import new_text
from agency.replies.lifecycle import LIFECYCLE
from agency.replies.models import Approval, Reply, ReplyText
from agency.replies.moves import locked, move, void_approval
from agency.replies.promises import publish_soon
from agency.replies.shown import reason_given, refuse_unseen
from agency.replies.variants import ONLY, Chosen, choose, shown_wording
from agency.replies.words import accepted
from tenants.database import db
from tenants.errors import Conflict
from tenants.permissions import Actor, Permission, require


def approve(actor: Actor, reply_id: UUID, text_hash: str, *, asked_at: datetime | None = None) -> Reply:
    """Say yes to exactly the text whose hash was shown, of several wordings that one; with `asked_at`, to exactly that
    request for a yes. Where the policy asks others after this, it goes on waiting for them.

    Raises Conflict `text_changed` with the difference when the words are others by now, `asked_anew`, `own_reply` for
    whoever drafted it, `not_your_turn` for whom the policy does not ask at this step; NotFound, Forbidden.
    """
    reply = locked(reply_id)
    require(actor, Permission.REPLY_APPROVE, reply.brand_id)
    if waiting.has_said_yes(actor, reply, text_hash, waiting.yeses_to([reply_id])[reply_id]):
        return reply
    around = Around(reply)
    around.text, which = shown_wording(reply, text_hash)
    refuse_yes(actor, around, text_hash, asked_at)
    choose(reply, around.text)
    _say_yes(actor, reply, around.text, "approve", "approve_step", which)
    return reply


def refuse_yes(
    actor: Actor,
    around: Around,
    text_hash: str,
    asked_at: datetime | None,
    *,
    check: checks.CheckResult | None = None,
    tells_difference: bool = True,
) -> None:
    """Everything that forbids this person's yes to these words now, with what stands around the reply and, where the
    style guide was asked already, its `check`. Raises as `approve` does.
    """
    reply, text = around.reply, around.text
    check_move(reply, "approve")
    refuse_unseen(reply, text, text_hash, asked_at, tells_difference=tells_difference)
    checks.refuse_own_approval(actor, reply, text)
    waiting.refuse_not_asked(actor, reply, people=around.people)
    checks.refuse_closed_brand(around.brand)
    checks.refuse_what_changed(reply, around)
    if reply.deed != "withdraw":
        checks.refuse_stopped_text(reply, around, check)


def _say_yes(actor: Actor, reply: Reply, text: ReplyText, last: str, step: str, which: Chosen) -> None:
    """The yes of the present step: by the move `last` where no other step is left, else by `step`."""
    ahead = waiting.step_after(reply, text, waiting.policy_asked_by(reply).terms)
    write_decision(actor, reply, text, "approved" if ahead is None else "step_approved", which=which)
    said: dict[str, Any] = {"text_hash": text.text_hash, "step": reply.waits_step, "policy": reply.policy_number}
    if which.of is not None:
        said |= {"wording": which.number, "wordings": which.of}
    if ahead is None:
        move(reply, last, actor=actor, **said)
        publish_soon(reply)
        return
    reply.waits_step = ahead
    move(reply, step, actor=actor, **said, next_step=ahead)
    tell_approvers(reply)


def change_and_approve(
    actor: Actor, reply_id: UUID, words: str, text_hash: str, *, asked_at: datetime | None = None
) -> Reply:
    """The approver's own words in the place of those shown, of several wordings of the one whose hash is given,
    approved. The checks of `submit` hold for them too. Whoever
    said yes to others at an earlier step is asked again, unless the policy says that changed words go on.

    Raises as `approve` does, and Invalid for words that cannot be used or that the style guide stops.
    """
    reply = locked(reply_id)
    require(actor, Permission.REPLY_APPROVE, reply.brand_id)
    words = accepted(words)
    check_move(reply, "change_and_approve")
    before, which = shown_wording(reply, text_hash)
    refuse_unseen(reply, before, text_hash, asked_at)
    if words == before.text:
        return approve(actor, reply_id, text_hash, asked_at=asked_at)
    if reply.deed == "withdraw":
        raise Conflict(
            "Taking an answer back has no words of its own to change. Nothing was decided; say yes or no to it.",
            code="nothing_to_change",
        )
    if actor.user_id == reply.written_by:
        checks.refuse_own_approval(actor, reply, before)
    waiting.refuse_not_asked(actor, reply, but_authors=False)
    checks.refuse_closed_brand(checks.brand_of(reply))
    reply.automatic = False
    checks.refuse_what_changed(reply)
    conversation = checks.conversation_of(reply)
    case = checks.case_of(reply)
    checks.refuse_stopped(checks.check_words(conversation, words, case=case, private=reply.private))
    choose(reply, before)
    changed = new_text(reply, conversation, actor, words, by_approver=True)
    _say_yes(actor, reply, changed, "change_and_approve", "change_step", which)
    return reply


def say_no(
    actor: Actor,
    reply_id: UUID,
    no: Literal["decline", "ask_for_changes"],
    reason: str,
    text_hash: str,
    *,
    asked_at: datetime | None = None,
) -> Reply:
    """Say no to the text whose hash was shown: for good, its words kept, or back to its writer with a note.

    Raises Conflict `text_changed` or `asked_anew` as `approve` does, Invalid without a reason, NotFound, Forbidden.
    """
    reply = locked(reply_id)
    require(actor, Permission.REPLY_APPROVE, reply.brand_id)
    reason = reason_given(reason)
    check_move(reply, no)
    text, which = shown_wording(reply, text_hash)
    refuse_unseen(reply, text, text_hash, asked_at)
    waiting.refuse_not_asked(actor, reply, but_authors=False)
    void_approval(reply, "somebody said no at a later step")
    write_decision(actor, reply, text, {"decline": "declined", "ask_for_changes": "changes_asked"}[no], reason, which)
    move(reply, no, actor=actor, reason=reason)
    return reply


def write_decision(
    actor: Actor | None,
    reply: Reply,
    text: ReplyText,
    decision: str,
    reason: str | None = None,
    which: Chosen = ONLY,
) -> None:
    """Keep a decision about exactly these words and this target, and which of several wordings it is about; nobody's
    where the policy alone decides.
    """
    db.session.add(
        Approval(
            agency_id=reply.agency_id,
            brand_id=reply.brand_id,
            reply_id=reply.id,
            reply_text_id=text.id,
            text_hash=text.text_hash,
            target_fingerprint=reply.target_fingerprint,
            decision=decision,
            reason=reason,
            decided_by=actor.user_id if actor else None,
            decided_by_name=actor.name if actor else "system",
            came_by=actor.came_by if actor else None,
            policy_number=reply.policy_number,
            step=reply.waits_step if decision != "released" else None,
            wording=which.number,
            wordings=which.of,
        )
    )
    db.session.flush()


def check_move(reply: Reply, name: str, target: str | None = None) -> None:
    """Raise Conflict where the reply may not be moved so from where it is."""
    LIFECYCLE.check(name, reply.state, target or next(iter(LIFECYCLE.moves[name].targets)))
