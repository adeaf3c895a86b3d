"""Polling a batch of due accounts: fetched together, stored one tenant at a time, each account's trouble its own.

The cursor moves in the transaction that stores what it covers, under the turn's fence: a worker that slept longer than
its lease stores nothing. A crash between rounds starts over from what is surely stored.

An account that brings nothing costs no transaction of its own: the turns of one agency that found nothing end in one
statement. Where question and answer are what they were the last time, byte for byte, nothing is read at all.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from flask import Flask
from rq.timeouts import JobTimeoutException

from channels import accounts, poll_turns, rhythm, unfinished
from channels.allowances import Note, ask_for, notes_of_all
from channels.budgets import Budgets, Lane
from channels.capabilities import PollsTogether, SharedRequest
from channels.errors import ChannelError
from channels.items import Page
from channels.models import Account
from channels.poll_turns import ClaimedTurn
from channels.protocol import ROUNDS_PER_POLL, Answer, ChannelAdapter, ConnectedAccount, Exchange
from channels.registry import adapter_for
from channels.transport import Speaks
from jobs import poll_endings, poll_sweeps
from jobs.checking import clearer
from jobs.poll_endings import TURN_LEASE_SECONDS, Poll
from jobs.runner import budgets_of_app, is_urgent, transport_of, worker_app
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.data_keys import vault_of_app
from tenants.errors import AppError, Unavailable
from tenants.logs import get_logger
from tenants.scope import Scope, in_scope

REQUESTS_AT_ONCE = 400
"""Answers read together, however many accounts a job has and however much each asks."""
PARTS_AHEAD = 2
"""So many times as many are in memory: one part is read while the next arrives."""
SLICE_SECONDS = 20
"""After so long a job hands back what it has not begun, and keeps the place of what it has: others wait, too."""
GIVE_WAY_SECONDS = 1
"""When what gave way is due again."""
DIGEST_LIVES_HOURS = 6
"""An equal answer is read again after at most that long: an adapter's cursor may follow the clock."""

log = get_logger("polling")


def poll_turns_of(platform: str, turns: Sequence[Sequence[str | int]]) -> None:
    """What RQ calls: turns are `[account_id, agency_id, brand_id, fence]`."""
    app = worker_app()
    poll_accounts(app, platform, turns, urgent=lambda: is_urgent(app))


def poll_accounts(
    app: Flask,
    platform: str,
    turns: Sequence[Sequence[str | int]],
    transport: Speaks | None = None,
    *,
    urgent: Callable[[], bool] = lambda: False,
) -> None:
    """Poll these turns' accounts once each and set their next turns.

    As soon as `urgent` says that something waits which must not wait for polls, accounts not begun are handed back,
    and polls that have begun keep their place.
    """
    transport = transport or transport_of(app)
    adapter = adapter_for(platform)
    claimed = [
        ClaimedTurn(UUID(str(account)), UUID(str(agency)), UUID(str(brand)), platform, int(fence))
        for account, agency, brand, fence in turns
    ]
    work = _Batch(app, adapter, transport, budgets_of_app(app), urgent)
    polls = _begin(app, claimed)
    if isinstance(adapter, PollsTogether):
        work.ask_together(adapter, polls)
    for poll in polls:
        if not (poll.idle or poll.finished or poll.lost or poll.error or poll.requests):
            _plan(adapter, poll)
    work.run(polls)
    poll_endings.end_idle(app, polls)
    swept = [poll for poll in polls if poll.swept and not poll.error and not poll.lost]
    poll_sweeps.find_deleted(app, adapter, swept, transport, work.budgets)
    failed = [(poll, poll.error) for poll in polls if poll.error is not None]
    clear = clearer([(poll.account, error) for poll, error in failed], transport)
    for (poll, _), error in zip(failed, clear, strict=True):
        poll.error = error
    poll_endings.finish(app, polls, work.budgets)


@dataclass
class _Batch:
    """What the polls of one job share."""

    app: Flask
    adapter: ChannelAdapter
    transport: Speaks
    budgets: Budgets
    urgent: Callable[[], bool]
    ends_at: float = field(default_factory=lambda: time.monotonic() + SLICE_SECONDS)
    begun: bool = False

    def run(self, polls: Sequence[Poll]) -> None:
        """Round after round until nobody asks for more, or the job has to give way."""
        waiting = [poll for poll in polls if poll.requests]
        with ThreadPoolExecutor(PARTS_AHEAD, thread_name_prefix="ahead") as crew:
            while waiting:
                for granted, exchanges in self._answered(waiting, crew):
                    self._read(granted, exchanges)
                waiting = [poll for poll in waiting if poll.requests and poll.rounds < ROUNDS_PER_POLL]

    def _answered(
        self, waiting: Sequence[Poll], crew: ThreadPoolExecutor
    ) -> Iterator[tuple[list[Poll], list[Exchange]]]:
        """Part after part with its answers; while one is read, those of the next are on their way."""
        on_their_way: deque[tuple[list[Poll], Future[list[Exchange]]]] = deque()
        for part in _parts(waiting):
            going_on = self._going_on(part)
            if not going_on:
                continue
            self.begun = True
            granted = self._granted(going_on)
            requests = [request for poll in granted for request in poll.requests]
            on_their_way.append((granted, crew.submit(self.transport.fetch, requests)))
            if len(on_their_way) == PARTS_AHEAD:
                first, answers = on_their_way.popleft()
                yield first, answers.result()
        for granted, answers in on_their_way:
            yield granted, answers.result()

    def _going_on(self, part: list[Poll]) -> list[Poll]:
        """All of them, until the time of this job is over or something waits that must not: then those alone that
        would have to begin anew. A job does at least one part, or nothing would ever be done.
        """
        if not self.begun or not (time.monotonic() >= self.ends_at or self.urgent()):
            return part
        return [poll for poll in part if not poll.give_way(GIVE_WAY_SECONDS)]

    def _read(self, granted: Sequence[Poll], exchanges: Sequence[Exchange]) -> None:
        answers = iter(exchanges)
        notes: list[Note] = []
        for poll in granted:
            own = [next(answers) for _ in poll.requests]
            notes += poll.heed(own)
            poll.asked, poll.rounds = poll.requests[0], poll.rounds + 1
            if poll.rounds == 1:
                poll.digest = digest_of(poll.cursor, own, clock.now())
                if poll.digest is not None and poll.digest == poll.last_digest:
                    poll.requests, poll.idle = [], True
                    continue
            else:
                poll.digest = None
            self._read_and_store(poll, own)
        self.budgets.note(notes)

    def _granted(self, polls: Sequence[Poll]) -> list[Poll]:
        """Those the budgets allow. A poll that has begun may go further than one that has not."""
        granted: list[Poll] = []
        lanes: tuple[tuple[Lane, list[Poll]], ...] = (
            ("poll", [poll for poll in polls if poll.rounds == 0]),
            ("events", [poll for poll in polls if poll.rounds > 0]),
        )
        for lane, own in lanes:
            waits = self.budgets.ask(lane, [ask_for(poll.requests, str(poll.turn.agency_id)) for poll in own])
            for poll, wait in zip(own, waits, strict=True):
                if wait == 0:
                    granted.append(poll)
                elif not poll.give_way(wait):
                    poll.requests, poll.wait_seconds = [], wait
        return granted

    def ask_together(self, adapter: PollsTogether, polls: Sequence[Poll]) -> None:
        """Where one read tells of many accounts; what it does not tell is asked alone."""
        by_id = {str(poll.turn.account_id): poll for poll in polls}
        connected = [poll.account for poll in polls]
        cursors = {key: poll.cursor for key, poll in by_id.items()}
        shared = adapter.plan_together(connected, cursors, now=clock.now())
        while shared:
            asks = [ask_for([one.request], str(by_id[one.account_ids[0]].turn.agency_id)) for one in shared]
            waits = self.budgets.ask("poll", asks)
            for one, wait in zip(shared, waits, strict=True):
                for account_id in one.account_ids if wait > 0 else ():
                    by_id[account_id].idle, by_id[account_id].wait_seconds = True, wait
            shared = [one for one, wait in zip(shared, waits, strict=True) if wait == 0]
            exchanges = self.transport.fetch([one.request for one in shared])
            self.budgets.note(notes_of_all(exchanges))
            more: list[SharedRequest] = []
            for one, exchange in zip(shared, exchanges, strict=True):
                reading = adapter.read_together(connected, cursors, one, exchange, now=clock.now())
                more += reading.more
                for account_id, page in reading.pages.items():
                    self._store(by_id[account_id], page)
                for account_id, cursor in reading.alone.items():
                    by_id[account_id].cursor = cursor
                    _plan(self.adapter, by_id[account_id])
                for account_id, error in reading.errors.items():
                    by_id[account_id].asked, by_id[account_id].error = one.request, error
            shared = more

    def _read_and_store(self, poll: Poll, exchanges: Sequence[Exchange]) -> None:
        poll.requests = []
        try:
            page = self.adapter.read_poll(poll.account, poll.cursor, exchanges, now=clock.now())
        except ChannelError as error:
            poll.error = error
        except JobTimeoutException:
            raise
        except Exception:
            poll_endings.note_poison(poll)
        else:
            self._store(poll, page)

    def _store(self, poll: Poll, page: Page) -> None:
        try:
            poll_endings.store(self.app, poll, page)
        except JobTimeoutException:
            raise
        except Exception:
            poll_endings.note_poison(poll)
            return
        if poll.lost:
            return
        poll.cursor, poll.requests = page.next_cursor, list(page.more)
        if poll.seen is not None:
            poll.seen.update(item.external_id for item in page.items)
        poll.swept, poll.swept_kinds = poll.swept or page.full_sweep, page.swept_kinds
        if page.trouble:
            poll.error = page.trouble[0]


def digest_of(cursor: str | None, exchanges: Sequence[Exchange], now: datetime) -> bytes | None:
    """Stands for a question from this place and its answer; None where something was not answered."""
    told = hashlib.blake2b(digest_size=16)
    told.update(f"{int(now.timestamp()) // (3_600 * DIGEST_LIVES_HOURS)}\n{cursor}\n".encode())
    for one in exchanges:
        if not isinstance(one.result, Answer):
            return None
        asked = one.request
        meant = sorted((key, value) for key, value in asked.purpose.items() if key != "started")
        told.update(repr((asked.service, asked.path, sorted(asked.params.items()), meant, one.result.status)).encode())
        told.update(len(one.result.body).to_bytes(8, "big"))
        told.update(one.result.body)
    return told.digest()


def _parts(polls: Sequence[Poll]) -> Iterator[list[Poll]]:
    """Polls in parts of at most REQUESTS_AT_ONCE requests; those begun and those not begun apart."""
    part: list[Poll] = []
    size = 0
    for poll in polls:
        if part and (size + len(poll.requests) > REQUESTS_AT_ONCE or (poll.rounds == 0) != (part[0].rounds == 0)):
            yield part
            part, size = [], 0
        part.append(poll)
        size += len(poll.requests)
    if part:
        yield part


def _begin(app: Flask, turns: Sequence[ClaimedTurn]) -> list[Poll]:
    """Open each account's credential, an agency at a time. Turns taken over meanwhile are left out."""
    with in_scope(app, None):
        ours = poll_turns.still_ours(turns, TURN_LEASE_SECONDS)
    polls = []
    for agency_id, own in _by_agency(ours[turn.account_id].turn for turn in turns if turn.account_id in ours):
        with in_scope(app, Scope(agency_id, frozenset(turn.brand_id for turn in own))):
            found = accounts.by_ids([turn.account_id for turn in own])
            vault_of_app().open_all()
            for turn in own:
                account = found.get(turn.account_id)
                if account is None or account.disconnected_at is not None:
                    continue
                try:
                    connected = accounts.connected(account)
                except Unavailable as error:
                    accounts.mark_unhealthy(account, "failing", error.code)
                    poll_turns.finish(turn, False, settings_of_app().poll_seconds)
                    continue
                except AppError as error:
                    accounts.mark_unhealthy(account, "needs_reconnect", error.code)
                    continue
                polls.append(_opened(turn, connected, account, ours[turn.account_id].idle_digest))
    return polls


def _opened(turn: ClaimedTurn, connected: ConnectedAccount, account: Account, last_digest: bytes | None) -> Poll:
    poll = Poll(turn, connected, account.cursor, _facts(account), account.health, account.last_polled_at, last_digest)
    rest = unfinished.load(account.unfinished_poll, connected, account.cursor, clock.now())
    if rest is not None:
        poll.requests, poll.rounds, poll.seen, poll.resumed = rest.requests, rest.rounds, rest.seen, True
    return poll


def _by_agency(turns: Iterable[ClaimedTurn]) -> list[tuple[UUID, list[ClaimedTurn]]]:
    found: dict[UUID, list[ClaimedTurn]] = {}
    for turn in turns:
        found.setdefault(turn.agency_id, []).append(turn)
    return list(found.items())


def _facts(account: Account) -> rhythm.Facts:
    times = (account.created_at, account.last_item_at, account.last_sent_at)
    live = rhythm.events_live(account.subscribed_at, account.last_event_at, account.last_missed_at)
    return rhythm.Facts(max(moment for moment in times if moment is not None), live)


def _plan(adapter: ChannelAdapter, poll: Poll) -> None:
    """What to ask first. An account that cannot be asked fails alone: its turn ends, the batch goes on."""
    try:
        poll.requests = list(adapter.plan_poll(poll.account, poll.cursor, now=clock.now()))
    except ChannelError as error:
        poll.error = error
    except JobTimeoutException:
        raise
    except Exception:
        log.exception("poll_failed", account_id=str(poll.turn.account_id))
        poll.error = ChannelError("The platform could not be asked.", "Nothing is lost.", "It is tried again.")
