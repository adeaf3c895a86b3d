"""One webhook-free round over 1,000 sandbox accounts, in batches as the dispatcher makes them, against bare fetching.

The sandbox is a program of its own. The first round stores what the accounts hold; measured are rounds that find
nothing new. The floor makes the very requests of such a round through the same transport and stores nothing.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from flask import Flask

from agency.local.processes import last_lines, start_child, wait_until
from agency.sandbox.addresses import addresses
from agency.sandbox.app import create_sandbox_app
from agency.sandbox.google_project import change as change_google_project
from agency.sandbox.seeding import make_account, write_item
from benchmarks.rounds import Line, WrongAnswer, count, line, paired
from benchmarks.scratch import CHECKOUT, Database, Scratch, free_port
from channels import accounts
from channels.protocol import Answer, Exchange, Request
from channels.transport import Endpoints, Transport
from jobs.dispatcher import Dispatcher
from jobs.polling import poll_accounts
from tenants import models
from tenants.base_app import settings_of_app
from tenants.database import db, new_id
from tenants.scope import Scope, in_scope

ACCOUNTS = {"tiny": 6, "small": 1000, "full": 1000}
ITEMS = 3
ROUNDS = {"tiny": 1, "small": 7, "full": 9}
PLATFORMS = ("facebook", "instagram", "google_business")
BRANDS = 20


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
    with _sandbox(scratch, wanted) as (url, credentials):
        platform_settings = {**addresses(url), "ONBRAND_ENV": "local"}
        app = database.base_app(platform_settings)
        _connect(app, credentials)
        with app.app_context():
            transport = _Counting(Endpoints.from_settings(settings_of_app()))
        try:
            _cycle(app, database, transport)
            stored = _count(database, "message")
            if stored != wanted * ITEMS:
                raise WrongAnswer(f"the first round stored {stored} of {wanted * ITEMS} items")
            _cycle(app, database, transport)  # cursors are where a quiet account's are
            transport.calls, transport.fetched = 0, []
            began = time.process_time()
            _cycle(app, database, transport)
            cpu_ms = (time.process_time() - began) * 1000 / wanted
            calls, asked = transport.calls, list(transport.fetched)
            pairing = paired(
                lambda: _timed(lambda: _cycle(app, database, transport)),
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


def _cycle(app: Flask, database: Database, transport: Transport) -> None:
    """Every account once, as dispatcher and worker do it, without Redis and without the fork between them."""
    with database.superuser() as connection:
        connection.execute("update poll_turn set due_at = now() - interval '1 second', leased_until = null")
    jobs: list[tuple[str, Any]] = []
    dispatcher = Dispatcher(app)
    dispatcher._enqueue = lambda _kind, given, _timeout: jobs.append(given)  # type: ignore[method-assign,assignment,misc]
    dispatcher.queue_turns()
    for platform, turns in jobs:
        poll_accounts(app, platform, turns, transport)


def _timed(call: Any) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _count(database: Database, table: str) -> int:
    with database.superuser() as connection:
        found = connection.execute(f"select count(*) from {table}".encode()).fetchone()
    assert found is not None
    return int(found[0])


def _connect(app: Flask, credentials: list[tuple[str, str, str]]) -> None:
    agency_id, brands = new_id(), [new_id() for _ in range(BRANDS)]
    with app.app_context():
        db.session.add(models.Agency(id=agency_id, name="Bench House"))
        db.session.commit()
    with in_scope(app, Scope(agency_id, None)):
        for number, brand_id in enumerate(brands):
            db.session.add(
                models.Brand(agency_id=agency_id, id=brand_id, name=f"Brand {number}", mark="BR", colour="#1d6f8f")
            )
        db.session.flush()
        for number, (platform, external_id, credential) in enumerate(credentials):
            login = "facebook" if platform == "instagram" else None
            accounts.connect(None, brands[number % BRANDS], platform, external_id, credential, login=login)


@contextmanager
def _sandbox(scratch: Scratch, wanted: int) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """The sandbox platforms with so many accounts of ITEMS items each; its address and the accounts' credentials."""
    folder = scratch.folder / f"sandbox-{wanted}"
    seeded = create_sandbox_app(folder)
    world = seeded.extensions["sandbox"]
    # Google lets a project make 300 calls a minute; here our own speed is measured, not that limit.
    change_google_project(world.store, {"quota_per_minute": None})
    credentials: list[tuple[str, str, str]] = []
    with world.store.transaction():
        for number in range(wanted):
            platform = PLATFORMS[number % 3]
            external_id = (
                f"accounts/{number}/locations/{number}" if platform == "google_business" else str(70_000 + number)
            )
            wish: dict[str, Any] = {"platform": platform, "external_id": external_id, "name": f"Account {number}"}
            wish["token"] = f"1//refresh-{number}" if platform == "google_business" else f"token-{number}"
            if platform == "instagram":
                wish["login"] = "facebook"
            make_account(world, wish)
            credentials.append((platform, external_id, wish["token"]))
            place = {"platform": platform, "account": external_id}
            if platform != "google_business":
                write_item(world, {**place, "kind": "post", "text": "Our spring menu is here."})
            for item in range(ITEMS):
                words = {"text": f"Where is my order {number}-{item}?", "author": f"Customer {item}"}
                kind = {"kind": "review", "stars": 2} if platform == "google_business" else {"kind": "comment"}
                write_item(world, {**place, **kind, **words})
    world.store.close()
    seeded.extensions["sandbox_player"].close()
    port, log = free_port(), scratch.folder / "sandbox.log"
    command = [sys.executable, "-m", "agency.command_line", "sandbox", "--port", str(port), "--folder", str(folder)]
    child = start_child(command, log=log, folder=CHECKOUT)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        if child.exit_code() is not None:
            raise RuntimeError(f"The sandbox ended while starting: {last_lines(log, 5)}")
        try:
            with urlopen(url + "/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    try:
        if not wait_until(answers, timeout_seconds=60):
            raise RuntimeError(f"The sandbox did not answer: {last_lines(log, 5)}")
        yield url, credentials
    finally:
        child.stop()
