"""RQ's worker as we start it."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Iterator

import pytest
from flask import Flask

from jobs.catalogue import QUEUES
from jobs.patience import Patience
from jobs.worker import end_with, worker_of
from tenants.base_app import settings_of_app

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
    for _ in range(100):  # every queue always has something but those people wait for
        order = [queue.name for queue in worker._ordered_queues]
        assert order[:4] == ["publish", "desk", "setup", "looks"]
        assert sorted(order) == sorted(QUEUES)
        taken.append(order[4])
        worker.reorder_queues(worker._ordered_queues[4])
    assert taken.count("events") >= 75
    assert all(taken.count(name) >= 4 for name in QUEUES[4:])


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
