"""Webhooks: how many a second are verified and durable, how long they take at a fixed rate, what a storm of repetitions
leaves, and how long what happened takes to stand in the inbox, told or found.

The floor is a bare Flask route that stores the body as one row and commits, on the same kind of server and the same
database. What is measured carries Meta's signature, is one change of a comment that nobody knows yet, and goes to an
account picked in turn.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import random
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.request import Request, urlopen

from agency.local.processes import start_child, wait_until
from agency.sandbox.addresses import addresses
from benchmarks import load
from benchmarks.connected import connect, sandbox
from benchmarks.rounds import Line, Pairing, WrongAnswer, count, line, paired
from benchmarks.scratch import CHECKOUT, Database, Scratch

ACCOUNTS = {"tiny": 4, "small": 200, "full": 200}
ROUNDS = {"tiny": 1, "small": 7, "full": 15}
AT_ONCE = {"tiny": 40, "small": 500, "full": 2_000}
"""Deliveries of one round."""
STEADY_SECONDS = {"tiny": 0.2, "small": 5, "full": 10}
STEADY_ROUNDS = {"tiny": 1, "small": 3, "full": 5}
PER_SECOND = 300
STORM = 10
TOLD = {"tiny": 3, "small": 100, "full": 300}
TOLD_PER_SECOND = 4
FOUND = {"tiny": 2, "small": 40, "full": 100}
LONGEST_WAIT_SECONDS = 90
SECRET = "bench app secret"
FLOOR_TABLE = (
    "create schema floor",
    "create table floor.hook (id bigint generated always as identity primary key, body bytea not null)",
    "grant usage on schema floor to onbrand_app",
    "grant insert on floor.hook to onbrand_app",
)


@dataclass
class Deliveries:
    """Makes them: each one new change, to the accounts in turn."""

    url: str
    pages: list[str]
    secret: str
    made: int = 0

    def new(self, wanted: int) -> list[bytes]:
        """Signed requests, not sent yet."""
        return [self.next()[0] for _ in range(wanted)]

    def next(self) -> tuple[bytes, str]:
        """One, and the words in it."""
        self.made += 1
        page = self.pages[self.made % len(self.pages)]
        comment, words = (
            f"{page}1_{self.made}",
            f"Good morning, where is my order {self.made}? It was promised for Tuesday.",
        )
        value = {
            "item": "comment",
            "verb": "add",
            "post_id": f"{page}_1",
            "comment_id": comment,
            "parent_id": f"{page}_1",
            "from": {"id": f"55{self.made}", "name": f"Customer {self.made}"},
            "message": words,
            "created_time": int(time.time()),
        }
        change = {"id": page, "time": int(time.time()), "changes": [{"field": "feed", "value": value}]}
        body = json.dumps({"object": "page", "entry": [change]}).encode()
        signature = "sha256=" + hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        return load.post(self.url, "/webhooks/meta", body, {"X-Hub-Signature-256": signature}), words


def webhook_intake(scratch: Scratch, size: str) -> list[Line]:
    """Accepted a second, p95 and p99 at a fixed rate, and what a storm adds; each against the bare route."""
    database = _database(scratch)
    accounts = [("facebook", str(80_000 + number), f"token-{number}") for number in range(ACCOUNTS[size])]
    connect(database.base_app(), accounts)
    with ExitStack() as held:
        url, bare = held.enter_context(database.product()), held.enter_context(database.floor())
        deliveries = Deliveries(url, [external_id for _, external_id, _ in accounts], SECRET)
        plain = load.post(bare, "/hook", deliveries.next()[0].partition(b"\r\n\r\n")[2])
        for address, wires in ((url, deliveries.new(AT_ONCE[size] // 4)), (bare, [plain] * (AT_ONCE[size] // 4))):
            _all_well(load.run(address, wires))
        lines = [_rate(deliveries, bare, plain, size), *_steady(deliveries, bare, plain, size)]
        if _rows(database, "raw_event") != deliveries.made - 1:  # the bare route got the first
            raise WrongAnswer("not every accepted change is a row")
        lines.append(_storm(database, deliveries, AT_ONCE[size]))
    scratch.drop(database)
    return lines


def event_to_visible(scratch: Scratch, size: str) -> list[Line]:
    """Seconds until a customer's words are a row of the inbox: told by a webhook, and found by a poll."""
    database = _database(scratch)
    with ExitStack() as held:
        platforms, credentials = held.enter_context(sandbox(scratch, max(12, ACCOUNTS[size] // 2)))
        database.environment |= addresses(platforms) | {"ONBRAND_ENV": "local"}
        connect(database.base_app(), credentials)
        url = held.enter_context(database.product())
        for name in ("dispatcher", "worker"):
            held.enter_context(_program(scratch, database, name))
        pages = [external_id for platform, external_id, _ in credentials if platform == "facebook"]
        if not wait_until(lambda: _is_caught_up(database), timeout_seconds=LONGEST_WAIT_SECONDS):
            raise WrongAnswer("the first round of polls and promises did not end")
        told = _told(database, Deliveries(url, pages, database.environment["META_APP_SECRET"]), TOLD[size])
        found = _found(database, platforms, pages, FOUND[size])
    scratch.drop(database)
    return [
        *_seconds("event to visible by webhook", told, "<= 1", per_second=TOLD_PER_SECOND),
        *_seconds("event to visible by poll, shortest interval 15 s", found, ""),
    ]


def _rate(deliveries: Deliveries, bare: str, plain: bytes, size: str) -> Line:
    wanted = AT_ONCE[size]

    def ours() -> float:
        return _all_well(load.run(deliveries.url, deliveries.new(wanted))).rate

    def floor() -> float:
        return _all_well(load.run(bare, [plain] * wanted)).rate

    pairing = paired(ours, floor, rounds=ROUNDS[size])
    return line("webhooks accepted", pairing, "/s", against="bare route, one row", aim=">= 0.5")


def _steady(deliveries: Deliveries, bare: str, plain: bytes, size: str) -> list[Line]:
    wanted = max(1, int(PER_SECOND * STEADY_SECONDS[size]))
    rounds: dict[float, list[tuple[float, float]]] = {0.5: [], 0.95: [], 0.99: []}
    for _ in range(STEADY_ROUNDS[size]):
        ours = _all_well(load.run(deliveries.url, deliveries.new(wanted), per_second=PER_SECOND, connections=32))
        floor = _all_well(load.run(bare, [plain] * wanted, per_second=PER_SECOND, connections=32))
        for share, pairs in rounds.items():
            pairs.append((ours.percentile(share), floor.percentile(share)))
    found = []
    for share, pairs in rounds.items():
        ratios = sorted(ours / floor for ours, floor in pairs)
        middle = len(pairs) // 2
        pairing = Pairing(
            sorted(ours for ours, _ in pairs)[middle],
            sorted(floor for _, floor in pairs)[middle],
            ratios[middle],
            ratios[0],
            ratios[-1],
        )
        found.append(line(f"webhooks at {PER_SECOND}/s, p{share * 100:g}", pairing, "ms", against="bare route"))
    return found


def _storm(database: Database, deliveries: Deliveries, wanted: int) -> Line:
    wires = deliveries.new(wanted)
    _all_well(load.run(deliveries.url, wires))
    before = _rows(database, "raw_event"), _rows(database, "outbox_entry")
    again = wires * STORM
    random.Random(1).shuffle(again)
    storm = _all_well(load.run(deliveries.url, again))
    events = _rows(database, "raw_event") - before[0]
    promises = _rows(database, "outbox_entry") - before[1]
    name = f"each of {wanted:,} deliveries {STORM} times more: rows added"
    return count(name, events + promises, "rows", aim="<= 0", per_second=round(storm.rate))


class _Watch:
    """Looks every few milliseconds which of the awaited words stand in an open conversation by now."""

    SQL = """select m.text from message m join conversation c
        on (c.agency_id, c.id, c.brand_id) = (m.agency_id, m.conversation_id, m.brand_id)
        where c.status = 'open' and m.text = any(%s)"""

    def __init__(self, database: Database) -> None:
        self._connection = database.superuser()
        self._sent: dict[str, float] = {}
        self._seen: dict[str, float] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def expect(self, words: str) -> None:
        """These words are sent now."""
        self._sent[words] = time.monotonic()

    def seconds(self) -> list[float]:
        """How long each took, once all are there. Raises WrongAnswer when one stays away."""
        ends = time.monotonic() + LONGEST_WAIT_SECONDS
        while len(self._seen) < len(self._sent) and time.monotonic() < ends:
            time.sleep(0.05)
        self._stopping.set()
        self._thread.join()
        self._connection.close()
        if len(self._seen) < len(self._sent):
            raise WrongAnswer(f"{len(self._sent) - len(self._seen)} of {len(self._sent)} never stood in the inbox")
        return sorted(self._seen[words] - sent for words, sent in self._sent.items())

    def _look(self) -> None:
        while not self._stopping.wait(0.01):
            awaited = [words for words in list(self._sent) if words not in self._seen]
            for (words,) in self._connection.execute(self.SQL, (awaited,)).fetchall() if awaited else ():
                self._seen[words] = time.monotonic()


def _told(database: Database, deliveries: Deliveries, wanted: int) -> list[float]:
    """Seconds from sending a delivery to its row, each; no poll is due meanwhile."""
    with database.superuser() as connection:
        connection.execute("update poll_turn set due_at = now() + interval '1 hour'")
    watch = _Watch(database)
    began = time.monotonic()
    for number in range(wanted):
        time.sleep(max(0.0, began + number / TOLD_PER_SECOND - time.monotonic()))
        wire, words = deliveries.next()
        watch.expect(words)
        _all_well(load.run(deliveries.url, [wire], connections=1))
    seconds = watch.seconds()
    with database.superuser() as connection:
        connection.execute("update poll_turn set due_at = now()")
    return seconds


def _found(database: Database, platforms: str, pages: Sequence[str], wanted: int) -> list[float]:
    """Seconds from a customer's writing at the platform to the row, each; nothing is told."""
    watch, chance = _Watch(database), random.Random(2)
    for number in range(wanted):
        words = f"Does anybody read this? I ask for the {number}. time."
        order = {"platform": "facebook", "account": pages[number % len(pages)], "text": words, "author": "Customer 0"}
        asked = Request(
            f"{platforms}/sandbox/comments", json.dumps(order).encode(), {"Content-Type": "application/json"}
        )
        watch.expect(words)
        with urlopen(asked, timeout=30):
            time.sleep(chance.random() / 2)
    return watch.seconds()


def _seconds(name: str, taken: Sequence[float], aim: str, **facts: float) -> list[Line]:
    shares = {"p50": (0.5, ""), "p95": (0.95, aim)}
    return [
        count(f"{name}, {label}", round(taken[int((len(taken) - 1) * share)], 3), "s", aim=wanted, **facts)
        for label, (share, wanted) in shares.items()
    ]


def _all_well(found: load.Run) -> load.Run:
    if set(found.statuses) != {200}:
        raise WrongAnswer(f"answered {found.statuses}")
    return found


def _database(scratch: Scratch) -> Database:
    database = scratch.database("hooks")
    with database.superuser() as connection:
        for statement in FLOOR_TABLE:
            connection.execute(statement)
    database.environment["META_APP_SECRET"] = SECRET
    return database


def _rows(database: Database, what: str) -> int:
    with database.superuser() as connection:
        found = connection.execute(f"select count(*) from {what}".encode()).fetchone()
    assert found is not None
    return int(found[0])


@contextmanager
def _program(scratch: Scratch, database: Database, name: str) -> Iterator[None]:
    """One of the product's programs, until the end of the block."""
    inherited = {each: value for each, value in os.environ.items() if not each.startswith("ONBRAND_")}
    child = start_child(
        [sys.executable, "-m", "agency.command_line", name],
        log=scratch.folder / f"{name}-{database.name}.log",
        environment=inherited | database.environment,
        folder=CHECKOUT,
    )
    try:
        yield
    finally:
        child.stop()


def _is_caught_up(database: Database) -> bool:
    unpolled = _rows(database, "account where last_polled_at is null")
    return not unpolled and not _rows(database, "outbox_entry where done_at is null and run_at <= now()")
