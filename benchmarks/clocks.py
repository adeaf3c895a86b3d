"""Clocks: those that come due in a second, what they cost while none does, and an end by business hours.

Method: the queue of 200 brands (`benchmarks.queue_data`), one conversation in ten open, as the application's role with
row-level security on; every brand has business hours with a break, holidays and a rule in business hours. All open
cases come to a step at once: ours is the job, slice by slice, until none is left; the floor writes rank and version of
the same rows in slices of the same size, each with its commit. While nothing is due, ours is the job's look for an
agency; the floor is a bare read by the same index. One end of 12 business hours is worked out 10,000 times, against
adding 12 hours.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from agency.inbox.reranking import SLICE, rerank_due
from benchmarks import open_cases, queue_data
from benchmarks.queue_data import Seeded
from benchmarks.rounds import LEAST_ROUNDS, Line, WrongAnswer, line, median_ms, paired
from benchmarks.scratch import Scratch
from tenants.business_time import BusinessTime, due_after
from tenants.database import db
from tenants.opening_hours import Hours
from tenants.scope import Scope, in_scope, raw_sql

ROWS = {"tiny": 3_000, "small": 100_000, "full": 1_000_000}
TIMES = {"tiny": 5, "small": 100, "full": 100}
ONE_END = 10_000
_WEEK = [[[540, 720], [780, 1020]]] * 5 + [[], []]
_RULES = '[["heard", "", "", "", 2, "business"], ["answered", "", "", "", 12, "business"]]'

_HAVE_HOURS = """
    insert into brand_hours (agency_id, id, brand_id, zone, days, country)
    select agency_id, gen_random_uuid(), id, 'Europe/Warsaw', %s::jsonb, 'PL' from brand on conflict do nothing
"""
_HAVE_RULES = """
    insert into clock_rules (agency_id, id, number, rules, saved_by, saved_by_name)
    values (%s, gen_random_uuid(), 1, %s::jsonb, gen_random_uuid(), 'Bench') on conflict do nothing
"""
_BY_INDEX = raw_sql(
    "select 1 from conversation where agency_id = :agency and status = 'open' and rerank_at <= '2000-01-01' limit 1",
    reason="the floor: the same index, nothing found",
)


def clocks(scratch: Scratch, size: str) -> list[Line]:
    """Lines of the benchmark `clocks`."""
    rows, seeded = ROWS[size], Seeded.known()
    database = scratch.database("clocks", lambda given: queue_data.fill(given, rows), filled_as=f"queue_{rows}")
    app, scope = database.base_app(), Scope(seeded.agency_id, None)
    with database.superuser() as connection:
        connection.execute(_HAVE_HOURS, [orjson.dumps(_WEEK).decode()])
        connection.execute(_HAVE_RULES, [seeded.agency_id, _RULES])
    slices = open_cases.in_slices(database)
    count = sum(map(len, slices))

    def come_due() -> None:
        with database.superuser() as connection:
            connection.execute("update conversation set rerank_at = '2000-01-01' where status = 'open'")

    def ours() -> float:
        come_due()
        started, seen = time.perf_counter(), 0
        while True:
            with in_scope(app, scope):
                done = rerank_due().seen
            seen += done
            if done < SLICE:
                break
        taken = time.perf_counter() - started
        if seen < count:
            raise WrongAnswer("not every clock that was due was looked at")
        return taken

    floor = open_cases.write_bare(app, scope, slices)
    ours(), floor()
    pairing = paired(ours, floor, rounds=1 if size == "tiny" else LEAST_ROUNDS)
    each_second = round(count / pairing.ours)
    name = f"{count:,} clocks that come due at once"
    due = line(name, pairing, "s", against=open_cases.WRITTEN_BARE, each_second=each_second)
    return [due, _none_due(app, scope, seeded.agency_id, size), _one_end()]


def _none_due(app: Any, scope: Scope, agency_id: UUID, size: str) -> Line:
    def ask() -> None:
        with in_scope(app, scope):
            if rerank_due().seen:
                raise WrongAnswer("something is due")

    def bare() -> None:
        with in_scope(app, scope):
            db.session.execute(_BY_INDEX, {"agency": agency_id})

    times = TIMES[size]
    pairing = paired(lambda: median_ms(ask, times), lambda: median_ms(bare, times), rounds=LEAST_ROUNDS)
    return line(
        "an agency none of whose clocks is due", pairing, "ms", against="a bare read by the index", aim="<= 1.5"
    )


def _one_end() -> Line:
    spans = tuple(tuple((start, end) for start, end in day) for day in _WEEK)
    times, at = BusinessTime(Hours("Europe/Warsaw", spans), country="PL"), datetime(2026, 11, 27, 15, 30, tzinfo=UTC)
    hours = timedelta(hours=12)
    if due_after(at, hours, times) != datetime(2026, 12, 1, 13, 30, tzinfo=UTC):
        raise WrongAnswer("Friday 16:30 and twelve business hours")

    def each_us(call: Any) -> float:
        started = time.perf_counter()
        for _ in range(ONE_END):
            call()
        return (time.perf_counter() - started) / ONE_END * 1e6

    pairing = paired(
        lambda: each_us(lambda: due_after(at, hours, times)), lambda: each_us(lambda: at + hours), rounds=7
    )
    return line("an end in 12 business hours", pairing, "us", against="12 hours added")
