"""One webhook-free round over 1,000 sandbox accounts, in batches as the dispatcher makes them, against bare fetching.

The sandbox is a program of its own. The first round stores what the accounts hold; measured are rounds that find
nothing new. The floor makes the very requests of such a round through the same transport and stores nothing.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import Any

from flask import Flask

from agency.sandbox.addresses import addresses
from benchmarks.connected import ITEMS, connect, sandbox
from benchmarks.rounds import Line, WrongAnswer, count, line, paired
from benchmarks.scratch import Database, Scratch
from channels.budgets import Budgets
from channels.protocol import Answer, Exchange, Request
from channels.transport import Endpoints, Transport
from jobs.dispatcher import Dispatcher
from jobs.polling import poll_accounts
from tenants.base_app import redis_of_app, settings_of_app
from tenants.database import db

ACCOUNTS = {"tiny": 6, "small": 1000, "full": 1000}
ROUNDS = {"tiny": 1, "small": 7, "full": 9}


class _Counting(Transport):
    """A transport that counts its HTTP calls and remembers what it was asked to fetch."""

    def __init__(self, endpoints: Endpoints) -> None:
        super().__init__(endpoints)
        self.calls = 0
        self.fetched: list[list[Request]] = []

    def fetch(self, requests: Sequence[Request]) -> list[Exchange]:
        self.fetched.append(list(requests))
        return super().fetch(requests)

    def _call(self, *arguments: Any, **named: Any) -> Answer:
        self.calls += 1
        return super()._call(*arguments, **named)


def poll_cycle(scratch: Scratch, size: str) -> list[Line]:
    """Seconds of a round, HTTP calls and CPU an account."""
    wanted = ACCOUNTS[size]
    database = scratch.database("polls")
    with sandbox(scratch, wanted) as (url, credentials):
        platform_settings = {**addresses(url), "ONBRAND_ENV": "local"}
        app = database.base_app(platform_settings)
        connect(app, credentials)
        # Every question comes a day after the last one, or the budgets would be what is measured.
        ticks = itertools.count(1_000_000_000, 86_400)
        with app.app_context():
            app.extensions["onbrand_budgets"] = Budgets(redis_of_app(), clock=lambda: float(next(ticks)))
            transport = _Counting(Endpoints.from_settings(settings_of_app()))
        try:
            cycle(app, database, transport)
            stored = _count(database, "message")
            if stored != wanted * ITEMS:
                raise WrongAnswer(f"the first round stored {stored} of {wanted * ITEMS} items")
            cycle(app, database, transport)  # cursors are where a quiet account's are
            transport.calls, transport.fetched = 0, []
            began = time.process_time()
            cycle(app, database, transport)
            cpu_ms = (time.process_time() - began) * 1000 / wanted
            calls, asked = transport.calls, list(transport.fetched)
            pairing = paired(
                lambda: _timed(lambda: cycle(app, database, transport)),
                lambda: _timed(lambda: [transport.fetch(requests) for requests in asked]),
                rounds=ROUNDS[size],
            )
            if _count(database, "message") != stored:
                raise WrongAnswer("an idle round stored something")
        finally:
            transport.close()
            with app.app_context():
                db.engine.dispose()
            scratch.drop(database)
    name = f"idle poll cycle of {wanted:,} accounts"
    return [
        line(name, pairing, "s", against="the same requests fetched, nothing stored"),
        count(f"{name}: HTTP calls an account", round(calls / wanted, 3), ""),
        count(f"{name}: CPU an account, polling process", round(cpu_ms, 2), "ms"),
    ]


def cycle(app: Flask, database: Database, transport: Transport) -> None:
    """Every account once, as dispatcher and worker do it, without Redis and without the fork between them."""
    with database.superuser() as connection:
        connection.execute("update poll_turn set due_at = now() - interval '1 second', leased_until = null")
    jobs: list[tuple[str, Any]] = []
    dispatcher = Dispatcher(app)
    dispatcher._enqueue = lambda _kind, given, _timeout: jobs.append(given)  # type: ignore[method-assign,assignment,misc]
    while dispatcher.queue_turns():
        for platform, turns in jobs:
            poll_accounts(app, platform, turns, transport)
        jobs.clear()


def _timed(call: Any) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _count(database: Database, table: str) -> int:
    with database.superuser() as connection:
        found = connection.execute(f"select count(*) from {table}".encode()).fetchone()
    assert found is not None
    return int(found[0])
