"""Reading accounts' past, a slice at a time, behind everything that happens now. Repeat-safe.

A slice is bounded in calls and ends where planning anew goes on from its cursor; the next one is promised with a pause.
The cursor moves in the transaction that stores what it covers, and only from where this run found it: of two runs of
one slice, one stores. After a crash the slice begins again where it was last stored, and what is known stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import String, cast, exists, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import ColumnElement

from agency.inbox import intake
from channels import accounts, backfills, poll_turns
from channels.budgets import Ask, Budgets, Note, account_of, app_of, budgets_of, notes_of
from channels.capabilities import ReadsHistory
from channels.errors import ChannelError, ItemGone, NotSent, PlatformDown, RateLimited, Refused, TokenRevoked
from channels.items import Page
from channels.models import Account, Backfill
from channels.protocol import ROUNDS_PER_POLL, Answer, ConnectedAccount, Request
from channels.registry import able
from channels.transport import Speaks
from jobs.runner import budgets_of_app, transport_of
from tenants import clock
from tenants.database import db
from tenants.errors import AppError, Unavailable
from tenants.logs import get_logger
from tenants.models import OutboxEntry
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import Scope, in_scope

CALLS_PER_SLICE = 10
"""After so many calls a slice ends at the next place where it may. A page of posts is always read to its end."""
PAUSE_SECONDS = 5
BUSY_PERCENT, BUSY_PAUSE_SECONDS = 50, 120
"""From this share of a rate allowance on, the rest of it is left to live turns for a while."""
PAST_AFTER = timedelta(days=14)
"""What history brings and nobody answered for so long stays closed, so that old questions do not flood the queue."""
FIRST_FAILURE_PAUSE_SECONDS, LONGEST_FAILURE_PAUSE_SECONDS = 60, 3_600
MOST_FAILURES = 24
"""Tries of one slice, about a day; then a person decides."""
PASS_OVER_AFTER = 4
"""Tries of a slice of which only a part cannot be read; then the part is counted as a gap and the reading goes on."""
WOKEN_AT_ONCE = 200

log = get_logger("history")


@dataclass
class _Slice:
    """One run's own view. ``stored_cursor`` is what the row holds; ``cursor`` is where the reading is."""

    scope: Scope
    backfill_id: UUID
    reader: ReadsHistory
    account: ConnectedAccount
    horizon: datetime
    stored_cursor: str | None
    cursor: str | None
    requests: list[Request]
    failures: int
    calls: int = 0
    usage_percent: int = 0
    trouble: ChannelError | None = None


def read_slice(app: Flask, agency_id: str, brand_id: str, backfill_id: str, transport: Speaks | None = None) -> None:
    """Read the next slice, store it, promise the one after. Raises nothing of the platform's."""
    scope, part = Scope(UUID(agency_id), frozenset({UUID(brand_id)})), None
    try:
        part = _begin(app, scope, UUID(backfill_id))
        if part is None:
            return
        transport = transport or transport_of(app)
        budgets = budgets_of_app(app)
        for _ in range(ROUNDS_PER_POLL):
            if not _granted(app, part, budgets):
                return
            part.calls += len(part.requests)
            exchanges = transport.fetch(part.requests)
            answered = [(one.request, one.result) for one in exchanges if isinstance(one.result, Answer)]
            budgets.note([note for request, answer in answered for note in notes_of(request, answer)])
            page = part.reader.read_history(part.account, part.cursor, part.horizon, exchanges, now=clock.now())
            if not _store(app, part, page):
                return
            part.cursor, part.requests = page.next_cursor, list(page.more)
        raise PlatformDown("the slice has no end")
    except ChannelError as error:
        with in_scope(app, scope):
            account_id = _again(UUID(backfill_id), error)
        if isinstance(error, RateLimited) and part is not None:
            _pause(app, part, error, budgets_of_app(app))
        if isinstance(error, TokenRevoked) and account_id is not None:
            with in_scope(app, scope):  # apart: who asks for a reading locks the account first
                accounts.mark_unhealthy(accounts.get(account_id), "needs_reconnect", error.reason)
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
        requests = reader.plan_history(connected, backfill.cursor, backfill.horizon_at, now=clock.now())
        if not requests:
            backfills.finish(backfill, "done")
            return None
        return _Slice(
            scope,
            backfill.id,
            reader,
            connected,
            backfill.horizon_at,
            backfill.cursor,
            backfill.cursor,
            list(requests),
            backfill.failure_count,
        )


def _granted(app: Flask, part: _Slice, budgets: Budgets) -> bool:
    """Whether the shared budgets leave room; else the slice is promised for later. One that has begun may go further
    than one that has not, for what is left of it would be asked again.
    """
    ask = Ask(budgets_of(part.requests[0], str(part.scope.agency_id)), len(part.requests))
    (wait_seconds,) = budgets.ask("poll" if part.calls else "history", [ask])
    if wait_seconds <= 0:
        return True
    with in_scope(app, part.scope):
        backfill = backfills.held(part.backfill_id)
        if backfill is not None and backfill.cursor == part.stored_cursor:
            backfills.promise(backfill, after_seconds=max(PAUSE_SECONDS, wait_seconds))
    return False


def _pause(app: Flask, part: _Slice, error: RateLimited, budgets: Budgets) -> None:
    """Everybody who shares the allowance waits, live turns too: the platform asked for it."""
    request = part.requests[0]
    budget = app_of(request) if error.scope == "app" else account_of(request)
    if budget is not None:
        budgets.note([Note(budget, pause_seconds=error.retry_after_seconds)])
    if error.scope == "app":
        with in_scope(app, None):
            poll_turns.pause_platform(part.account.platform, error.retry_after_seconds)


def _store(app: Flask, part: _Slice, page: Page) -> bool:
    """One transaction: the items, the cursor, and at the slice's end what comes next. False: this run is over.

    Raises, at the end of a slice of which a part could not be read, that part's error: the slice is read again.
    """
    now = clock.now()
    part.usage_percent = max(part.usage_percent, page.usage_percent or 0)
    part.trouble = part.trouble or (page.trouble[0] if page.trouble else None)
    passes_over = part.trouble is not None and part.failures + 1 >= PASS_OVER_AFTER and _may_pass(part.trouble)
    with in_scope(app, part.scope):
        backfill = backfills.held(part.backfill_id)
        if backfill is None or backfill.cursor != part.stored_cursor:
            return False
        account = accounts.get(backfill.account_id)
        stored = intake.store_page(account, page, now=now, past_before=now - PAST_AFTER)
        backfill.item_count += stored.new
        oldest = min((item.created_at for item in page.items), default=None)
        if oldest is not None and (backfill.reached_at is None or oldest < backfill.reached_at):
            backfill.reached_at = oldest
        if part.trouble is None or passes_over:
            backfill.cursor = part.stored_cursor = page.next_cursor
        if page.more and not _may_stop(part, page, now):
            return True
        if part.trouble is None or passes_over:
            backfill.failure_count, backfill.last_error = 0, None
            backfill.gap_count += passes_over
            if page.more or not _is_done(part, page, now):
                busy = part.usage_percent >= BUSY_PERCENT
                backfills.promise(backfill, after_seconds=BUSY_PAUSE_SECONDS if busy else PAUSE_SECONDS)
            else:
                backfills.finish(backfill, "done")
        log.info("history_read", account_id=str(account.id), new=stored.new, calls=part.calls)
    if part.trouble is not None and not passes_over:
        raise part.trouble
    return False


def _may_stop(part: _Slice, page: Page, now: datetime) -> bool:
    """Enough calls, and whoever plans anew asks the very same next: nothing of this slice would be asked twice."""
    if part.calls < CALLS_PER_SLICE or part.trouble is not None:
        return False
    anew = part.reader.plan_history(part.account, page.next_cursor, part.horizon, now=now)
    return _places(anew) == _places(page.more)


def _is_done(part: _Slice, page: Page, now: datetime) -> bool:
    """The adapter's word, or, after a gap, that there is nothing left to ask."""
    return page.complete or not part.reader.plan_history(part.account, page.next_cursor, part.horizon, now=now)


def _places(requests: Sequence[Request]) -> list[tuple[str, str, dict[str, str]]]:
    return [(request.service, request.path, dict(request.params)) for request in requests]


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
            ~promised(JobName.BACKFILL, "backfill_id", Backfill.id),
        )
        .limit(WOKEN_AT_ONCE)
    ).all()
    for brand_id, backfill_id in rows:
        enqueue_after_commit(JobName.BACKFILL, agency_id=agency_id, brand_id=brand_id, backfill_id=backfill_id)
    return len(rows)


def promised(job: JobName, name: str, column: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Whether an open promise of the kind names the row."""
    return exists().where(
        OutboxEntry.job_name == job.value,
        OutboxEntry.done_at.is_(None),
        OutboxEntry.given_up_at.is_(None),
        OutboxEntry.ids[name].astext == cast(column, String),
    )
