"""One loop that turns promises, due poll turns and timetable slots into RQ jobs. Any number may run at once.

PostgreSQL is the truth: a row is leased in one statement that skips rows others hold, then named to RQ. When Redis is
away or loses everything, leases end and the rows are named again.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
import redis
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from channels import poll_turns
from channels.registry import ADAPTERS
from jobs.catalogue import CATALOGUE, QUEUES, JobKind
from jobs.patience import Patience
from jobs.polling import TURN_LEASE_SECONDS
from jobs.timetable import TIMETABLE
from tenants import clock
from tenants.base_app import check_keys_of_app, create_base_app, redis_of_app
from tenants.database import db
from tenants.logs import get_logger
from tenants.models import OutboxEntry, ReceivedEvent
from tenants.outbox import BELL, JobName, enqueue_after_commit
from tenants.scope import in_scope
from tenants.settings import Settings

PROMISES_AT_ONCE = 500
PROMISE_LEASE_SECONDS = 150
"""Longer than the longest kind of promise takes for one batch in health; a promise run twice is harmless."""
TURNS_PER_JOB = 50
TURN_JOBS_AT_ONCE = 20
QUIET_SECONDS = 1.0
"""Longest rest between two rounds; the bell ends it early."""
HEARTBEAT_SECONDS = 5
HEARTBEAT_KEY = "onbrand:heartbeat:dispatcher"

log = get_logger("dispatcher")


@dataclass
class Dispatcher:
    """The loop's hands: each method is one round of one kind and returns how many jobs it queued."""

    app: Flask
    queues: dict[str, Queue] = field(default_factory=dict)

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
        now = clock.now()
        with in_scope(self.app, None):
            for line in TIMETABLE:
                slot = line.slot(now)
                opened = db.session.execute(
                    insert(ReceivedEvent)
                    .values(source="timetable", external_id=slot, kind=line.job.value, handled_at=func.now())
                    .on_conflict_do_nothing()
                    .returning(ReceivedEvent.id)
                ).first()
                if opened is not None:
                    enqueue_after_commit(line.job)

    def queue_promises(self) -> int:
        """Lease open outbox entries and name them to RQ, several of a kind in one job."""
        with in_scope(self.app, None):
            due = (
                select(OutboxEntry.id)
                .where(
                    OutboxEntry.done_at.is_(None),
                    OutboxEntry.given_up_at.is_(None),
                    OutboxEntry.run_at <= func.now(),
                    or_(OutboxEntry.leased_until.is_(None), OutboxEntry.leased_until < func.now()),
                )
                .order_by(OutboxEntry.run_at, OutboxEntry.id)
                .limit(PROMISES_AT_ONCE)
                .with_for_update(skip_locked=True)
            )
            leased = db.session.execute(
                update(OutboxEntry)
                .where(OutboxEntry.id.in_(due.scalar_subquery()))
                .values(leased_until=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, PROMISE_LEASE_SECONDS))
                .returning(OutboxEntry.id, OutboxEntry.job_name)
                .execution_options(synchronize_session=False)
            ).all()
        by_name: dict[JobName, list[int]] = {}
        for number, name in sorted(leased):
            by_name.setdefault(JobName(name), []).append(number)
        queued = 0
        try:
            for name, numbers in by_name.items():
                kind = CATALOGUE[name]
                for start in range(0, len(numbers), kind.together):
                    batch = numbers[start : start + kind.together]
                    self._enqueue(kind, (batch,), kind.timeout_seconds * len(batch))
                    queued += 1
        except redis.RedisError:
            self._give_back([number for number, _ in leased])
            raise
        return queued

    def queue_turns(self) -> int:
        """Lease due poll turns, a platform at a time, and queue one job for each batch."""
        queued = 0
        for platform in ADAPTERS:
            for _ in range(TURN_JOBS_AT_ONCE):
                with in_scope(self.app, None):
                    turns = poll_turns.claim_due(platform, TURNS_PER_JOB, TURN_LEASE_SECONDS)
                if not turns:
                    break
                named = [[str(t.account_id), str(t.agency_id), str(t.brand_id), t.fence] for t in turns]
                kind = CATALOGUE[JobName.POLL_ACCOUNTS]
                self._enqueue(kind, (platform, named), kind.timeout_seconds)
                queued += 1
        return queued

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
            self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
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
            bell.wait(QUIET_SECONDS)


def _beat(app: Flask) -> None:
    with app.app_context():
        redis_of_app().set(f"{HEARTBEAT_KEY}:{socket.gethostname()}:{os.getpid()}", int(time.time()), ex=60)
