"""Taking approved replies to send them: everything is checked again, and what holds is claimed in one transaction.

By so many statements however many they are: replies and conversations are locked in the order of their ids, what stands
around them is read once for all, each is decided by the same rules, and what is claimed is written together. Of one
conversation one reply is claimed at a time. Flushes, never commits; nothing may be sent before the commit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from agency.inbox.stored_rows import as_json
from agency.replies import automatic_heard, checks, client_answers, silence, waiting
from agency.replies.around import Around
from agency.replies.around_many import read_around, read_cases
from agency.replies.claim_rows import OtherReply, Yes, on_their_way, policy_numbers, yeses_of
from agency.replies.joins import one_of
from agency.replies.models import Reply
from agency.replies.moves import lapse, locked_many, move_together
from agency.replies.pacing import Room, take_turns
from agency.replies.pauses import pause_of
from agency.replies.policy_versions import policy_in_force
from agency.replies.promises import database_now, look_at_many_later, try_many_again, waiting_for_their_time
from agency.replies.targets import UNREACHABLE, opened, target_of
from channels.models import Account
from channels.protocol import ConnectedAccount, ReplyTarget
from tenants.data_keys import vault_of_app
from tenants.database import db, new_id
from tenants.errors import AppError, Worded, worded
from tenants.scope import current_scope, raw_sql

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
MOST_OF_ACCOUNT = 20
"""Replies of one account in one claim: it is written to one after another, and twenty calls and checks of a slow
platform (1.5 s each) are over well before too little of the lease is left. Those behind are claimed next.
"""
BUSY_SECONDS = 15
"""Pause while another reply to the same conversation is on its way."""


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


class Taken(NamedTuple):
    """What came of it. `behind`: replies that are to be tried as soon as those claimed are settled, because they answer
    the same conversation, their account has enough to send, or they were lost once and go alone. `missing` are outside
    the scope.
    """

    claimed: list[Claimed]
    behind: list[UUID]
    missing: frozenset[UUID]


@dataclass
class _Round:
    """What is decided about the replies at hand, and what follows from it once for all of them."""

    now: datetime
    approvals: Mapping[UUID, Yes]
    accounts: Mapping[UUID, Account]
    policies: Mapping[UUID, int]
    others: Mapping[UUID, Sequence[OtherReply]]
    """Of each conversation its replies that are on their way or approved."""
    connected: dict[UUID, ConnectedAccount | None] = field(default_factory=dict)
    again: list[tuple[Reply, int]] = field(default_factory=list)
    taken: list[Around] = field(default_factory=list)
    by_account: Counter[UUID] = field(default_factory=Counter)
    taken_conversations: set[UUID] = field(default_factory=set)
    behind: list[UUID] = field(default_factory=list)
    lapsed: set[UUID] = field(default_factory=set)


def claim_many(reply_ids: Collection[UUID], started: float, room: Room | None = None) -> Taken:
    """Claim those of the replies that may leave now; what holds another back stands on it, and harmless for any other.
    `started` is the monotonic second from which the lease counts, `room` says whose turn it is.
    """
    replies = locked_many(reply_ids)
    missing = frozenset(reply_ids) - {reply.id for reply in replies}
    now = database_now()
    due = [
        reply
        for reply in replies
        if reply.state == "approved"
        and (reply.next_try_at is None or reply.next_try_at <= now)
        and (reply.not_before is None or reply.not_before <= now)
    ]
    due, alone = _apart(due)
    around = read_around([reply.id for reply in due])
    for reply in due:
        around[reply.id].reply = reply  # held, and what is decided is set on it
    later = waiting_for_their_time(list(around.values()), now)
    ready = [one for one in around.values() if one.reply.id not in later]
    if not ready:
        return Taken([], alone, missing)
    this = read_round(ready, now)
    checked = [one for one in ready if _asks_for_none(this.approvals.get(one.reply.id)) and not one.knows("case")]
    read_cases([one for one in checked if checks.asks_for_words(one.reply, one)])
    for one in sorted(ready, key=lambda one: _place(this.approvals.get(one.reply.id))):
        _decide(one, this)
    this.taken = take_turns(this.taken, this.again, room)
    try_many_again(this.again)
    return Taken(_write(this, started), [*this.behind, *alone], missing)


def _apart(due: list[Reply]) -> tuple[list[Reply], list[UUID]]:
    """What was sent and lost once goes alone: nobody is to be asked about it for having died with others again."""
    lost = [reply for reply in due if reply.resends]
    first = [reply for reply in due if not reply.resends] or lost[:1]
    return first, [reply.id for reply in lost if reply not in first]


def _place(approval: Yes | None) -> tuple[float, str]:
    return (approval.created_at.timestamp(), str(approval.id)) if approval is not None else (0.0, "")


def read_round(ready: Sequence[Around], now: datetime) -> _Round:
    """What is asked once for all of them: approvals, accounts, policies, and who else answers there."""
    accounts = db.session.scalars(select(Account).where(one_of(Account.id, {one.reply.account_id for one in ready})))
    return _Round(
        now,
        yeses_of([one.reply.id for one in ready]),
        {one.id: one for one in accounts},
        policy_numbers({one.reply.brand_id for one in ready}),
        on_their_way({one.reply.conversation_id for one in ready}),
    )


def _decide(one: Around, this: _Round) -> None:
    reply = one.reply
    if reply.conversation_id in this.taken_conversations or this.by_account[reply.account_id] == MOST_OF_ACCOUNT:
        this.behind.append(reply.id)
        return
    reason = _why_lapsed(one, this)
    if reason is not None:
        this.lapsed.add(reply.id)
        lapse(reply, reason)
        return
    account = this.accounts[reply.account_id]
    if not _can_send(one, account, this):
        return
    if account.id not in this.connected:
        if not this.connected and len(this.accounts) > 1:
            vault_of_app().open_all()
        this.connected[account.id] = opened(account)
    if this.connected[account.id] is None:
        if _can_send(one, account, this):  # says why on the reply
            reply.state_reason, reply.trouble = KEY_MISSING, "key_missing"
            this.again.append((reply, KEY_MISSING_SECONDS))
        return
    this.taken.append(one)
    this.taken_conversations.add(reply.conversation_id)
    this.by_account[reply.account_id] += 1


def _why_lapsed(one: Around, this: _Round) -> str | None:
    """Why what was approved no longer holds; None while it does."""
    reply, text, approval = one.reply, one.text, this.approvals.get(one.reply.id)
    if approval is None or approval.reply_text_id != text.id or approval.text_hash != text.text_hash:
        return NOT_THE_APPROVED_WORDS
    if not checks.words_unchanged(text) or approval.target_fingerprint != reply.target_fingerprint:
        return NOT_AS_APPROVED
    if reply.acknowledges is not None and (stands_back := automatic_heard.why_stands_back(reply)) is not None:
        return stands_back
    try:
        checks.refuse_what_changed(reply, one)
        if reply.deed != "withdraw":
            # The guide of today may ask for a yes that nobody gave.
            words = checks.check_text_of(reply, text, around=one) if _asks_for_none(approval) else None
            checks.refuse_stopped_text(reply, one, words)
            if words is not None:
                checks.refuse_unapproved(words)
        if _asks_for_none(approval) and this.policies.get(reply.brand_id, 0) != reply.policy_number:
            _refuse_by_newer_policy(one, by_silence=approval.decision == "by_policy")
    except AppError as refusal:
        return refusal.message
    return None


def _asks_for_none(approval: Yes | None) -> bool:
    """Whether no person said yes."""
    return approval is not None and approval.decision in ("released", "by_policy")


def _refuse_by_newer_policy(one: Around, *, by_silence: bool) -> None:
    """What nobody said yes to may wait a month for its moment: a policy the client signed since then is asked, too."""
    if one.reply.acknowledges is not None:  # asked before: its own terms hold in the policy of now
        return
    policy = policy_in_force(one.reply.brand_id)
    if by_silence and silence.lets_out(one.reply.brand_id, policy):
        return
    client_answers.refuse_pressing(policy.terms)
    one = Around(one.reply)
    if one.reply.deed != "withdraw":
        waiting.refuse_waiting(
            waiting.decision_about(policy.terms, one.reply, one.text, one.conversation, one.case, one.brand)
        )


def _can_send(one: Around, account: Account, this: _Round) -> bool:
    """Whether nothing outside the reply holds it back; if something does, the reason stands on the reply."""
    reply, brand = one.reply, one.brand
    waits: Worded | str | None = None
    trouble = None
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
    elif (paused := pause_of(reply, account)) is not None:
        trouble, waits = "writes_paused", paused[0]
        this.again.append((reply, paused[1]))
    elif _another_goes_first(reply, this):
        trouble, waits = "follows_another", FOLLOWS_ANOTHER
        this.again.append((reply, BUSY_SECONDS))
    reply.state_reason, reply.trouble = waits, trouble
    return waits is None


def _another_goes_first(reply: Reply, this: _Round) -> bool:
    """Whether another reply to the conversation is on its way, or due and approved before this one. One that something
    of its own holds back for longer lets others pass.

    The conversation is held with the reply, so two replies to it cannot be claimed in the same moment.
    """
    ours, soon = this.approvals.get(reply.id), this.now + timedelta(seconds=BUSY_SECONDS)
    for other in this.others.get(reply.conversation_id, ()):
        if other.id == reply.id or other.id in this.lapsed:
            continue
        if other.state != "approved":
            return True
        is_due = (other.not_before is None or other.not_before <= this.now) and (
            other.next_try_at is None or other.next_try_at <= soon
        )
        if ours is None or other.created_at is None or not is_due:
            continue
        if (other.created_at, other.approval_id) < (ours.created_at, ours.id):
            return True
    return False


_ATTEMPTS = raw_sql(
    """
    insert into publish_attempt (agency_id, id, brand_id, reply_id, reply_text_id, fence, request_id, deed, details)
    select :agency_id, id, brand_id, reply_id, reply_text_id, fence, request_id, 'send', '{}'
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, brand_id uuid, reply_id uuid, reply_text_id uuid,
        fence bigint, request_id uuid)
    """,
    reason="the attempts of many claims in one statement",
)


def _write(this: _Round, started: float) -> list[Claimed]:
    if not this.taken:
        return []
    values = {"sent_at": this.now, "lease_until": this.now + timedelta(seconds=LEASE_SECONDS)}
    moved = [(one.reply, {"fence": one.reply.fence + 1}) for one in this.taken]
    move_together(moved, "claim", values=values, fence_by=1)
    claimed = [
        Claimed(
            one.reply.id,
            one.reply.fence,
            new_id(),
            one.text.text,
            target_of(one.reply, one),
            _known(this.connected[one.reply.account_id]),
            started + LEASE_SECONDS - SEND_BUDGET_SECONDS,
        )
        for one in this.taken
    ]
    attempts = [
        {
            "id": new_id(),
            "brand_id": one.reply.brand_id,
            "reply_id": one.reply.id,
            "reply_text_id": one.text.id,
            "fence": mine.fence,
            "request_id": mine.request_id,
        }
        for one, mine in zip(this.taken, claimed, strict=True)
    ]
    db.session.execute(_ATTEMPTS, {"agency_id": current_scope().agency_id, "rows": as_json(attempts)})
    look_at_many_later([(one.reply, LEASE_SECONDS + 5) for one in this.taken], this.now)
    return claimed


def _known(connected: ConnectedAccount | None) -> ConnectedAccount:
    assert connected is not None
    return connected
