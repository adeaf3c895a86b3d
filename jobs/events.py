"""Handling what platforms told us: read each event, ask where it only names something, store, settle. Repeat-safe.

An event that cannot be understood or stored is kept with its bytes and its reason and stops nothing. One that could not
be asked about waits and is tried again with its promise, or when the shared budgets (lane `events`) have room; those
that need no asking do not wait for it. A poll finds the same in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from flask import Flask
from rq.timeouts import JobTimeoutException
from sqlalchemy import func, select
from sqlalchemy.exc import DataError, IntegrityError

from agency.inbox import intake
from channels import account_standing, accounts, raw_events
from channels.allowances import Note, account_of, app_of, ask_for, notes_of_all
from channels.capabilities import EventReading, ReadsEvents
from channels.errors import ChannelError, RateLimited, TokenRevoked
from channels.items import Page
from channels.protocol import ConnectedAccount, Exchange, Request
from channels.raw_events import Waiting
from channels.registry import able
from channels.transport import Speaks
from jobs.runner import budgets_of_app, transport_of
from tenants import clock
from tenants.database import db
from tenants.errors import AppError
from tenants.logs import get_logger
from tenants.models import OutboxEntry
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import Scope, in_scope

ROUNDS = 50
"""Batches of one account's events in one run; what is left is promised again by what comes next, or by upkeep."""
ASK_ROUNDS = 4
"""Reads that lead to further reads about one event, such as a look beside what a platform denies."""
NOT_STORABLE = (DataError, IntegrityError, ValueError, TypeError)
"""What an event's own content may bring about. A database that is away or not ours sets nothing aside."""

log = get_logger("events")


class _Handled(NamedTuple):
    """An event and what came of reading it; ``asked``: the platform was asked for it just now."""

    event: Waiting
    reading: EventReading
    asked: bool


@dataclass
class _Run:
    """One account's events on their way into the inbox."""

    app: Flask
    scope: Scope
    brand_id: UUID
    account_id: UUID
    transport: Speaks
    trouble: ChannelError | None = None
    asks_no_more: bool = False
    done: list[_Handled] = field(default_factory=list)

    def take_note(self, error: ChannelError, request: Request) -> None:
        """The first trouble counts; a platform that asks us to slow down asks everybody who shares the allowance."""
        self.trouble = self.trouble or error
        self.asks_no_more |= isinstance(error, RateLimited | TokenRevoked)
        if isinstance(error, RateLimited):
            budget = app_of(request) if error.scope == "app" else account_of(request)
            if budget is not None:
                budgets_of_app(self.app).note([Note(budget, pause_seconds=error.retry_after_seconds)])


def handle_events(app: Flask, agency_id: str, brand_id: str, account_id: str, transport: Speaks | None = None) -> None:
    """Handle one account's waiting events. Raises the ChannelError of a read that may work later, unless it says when:
    then that is promised.
    """
    scope = Scope(UUID(agency_id), frozenset({UUID(brand_id), UUID(agency_id)}))  # the agency's rules of the desk, too
    run = _Run(app, scope, UUID(brand_id), UUID(account_id), transport or transport_of(app))
    after: UUID | None = None
    for _ in range(ROUNDS):
        with in_scope(app, scope):
            account = accounts.by_ids([run.account_id]).get(run.account_id)
            waiting = raw_events.waiting_of(run.account_id, after=after)
            if account is None or not waiting:
                break
            after = waiting[-1].id
            if account.disconnected_at is not None:
                raw_events.settle([event.id for event in waiting], "ignored", "disconnected")
                continue
            reader = able(account.platform, ReadsEvents)  # type: ignore[type-abstract]
            if reader is None:
                raw_events.settle([event.id for event in waiting], "unknown", "this platform's events are not read")
                continue
            try:
                connected = accounts.connected(account)
            except AppError:
                return  # it waits for a person; reconnecting wakes it
        _read(run, reader, connected, waiting)
        _store_all(run)
        if isinstance(run.trouble, TokenRevoked):
            return
        run.asks_no_more |= run.trouble is not None  # what needs no asking goes on
        if len(waiting) < raw_events.HANDLED_AT_ONCE:
            break
    if isinstance(run.trouble, RateLimited):
        _promise_later(run, run.trouble.retry_after_seconds)
    elif run.trouble is not None:
        raise run.trouble


def _read(run: _Run, reader: ReadsEvents, account: ConnectedAccount, waiting: list[Waiting]) -> None:
    run.done = []
    to_ask: list[tuple[Waiting, EventReading]] = []
    for event in waiting:
        reading = _reading(reader, account, event)
        if reading.ask:
            to_ask.append((event, reading))
        else:
            run.done.append(_Handled(event, reading, asked=False))
    for _ in range(ASK_ROUNDS):
        to_ask = _granted(run, to_ask)
        if not to_ask:
            return
        answers = iter(run.transport.fetch([request for _, reading in to_ask for request in reading.ask]))
        again: list[tuple[Waiting, EventReading]] = []
        for event, reading in to_ask:
            exchanges = [next(answers) for _ in reading.ask]
            _note_usage(run, exchanges)
            try:
                answered = _answered(reader, account, event, exchanges)
            except ChannelError as error:
                run.take_note(error, reading.ask[0])
                continue
            if answered.ask:
                again.append((event, answered))
            else:
                run.done.append(_Handled(event, answered, asked=True))
        to_ask = again
    led_nowhere = EventReading("unknown", reason="asking led nowhere")
    run.done += [_Handled(event, led_nowhere, asked=False) for event, _ in to_ask]


def _granted(run: _Run, to_ask: list[tuple[Waiting, EventReading]]) -> list[tuple[Waiting, EventReading]]:
    """Those that the shared budgets have room for; the others wait."""
    if not to_ask or run.asks_no_more:
        return []
    asks = [ask_for(reading.ask, str(run.scope.agency_id)) for _, reading in to_ask]
    waits = budgets_of_app(run.app).ask("events", asks)
    if any(waits):
        run.trouble = run.trouble or RateLimited(max(waits), "account")
    return [one for one, wait in zip(to_ask, waits, strict=True) if wait == 0]


def _note_usage(run: _Run, exchanges: Sequence[Exchange]) -> None:
    budgets_of_app(run.app).note(notes_of_all(exchanges))


def _reading(reader: ReadsEvents, account: ConnectedAccount, event: Waiting) -> EventReading:
    try:
        return reader.read_event(account, event.body, now=clock.now())
    except JobTimeoutException:
        raise
    except Exception:
        log.exception("event_unreadable", event_id=str(event.id))
        return EventReading("unknown", reason="reading it failed")


def _answered(
    reader: ReadsEvents, account: ConnectedAccount, event: Waiting, exchanges: list[Exchange]
) -> EventReading:
    try:
        return reader.read_event_answers(account, event.body, exchanges, now=clock.now())
    except ChannelError:
        raise
    except JobTimeoutException:
        raise
    except Exception:
        log.exception("event_answer_unreadable", event_id=str(event.id))
        return EventReading("unknown", reason="reading the answer failed")


def _store_all(run: _Run) -> None:
    """All in one transaction; where one of them cannot be stored, each in its own, and that one is set aside."""
    try:
        _store(run, run.done)
    except NOT_STORABLE:
        log.exception("events_not_stored", account_id=str(run.account_id))
        for one in run.done:
            try:
                _store(run, [one])
            except NOT_STORABLE as error:
                with in_scope(run.app, run.scope):
                    raw_events.settle([one.event.id], "failed", f"storing it failed ({type(error).__name__})")


def _store(run: _Run, handled: Iterable[_Handled]) -> None:
    """One transaction: the items, the account's signs of life, and the word that these events are done."""
    now = clock.now()
    told = [item for one in handled if not one.asked for item in one.reading.items]
    read = [item for one in handled if one.asked for item in one.reading.items]
    aside = [item for one in handled for item in one.reading.set_aside]
    settled: dict[tuple[str, str | None], list[UUID]] = {}
    for one in handled:
        outcome: str = "asked" if one.asked and one.reading.outcome == "stored" else one.reading.outcome
        settled.setdefault((outcome, one.reading.reason), []).append(one.event.id)
    with in_scope(run.app, run.scope):
        account = accounts.get(run.account_id)
        page = Page(tuple(told), tuple(aside), "", complete=False)
        arrived = intake.store_page(account, page, now=now, known_stay=True, read_now=read).arrived
        account_standing.note_told(account, arrived, now)
        for (outcome, reason), event_ids in settled.items():
            raw_events.settle(event_ids, outcome, reason)
        if arrived:
            account.last_item_at = now
        accounts.note_event(account, now)
        account_standing.note_tested_by(account, [one for ids in settled.values() for one in ids], now)
        if isinstance(run.trouble, TokenRevoked):
            accounts.mark_unhealthy(account, "needs_reconnect", run.trouble.reason)


def _promise_later(run: _Run, seconds: float) -> None:
    """When the platform or the budgets have room again; once, however many events were told meanwhile."""
    with in_scope(run.app, run.scope):
        is_promised = db.session.scalars(
            select(OutboxEntry.id)
            .where(
                OutboxEntry.job_name == JobName.HANDLE_EVENTS.value,
                OutboxEntry.done_at.is_(None),
                OutboxEntry.given_up_at.is_(None),
                OutboxEntry.run_at > func.now(),
                OutboxEntry.ids["account_id"].astext == str(run.account_id),
            )
            .limit(1)
        ).first()
        if is_promised is None:
            run_at = clock.now() + timedelta(seconds=seconds)
            ids = {"agency_id": run.scope.agency_id, "brand_id": run.brand_id, "account_id": run.account_id}
            enqueue_after_commit(JobName.HANDLE_EVENTS, run_at=run_at, **ids)
