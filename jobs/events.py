"""Handling what platforms told us: read each event, ask where it only names something, store, settle. Repeat-safe.

An event that cannot be understood is kept with its bytes and its reason and stops nothing. One that could not be asked
about waits and is tried again with its promise; a poll finds the same in any case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from flask import Flask

from agency.inbox import intake
from channels import account_standing, accounts, raw_events
from channels.capabilities import EventReading, ReadsEvents
from channels.errors import ChannelError, TokenRevoked
from channels.items import IncomingItem, Page, SetAside
from channels.protocol import ConnectedAccount, Exchange
from channels.raw_events import Waiting
from channels.registry import able
from channels.transport import Speaks
from jobs.runner import transport_of
from tenants import clock
from tenants.errors import AppError
from tenants.logs import get_logger
from tenants.scope import Scope, in_scope

ROUNDS = 50
"""Batches of one account's events in one run; what is left is promised again by what comes next, or by upkeep."""
ASK_ROUNDS = 4
"""Reads that lead to further reads about one event, such as a look beside what a platform denies."""

log = get_logger("events")


@dataclass
class _Batch:
    """Events of one account on their way into the inbox."""

    items: list[IncomingItem] = field(default_factory=list)
    whole: list[IncomingItem] = field(default_factory=list)
    aside: list[SetAside] = field(default_factory=list)
    settled: dict[tuple[str, str | None], list[UUID]] = field(default_factory=dict)
    trouble: ChannelError | None = None

    def take(self, event: Waiting, reading: EventReading, *, asked: bool) -> None:
        (self.whole if asked else self.items).extend(reading.items)
        self.aside.extend(reading.set_aside)
        outcome = "asked" if asked and reading.outcome == "stored" else reading.outcome
        self.settled.setdefault((outcome, reading.reason), []).append(event.id)


def handle_events(app: Flask, agency_id: str, brand_id: str, account_id: str, transport: Speaks | None = None) -> None:
    """Handle one account's waiting events. Raises the ChannelError of a read that may work later."""
    scope = Scope(UUID(agency_id), frozenset({UUID(brand_id)}))
    for _ in range(ROUNDS):
        with in_scope(app, scope):
            account = accounts.by_ids([UUID(account_id)]).get(UUID(account_id))
            if account is None:
                return
            waiting = raw_events.waiting_of(account.id)
            if not waiting:
                return
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
        batch = _read(reader, connected, waiting, transport or transport_of(app))
        _store(app, scope, UUID(account_id), batch)
        if isinstance(batch.trouble, TokenRevoked):
            return
        if batch.trouble is not None:
            raise batch.trouble
        if len(waiting) < raw_events.HANDLED_AT_ONCE:
            return


def _read(reader: ReadsEvents, account: ConnectedAccount, waiting: list[Waiting], transport: Speaks) -> _Batch:
    batch = _Batch()
    to_ask: list[tuple[Waiting, EventReading]] = []
    for event in waiting:
        reading = _reading(reader, account, event)
        if reading.ask:
            to_ask.append((event, reading))
        else:
            batch.take(event, reading, asked=False)
    for _ in range(ASK_ROUNDS):
        if not to_ask:
            return batch
        answers = iter(transport.fetch([request for _, reading in to_ask for request in reading.ask]))
        again: list[tuple[Waiting, EventReading]] = []
        for event, reading in to_ask:
            exchanges = [next(answers) for _ in reading.ask]
            try:
                answered = _answered(reader, account, event, exchanges)
            except ChannelError as error:
                batch.trouble = batch.trouble or error
                continue
            if answered.ask:
                again.append((event, answered))
            else:
                batch.take(event, answered, asked=True)
        to_ask = again
    for event, _unanswered in to_ask:
        batch.take(event, EventReading("unknown", reason="asking led nowhere"), asked=False)
    return batch


def _reading(reader: ReadsEvents, account: ConnectedAccount, event: Waiting) -> EventReading:
    try:
        return reader.read_event(account, event.body, now=clock.now())
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
    except Exception:
        log.exception("event_answer_unreadable", event_id=str(event.id))
        return EventReading("unknown", reason="reading the answer failed")


def _store(app: Flask, scope: Scope, account_id: UUID, batch: _Batch) -> None:
    """One transaction: the items, the account's signs of life, and the word that these events are done."""
    now = clock.now()
    with in_scope(app, scope):
        account = accounts.get(account_id)
        told = Page(tuple(batch.items), tuple(batch.aside), "", complete=False)
        stored = intake.store_page(account, told, now=now, known_stay=True)
        arrived = stored.arrived
        if batch.whole:
            read = intake.store_page(account, Page(tuple(batch.whole), (), "", complete=False), now=now)
            arrived += read.arrived
        account_standing.note_told(account, arrived, now)
        for (outcome, reason), event_ids in batch.settled.items():
            raw_events.settle(event_ids, outcome, reason)
        if arrived:
            account.last_item_at = now
        accounts.note_event(account, now)
        account_standing.note_tested_by(account, [one for ids in batch.settled.values() for one in ids], now)
        if isinstance(batch.trouble, TokenRevoked):
            accounts.mark_unhealthy(account, "needs_reconnect", batch.trouble.reason)
