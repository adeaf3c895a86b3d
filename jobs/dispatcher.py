"""One loop that turns promises, due poll turns and timetable slots into RQ jobs. Any number may run at once.

PostgreSQL is the truth: a row is leased in one statement that skips rows others hold, then named to RQ. When Redis is
away or loses everything, leases end and the rows are named again.
"""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg
import redis
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer
from rq.worker_registration import WORKERS_BY_QUEUE_KEY
from sqlalchemy import BigInteger, Text, bindparam, delete, func, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from channels import poll_turns
from channels.fair_shares import Rotation, deal
from channels.registry import ADAPTERS, traits_of
from jobs.catalogue import CATALOGUE, QUEUES, JobKind
from jobs.patience import Patience
from jobs.poll_endings import TURN_LEASE_SECONDS
from jobs.timetable import TIMETABLE
from tenants import clock, failpoints
from tenants.base_app import check_keys_of_app, create_base_app, redis_of_app
from tenants.database import db
from tenants.lines import DATABASE_LINE, Line
from tenants.logs import get_logger
from tenants.models import OutboxEntry, ReceivedEvent
from tenants.outbox import BELL, JobName, enqueue_after_commit
from tenants.scope import in_scope, raw_sql
from tenants.settings import Settings

PROMISES_AT_ONCE = 500
PROMISE_LEASE_SECONDS = 150
"""Longer than the longest kind of promise takes for one batch in health; a promise run twice is harmless."""
JOBS_WAITING = 8
"""Jobs of promises standing in one queue, where there are few workers: enough for the next moment, few enough to stay
fair, for nothing overtakes what stands there."""
ANSWER_JOBS_WAITING = 4
"""The same of answers, which go 250 in a job: half of PROMISES_AT_ONCE, so two workers share it by a fork each."""
TURNS_PER_JOB = 800
"""Sixteen batches of Meta's and Google's fifty, as many as travel at once: a fork, new connections to the platforms and
Google's tokens are paid once for all. What a job cannot do in its time it hands back (`jobs.polling`)."""
TURN_JOBS_WAITING = 3
"""The same of polls: a lease is for polling, not for standing in a queue."""
JOBS_PER_WORKER = 2
"""Where there are many workers, so many jobs stand in a queue for each."""
QUIET_SECONDS = 1.0
"""Longest rest between two rounds; the bell ends it early."""
HELD_BACK_SECONDS = 0.1
"""The same while more waits than the queues may hold."""
HEARTBEAT_SECONDS = 5
HEARTBEAT_KEY = "onbrand:heartbeat:dispatcher"

KNOWN_JOBS = frozenset(JobName)
"""While releases overlap, a newer one promises what this one cannot do; it waits for a dispatcher that can."""

log = get_logger("dispatcher")


_OPEN = "done_at is null and given_up_at is null and run_at <= now() and (leased_until is null or leased_until < now())"
_AGENCY, _BRAND = "coalesce(ids->>'agency_id', '')", "coalesce(ids->>'brand_id', '')"
_WHY = "rows by position within their brand, leased in one statement"
_DUE_PROMISES = raw_sql(
    f"""
    select job_name, {_AGENCY}, {_BRAND}, count(*) from outbox_entry
    where {_OPEN} and job_name <> all(:full) group by 1, 2, 3 order by 1
    """,
    reason=_WHY,
).bindparams(bindparam("full", type_=ARRAY(Text)))
_LEASE_PROMISES = raw_sql(
    f"""
    with placed as materialized (
        select id, job_name, {_AGENCY} as agency, {_BRAND} as brand,
               row_number() over (partition by job_name, {_AGENCY}, {_BRAND} order by run_at, id) as place
        from outbox_entry where {_OPEN} and job_name = any(:names)
    ), chosen as materialized (
        select placed.id from placed
        join unnest(:names, :agencies, :brands, :counts) as share(job_name, agency, brand, wanted)
            using (job_name, agency, brand) where placed.place <= share.wanted
    ), due as materialized (
        select id from outbox_entry where {_OPEN} and id = any(array(select id from chosen)) for update skip locked
    )
    update outbox_entry set leased_until = now() + make_interval(secs => :lease_seconds)
    from due where outbox_entry.id = due.id
    returning outbox_entry.id, job_name, {_AGENCY}, {_BRAND}, ids
    """,
    reason=_WHY,
).bindparams(
    bindparam("names", type_=ARRAY(Text)),
    bindparam("agencies", type_=ARRAY(Text)),
    bindparam("brands", type_=ARRAY(Text)),
    bindparam("counts", type_=ARRAY(BigInteger)),
)


class Leased(NamedTuple):
    """A promise on its way into a queue."""

    id: int
    job_name: str
    agency: str
    brand: str
    ids: dict[str, Any]


def _in_turn(leased: Sequence[Leased]) -> dict[JobName, list[int]]:
    """Each kind's promises, agencies in turn and of each its brands in turn; those about the very same things side by
    side. So what goes out together goes out by many accounts, which are written to beside each other.
    """
    by_brand = _placed(sorted(leased, key=lambda row: row.id), lambda one: (one.job_name, one.agency, one.brand))
    about: dict[tuple[str, str], list[int]] = {}
    for one in _placed(by_brand, lambda one: (one.job_name, one.agency)):
        about.setdefault((one.job_name, repr(sorted(one.ids.items()))), []).append(one.id)
    found: dict[JobName, list[int]] = {}
    for (name, _), numbers in about.items():
        found.setdefault(JobName(name), []).extend(numbers)
    return found


class _Room(NamedTuple):
    """How many more jobs may stand in a queue, and how many workers look into it."""

    left: int
    workers: int


def _size(kind: JobKind, count: int, workers: int) -> int:
    """How many of these one job takes: as many as it may. Where they come in portions, each worker gets as much, and no
    job less than a portion.
    """
    if kind.many is None or kind.together <= kind.portion:
        return kind.together
    rounds = -(-count // (kind.together * max(1, workers)))
    return max(kind.portion, -(-count // (rounds * max(1, workers))))


def _placed(ordered: Iterable[Leased], whose: Callable[[Leased], tuple[str, ...]]) -> list[Leased]:
    """The first of each, the second of each and so on; within a place as before."""
    places: dict[tuple[str, ...], int] = {}
    found: list[tuple[int, Leased]] = []
    for one in ordered:
        place = places[whose(one)] = places.get(whose(one), 0) + 1
        found.append((place, one))
    return [one for _place, one in sorted(found, key=lambda entry: entry[0])]


@dataclass
class Dispatcher:
    """The loop's hands: each method is one round of one kind and returns how many jobs it queued."""

    app: Flask
    queues: dict[str, Queue] = field(default_factory=dict)
    promised: dict[JobName, Rotation[str, str]] = field(default_factory=dict)
    lines: dict[str, poll_turns.Line] = field(default_factory=dict)
    served: dict[str, int] = field(default_factory=dict)
    """In which order platforms got their last job: who waits longest comes first, in the next round, too."""
    held_back: bool = False
    left_alone: set[str] = field(default_factory=set)
    """Kinds of promise that were met and are not known here."""
    opened: dict[JobName, str] = field(default_factory=dict)
    """Of each timetable line the newest slot that is known to be open: it need not be asked for again."""

    def __post_init__(self) -> None:
        with self.app.app_context():
            connection = redis_of_app()
        self.queues = {name: Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES}

    def round(self) -> int:
        """Everything that is due now."""
        self.open_slots()
        return self.queue_promises() + self.queue_turns()

    def open_slots(self) -> None:
        """Promise each timetable line's present slot, once over all dispatchers."""
        now, known = clock.now(), dict[JobName, str]()
        with in_scope(self.app, None):
            for line in TIMETABLE:
                slot = line.slot(now)
                if self.opened.get(line.job) == slot or (line.only_when is not None and not line.only_when()):
                    continue
                opened = db.session.execute(
                    insert(ReceivedEvent)
                    .values(source="timetable", external_id=slot, kind=line.job.value, handled_at=func.now())
                    .on_conflict_do_nothing()
                    .returning(ReceivedEvent.id)
                ).first()
                if opened is not None:
                    enqueue_after_commit(line.job)
                known[line.job] = slot
        self.opened |= known

    def queue_promises(self) -> int:
        """Lease open outbox entries, agencies and of each its brands in turn, and name them to RQ, several of a kind in
        one job.

        Only so many jobs wait in a queue as workers take within seconds: what waits here can still be overtaken by
        another agency or brand, what stands in the queue cannot. A queue that is full is filled again when half of
        that is taken, and until then what waits for it is not looked at: a backlog would be read again and again.
        """
        rooms = self._rooms(
            dict.fromkeys(self.queues, JOBS_WAITING) | {"publish": min(JOBS_WAITING, ANSWER_JOBS_WAITING)}
        )
        free = {name: room.left for name, room in rooms.items()}
        full = [name.value for name, kind in CATALOGUE.items() if kind.is_promised and not free[kind.queue]]
        self.held_back = bool(full)
        with in_scope(self.app, None):
            waiting: dict[JobName, dict[str, dict[str, int]]] = {}
            for name, agency, brand, count in db.session.execute(_DUE_PROMISES, {"full": full}):
                if name in KNOWN_JOBS:
                    waiting.setdefault(JobName(name), {}).setdefault(agency, {})[brand] = count
                elif name not in self.left_alone:
                    self.left_alone.add(name)
                    log.warning("promise_left_to_a_newer_release", job=name)
            shares: dict[tuple[str, str, str], int] = {}
            for name, agencies in waiting.items():
                kind = CATALOGUE[name]
                # One job at least: of two kinds with one queue neither fills it as long as the other waits.
                room = min(PROMISES_AT_ONCE, max(1, free[kind.queue]) * kind.together)
                dealt = deal(agencies, room, self.promised.setdefault(name, Rotation()))
                free[kind.queue] -= -(-len(dealt) // kind.together)
                self.held_back |= len(dealt) < sum(sum(brands.values()) for brands in agencies.values())
                for agency, brand in dealt:
                    shares[name.value, agency, brand] = shares.get((name.value, agency, brand), 0) + 1
            if not shares:
                return 0
            leased = db.session.execute(
                _LEASE_PROMISES,
                {
                    "names": [name for name, _agency, _brand in shares],
                    "agencies": [agency for _name, agency, _brand in shares],
                    "brands": [brand for _name, _agency, brand in shares],
                    "counts": list(shares.values()),
                    "lease_seconds": PROMISE_LEASE_SECONDS,
                },
            ).all()
        failpoints.reached("dispatch.leased")
        queued = 0
        try:
            for name, numbers in _in_turn([Leased(*row) for row in leased]).items():
                kind = CATALOGUE[name]
                size = _size(kind, len(numbers), rooms[kind.queue].workers)
                for start in range(0, len(numbers), size):
                    batch = numbers[start : start + size]
                    self._enqueue(kind, (batch,), kind.timeout_seconds * min(len(batch), kind.portion))
                    queued += 1
        except redis.RedisError:
            self._give_back([row.id for row in leased])
            raise
        return queued

    def queue_turns(self) -> int:
        """Lease due poll turns, platforms and tenants in turn, and queue one job for each batch.

        Few jobs wait at a time: a lease is for polling, not for standing in a queue.
        """
        kind = CATALOGUE[JobName.POLL_ACCOUNTS]
        room = self._rooms({kind.queue: TURN_JOBS_WAITING}, half=False)[kind.queue].left
        queued = 0
        waiting = deque(sorted(ADAPTERS, key=lambda platform: self.served.get(platform, 0)))
        while waiting and queued < room:
            platform = waiting.popleft()
            with in_scope(self.app, None):
                line = self.lines.setdefault(platform, poll_turns.Line(traits_of(platform).batch_size))
                turns = poll_turns.claim_due(platform, TURNS_PER_JOB, TURN_LEASE_SECONDS, line)
            if not turns:
                continue
            named = [[str(t.account_id), str(t.agency_id), str(t.brand_id), t.fence] for t in turns]
            self._enqueue(kind, (platform, named), kind.timeout_seconds)
            waiting.append(platform)
            queued += 1
            self.served[platform] = max(self.served.values(), default=0) + 1
        self.held_back |= bool(waiting) and queued == room
        return queued

    def _rooms(self, least: Mapping[str, int], *, half: bool = True) -> dict[str, _Room]:
        """How much room is in these queues, each given with how many jobs may stand there where there are few workers;
        `half`: none while more than half of them are there.
        """
        with next(iter(self.queues.values())).connection.pipeline(transaction=False) as asked:
            for name in least:
                asked.llen(self.queues[name].key)
                asked.scard(WORKERS_BY_QUEUE_KEY % name)
            told = asked.execute()
        rooms = {}
        for (name, few), standing, workers in zip(least.items(), told[::2], told[1::2], strict=True):
            most = max(few, JOBS_PER_WORKER * workers)
            rooms[name] = _Room(0 if half and standing > most // 2 else max(0, most - standing), workers)
        return rooms

    def _enqueue(self, kind: JobKind, arguments: Sequence[Any], timeout_seconds: int) -> None:
        self.queues[kind.queue].enqueue(
            kind.queued, args=arguments, job_timeout=timeout_seconds, result_ttl=0, failure_ttl=3600, ttl=3600
        )

    def _give_back(self, numbers: Sequence[int]) -> None:
        with in_scope(self.app, None):
            db.session.execute(
                update(OutboxEntry)
                .where(OutboxEntry.id.in_(numbers), OutboxEntry.done_at.is_(None))
                .values(leased_until=None)
                .execution_options(synchronize_session=False)
            )


def forget_done(keep_days: int = 3) -> None:
    """Delete promises long done, and timetable slots long past. The caller commits."""
    old = func.now() - func.make_interval(0, 0, 0, keep_days)
    db.session.execute(delete(OutboxEntry).where(OutboxEntry.done_at < old))
    db.session.execute(delete(ReceivedEvent).where(ReceivedEvent.source == "timetable", ReceivedEvent.created_at < old))


class Bell:
    """PostgreSQL's LISTEN on a connection of its own; rings when a transaction promised work."""

    def __init__(self, database_url: str) -> None:
        self._url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection: psycopg.Connection[Any] | None = None

    def wait(self, seconds: float) -> None:
        """Until it rings, at most this long."""
        if self._connection is None or self._connection.closed:
            self._connection = Line.connect(self._url, autocommit=True, **DATABASE_LINE)
            self._connection.execute(f"listen {BELL}")
        for _ in self._connection.notifies(timeout=seconds, stop_after=1):
            pass

    def close(self) -> None:
        """Stop listening."""
        if self._connection is not None:
            self._connection.close()


def run() -> None:
    """The `onbrand dispatcher` command: until SIGTERM or SIGINT."""
    settings = Settings.from_environment()
    app = create_base_app(settings, pool_size=2)
    dispatcher, bell, patience = Dispatcher(app), Bell(settings.onbrand_database_url), Patience()
    patience.listen()
    log.info("dispatcher_started")
    while patience.until_answered(settings):
        try:
            with app.app_context():
                check_keys_of_app()
            _go_round(dispatcher, bell, patience)
        except (SQLAlchemyError, psycopg.Error, redis.RedisError) as error:
            # PostgreSQL or Redis went away, or refuses: nothing is lost, the rows wait.
            log.warning("dispatcher_waits", reason=type(error).__name__)
            bell.close()
            patience.rest()
    bell.close()
    log.info("dispatcher_stopped")


def _go_round(dispatcher: Dispatcher, bell: Bell, patience: Patience) -> None:
    beat_at = 0.0
    while not patience.stopping:
        if time.monotonic() >= beat_at:
            _beat(dispatcher.app)
            beat_at = time.monotonic() + HEARTBEAT_SECONDS
        queued = dispatcher.round()
        patience.refresh()
        if queued == 0 and not patience.stopping:
            bell.wait(HELD_BACK_SECONDS if dispatcher.held_back else QUIET_SECONDS)


def _beat(app: Flask) -> None:
    with app.app_context():
        redis_of_app().set(f"{HEARTBEAT_KEY}:{socket.gethostname()}:{os.getpid()}", int(time.time()), ex=60)
