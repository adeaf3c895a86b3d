"""Publishing exactly once: claim, commit, send one attempt, settle.

No platform offers an idempotency key, so nothing is ever sent again unless it is certain that nothing arrived. The
claim is committed before a byte leaves; whatever is not clearly a success, a refusal or "surely not sent" becomes
`outcome_unknown` and belongs to `agency.replies.reconciling`. The claim also promises, in the same transaction, a look
at the platform after the lease ends: a sender that died is found by that promise and by nothing else.

Many are claimed together (`agency.replies.claiming`), sent side by side by account, and settled together as their
answers come in (`agency.replies.settling_many`); one is many of one.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from agency.inbox import outgoing
from agency.notices import write_pause
from agency.replies import one_person
from agency.replies.claiming import Claimed, claim_many
from agency.replies.models import Reply
from agency.replies.pacing import Room
from agency.replies.settling import settle
from agency.replies.settling_many import settle_published
from agency.replies.settling_unclear import TOGETHER, settle_unclear
from agency.replies.targets import account_of
from channels.errors import (
    ChannelError,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    TargetChanged,
    TokenRevoked,
    WritesPaused,
)
from channels.health import OPERATOR_WORDS
from channels.items import PublishedReply
from channels.matching import same_text
from channels.registry import adapter_for
from channels.transport import Speaks
from tenants import failpoints
from tenants.database import db
from tenants.errors import NotFound
from tenants.logs import get_logger
from tenants.scope import HasAppContext, Scope, in_scope

SENT_AT_ONCE: Final = 8
"""Accounts that are written to side by side by one job; by one account one reply leaves after another, for platforms
count what a page writes in a moment. Half of `channels.transport.CONCURRENT_CALLS`: checks before sending need the
others, and no writer waits for a line while its lease runs.
"""
FOLLOWED_WITHIN_SECONDS: Final = 10
"""After a slower round no other is begun: whoever called has a lease of its own."""
SETTLED_EVERY_SECONDS: Final = 0.5
"""What came in is written down so often, together: so much a crash can make unknown beside what is on its way."""
SETTLE_TRIES: Final = 2
"""What the database broke off, a circle of waiting or a line that was cut, is written down once more at once: the
answer is known, and unknown it would wait for the end of its lease and three looks.
"""
HOLDS_ACCOUNT: Final = (RateLimited, TokenRevoked, WritesPaused)
"""After these nothing more is sent by that account now: calls while throttled count, too."""

Outcome = PublishedReply | ChannelError

log = get_logger("publishing")


def publish(app: HasAppContext, scope: Scope, reply_id: UUID, transport: Speaks) -> str:
    """Send one approved reply, once; harmless for any other. Returns the state it is in afterwards, or `skipped`.

    Raises NotFound outside the scope.
    """
    states = publish_many(app, scope, [reply_id], transport)
    if reply_id not in states:
        raise NotFound()
    return states[reply_id]


def publish_many(
    app: HasAppContext, scope: Scope, reply_ids: Collection[UUID], transport: Speaks, *, room: Room | None = None
) -> dict[UUID, str]:
    """The same for many of one agency, by reply, as far as there is `room`; left out are those outside the scope, and
    those that follow another of them where the platforms took so long that somebody else had better begin them.

    One's trouble with its platform is never another's. What is raised is raised after everything that was claimed is
    settled, as far as that could be; running it again is harmless.
    """
    states: dict[UUID, str] = {}
    waiting: Sequence[UUID] = list(dict.fromkeys(reply_ids))
    while waiting:
        started = time.monotonic()
        with in_scope(app, scope):
            taken = claim_many(waiting, started, room)
            failpoints.reached("publish.claiming")
        left_out = taken.missing | frozenset(taken.behind)
        states |= {reply_id: "skipped" for reply_id in waiting if reply_id not in left_out}
        if taken.claimed:
            failpoints.reached("publish.claimed")
            states |= _send_all(app, scope, taken.claimed, transport)
        waiting = taken.behind
        if waiting and time.monotonic() > started + FOLLOWED_WITHIN_SECONDS:
            break
    return states


# ── settle ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _send_all(app: HasAppContext, scope: Scope, claimed: Sequence[Claimed], transport: Speaks) -> dict[UUID, str]:
    ended = _Ended(app, scope)
    if len(claimed) == 1:
        ended.settle(list(_send_lane(claimed, transport, threading.Event())))
        return ended.states_or_trouble()
    lanes = _lanes(claimed)
    arrived: queue.SimpleQueue[tuple[Claimed, Outcome] | None] = queue.SimpleQueue()
    over = threading.Event()

    def run(lane: Sequence[Claimed]) -> None:
        try:
            for one in _send_lane(lane, transport, over):
                arrived.put(one)
        finally:
            arrived.put(None)

    try:
        with ThreadPoolExecutor(min(SENT_AT_ONCE, len(lanes)), thread_name_prefix="send") as crew:
            at_work = [crew.submit(run, lane) for lane in lanes]
            try:
                open_lanes = len(lanes)
                while open_lanes:
                    some, closed = _gathered(arrived, open_lanes)
                    open_lanes -= closed
                    ended.settle(some)
            finally:
                over.set()  # RQ's timeout is raised here alone: whoever is at work ends that one reply
    finally:
        ended.settle(_rest(arrived))
    for one in at_work:
        one.result()
    return ended.states_or_trouble()


def _lanes(claimed: Sequence[Claimed]) -> list[list[Claimed]]:
    """By account, each in the order of their claims."""
    found: dict[str, list[Claimed]] = {}
    for one in claimed:
        found.setdefault(one.account.account_id, []).append(one)
    return list(found.values())


def _rest(arrived: queue.SimpleQueue[tuple[Claimed, Outcome] | None]) -> list[tuple[Claimed, Outcome]]:
    """What came in after nobody waited for it any more."""
    some = []
    while not arrived.empty():
        one = arrived.get()
        if one is not None:
            some.append(one)
    return some


def _gathered(
    arrived: queue.SimpleQueue[tuple[Claimed, Outcome] | None], lanes: int
) -> tuple[list[tuple[Claimed, Outcome]], int]:
    """What came in within a moment of the first, and how many lanes ended with it."""
    some: list[tuple[Claimed, Outcome]] = []
    ended, ends_at = 0, None
    while ended < lanes:
        left = None if ends_at is None else ends_at - time.monotonic()
        try:
            one = arrived.get(timeout=None if left is None else max(0.0, left))
        except queue.Empty:
            break
        if one is None:
            ended += 1
            continue
        some.append(one)
        ends_at = ends_at or time.monotonic() + SETTLED_EVERY_SECONDS
    return some, ended


@dataclass
class _Ended:
    """How sendings ended, written down: what was plainly published together, then what did not plainly arrive together,
    anything else each in its own transaction. One's trouble stops no other.
    """

    app: HasAppContext
    scope: Scope
    states: dict[UUID, str] = field(default_factory=dict)
    trouble: Exception | None = None

    def states_or_trouble(self) -> dict[UUID, str]:
        """Raises the first trouble there was."""
        if self.trouble is not None:
            raise self.trouble
        return self.states

    def settle(self, sent: Sequence[tuple[Claimed, Outcome]]) -> None:
        """Write down these."""
        published = [(one.reply_id, one.fence, outcome) for one, outcome in sent if isinstance(outcome, PublishedReply)]
        unclear = [(one.reply_id, one.fence, outcome) for one, outcome in sent if isinstance(outcome, TOGETHER)]
        if published:
            self._together(lambda: dict.fromkeys(settle_published(published), "published"))
        if len(unclear) > 1:
            self._together(lambda: settle_unclear(unclear))
        for one, outcome in sent:
            try:
                self._alone(one, outcome)
            except Exception as error:
                log.exception("settling_failed", reply_id=str(one.reply_id))
                self.trouble = self.trouble or error

    def _together(self, settled: Callable[[], dict[UUID, str]]) -> None:
        try:
            with in_scope(self.app, self.scope):
                states = settled()
                failpoints.reached("settle.written")
            self.states |= states
            failpoints.reached("settle.kept")
        except Exception:  # RQ's timeout, too: each is tried alone, and says what its own trouble is
            log.exception("settling_together_failed")

    def _alone(self, one: Claimed, outcome: Outcome) -> None:
        if one.reply_id not in self.states:
            self.states[one.reply_id] = _settle_one(self.app, self.scope, one, outcome)
            failpoints.reached("settle.kept")
        _follow_up(self.app, self.scope, one, outcome)
        log.info("reply_sent", reply_id=str(one.reply_id), fence=one.fence, state=self.states[one.reply_id])


def _settle_one(app: HasAppContext, scope: Scope, claimed: Claimed, outcome: Outcome) -> str:
    if isinstance(outcome, WritesPaused):
        with in_scope(app, scope):
            write_pause.begin(_read(claimed.reply_id).account_id, outcome)
    for left in reversed(range(SETTLE_TRIES)):
        try:
            with in_scope(app, scope):
                state = settle(claimed.reply_id, claimed.fence, outcome)
                failpoints.reached("settle.written")
            break
        except OperationalError as error:
            if not left:
                raise
            log.warning("settling_again", reply_id=str(claimed.reply_id), reason=type(error.orig).__name__)
    return state


def _follow_up(app: HasAppContext, scope: Scope, claimed: Claimed, outcome: Outcome) -> None:
    if isinstance(outcome, TargetChanged) and outcome.seen is not None:
        with in_scope(app, scope):
            outgoing.file_seen(account_of(_read(claimed.reply_id)), outcome.seen)
    if isinstance(outcome, PublishedReply) and outcome.thread_external_id and claimed.target.deed == "private_reply":
        with in_scope(app, scope):
            _file_privately(claimed, outcome.platform_id, outcome.thread_external_id)


# ── send ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _send_lane(lane: Sequence[Claimed], transport: Speaks, over: threading.Event) -> Iterator[tuple[Claimed, Outcome]]:
    """One account's replies, one after another. What its platform said of the account holds for those behind, too."""
    held: ChannelError | None = None
    for claimed in lane:
        if held is None and over.is_set():
            held = NotSent("the sender was told to stop")
        outcome = held or _send(claimed, transport)
        failpoints.reached("publish.sent")
        if held is None and isinstance(outcome, HOLDS_ACCOUNT):
            # A pause is counted once, and may be one of messages alone: the next claim knows.
            held = NotSent("the account was stopped before") if isinstance(outcome, WritesPaused) else outcome
        yield claimed, outcome


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
        done = adapter.read_publish(claimed.account, claimed.target, transport.send(leaving))
        if done.repeated is not None and not same_text(done.repeated, claimed.text):
            return OutcomeUnknown("the platform repeats other words than ours", request_id=done.request_id)
        return done
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
