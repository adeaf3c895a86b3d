"""Ranking again what is stored: after new weights, when a due time nears, and one case alone; last week by others.

Method: the queue of 200 brands (`benchmarks.queue_data`), one conversation in ten open, as the application's role with
row-level security on. New weights change every rank of the queue: ours is the job, slice by slice, to the last case.
The floor is a bare UPDATE of rank and version of the same rows in slices of the same size, each with its commit, which
pays the same indexes and counters. The job of the due times is asked when nothing is due, against one row read in a
session of its own. One case is ranked 10,000 times against writing its parts as JSON. Last week by other weights is the
reading, both replays and the queue before and after, against the reading alone.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select

from agency.inbox.last_week import look_at_week, read_week
from agency.inbox.models import RankingWeights
from agency.inbox.ranking import RankFacts, Said, rank
from agency.inbox.reranking import SLICE, rerank_due
from agency.inbox.weights import DEFAULTS, checked_weights
from benchmarks import open_cases, queue_data
from benchmarks.queue_data import Seeded
from benchmarks.rounds import LEAST_ROUNDS, Line, WrongAnswer, line, median_ms, paired
from benchmarks.scratch import Scratch
from jobs.ranking import rerank
from tenants import clock
from tenants.database import db, new_id
from tenants.models import Agency
from tenants.scope import Scope, in_scope

ROWS = {"tiny": 3_000, "small": 100_000, "full": 1_000_000}
TIMES = {"tiny": 5, "small": 100, "full": 100}
ONE_CASE = 10_000


def ranking(scratch: Scratch, size: str) -> list[Line]:
    """Lines of the benchmark `ranking`."""
    rows, seeded = ROWS[size], Seeded.known()
    database = scratch.database("ranking", lambda given: queue_data.fill(given, rows), filled_as=f"queue_{rows}")
    app, scope = database.base_app(), Scope(seeded.agency_id, None)
    slices = open_cases.in_slices(database)
    count = sum(map(len, slices))
    state = {"number": 0}

    def ours() -> float:
        state["number"] += 1
        points = {**DEFAULTS.points, "late": 600 + state["number"] % 2, "complaint": 30 + state["number"] % 2}
        with in_scope(app, scope):
            db.session.add(_weights(seeded.agency_id, state["number"], points, count))
        started = time.perf_counter()
        rerank(app, str(seeded.agency_id), number=state["number"], run_seconds=3_600)
        taken = time.perf_counter() - started
        with in_scope(app, scope):
            reached = select(RankingWeights.ranked_count).where(RankingWeights.number == state["number"])
            if db.session.execute(reached).scalar_one() != count:
                raise WrongAnswer("not every open case was ranked again")
        return taken

    floor = open_cases.write_bare(app, scope, slices)
    ours(), floor()
    rounds = 1 if size == "tiny" else LEAST_ROUNDS
    pairing = paired(ours, floor, rounds=rounds)
    name = f"{count:,} open cases of {rows:,} ranked again after new weights"
    lines = [
        line(
            name,
            pairing,
            "s",
            against=open_cases.WRITTEN_BARE,
            aim="<= 2",
            each_second=round(count / pairing.ours),
        )
    ]
    lines.append(_nothing_due(app, scope, seeded.agency_id, size))
    lines.append(_one_case(size))
    lines.append(_last_week(app, scope, size, rows))
    return lines


def _weights(agency_id: UUID, number: int, points: dict[str, int], open_count: int) -> RankingWeights:
    return RankingWeights(
        agency_id=agency_id,
        id=new_id(),
        number=number,
        points=points,
        note="Bench",
        saved_by=agency_id,
        saved_by_name="Ada Admin",
        open_count=open_count,
    )


def _nothing_due(app: Any, scope: Scope, agency_id: UUID, size: str) -> Line:
    def ask() -> None:
        with in_scope(app, scope):
            if rerank_due().seen:
                raise WrongAnswer("something is due")

    def bare() -> None:
        with in_scope(app, scope):
            db.session.execute(select(Agency.name).where(Agency.id == agency_id)).scalar_one()

    with in_scope(app, scope):
        while rerank_due().seen == SLICE:
            db.session.commit()
    times = TIMES[size]
    pairing = paired(lambda: median_ms(ask, times), lambda: median_ms(bare, times), rounds=LEAST_ROUNDS)
    return line("due times of an agency, none near", pairing, "ms", against="one row by its key", aim="<= 1.5")


def _one_case(size: str) -> Line:
    now = clock.now()
    facts = RankFacts(
        Said(("urgent",), ("refund", "broken")), now - timedelta(hours=3), now + timedelta(hours=1), 1, 4, vip=True
    )
    parts = rank(facts, DEFAULTS, now).reasons

    def each_us(call: Any) -> float:
        started = time.perf_counter()
        for _ in range(ONE_CASE):
            call()
        return (time.perf_counter() - started) / ONE_CASE * 1e6

    pairing = paired(
        lambda: each_us(lambda: rank(facts, DEFAULTS, now)), lambda: each_us(lambda: orjson.dumps(parts)), rounds=7
    )
    return line("one case ranked, six parts", pairing, "us", against="its parts written as JSON")


def _last_week(app: Any, scope: Scope, size: str, rows: int) -> Line:
    other = checked_weights({**DEFAULTS.points, "complaint": 300, "stars_1": 200})
    seen = {}

    def ours() -> float:
        with in_scope(app, scope):
            started = time.perf_counter()
            look = look_at_week(DEFAULTS, other)
            taken = time.perf_counter() - started
        seen.update(cases=len(look.week.cases), answers=len(look.week.serves))
        return taken * 1_000

    def floor() -> float:
        with in_scope(app, scope):
            started = time.perf_counter()
            read_week()
            return (time.perf_counter() - started) * 1_000

    ours(), floor()
    pairing = paired(ours, floor, rounds=1 if size == "tiny" else LEAST_ROUNDS)
    name = f"last week by other weights, {seen['cases']:,} cases of {rows:,}"
    return line(name, pairing, "ms", against="reading the same cases", **seen)
