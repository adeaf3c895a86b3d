"""RQ's worker as we start it."""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from rq.job import JobStatus

from jobs.catalogue import CATALOGUE, QUEUES
from jobs.dispatcher import Dispatcher
from jobs.patience import Patience
from jobs.worker import SILENT_SECONDS, end_with, keep_still, make_ready, worker_of
from styleguides.due_words import time_words
from tenants.base_app import settings_of_app
from tenants.outbox import JobName
from tests.jobs.conftest import Outbox

IDLE_SECONDS = 5


@pytest.fixture
def handlers() -> Iterator[None]:
    """RQ puts signal handlers of its own in place; afterwards these tests' are back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_it_looks_into_every_queue_in_their_order(app: Flask) -> None:
    with app.app_context():
        worker = worker_of(settings_of_app(), Patience())
    assert tuple(worker.queue_names()) == QUEUES


def test_a_worker_for_answers_looks_at_nothing_else(app: Flask) -> None:
    with app.app_context():
        worker = worker_of(settings_of_app(), Patience(), ("publish", "desk"))
    for _ in range(9):
        assert [queue.name for queue in worker._ordered_queues] == ["publish", "desk"]
        worker.reorder_queues(worker._ordered_queues[0])


def test_a_signal_before_rq_listens_is_not_lost(app: Flask, handlers: None) -> None:
    """Between our waiting and RQ's first look at a queue nobody but `Patience` hears SIGTERM."""
    patience = Patience()
    patience.stopping = True
    with app.app_context():
        worker = worker_of(settings_of_app(), patience)
    began = time.monotonic()
    worker.work(logging_level="WARNING", max_idle_time=IDLE_SECONDS)
    assert time.monotonic() - began < IDLE_SECONDS - 1


def test_no_queue_waits_for_ever_behind_a_full_one_and_answers_go_before_all(app: Flask) -> None:
    with app.app_context():
        worker = worker_of(settings_of_app(), Patience())
    taken: list[str] = []
    first: list[str] = []
    for _ in range(100):  # every queue always has something but those people wait for
        order = [queue.name for queue in worker._ordered_queues]
        first.append(order[0])
        assert [name for name in order[:4] if name != "looks"] == ["publish", "desk", "setup"]
        assert sorted(order) == sorted(QUEUES)
        taken.append(order[4])
        worker.reorder_queues(worker._ordered_queues[4])
    assert taken.count("events") >= 75
    assert all(taken.count(name) >= 4 for name in QUEUES[4:])
    assert (first.count("publish"), first.count("looks")) == (75, 25), "sending may never pause"


def test_a_horse_reads_no_words_of_time_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of four languages, from files and Babel: a sixth of what publishing took a fork."""
    monkeypatch.setattr("jobs.worker.CATALOGUE", {})  # what else is made ready takes seconds
    for name in ("program", "trusted", "detect_language"):
        monkeypatch.setattr(f"jobs.worker.{name}", lambda *_words: None)
    time_words.cache_clear()
    make_ready()
    assert time_words.cache_info().currsize == 1


def test_what_a_worker_has_read_is_looked_through_by_no_horse() -> None:
    """Nor written into: then it would be copied for each."""
    kept: list[list[int]] = [[] for _ in range(3)]
    keep_still()
    try:
        assert gc.get_freeze_count() > 10_000
        assert all(one is not kept for one in gc.get_objects())
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("dies", ["horse", "worker"])
def test_what_the_dead_had_not_begun_is_given_back(
    app: Flask, outbox: Outbox, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    """When a horse dies its worker sees it, when a worker dies the next one that looks; what was begun stays leased."""
    monkeypatch.setattr("jobs.runner._app", app)
    monkeypatch.setattr("jobs.runner._app_process", os.getpid())
    begun, done, *unbegun = (outbox.promise(JobName.PUBLISH_REPLY, agency_id="a", n=number) for number in range(4))
    dispatcher = Dispatcher(app)
    dispatcher.queue_promises()
    queue = dispatcher.queues[CATALOGUE[JobName.PUBLISH_REPLY].queue]
    (job,) = queue.jobs
    outbox.change(f"update outbox_entry set attempts = 1 where id = {begun}")
    outbox.change(f"update outbox_entry set done_at = now() where id = {done}")
    with app.app_context():
        worker, other = (worker_of(settings_of_app(), Patience()) for _ in range(2))
    execution = worker.prepare_execution(job)
    worker.prepare_job_execution(job)
    worker.maintain_heartbeats(job, execution)
    assert job.get_status() == JobStatus.STARTED
    registry = job.started_job_registry
    ((member, until),) = registry.connection.zrange(registry.key, 0, -1, withscores=True)
    assert time.time() + SILENT_SECONDS - 2 < until <= time.time() + SILENT_SECONDS + 1
    other.clean_registries()
    assert outbox.scalar("select count(*) from outbox_entry where leased_until is null") == 0, "it lives"
    if dies == "horse":
        worker.handle_work_horse_killed(job, 1, signal.SIGKILL, None)
    else:
        registry.connection.zadd(registry.key, {member: time.time() - 1})
        other.clean_registries()
    free = [row.id for row in outbox.all("select id from outbox_entry where leased_until is null order by id")]
    assert free == unbegun


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone lets a process die with its parent")
@pytest.mark.parametrize("when", ["at work", "before it listened"])
def test_a_work_horse_does_not_outlive_its_worker(when: str) -> None:
    """An orphan would go on sending what others were given meanwhile."""
    told, tells = os.pipe()  # ends when nobody holds its other end any more: when the horse is dead
    goes, go = os.pipe()
    worker = os.fork()
    if worker == 0:
        os.close(go)
        mine = os.getpid()
        if os.fork() == 0:
            if when == "at work":
                end_with(mine)
            os.write(tells, b"here")
            os.read(goes, 1)  # until the worker is dead
            end_with(mine)
            os.write(tells, b"lives on")
            os._exit(0)
            signal.pause()
        os.close(tells)
        signal.pause()
    os.close(tells)
    os.close(goes)
    try:
        assert os.read(told, 4) == b"here"
    finally:
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
    if when == "at work":  # the kernel ends it; afterwards it would find out by itself
        assert select.select([told], [], [], 60)[0], "nobody ended it"
    os.close(go)
    assert select.select([told], [], [], 60)[0], "the horse waits for ever"
    assert os.read(told, 8) == b""
    os.close(told)
