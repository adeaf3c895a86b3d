"""Publishing exactly once: claim, commit, send one attempt, settle.

No platform offers an idempotency key, so nothing is ever sent again unless it is certain that nothing arrived. The
claim is committed before a byte leaves; whatever is not clearly a success, a refusal or "surely not sent" becomes
`outcome_unknown` and belongs to `agency.replies.reconciling`. The claim also promises, in the same transaction, a look
at the platform after the lease ends: a sender that died is found by that promise and by nothing else.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from agency.inbox import outgoing
from agency.inbox.models import Conversation
from agency.replies import checks
from agency.replies.models import PublishAttempt, Reply
from agency.replies.moves import live_approval, locked, move, text_of, void_approval
from agency.replies.targets import UNREACHABLE, account_of, connected_account_of, target_of
from channels import accounts
from channels.errors import (
    ChannelError,
    ItemGone,
    NotSent,
    OutcomeUnknown,
    PlatformDown,
    RateLimited,
    Refused,
    TargetChanged,
    TokenRevoked,
)
from channels.health import OPERATOR_WORDS
from channels.items import PublishedReply
from channels.models import Account
from channels.protocol import ConnectedAccount, ReplyTarget
from channels.registry import adapter_for
from channels.transport import Speaks
from tenants import audit
from tenants.base_app import settings_of_app
from tenants.database import db, new_id
from tenants.errors import AppError
from tenants.logs import get_logger
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import HasAppContext, Scope, in_scope

LEASE_SECONDS = 90
"""How long a sender may hold a reply: longer than its check (30 s) and its send (30 s) may take together."""
SEND_BUDGET_SECONDS = 30
"""`channels.transport` ends a call after this long; with less than this left of the lease nothing is sent."""
RETRY_SECONDS = (5, 15, 60, 300, 900)
"""Pauses after a send that surely did not leave."""
KEY_MISSING_SECONDS = 300
KEY_MISSING = (
    "A key is missing on our side, so this account's access cannot be opened. The reply is kept. "
    "Whoever runs Onbrand has to give the key again; then it goes out by itself."
)
BUSY_SECONDS = 15
"""Pause while another reply to the same conversation is on its way."""

log = get_logger("publishing")


@dataclass(frozen=True)
class Claimed:
    """A reply that is ours to send, read whole before the connection opens."""

    reply_id: UUID
    fence: int
    request_id: UUID
    text: str
    target: ReplyTarget
    account: ConnectedAccount
    leave_before: float
    """Monotonic seconds after which the lease is too short to send."""


def publish(app: HasAppContext, scope: Scope, reply_id: UUID, transport: Speaks) -> str:
    """Send one approved reply, once; harmless for any other. Returns the state it is in afterwards, or `skipped`."""
    started = time.monotonic()
    with in_scope(app, scope):
        claimed = _claim(reply_id, started)
    if claimed is None:
        return "skipped"
    outcome = _send(claimed, transport)
    with in_scope(app, scope):
        state = _settle(claimed, outcome)
    if isinstance(outcome, PublishedReply) and outcome.thread_external_id and claimed.target.deed == "private_reply":
        with in_scope(app, scope):
            _file_privately(claimed, outcome.platform_id, outcome.thread_external_id)
    log.info("reply_sent", reply_id=str(reply_id), fence=claimed.fence, state=state)
    return state


# ── claim ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _claim(reply_id: UUID, started: float) -> Claimed | None:
    reply = locked(reply_id)
    now = database_now()
    if reply.state != "approved" or (reply.next_try_at is not None and reply.next_try_at > now):
        return None
    reason = _why_lapsed(reply)
    if reason is not None:
        lapse(reply, reason)
        return None
    account = account_of(reply)
    if not _can_send(reply, account):
        return None
    connected = connected_account_of(reply)
    if connected is None:
        if _can_send(reply, account):  # says why on the reply
            reply.state_reason = KEY_MISSING
            _try_again(reply, KEY_MISSING_SECONDS)
        return None
    reply.fence += 1
    reply.sent_at = now
    reply.lease_until = now + timedelta(seconds=LEASE_SECONDS)
    text = text_of(reply)
    request_id = new_id()
    db.session.add(
        PublishAttempt(
            agency_id=reply.agency_id,
            brand_id=reply.brand_id,
            reply_id=reply.id,
            reply_text_id=text.id,
            fence=reply.fence,
            request_id=request_id,
            deed="send",
        )
    )
    move(reply, "claim", actor=None, fence=reply.fence)
    look_later(reply, LEASE_SECONDS + 5)
    return Claimed(
        reply.id,
        reply.fence,
        request_id,
        text.text,
        target_of(reply),
        connected,
        started + LEASE_SECONDS - SEND_BUDGET_SECONDS,
    )


def _why_lapsed(reply: Reply) -> str | None:
    """Why what was approved no longer holds; None while it does."""
    approval, text = live_approval(reply), text_of(reply)
    if approval is None or approval.reply_text_id != text.id or approval.text_hash != text.text_hash:
        return "The words are not the ones that were approved."
    if not checks.words_unchanged(text) or approval.target_fingerprint != reply.target_fingerprint:
        return "The words or their target are not the ones that were approved."
    try:
        checks.refuse_changed_target(reply)
        checks.refuse_changed_base(reply)
        checks.refuse_closed_window(reply)
        checks.refuse_second_private(reply)
        if reply.deed != "withdraw":
            words = checks.check_words(checks.conversation_of(reply), text.text, private=reply.private)
            checks.refuse_stopped(words)
    except AppError as refusal:
        return refusal.message
    return None


def _can_send(reply: Reply, account: Account) -> bool:
    """Whether nothing outside the reply holds it back; if something does, the reason stands on the reply."""
    brand = checks.brand_of(reply)
    waits = None
    if account.disconnected_at is not None or account.health in UNREACHABLE:
        waits = f"{account.name} needs a new connection. The reply is kept and goes out when it is connected."
    elif brand.paused_at is not None or brand.archived_at is not None:
        waits = f"{brand.name} is paused. The reply is kept and goes out when it is not."
    elif _another_in_flight(reply):
        waits = "Another reply to this conversation is on its way. This one follows."
        _try_again(reply, BUSY_SECONDS)
    reply.state_reason = waits
    return waits is None


def _another_in_flight(reply: Reply) -> bool:
    # The conversation's row is the lock: two replies to it cannot be claimed in the same moment.
    db.session.execute(select(Conversation.id).where(Conversation.id == reply.conversation_id).with_for_update())
    return (
        db.session.execute(
            select(Reply.id)
            .where(
                Reply.conversation_id == reply.conversation_id,
                Reply.id != reply.id,
                Reply.state.in_(("publishing", "outcome_unknown")),
            )
            .limit(1)
        ).first()
        is not None
    )


def lapse(reply: Reply, reason: str) -> None:
    """Take an approval or a request for one back because what it was about changed. The reply must be locked."""
    void_approval(reply, reason)
    move(reply, "lapse", actor=None, reason=reason)


# ── send ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _send(claimed: Claimed, transport: Speaks) -> PublishedReply | ChannelError:
    adapter = adapter_for(claimed.account.platform)
    try:
        checks_first = adapter.plan_precheck(claimed.account, claimed.target)
        if checks_first:
            seen = transport.fetch(checks_first)
            standing = adapter.read_precheck(claimed.account, claimed.target, claimed.text, seen)
            if standing is not None:
                return standing
        request = adapter.publish_reply(claimed.account, claimed.target, claimed.text)
    except ChannelError as error:
        return _whose_trouble(error)
    except Exception:
        log.exception("precheck_failed", reply_id=str(claimed.reply_id))
        return NotSent("the check before sending failed")
    if time.monotonic() > claimed.leave_before:
        return NotSent("too little of the lease was left")
    try:
        return adapter.read_publish(claimed.account, claimed.target, transport.send(request))
    except ChannelError as error:
        return _whose_trouble(error)
    except Exception:
        # Anything unforeseen after the call began: it may have arrived.
        log.exception("send_failed", reply_id=str(claimed.reply_id))
        return OutcomeUnknown("an unforeseen error after sending")


def _whose_trouble(error: ChannelError) -> ChannelError:
    """A platform that gives our whole project nothing did not refuse these words: they wait like the account."""
    if isinstance(error, Refused) and error.platform_code in OPERATOR_WORDS:
        return TokenRevoked(error.platform_code, request_id=error.request_id)
    return error


def _file_privately(claimed: Claimed, platform_id: str, thread_external_id: str) -> None:
    """The words stand among the person's direct messages, too. Lost with a sender that dies: an event brings them."""
    reply = locked(claimed.reply_id)
    if reply.state == "published" and reply.platform_id == platform_id and reply.published_at is not None:
        outgoing.file_private_message(
            account_of(reply),
            thread_external_id,
            reply_id=reply.id,
            platform_id=platform_id,
            text=claimed.text,
            written_at=reply.published_at,
        )


# ── settle ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _settle(claimed: Claimed, outcome: PublishedReply | ChannelError) -> str:
    reply = locked(claimed.reply_id)
    attempt = db.session.execute(
        select(PublishAttempt).where(
            PublishAttempt.reply_id == reply.id, PublishAttempt.fence == claimed.fence, PublishAttempt.deed == "send"
        )
    ).scalar_one()
    attempt.finished_at = database_now()
    attempt.outcome, attempt.detail = _in_words(outcome)
    if isinstance(outcome, PublishedReply):
        attempt.platform_id = outcome.platform_id
        attempt.details = {"platform_request_id": outcome.request_id}
    if reply.state != "publishing" or reply.fence != claimed.fence:
        return _settle_late(reply, claimed, outcome)
    if isinstance(outcome, PublishedReply):
        stand(reply, outcome.platform_id, outcome.state, move_name="settle")
    elif isinstance(outcome, (Refused, ItemGone)):
        move(reply, "settle", "refused", actor=None, reason=str(outcome))
    elif isinstance(outcome, TargetChanged):
        move(reply, "give_back", actor=None, reason=str(outcome))
        lapse(reply, str(outcome))
    elif isinstance(outcome, (RateLimited, NotSent, PlatformDown, TokenRevoked)):
        move(reply, "give_back", actor=None, reason=str(outcome))
        _after_not_sent(reply, outcome)
    else:
        move(reply, "lose_track", actor=None, reason=str(outcome))
        look_later(reply, settings_of_app().settle_seconds)
    return reply.state


def _in_words(outcome: PublishedReply | ChannelError) -> tuple[str, str | None]:
    if isinstance(outcome, PublishedReply):
        return "published", None
    if isinstance(outcome, (Refused, ItemGone, TargetChanged)):
        return "refused", str(outcome)
    if isinstance(outcome, (RateLimited, NotSent, PlatformDown, TokenRevoked)):
        return "not_sent", str(outcome)
    return "unknown", str(outcome)


def _settle_late(reply: Reply, claimed: Claimed, outcome: PublishedReply | ChannelError) -> str:
    """The lease ran out before we came back: keep what we learned, change nothing we may not."""
    if isinstance(outcome, PublishedReply) and reply.state == "outcome_unknown" and reply.fence == claimed.fence:
        stand(reply, outcome.platform_id, outcome.state, move_name="reconcile")
    audit.record(
        None,
        "reply.late_answer",
        "reply",
        reply.id,
        brand_id=reply.brand_id,
        fence=claimed.fence,
        outcome=_in_words(outcome)[0],
        platform_id=getattr(outcome, "platform_id", None),
    )
    return reply.state


def live_state_of(reply: Reply, seen: str) -> str:
    """What stands on the platform now, in our word, from what was seen there."""
    if reply.deed == "withdraw":
        return "withdrawn"
    return "visible" if seen == "published" else seen


def record(reply: Reply, account: Account, platform_id: str, live_state: str) -> None:
    """Show in the conversation what now stands on the platform."""
    assert reply.published_at is not None
    answer: dict[str, Any] = {
        "reply_id": reply.id,
        "platform_id": platform_id,
        "answered_external_id": reply.in_reply_to_external_id,
    }
    if reply.deed == "withdraw":
        outgoing.taken_back(account, reply.conversation_id, taken_back_at=reply.published_at, **answer)
        return
    text, moderation = text_of(reply).text, None if live_state == "published" else live_state
    if reply.deed == "edit":
        at = reply.published_at
        outgoing.changed(account, reply.conversation_id, text=text, changed_at=at, moderation=moderation, **answer)
        return
    outgoing.answered(
        account,
        reply.conversation_id,
        text=text,
        written_at=reply.published_at,
        private=reply.private and reply.kind != "message",
        moderation=moderation,
        **answer,
    )


def stand(reply: Reply, platform_id: str, live_state: str, *, move_name: str) -> None:
    """The reply stands on the platform: settle or reconcile it, record the message, promise a read-back."""
    reply.platform_id = platform_id
    reply.published_at = reply.sent_at
    reply.live_state = live_state_of(reply, live_state)
    reply.next_try_at = None
    move(reply, move_name, "published", actor=None, platform_id=platform_id)
    account = account_of(reply)
    assert reply.published_at is not None
    record(reply, account, platform_id, live_state)
    account.last_sent_at = reply.published_at
    look_later(reply, settings_of_app().settle_seconds)


def _after_not_sent(reply: Reply, error: ChannelError) -> None:
    if isinstance(error, TokenRevoked):
        accounts.mark_unhealthy(account_of(reply), "needs_reconnect", error.reason)
        if error.reason not in OPERATOR_WORDS:
            return  # parked; connecting again wakes it
    tries = db.session.execute(
        select(func.count(PublishAttempt.id)).where(
            PublishAttempt.reply_id == reply.id, PublishAttempt.outcome == "not_sent"
        )
    ).scalar_one()
    pause = RETRY_SECONDS[min(tries, len(RETRY_SECONDS)) - 1] if tries else RETRY_SECONDS[0]
    if isinstance(error, RateLimited):
        pause = max(pause, int(error.retry_after_seconds))
    _try_again(reply, pause)


def _try_again(reply: Reply, seconds: int) -> None:
    reply.next_try_at = database_now() + timedelta(seconds=seconds)
    enqueue_after_commit(
        JobName.PUBLISH_REPLY,
        run_at=reply.next_try_at,
        agency_id=reply.agency_id,
        brand_id=reply.brand_id,
        reply_id=reply.id,
    )


# ── shared with reconciling ──────────────────────────────────────────────────────────────────────────────────────


def database_now() -> datetime:
    """The database's clock, which alone judges leases: workers' clocks may differ."""
    moment: datetime = db.session.execute(select(func.clock_timestamp())).scalar_one()
    return moment


def look_later(reply: Reply, seconds: int) -> None:
    """Promise a look at the platform for this reply."""
    enqueue_after_commit(
        JobName.RECONCILE_REPLY,
        run_at=database_now() + timedelta(seconds=seconds),
        agency_id=reply.agency_id,
        brand_id=reply.brand_id,
        reply_id=reply.id,
    )
