"""Publishing exactly once: claim, commit, send one attempt, settle.

No platform offers an idempotency key, so nothing is ever sent again unless it is certain that nothing arrived. The
claim is committed before a byte leaves; whatever is not clearly a success, a refusal or "surely not sent" becomes
`outcome_unknown` and belongs to `agency.replies.reconciling`. The claim also promises, in the same transaction, a look
at the platform after the lease ends: a sender that died is found by that promise and by nothing else.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, false, or_, select, tuple_

from agency.inbox import outgoing
from agency.notices import write_pause
from agency.replies import checks, client_answers, one_person, waiting
from agency.replies.models import LETS_OUT, Approval, PublishAttempt, Reply, ReplyText
from agency.replies.moves import lapse, live_approval, locked, move, text_of
from agency.replies.pauses import wait_for_pause
from agency.replies.policy_versions import policy_in_force
from agency.replies.promises import database_now, look_later, try_again, wait_for_its_time
from agency.replies.settling import settle
from agency.replies.targets import UNREACHABLE, account_of, connected_account_of, target_of
from channels.errors import ChannelError, NotSent, OutcomeUnknown, Refused, TargetChanged, TokenRevoked, WritesPaused
from channels.health import OPERATOR_WORDS
from channels.items import PublishedReply
from channels.models import Account
from channels.protocol import ConnectedAccount, ReplyTarget
from channels.registry import adapter_for
from channels.transport import Speaks
from tenants import failpoints
from tenants.database import db, new_id
from tenants.errors import AppError, worded
from tenants.logs import get_logger
from tenants.scope import HasAppContext, Scope, in_scope

LEASE_SECONDS = 90
"""How long a sender may hold a reply: longer than its check (30 s) and its send (30 s) may take together."""
SEND_BUDGET_SECONDS = 30
"""`channels.transport` ends a call after this long; with less than this left of the lease nothing is sent."""
KEY_MISSING_SECONDS = 300
KEY_MISSING = worded(
    "A key is missing on our side, so this account's access cannot be opened. The reply is kept. "
    "Whoever runs Onbrand has to give the key again; then it goes out by itself."
)
NOT_THE_APPROVED_WORDS = worded("The words are not the ones that were approved.")
NOT_AS_APPROVED = worded("The words or their target are not the ones that were approved.")
FOLLOWS_ANOTHER = worded("Another reply to this conversation is on its way. This one follows.")
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
        failpoints.reached("publish.claiming")
    if claimed is None:
        return "skipped"
    failpoints.reached("publish.claimed")
    outcome = _send(claimed, transport)
    failpoints.reached("publish.sent")
    if isinstance(outcome, WritesPaused):
        with in_scope(app, scope):
            write_pause.begin(_read(reply_id).account_id, outcome)
    with in_scope(app, scope):
        state = settle(claimed.reply_id, claimed.fence, outcome)
        failpoints.reached("settle.written")
    failpoints.reached("settle.kept")
    if isinstance(outcome, TargetChanged) and outcome.seen is not None:
        with in_scope(app, scope):
            outgoing.file_seen(account_of(_read(reply_id)), outcome.seen)
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
    if wait_for_its_time(reply, now):
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
            reply.state_reason, reply.trouble = KEY_MISSING, "key_missing"
            try_again(reply, KEY_MISSING_SECONDS)
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
        return NOT_THE_APPROVED_WORDS
    if not checks.words_unchanged(text) or approval.target_fingerprint != reply.target_fingerprint:
        return NOT_AS_APPROVED
    try:
        checks.refuse_what_changed(reply)
        if reply.deed != "withdraw":
            words = checks.check_text_of(reply, text)
            checks.refuse_stopped(words, text.let_go_rules)
            if approval.decision in ("released", "by_policy"):  # the guide of today may ask for a yes that nobody gave
                checks.refuse_unapproved(words)
        if approval.decision == "released":
            _refuse_by_newer_policy(reply, text)
    except AppError as refusal:
        return refusal.message
    return None


def _refuse_by_newer_policy(reply: Reply, text: ReplyText) -> None:
    """What was released may wait a month for its moment: a policy the client signed since then is asked, too."""
    policy = policy_in_force(reply.brand_id)
    if policy.number == reply.policy_number:
        return
    client_answers.refuse_pressing(policy.terms)
    if reply.deed != "withdraw":
        conversation, brand, case = checks.conversation_of(reply), checks.brand_of(reply), checks.case_of(reply)
        waiting.refuse_waiting(waiting.decision_about(policy.terms, reply, text, conversation, case, brand))


def _can_send(reply: Reply, account: Account) -> bool:
    """Whether nothing outside the reply holds it back; if something does, the reason stands on the reply."""
    brand = checks.brand_of(reply)
    waits = trouble = None
    if account.disconnected_at is not None or account.health in UNREACHABLE:
        trouble, waits = (
            "reconnect",
            worded(
                "%(account)s needs a new connection. The reply is kept and goes out when it is connected.",
                account=account.name,
            ),
        )
    elif brand.paused_at is not None or brand.archived_at is not None:
        trouble, waits = (
            "brand_paused",
            worded("%(brand)s is paused. The reply is kept and goes out when it is not.", brand=brand.name),
        )
    elif (paused := wait_for_pause(reply, account)) is not None:
        trouble, waits = "writes_paused", paused
    elif _another_goes_first(reply):
        trouble, waits = "follows_another", FOLLOWS_ANOTHER
        try_again(reply, BUSY_SECONDS)
    reply.state_reason, reply.trouble = waits, trouble
    return waits is None


def _another_goes_first(reply: Reply) -> bool:
    """Whether another reply to the conversation is on its way, or due and approved before this one. One that something
    of its own holds back for longer lets others pass.

    The conversation is held with the reply, so two replies to it cannot be claimed in the same moment.
    """
    now, ours = database_now(), live_approval(reply)
    due = and_(
        Reply.state == "approved",
        or_(Reply.not_before.is_(None), Reply.not_before <= now),
        or_(Reply.next_try_at.is_(None), Reply.next_try_at <= now + timedelta(seconds=BUSY_SECONDS)),
        tuple_(Approval.created_at, Approval.id) < (ours.created_at, ours.id) if ours is not None else false(),
    )
    wanted = (
        select(Reply.id)
        .outerjoin(
            Approval,
            and_(
                Approval.agency_id == Reply.agency_id,
                Approval.brand_id == Reply.brand_id,
                Approval.reply_id == Reply.id,
                Approval.voided_at.is_(None),
                Approval.decision.in_(LETS_OUT),
            ),
        )
        .where(
            Reply.conversation_id == reply.conversation_id,
            Reply.id != reply.id,
            or_(Reply.state.in_(("publishing", "outcome_unknown")), due),
        )
    )
    return db.session.execute(wanted.limit(1)).first() is not None


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
    failpoints.reached("publish.checked")
    if time.monotonic() > claimed.leave_before:
        return NotSent("too little of the lease was left")
    failpoints.reached("publish.leaving")
    try:
        leaving = replace(request, leave_before=claimed.leave_before)
        return adapter.read_publish(claimed.account, claimed.target, transport.send(leaving))
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


def _read(reply_id: UUID) -> Reply:
    """Without a lock: intake takes the account's first, so nothing may be held before it."""
    return db.session.execute(select(Reply).where(Reply.id == reply_id)).scalar_one()


def _file_privately(claimed: Claimed, platform_id: str, thread_external_id: str) -> None:
    """The words stand among the person's direct messages, too. Lost with a sender that dies: an event brings them."""
    reply = _read(claimed.reply_id)
    if reply.state == "published" and reply.platform_id == platform_id and reply.published_at is not None:
        outgoing.file_private_message(
            account_of(reply),
            thread_external_id,
            reply_id=reply.id,
            platform_id=platform_id,
            text=claimed.text,
            written_at=reply.published_at,
        )
        one_person.from_private_reply(reply)
