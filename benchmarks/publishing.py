"""A backlog of approved replies through the sandbox platforms, by the dispatcher and workers as they run in production.

Every account holds comments or reviews; a reply to each is written and let out while no dispatcher runs. PostgreSQL
counts its tables, as it does by itself in the minutes in which a backlog gathers. Then a dispatcher starts, a worker
for each core takes what it hands out, and the platforms' ledger is the judge: each reply's words stand there once.
Counted is from the first claim to the last reply that is published, by the database's clock. The floor is how long
the same workers take for jobs that do nothing: what a fork costs. At the end answers are let out one by one, and
timed from that moment to the platform's yes. No look at what stands there is made meanwhile, and no poll.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.request import urlopen
from uuid import UUID

from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import select

from agency.inbox.models import Conversation
from agency.local.processes import start_child
from agency.replies import desk
from agency.replies.policy_models import ApprovalPolicy
from agency.replies.policy_terms import read_terms, terms_to_data
from agency.sandbox.addresses import addresses
from benchmarks.connected import connect, sandbox
from benchmarks.poll_cycle import cycle
from benchmarks.rounds import Line, WrongAnswer, count, line, paired
from benchmarks.scratch import CHECKOUT, Database, Scratch
from channels.transport import Endpoints, Transport
from tenants import clock
from tenants.base_app import redis_of_app, settings_of_app
from tenants.database import db, new_id
from tenants.models import Brand
from tenants.permissions import Actor, Role
from tenants.scope import Scope, in_scope

ACCOUNTS, WORKERS = 30, 2
BACKLOG = {"tiny": 12, "small": 500, "full": 1_000}
"""Replies of one round."""
TENFOLD = {"tiny": 0, "small": 0, "full": 10_000}
ROUNDS = {"tiny": 1, "small": 3, "full": 3}
EMPTY_JOBS = {"tiny": 4, "small": 100, "full": 100}
ALONE = {"tiny": 3, "small": 50, "full": 100}
ALONE_EVERY_SECONDS = 0.3
OF_ANSWERS = "publish,desk"
"""What the workers of a backlog look into: a few seconds after an answer a look at it is due, and words to be found by.
"""
LONGEST_SECONDS = 1_800
SENT = """
select extract(epoch from max(finished_at) - min(created_at)), count(*) from publish_attempt
where outcome = 'published' and created_at > %s
"""
WAITED = """
select extract(epoch from a.finished_at - p.created_at)
from publish_attempt a join approval p on p.reply_id = a.reply_id
where a.outcome = 'published' and a.created_at > %s order by 1
"""


def publishing(scratch: Scratch, size: str) -> Iterator[Line]:
    """Milliseconds a reply against a job that does nothing; ten times as many; seconds of one alone."""
    wanted = BACKLOG[size] * ROUNDS[size] + TENFOLD[size] + ALONE[size] + 1
    database = scratch.database("publishing")
    items = -(-wanted // ACCOUNTS)
    with ExitStack() as held:
        url, credentials = held.enter_context(sandbox(scratch, ACCOUNTS, items=items))
        held.callback(scratch.drop, database)
        database.environment |= platforms_of(url)
        app = database.base_app()
        connect(app, credentials)
        house = House(app, database, url)
        house.fill()
        with ExitStack() as working:
            for _ in range(WORKERS):
                working.enter_context(program(scratch, database, "worker", "--queues", OF_ANSWERS))
            yield from _backlogs(house, scratch, size)
        house.forget_aftermath()
        for _ in range(WORKERS):
            held.enter_context(program(scratch, database, "worker"))
        yield from _alone(house, scratch, size)
        house.check_ledger()


def platforms_of(url: str) -> dict[str, str]:
    """Settings for the platforms there, without what is not measured: polls, and what Google allows in a minute."""
    return {
        **addresses(url),
        "ONBRAND_ENV": "local",
        "ONBRAND_SETTLE_SECONDS": "86400",
        "GOOGLE_CALLS_PER_MINUTE": "1000000",
    }


def _backlogs(house: House, scratch: Scratch, size: str) -> Iterator[Line]:
    backlog = BACKLOG[size]

    def ours() -> float:
        return house.sent(scratch, backlog) * 1000 / backlog

    def floor() -> float:
        return house.nothing_done(EMPTY_JOBS[size]) * 1000 / EMPTY_JOBS[size]

    house.nothing_done(4)
    found = paired(ours, floor, rounds=ROUNDS[size])
    yield line(
        f"{backlog:,} approved replies published, {WORKERS} workers, each",
        found,
        "ms",
        against="a forked job that does nothing, the same workers",
        aim="<= 0.33",
    )
    if TENFOLD[size]:
        times = house.sent(scratch, TENFOLD[size]) * 1000 / found.ours / backlog
        yield count(f"{TENFOLD[size]:,} replies, times as long as {backlog:,}", round(times, 2), "", aim="<= 11")


def _alone(house: House, scratch: Scratch, size: str) -> Iterator[Line]:
    with program(scratch, house.database, "dispatcher"):
        began = house.now()
        house.let_out(1)
        house.wait(began, 1)  # it runs now
        began = house.now()
        for _ in range(ALONE[size]):
            house.let_out(1)
            time.sleep(ALONE_EVERY_SECONDS)
        house.wait(began, ALONE[size])
    waited = [float(row[0]) for row in house.rows(WAITED, began)]
    for share, label in ((0.5, "p50"), (0.99, "p99")):
        seconds = round(waited[int((len(waited) - 1) * share)], 3)
        yield count(f"from letting out to published, one every {ALONE_EVERY_SECONDS} s, {label}", seconds, "s")


class House:
    """An agency whose customers wrote, and the replies to them."""

    def __init__(self, app: Flask, database: Database, platforms: str) -> None:
        self.app, self.database, self._platforms = app, database, platforms
        with database.superuser() as connection:
            found = connection.execute("select id from agency").fetchone()
        assert found is not None
        self.actor = Actor(new_id(), "Sam Staff", Role.TEAM_LEAD, found[0], None)
        self._waiting: list[UUID] = []
        self._written = 0

    def fill(self) -> None:
        """Read what customers wrote, and ask nobody before a reply leaves."""
        with self.app.app_context():
            transport = Transport(Endpoints.from_settings(settings_of_app()))
        cycle(self.app, self.database, transport)
        transport.close()
        terms = terms_to_data(read_terms({"needs": "none"}))
        with in_scope(self.app, Scope(self.actor.agency_id, None)):
            for brand in db.session.scalars(select(Brand)):
                brand.needs_approval = False
                db.session.add(
                    ApprovalPolicy(
                        agency_id=brand.agency_id,
                        brand_id=brand.id,
                        number=1,
                        state="in_force",
                        terms=terms,
                        signed_how="as_before",
                        put_in_force_at=clock.now(),
                    )
                )
            self._waiting = list(db.session.scalars(select(Conversation.id).order_by(Conversation.id)))
        with self.database.superuser() as connection:
            connection.execute("update poll_turn set due_at = now() + interval '1 day'")
            connection.execute("update outbox_entry set done_at = now()")
            connection.execute("update agency set undo_seconds = 0")

    def let_out(self, number: int) -> None:
        """Write so many replies and let them out, each in a transaction of its own, as people do."""
        for _ in range(number):
            with in_scope(self.app, self.actor.scope):
                reply = desk.start_draft(
                    self.actor, self._waiting.pop(), f"Answer number {self._written}, as promised."
                )
                desk.release(self.actor, reply.id)
                self._written += 1

    def sent(self, scratch: Scratch, number: int) -> float:
        """Seconds until so many are published that lay there when the dispatcher started."""
        self.let_out(number)
        with self.database.superuser() as connection:
            connection.execute("analyze")
        began = self.now()
        with program(scratch, self.database, "dispatcher"):
            seconds = self.wait(began, number)
        self.forget_looks()
        return seconds

    def forget_looks(self) -> None:
        """What was just sent is not looked at: five seconds later looks would stand before what is measured next."""
        with self.database.superuser() as connection:
            connection.execute("update outbox_entry set done_at = now() where done_at is null")

    def forget_aftermath(self) -> None:
        """Nor is read for search and figures what a backlog changed, which takes workers of everything a while."""
        self.forget_looks()
        with self.database.superuser() as connection:
            connection.execute("truncate search_due, figure_due")
            connection.execute("vacuum analyze")

    def nothing_done(self, number: int) -> float:
        """Seconds for so many jobs that do nothing."""
        with self.app.app_context():
            connection = redis_of_app()
        queue = Queue("publish", connection=connection, serializer=JSONSerializer)
        began = time.perf_counter()
        for _ in range(number):
            queue.enqueue("operator.truth", args=(1,), result_ttl=0)
        while queue.count or queue.started_job_registry.count:
            time.sleep(0.01)
        return time.perf_counter() - began

    def wait(self, began: Any, number: int) -> float:
        """Until so many are published since; from the first claim to the last, in seconds."""
        ends = time.monotonic() + LONGEST_SECONDS
        with self.database.superuser() as connection:
            while time.monotonic() < ends:
                found = connection.execute(SENT.encode(), [began]).fetchone()
                assert found is not None
                seconds, published = found
                if published >= number:
                    return float(seconds)
                time.sleep(0.1)
        raise WrongAnswer(f"{published} of {number} replies were published")

    def check_ledger(self) -> None:
        """Every reply stands on its platform, once."""
        words: list[str] = []
        since = 0
        while True:
            with urlopen(f"{self._platforms}/sandbox/ledger.json?since={since}&limit=500", timeout=60) as answer:
                page = json.load(answer)["entries"]
            if not page:
                break
            since = page[-1]["seq"]
            words += [one["text"] for one in page if one["outcome"] == "applied" and one["text"]]
        if len(words) != self._written or len(set(words)) != self._written:
            raise WrongAnswer(f"{self._written} replies were let out, {len(words)} stand there, {len(set(words))} once")

    def now(self) -> Any:
        return self.rows("select clock_timestamp()")[0][0]

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.database.superuser() as connection:
            return connection.execute(statement.encode(), values or None).fetchall()


@contextmanager
def program(scratch: Scratch, database: Database, name: str, *more: str) -> Iterator[None]:
    """One of the product's programs, until the end of the block."""
    inherited = {each: value for each, value in os.environ.items() if not each.startswith("ONBRAND_")}
    child = start_child(
        [sys.executable, "-m", "agency.command_line", name, *more],
        log=scratch.folder / f"{name}-{database.name}.log",
        environment=inherited | database.environment,
        folder=CHECKOUT,
    )
    try:
        yield
    finally:
        child.stop()
