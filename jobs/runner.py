"""What RQ calls: promises by their number, read from PostgreSQL, each run on its own and marked there.

A promise that fails is tried again later by PostgreSQL's word, not RQ's; one that fails too often is given up and shows
in `/metrics` and `onbrand doctor`. A worker that dies leaves its promises leased: those it had not begun are given back
as soon as its death is seen (`jobs.worker`), the others run again when the lease ends.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import BigInteger, ColumnElement, any_, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from structlog.contextvars import bound_contextvars

from channels.allowances import ask_for, notes_of, notes_of_all
from channels.budgets import Budgets
from channels.protocol import Answer, Exchange, Request
from channels.transport import Endpoints, Speaks, Transport
from jobs.catalogue import CATALOGUE, URGENT_QUEUES, JobKind
from jobs.tally import Tally
from tenants import failpoints
from tenants.base_app import create_base_app, redis_of_app, settings_of_app
from tenants.database import db
from tenants.logs import get_logger
from tenants.models import OutboxEntry
from tenants.outbox import JobName
from tenants.scope import in_scope
from tenants.settings import Settings

LONGEST_ERROR = 500
HAND_BACK_SECONDS = 60
"""After so long a job of promises that run beside each other begins none any more: the dispatcher's lease on them is
150 s, and one takes at most 60 s where a platform is silent.
"""
TOGETHER_SOONER_SECONDS = 20
"""So much sooner for many together: the last of them may leave when a minute is over, and take 30 s."""
FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 900

_OPEN = (OutboxEntry.done_at.is_(None), OutboxEntry.given_up_at.is_(None))

log = get_logger("jobs")


def _among(numbers: Collection[int]) -> ColumnElement[bool]:
    """As one array, so that a process forked for a job has the statement in words already, whatever their number."""
    return OutboxEntry.id == any_(literal(list(numbers), ARRAY(BigInteger)))


_app: Flask | None = None
_app_process: int | None = None


def worker_app() -> Flask:
    """This process's app; made anew after a fork, because connections must not be shared with the parent."""
    global _app, _app_process
    if _app is None:
        _app = create_base_app(Settings.from_environment(), pool_size=4)
        _app_process = os.getpid()
    elif _app_process != os.getpid():
        with _app.app_context():
            db.engine.dispose(close=False)
        _app_process = os.getpid()
    return _app


class CountedTransport(Transport):
    """A transport whose single calls (answers, deeds) count in the budgets, which never hold them back."""

    def __init__(self, endpoints: Endpoints, tally: Tally) -> None:
        super().__init__(endpoints)
        self._tally = tally

    def send(self, request: Request) -> Answer:
        self._tally.add([ask_for([request])])
        answer = super().send(request)
        self._tally.add(notes=notes_of(request, answer))
        return answer


class Sender:
    """A transport that sends replies: its reads are checks before sending, and count as that does."""

    def __init__(self, transport: Speaks, tally: Tally) -> None:
        self._transport, self._tally = transport, tally

    def fetch(self, requests: Sequence[Request]) -> list[Exchange]:
        self._tally.add([ask_for([request]) for request in requests])
        exchanges = self._transport.fetch(requests)
        self._tally.add(notes=notes_of_all(exchanges))
        return exchanges

    def send(self, request: Request) -> Answer:
        return self._transport.send(request)


def transport_of(app: Flask) -> Transport:
    """The app's one transport to the platforms."""
    transport = app.extensions.get("onbrand_transport")
    if transport is None:
        with app.app_context():
            transport = CountedTransport(Endpoints.from_settings(settings_of_app()), tally_of_app(app))
        app.extensions["onbrand_transport"] = transport
    return transport


def tally_of_app(app: Flask) -> Tally:
    """Where this process counts its answers and deeds."""
    tally: Tally | None = app.extensions.get("onbrand_tally")
    if tally is None:
        tally = app.extensions["onbrand_tally"] = Tally(budgets_of_app(app))
    return tally


def budgets_of_app(app: Flask) -> Budgets:
    """The budgets that all processes of this installation share."""
    budgets = app.extensions.get("onbrand_budgets")
    if budgets is None:
        with app.app_context():
            calls = {"project:google": settings_of_app().google_calls_per_minute}
        budgets = app.extensions["onbrand_budgets"] = Budgets(app.extensions.get("onbrand_redis"), calls=calls)
    return budgets


def is_urgent(app: Flask) -> bool:
    """Whether an answer or somebody's work waits for a worker: what may wait, gives way."""
    with app.app_context():
        return bool(redis_of_app().exists(*(f"rq:queue:{name}" for name in URGENT_QUEUES)))


def run_promises(numbers: Sequence[int], app: Flask | None = None) -> None:
    """Run outbox entries; one's trouble is never another's. Numbers of done ones are passed over.

    One after another, but for kinds that run beside each other: of these the entries of several brands go at once, each
    in a transaction and by a claim of its own, and those of one brand in their order. Where the kind has a form for
    many, those of one agency are one lane and run together. What such a job did not begin in its time is handed back.
    """
    app = app or worker_app()
    try:
        _run(app, numbers)
    finally:
        tally_of_app(app).count()


def _run(app: Flask, numbers: Sequence[int]) -> None:
    lanes, kind = _lanes(app, numbers)
    if kind is None or kind.beside == 1:
        _run_lane(app, list(numbers))
        return
    beside = kind.beside
    over = threading.Event()
    ends_at = time.monotonic() + HAND_BACK_SECONDS
    ends_together_at = ends_at - TOGETHER_SOONER_SECONDS

    def run(lane: list[int]) -> None:
        if kind.many is not None:
            lane = _run_portions(app, kind, lane, lambda: over.is_set() or time.monotonic() > ends_together_at)
        for place, number in enumerate(lane):
            if over.is_set() or time.monotonic() > ends_at:
                _hand_back(app, lane[place:])
                return
            _run_lane(app, [number])

    if len(lanes) == 1:
        run(lanes[0])
        return
    with ThreadPoolExecutor(min(beside, len(lanes)), thread_name_prefix="promise") as crew:
        try:
            for lane in [crew.submit(run, lane) for lane in lanes]:
                lane.result()
        finally:
            over.set()  # RQ's timeout is raised here alone: who is at work ends that one promise


def _lanes(app: Flask, numbers: Sequence[int]) -> tuple[list[list[int]], JobKind | None]:
    """The entries by agency or brand, and their kind; None where they are of several, or one alone."""
    if len(numbers) == 1:
        return [list(numbers)], None
    wanted = select(
        OutboxEntry.id,
        OutboxEntry.job_name,
        OutboxEntry.ids["agency_id"].astext,
        OutboxEntry.ids["brand_id"].astext,
    )
    with in_scope(app, None):
        found = {row[0]: row for row in db.session.execute(wanted.where(_among(numbers)))}
    kinds = {row[1]: CATALOGUE[JobName(row[1])] for row in found.values()}
    kind = next(iter(kinds.values())) if len(kinds) == 1 else None
    lanes: dict[str | None, list[int]] = {}
    for number in dict.fromkeys(numbers):
        if number in found:
            of_agency, of_brand = found[number][2:]
            lanes.setdefault(of_agency if kind is not None and kind.many else of_brand, []).append(number)
    return list(lanes.values()), kind


def _hand_back(app: Flask, numbers: Sequence[int]) -> None:
    with in_scope(app, None):
        db.session.execute(
            update(OutboxEntry)
            .where(_among(numbers), OutboxEntry.done_at.is_(None))
            .values(leased_until=None)
            .execution_options(synchronize_session=False)
        )


def give_back_unbegun(numbers: Sequence[int]) -> int:
    """Let others have those of these promises that nobody ever began, as whoever was to run them is dead; returns how
    many. Where it lives after all they run twice, which is harmless. What was begun waits for the end of its lease.
    """
    with in_scope(worker_app(), None):
        given: Any = db.session.execute(
            update(OutboxEntry)
            .where(_among(numbers), *_OPEN, OutboxEntry.attempts == 0, OutboxEntry.leased_until.is_not(None))
            .values(leased_until=None)
            .execution_options(synchronize_session=False)
        )
    return int(given.rowcount)


def _run_portions(app: Flask, kind: JobKind, numbers: Sequence[int], is_over: Callable[[], bool]) -> list[int]:
    """Run an agency's entries by their kind's form for many, so many at a time: a process that dies takes one portion
    with it. Returns those that go alone, and those that were not begun in time.
    """
    left: list[int] = []
    for start in range(0, len(numbers), kind.portion):
        portion = numbers[start : start + kind.portion]
        left += portion if is_over() else _run_together(app, kind, portion)
    return left


def _run_together(app: Flask, kind: JobKind, numbers: Sequence[int]) -> list[int]:
    """Run an agency's entries by their kind's form for many; returns those that go alone: what was tried before as
    often as the kind allows, as its trouble shall not be others', and what that form did not keep.
    """
    with in_scope(app, None):
        first = {
            row.id: row.ids
            for row in db.session.execute(
                update(OutboxEntry)
                .where(_among(numbers), *_OPEN, OutboxEntry.attempts < kind.together_tries)
                .values(attempts=OutboxEntry.attempts + 1)
                .returning(OutboxEntry.id, OutboxEntry.ids)
                .execution_options(synchronize_session=False)
            )
        }
    begun = [number for number in numbers if number in first]
    kept: set[int] = set()
    many = kind.resolve_many()
    if begun and many is not None:
        with bound_contextvars(job=kind.function, promises=len(begun)):
            try:
                failpoints.reached("promise.begun")
                kept = {begun[place] for place in many(app, [first[number] for number in begun])}
                failpoints.reached("promise.kept")
            except Exception:  # RQ's timeout, too: each goes alone then, and what was done already is not done again
                log.exception("jobs_failed_together")
    if kept:
        with in_scope(app, None):
            db.session.execute(
                update(OutboxEntry)
                .where(_among(kept))
                .values(done_at=func.now())
                .execution_options(synchronize_session=False)
            )
    return [number for number in numbers if number not in kept]


def _run_lane(app: Flask, numbers: Sequence[int]) -> None:
    """One after another; what was just done is not done again for another promise of the same."""
    kept: set[tuple[JobName, str]] = set()
    for number in numbers:
        entry = _begin(app, number)
        if entry is None:
            continue
        name, ids = entry
        meant = (name, repr(sorted(ids.items())))
        if meant in kept:  # it was promised before that run began
            _end(app, number)
            continue
        with bound_contextvars(job=name.value, promise=number):
            try:
                failpoints.reached("promise.begun")
                CATALOGUE[name].resolve()(app, **ids)
                failpoints.reached("promise.kept")
            except Exception as error:
                log.exception("job_failed")
                _fail(app, number, name, error)
            else:
                _end(app, number)
                if CATALOGUE[name].merges:
                    kept.add(meant)


def _begin(app: Flask, number: int) -> tuple[JobName, dict[str, Any]] | None:
    """Count the try before running: a job that kills its worker must not be tried for ever."""
    with in_scope(app, None):
        row = db.session.execute(
            update(OutboxEntry)
            .where(OutboxEntry.id == number, *_OPEN)
            .values(attempts=OutboxEntry.attempts + 1)
            .returning(OutboxEntry.job_name, OutboxEntry.ids, OutboxEntry.attempts)
        ).first()
        if row is None:
            return None
        name = JobName(row.job_name)
        if row.attempts > CATALOGUE[name].tries:
            _give_up(number, "It ended its worker again and again.")
            return None
        return name, dict(row.ids)


def _end(app: Flask, number: int) -> None:
    with in_scope(app, None):
        db.session.execute(update(OutboxEntry).where(OutboxEntry.id == number).values(done_at=func.now()))


def _fail(app: Flask, number: int, name: JobName, error: Exception) -> None:
    with in_scope(app, None):
        attempts = db.session.execute(select(OutboxEntry.attempts).where(OutboxEntry.id == number)).scalar_one()
        said = f"{type(error).__name__}: {error}"[:LONGEST_ERROR].replace("\x00", "")
        if attempts >= CATALOGUE[name].tries:
            _give_up(number, said)
            return
        pause = timedelta(seconds=min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(attempts - 1, 10)))
        db.session.execute(
            update(OutboxEntry)
            .where(OutboxEntry.id == number)
            .values(leased_until=None, run_at=func.now() + pause, last_error=said)
        )


def _give_up(number: int, why: str) -> None:
    log.error("job_given_up", promise=number)
    db.session.execute(
        update(OutboxEntry).where(OutboxEntry.id == number).values(given_up_at=func.now(), last_error=why)
    )
