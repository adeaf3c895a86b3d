"""Reading accounts' past, a slice at a time, behind everything that happens now. Repeat-safe.

A slice is some rounds, bounded in calls and seconds; the next one is promised with a pause. Each round's items and the
cursor behind them are stored in one transaction, and only from where this run found the cursor: of two runs of one
slice, one stores. After a crash the reading goes on behind the last round that was stored, and what is known stays as
it is.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask
from rq.timeouts import JobTimeoutException
from sqlalchemy import select

from agency.inbox import intake
from channels import accounts, backfills, poll_turns
from channels.allowances import Note, account_of, app_of, ask_for, notes_of_all
from channels.budgets import Budgets
from channels.capabilities import ReadsHistory
from channels.errors import ChannelError, ItemGone, NotSent, RateLimited, Refused, TokenRevoked
from channels.items import Page
from channels.models import Account, Backfill
from channels.protocol import ConnectedAccount, Request
from channels.registry import able
from channels.transport import Speaks
from jobs.runner import budgets_of_app, transport_of
from tenants import clock
from tenants.database import db
from tenants.errors import AppError, Unavailable
from tenants.logs import get_logger
from tenants.outbox import JobName, enqueue_after_commit, is_promised
from tenants.scope import Scope, in_scope

CALLS_PER_SLICE, SECONDS_PER_SLICE = 10, 10
"""After so many calls or so long no further round is begun. One round is one batch of at most 50 calls."""
PAUSE_SECONDS = 5
PAST_AFTER = timedelta(days=14)
"""What history brings and nobody answered for so long stays closed, so that old questions do not flood the queue."""
FIRST_FAILURE_PAUSE_SECONDS, LONGEST_FAILURE_PAUSE_SECONDS = 60, 3_600
MOST_FAILURES = 24
"""Tries of one round, about a day; then a person decides."""
PASS_OVER_AFTER = 4
"""Tries of a round of which only a part cannot be read; then the part is counted as a gap and the reading goes on."""
WOKEN_AT_ONCE = 200

log = get_logger("history")


@dataclass
class _Slice:
    """One run's own view; ``cursor`` is what the row holds."""

    scope: Scope
    backfill_id: UUID
    reader: ReadsHistory
    account: ConnectedAccount
    horizon: datetime
    cursor: str | None
    failures: int
    ends_at: float
    calls: int = 0

    def next_requests(self) -> list[Request]:
        return self.reader.plan_history(self.account, self.cursor, self.horizon, now=clock.now())

    def is_long_enough(self) -> bool:
        return self.calls >= CALLS_PER_SLICE or time.monotonic() >= self.ends_at


def read_slice(app: Flask, agency_id: str, brand_id: str, backfill_id: str, transport: Speaks | None = None) -> None:
    """Read the next slice, store it, promise the one after. Raises nothing of the platform's."""
    scope, part = Scope(UUID(agency_id), frozenset({UUID(brand_id)})), None
    try:
        part = _begin(app, scope, UUID(backfill_id))
        if part is None:
            return
        transport = transport or transport_of(app)
        budgets = budgets_of_app(app)
        requests = part.next_requests()
        while requests and _granted(app, part, budgets, requests):
            part.calls += len(requests)
            exchanges = transport.fetch(requests)
            budgets.note(notes_of_all(exchanges))
            page = part.reader.read_history(part.account, part.cursor, part.horizon, exchanges, now=clock.now())
            if not _store(app, part, page):
                return
            requests = part.next_requests()
    except ChannelError as error:
        with in_scope(app, scope):
            account_id = _again(UUID(backfill_id), error)
        if isinstance(error, RateLimited) and part is not None:
            _pause(app, part, error, budgets_of_app(app))
        if isinstance(error, TokenRevoked) and account_id is not None:
            with in_scope(app, scope):  # apart: who asks for a reading locks the account first
                accounts.mark_unhealthy(accounts.get(account_id), "needs_reconnect", error.reason)
    except JobTimeoutException:
        raise
    except Exception:
        log.exception("history_failed", backfill_id=backfill_id)
        with in_scope(app, scope):
            _again(UUID(backfill_id), ChannelError("Storing failed.", "Nothing is lost.", "It is tried again."))


def _begin(app: Flask, scope: Scope, backfill_id: UUID) -> _Slice | None:
    with in_scope(app, scope):
        backfill = backfills.held(backfill_id)
        if backfill is None:
            return None
        account = accounts.get(backfill.account_id)
        if account.disconnected_at is not None or account.health not in backfills.READABLE:
            backfill.last_error = TokenRevoked.code
            return None  # it waits for a person; upkeep wakes it when the account is well again
        if account.throttled_until is not None and account.throttled_until > clock.now():
            backfill.last_error = RateLimited.code
            backfills.promise(backfill, after_seconds=(account.throttled_until - clock.now()).total_seconds())
            return None
        reader = able(account.platform, ReadsHistory)  # type: ignore[type-abstract]
        if reader is None:
            backfills.finish(backfill, "failed", Refused.code)
            return None
        try:
            connected = accounts.connected(account)
        except Unavailable as error:
            _later(backfill, error.code)
            return None
        except AppError:
            backfill.last_error = TokenRevoked.code
            return None
        part = _Slice(
            scope,
            backfill.id,
            reader,
            connected,
            backfill.horizon_at,
            backfill.cursor,
            backfill.failure_count,
            time.monotonic() + SECONDS_PER_SLICE,
        )
        if not part.next_requests():
            backfills.finish(backfill, "done")
            return None
        return part


def _granted(app: Flask, part: _Slice, budgets: Budgets, requests: list[Request]) -> bool:
    """Whether the shared budgets leave room for one more round; else the rest is promised for later."""
    (wait_seconds,) = budgets.ask("history", [ask_for(requests, str(part.scope.agency_id))])
    if wait_seconds <= 0:
        return True
    with in_scope(app, part.scope):
        backfill = backfills.held(part.backfill_id)
        if backfill is not None and backfill.cursor == part.cursor:
            backfills.promise(backfill, after_seconds=max(PAUSE_SECONDS, wait_seconds))
    return False


def _pause(app: Flask, part: _Slice, error: RateLimited, budgets: Budgets) -> None:
    """Everybody who shares the allowance waits, live turns too: the platform asked for it."""
    request = part.next_requests()[0]
    budget = app_of(request) if error.scope == "app" else account_of(request)
    if budget is not None:
        budgets.note([Note(budget, pause_seconds=error.retry_after_seconds)])
    if error.scope == "app":
        with in_scope(app, None):
            poll_turns.pause_platform(part.account.platform, error.retry_after_seconds)


def _store(app: Flask, part: _Slice, page: Page) -> bool:
    """One transaction: the items, the cursor, and at the slice's end what comes next. False: this run is over.

    Raises, where a part of the round could not be read, that part's error: what was read is stored all the same, and
    the round is asked again.
    """
    now = clock.now()
    trouble = page.trouble[0] if page.trouble else None
    passes_over = trouble is not None and part.failures + 1 >= PASS_OVER_AFTER and _may_pass(trouble)
    with in_scope(app, part.scope):
        backfill = backfills.held(part.backfill_id)
        if backfill is None or backfill.cursor != part.cursor:
            return False
        account = accounts.get(backfill.account_id)
        stored = intake.store_page(account, page, now=now, past_before=now - PAST_AFTER)
        backfill.item_count += stored.new
        oldest = min((item.created_at for item in page.items), default=None)
        if oldest is not None and (backfill.reached_at is None or oldest < backfill.reached_at):
            backfill.reached_at = oldest
        log.info("history_read", account_id=str(account.id), new=stored.new, calls=part.calls)
        if trouble is None or passes_over:
            backfill.cursor = part.cursor = page.next_cursor
            backfill.failure_count, backfill.last_error, part.failures = 0, None, 0
            backfill.gap_count += len(page.trouble)
            return not _has_ended(backfill, part, page)
    raise trouble


def _has_ended(backfill: Backfill, part: _Slice, page: Page) -> bool:
    """Whether nothing is left to ask, or it is enough for now and the rest is promised."""
    if not page.more and (page.complete or not part.next_requests()):
        backfills.finish(backfill, "done")
        return True
    if part.is_long_enough():
        backfills.promise(backfill, after_seconds=PAUSE_SECONDS)
        return True
    return False


def _may_pass(error: ChannelError) -> bool:
    return not isinstance(error, TokenRevoked | RateLimited | NotSent)


def _again(backfill_id: UUID, error: ChannelError) -> UUID | None:
    """What a failure means for the reading: wait as told, wait for a person, try again, or give up with its reason.

    Returns whose past it is, None when nothing is read any more.
    """
    backfill = backfills.held(backfill_id)
    if backfill is None:
        return None
    if isinstance(error, RateLimited):
        backfill.last_error = error.code
        backfills.promise(backfill, after_seconds=max(PAUSE_SECONDS, error.retry_after_seconds))
    elif isinstance(error, TokenRevoked):
        backfill.last_error = error.code
    elif isinstance(error, Refused | ItemGone) or backfill.failure_count + 1 >= MOST_FAILURES:
        log.warning("history_given_up", account_id=str(backfill.account_id), reason=str(error))
        backfills.finish(backfill, "failed", error.code)
    else:
        _later(backfill, error.code)
    return backfill.account_id


def _later(backfill: Backfill, reason: str) -> None:
    backfill.failure_count += 1
    backfill.last_error = reason
    pause = min(LONGEST_FAILURE_PAUSE_SECONDS, FIRST_FAILURE_PAUSE_SECONDS * 2 ** min(backfill.failure_count - 1, 10))
    backfills.promise(backfill, after_seconds=pause)


def wake(agency_id: UUID) -> int:
    """Promise readings again whose promise was lost, given up, or waited for a person; returns how many."""
    rows = db.session.execute(
        select(Backfill.brand_id, Backfill.id)
        .join(Account, Account.id == Backfill.account_id)
        .where(
            Backfill.state == "running",
            Account.disconnected_at.is_(None),
            Account.health.in_(backfills.READABLE),
            ~is_promised(JobName.BACKFILL, "backfill_id", Backfill.id),
        )
        .limit(WOKEN_AT_ONCE)
    ).all()
    for brand_id, backfill_id in rows:
        enqueue_after_commit(JobName.BACKFILL, agency_id=agency_id, brand_id=brand_id, backfill_id=backfill_id)
    return len(rows)
