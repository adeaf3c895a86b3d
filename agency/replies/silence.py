"""What happens to a reply that waits while nobody answers: by the clock, and by the terms it was sent by.

People are mailed once the quiet times end, reminded, and at last taken for silent. Whatever follows from silence is
written as a move of the system's that names the version of the policy; words go out by it only where the client signed
that, and still does. Flushes, never commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import and_, func, select

from agency.replies import checks, waiting
from agency.replies.approval_mail import keep_clock, mail_approvers, tell_approvers, zone_of
from agency.replies.deciding import write_decision
from agency.replies.models import ApprovalPolicy, ApprovalRequest, Reply
from agency.replies.moves import locked, move, text_of
from agency.replies.policy_clock import (
    LATE,
    WaitClock,
    asked,
    clock_from_data,
    fallen,
    is_silent,
    is_to_remind,
    reached_late,
    reminded,
)
from agency.replies.policy_terms import Terms
from agency.replies.policy_versions import Policy, policy_in_force
from agency.replies.promises import publish_soon
from agency.replies.variants import Chosen, choose, offer_variants, safe_variant_of
from tenants import audit, clock
from tenants.database import db
from tenants.errors import AppError, Worded, worded
from tenants.models import OutgoingMail, Person

AGAIN_AFTER: Final = timedelta(hours=1)
"""While a brand is paused nobody is mailed and nothing goes out; how often it is looked whether it still is."""
SIGNED: Final = ("page", "paper")

NO_SAFE_ONE = worded("No safe wording stands beside it.")
NOT_SIGNED = worded("The client has not signed that anything goes out without an answer.")
NO_LONGER_SIGNED = worded("By the policy the client has signed since, nothing goes out without an answer.")
NOBODY_REACHED = worded("No mail that asked for a yes is known to have left, so nobody can have stayed silent.")
NOBODY_ELSE = worded("Nobody else is named who may decide.")


def due(most: int) -> Sequence[UUID]:
    """Replies of this agency that something is due for, longest due first."""
    wanted = select(Reply.id).where(Reply.waits_due_at <= clock.now())
    return db.session.scalars(wanted.order_by(Reply.waits_due_at, Reply.id).limit(most)).all()


def put_off(reply_id: UUID) -> None:
    """What could not be done now is tried again later, so that it keeps nothing else waiting."""
    reply = locked(reply_id)
    if reply.waits_due_at is not None:
        reply.waits_due_at = clock.now() + AGAIN_AFTER
        db.session.flush()


def ring(reply_id: UUID) -> str:
    """Do what is due for this reply, one thing; harmless twice. Returns what was done: `nothing`, `put_off`, `asked`,
    `reminded`, `approved_by_policy`, `step_passed`, `escalated` or `held`.
    """
    reply, now = locked(reply_id), clock.now()
    kept = clock_from_data(reply.waits_clock)
    is_due = reply.waits_due_at is not None and reply.waits_due_at <= now
    if reply.state != "awaiting_approval" or kept is None or not is_due:
        return "nothing"
    brand = checks.brand_of(reply)
    if brand.paused_at is not None or brand.archived_at is not None:
        reply.waits_due_at = now + AGAIN_AFTER
        db.session.flush()
        return "put_off"
    terms, zone = waiting.policy_asked_by(reply).terms, zone_of(reply)
    if kept.asked_at is None:
        keep_clock(reply, asked(kept, terms, zone, now))
        mail_approvers(reply)
        return "asked"
    if is_to_remind(kept, now):
        keep_clock(reply, reminded(kept, terms, zone, now))
        audit.record(
            None,
            "reply.remind",
            "reply",
            reply.id,
            brand_id=reply.brand_id,
            number=kept.reminded + 1,
            mailed=mail_approvers(reply, again=True),
        )
        return "reminded"
    if is_silent(kept, now):
        return _fall(reply, kept, terms, now)
    keep_clock(reply, kept)
    return "nothing"


def _fall(reply: Reply, kept: WaitClock, terms: Terms, now: datetime) -> str:
    why: str | None = None
    if terms.silence == "safe_variant":
        reached_at = _reached_at(reply)
        if reached_at is not None and kept.asked_at is not None and reached_at - kept.asked_at > LATE:
            keep_clock(reply, reached_late(kept, terms, zone_of(reply), reached_at))
            return "put_off"
        why = _let_out(reply, reached_at)
        if why is None:
            keep_clock(reply, fallen(kept, now, "safe_variant"))
            return "approved_by_policy"
    if terms.silence == "hold":
        return _hold(reply, kept, now, None)
    before = {person.id for person in waiting.deciders_of(reply)}
    if set(terms.escalate_to) - before:
        keep_clock(reply, fallen(kept, now, "escalate", _kept(why)))
        if mail_approvers(reply, but=before):
            move(reply, "escalate", actor=None, reason=why, policy=reply.policy_number, silence=terms.silence)
            return "escalated"
    if terms.silence == "escalate" and _pass_step(reply, terms):
        return "step_passed"
    return _hold(reply, kept, now, why or NOBODY_ELSE)


def _let_out(reply: Reply, reached_at: datetime | None) -> str | None:
    """Let the safe wording go out in place of the one nobody answered; else why it does not."""
    safe = safe_variant_of(reply)
    if safe is None:
        return NO_SAFE_ONE
    if not is_signed(reply.brand_id, reply.policy_number):
        return NOT_SIGNED
    in_force = policy_in_force(reply.brand_id, lock=True)
    if not lets_out(reply.brand_id, in_force):
        return NO_LONGER_SIGNED
    if reached_at is None:
        return NOBODY_REACHED
    try:
        checks.refuse_closed_brand(checks.brand_of(reply))
        checks.refuse_what_changed(reply)
        words = checks.check_text_of(reply, safe.text)
        checks.refuse_stopped(words)
        checks.refuse_unapproved(words)
    except AppError as refusal:
        return refusal.message
    choose(reply, safe.text)
    text = text_of(reply)
    write_decision(None, reply, text, "by_policy", which=Chosen(safe.place, reply.variant_count + 1))
    move(reply, "approve_by_policy", actor=None, text_hash=text.text_hash, policy=reply.policy_number)
    publish_soon(reply)
    return None


def lets_out(brand_id: UUID, policy: Policy) -> bool:
    """Whether by this version the client signed that a safe wording goes out where nobody answers."""
    return policy.terms.silence == "safe_variant" and is_signed(brand_id, policy.number)


def _pass_step(reply: Reply, terms: Terms) -> bool:
    """Ask those of the next step instead, who then are taken for the present one, too."""
    text, step = text_of(reply), reply.waits_step or 1
    ahead = waiting.step_after(reply, text, terms)
    if ahead is None or not waiting.deciders_at(reply, ahead):
        return False
    write_decision(None, reply, text, "step_passed")
    reply.waits_step = ahead
    move(reply, "pass_step", actor=None, text_hash=text.text_hash, policy=reply.policy_number, step=step)
    offer_variants(reply)
    tell_approvers(reply)
    return True


def _hold(reply: Reply, kept: WaitClock, now: datetime, why: str | None) -> str:
    keep_clock(reply, fallen(kept, now, "hold", _kept(why)))
    move(reply, "hold", actor=None, reason=why, policy=reply.policy_number, silence=kept.silence)
    return "held"


def _kept(why: str | None) -> dict[str, object] | None:
    if why is None:
        return None
    said = why if isinstance(why, Worded) else Worded(why)
    return {"template": said.template, "values": said.values}


def is_signed(brand_id: UUID, number: int | None) -> bool:
    """Whether the client signed this version, here or on paper."""
    wanted = select(ApprovalPolicy.signed_how).where(
        ApprovalPolicy.brand_id == brand_id, ApprovalPolicy.number == (number or 0)
    )
    return db.session.execute(wanted).scalar() in SIGNED


def _reached_at(reply: Reply) -> datetime | None:
    """When the first mail about this very asking was handed over for somebody who may still decide and whose mails do
    not come back; None for nobody.
    """
    wanted = (
        select(func.min(OutgoingMail.sent_at))
        .join(ApprovalRequest, ApprovalRequest.mail_id == OutgoingMail.id)
        .join(Person, and_(Person.id == ApprovalRequest.approver_id, Person.mail_failed_at.is_(None)))
        .where(
            ApprovalRequest.reply_id == reply.id,
            ApprovalRequest.asked_at == reply.state_since,
            ApprovalRequest.ended_because.is_distinct_from("approver_left"),
        )
    )
    return db.session.execute(wanted).scalar()
