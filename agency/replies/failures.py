"""What somebody may press where a reply did not get through, or nobody knows: look now, send again.

Looking comes first: only what is surely not on the platform is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import cast, func, select
from sqlalchemy.types import String

from agency.replies import client_answers
from agency.replies.models import Approval, PublishAttempt, Reply
from agency.replies.moves import live_approval, locked, move
from agency.replies.outcome_mails import tell_again
from agency.replies.policy_versions import policy_in_force
from agency.replies.promises import database_now, look_later, publish_soon
from agency.replies.reconciling import tells_at
from tenants.database import db
from tenants.errors import Conflict, Moment, TooMany, worded
from tenants.models import OutboxEntry
from tenants.outbox import JobName
from tenants.permissions import Actor, Permission, require

PRESS_SECONDS: Final = 10
"""From one look to the next that somebody asks for: a look reads a whole thread."""


@dataclass(frozen=True, slots=True)
class AskedLook:
    """A look that was asked for. `tells_at` is from when on a look that finds nothing proves that nothing is there; one
    that finds it proves that at any time. None where the reply is known to stand.
    """

    reply: Reply
    tells_at: datetime | None


def check_now(actor: Actor, reply_id: UUID) -> AskedLook:
    """Look on the platform now for a reply of which nobody knows whether it arrived, or that nobody has seen there yet.

    Raises NotFound, Forbidden, Conflict `nothing_to_check` or `still_sending`, TooMany `looked_just_now`.
    """
    reply = locked(reply_id)
    require(actor, Permission.REPLY_WRITE, reply.brand_id)
    now = database_now()
    if reply.state == "publishing" and (reply.lease_until is None or reply.lease_until > now):
        raise Conflict(
            "It is being sent at this moment. It is never sent twice. Look here again in a minute.",
            code="still_sending",
        )
    unseen = reply.state == "published" and (reply.read_back_at is None or reply.live_state in ("pending", "not_seen"))
    if reply.state not in ("publishing", "outcome_unknown") and not unseen:
        raise Conflict(
            "There is nothing to look for: what became of this reply is known. Nothing was changed. "
            "Its receipt says all of it.",
            code="nothing_to_check",
        )
    looked = db.session.execute(
        select(func.max(PublishAttempt.created_at)).where(
            PublishAttempt.reply_id == reply.id, PublishAttempt.deed == "look"
        )
    ).scalar()
    again_at = None if looked is None else looked + timedelta(seconds=PRESS_SECONDS)
    if again_at is not None and again_at > now:
        raise TooMany(
            worded(
                "We looked a moment ago. Nothing was changed, and we go on looking by ourselves. "
                "Ask again from %(time)s on.",
                time=Moment(again_at),
            ),
            code="looked_just_now",
            retry_after_seconds=max(1, int((again_at - now).total_seconds())),
        )
    if not _is_about_to_look(reply):
        look_later(reply, 0)
    return AskedLook(reply, tells_at(reply) if reply.state != "published" else None)


def _is_about_to_look(reply: Reply) -> bool:
    return bool(
        db.session.execute(
            select(OutboxEntry.id)
            .where(
                OutboxEntry.job_name == JobName.RECONCILE_REPLY.value,
                OutboxEntry.done_at.is_(None),
                OutboxEntry.given_up_at.is_(None),
                OutboxEntry.run_at <= func.clock_timestamp(),
                OutboxEntry.ids["reply_id"].astext == cast(reply.id, String),
            )
            .limit(1)
        ).first()
    )


def try_again(actor: Actor, reply_id: UUID) -> Reply:
    """Send once more what surely did not arrive: refused by the platform, or never left. The yes it has still holds,
    and everything is checked again before it goes.

    Raises NotFound, Forbidden, Conflict `may_have_arrived` where a look must come first, `platform_asked_to_wait`,
    `not_failed`, `no_yes`, `client_answers` where the client answers since and gave no yes to these words.
    """
    reply = locked(reply_id)
    require(actor, Permission.REPLY_WRITE, reply.brand_id)
    if reply.state in ("publishing", "outcome_unknown"):
        raise _may_have_arrived()
    if reply.state == "approved":
        if reply.trouble == "rate_limited" and reply.next_try_at is not None and reply.next_try_at > database_now():
            raise Conflict(
                worded(
                    "The platform asked us to wait, and asking sooner makes it longer. The reply is kept. "
                    "It goes out by itself at %(time)s.",
                    time=Moment(reply.next_try_at),
                ),
                code="platform_asked_to_wait",
            )
        if reply.trouble is None:
            raise _not_failed()
        _refuse_pressing_for_the_client(reply, live_approval(reply))
        publish_soon(reply)
        return reply
    if reply.state != "refused":
        raise _not_failed()
    last = db.session.execute(
        select(PublishAttempt.outcome)
        .where(PublishAttempt.reply_id == reply.id, PublishAttempt.deed == "send")
        .order_by(PublishAttempt.fence.desc())
        .limit(1)
    ).scalar()
    if last != "refused":
        raise _may_have_arrived()
    approval = live_approval(reply)
    if approval is None:
        raise Conflict(
            "The yes it went out by holds no longer. Nothing was sent; your words are kept. "
            "Take it back to a draft and send it anew.",
            code="no_yes",
        )
    _refuse_pressing_for_the_client(reply, approval)
    move(reply, "retry", actor=actor)
    tell_again(reply.id)
    publish_soon(reply)
    return reply


def _refuse_pressing_for_the_client(reply: Reply, approval: Approval | None) -> None:
    """Where the client answers by now, only what a client's own yes let out is sent once more by a press of ours."""
    if approval is None or approval.decision != "approved":
        client_answers.refuse_pressing(policy_in_force(reply.brand_id).terms)


def _not_failed() -> Conflict:
    return Conflict(
        "This reply did not fail, so there is nothing to send again. Nothing was changed. Look at the case again.",
        code="not_failed",
    )


def _may_have_arrived() -> Conflict:
    return Conflict(
        "This reply may stand on the platform already. Nothing was sent, so that it does not stand there twice. "
        "Check now; where nobody can tell, a lead says what became of it.",
        code="may_have_arrived",
    )
