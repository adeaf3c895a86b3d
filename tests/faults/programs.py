"""Programs that die and are started again, and the time that passes while nothing moves."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Sequence

import psutil
import redis

from jobs.catalogue import CATALOGUE, QUEUES
from tests.flows.conftest import House

DUE = """
select count(*) from outbox_entry where done_at is null and given_up_at is null
and run_at <= now() and (leased_until is null or leased_until < now()) and job_name in
"""
OBSERVER = "OBSERVER_REDIS_URL"
NIGHT_SECONDS = 700
"""Longer than any lease and than ten settle times of a minute."""
LONGEST_WAIT_SECONDS = 240


def _redis(house: House) -> redis.Redis:
    """As somebody who looks on: where programs go through a proxy, past it."""
    return redis.from_url(house.values.get(OBSERVER, house.values["ONBRAND_REDIS_URL"]))


def start_again(house: House) -> int:
    """Start each program that has ended, as whoever runs the product does; how many those were."""
    ended = [program for program in house.programs if not program.is_running() or program.poll() is not None]
    for program in ended:
        house.programs.remove(program)
        through, command = house.commands.pop(program.pid)
        house.start(*command, through=through)
    return len(ended)


def workers(house: House) -> list[psutil.Popen]:
    """The workers that live."""
    return [p for p in house.programs if house.commands[p.pid][1][0] == "worker" and p.poll() is None]


def at_work(house: House) -> list[psutil.Popen]:
    """Workers that told Redis they do a job, each in a fork of its own."""
    client = _redis(house)
    told = [client.hmget(key, "pid", "state") for key in client.smembers("rq:workers")]
    busy = {int(pid) for pid, state in told if pid and state == b"busy"}
    return [worker for worker in workers(house) if worker.pid in busy]


def horses_of(worker: psutil.Process) -> list[psutil.Process]:
    """Those that live: a worker that lost Redis in the midst of a job forgets to bury its horse."""
    found = []
    with contextlib.suppress(psutil.NoSuchProcess):
        for horse in worker.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                found += [horse] if horse.status() != psutil.STATUS_ZOMBIE else []
    return found


def kill(house: House, whom: str, luck: random.Random) -> bool:
    """A worker, its horse in the midst of a job, or both, without a chance to say goodbye. Whether somebody died."""
    able = at_work(house) if whom != "worker" else workers(house)
    if not able:
        return False
    worker = luck.choice(able)
    horses = horses_of(worker) if whom != "worker" else []
    for horse in horses:
        with contextlib.suppress(psutil.NoSuchProcess):  # it had just done
            horse.kill()
    if whom != "horse":
        worker.kill()
        worker.wait(60)
    return whom != "horse" or bool(horses)


def is_still(house: House, queues: Sequence[str] = QUEUES) -> bool:
    """Nobody works, nothing waits for a worker of these queues, nothing of theirs is due: only the clock can change
    anything now.
    """
    client = _redis(house)
    names = ", ".join(f"'{name}'" for name, kind in CATALOGUE.items() if kind.queue in queues)
    for _ in range(3):  # between taking a job and forking for it, a worker looks idle
        if (
            at_work(house)
            or any(client.llen(f"rq:queue:{name}") for name in queues)
            or house.scalar(f"{DUE} ({names})")
        ):
            return False
        if any(horses_of(worker) for worker in workers(house)):
            return False
        time.sleep(0.1)
    return True


def let_nights_pass(house: House, done: Callable[[], bool], *, queues: Sequence[str] = QUEUES, nights: int = 60) -> int:
    """Until it is done: whenever nothing moves any more, everything that waits for a clock gets its time. Never while
    somebody works: a program that is merely slow would be taken for dead. What died is started again. How many nights.
    """
    for night in range(nights):

        def moved() -> bool:
            start_again(house)
            return done() or is_still(house, queues)

        assert house.wait_until(moved, LONGEST_WAIT_SECONDS), "something goes on for ever"
        if done():
            return night
        house.pass_time(NIGHT_SECONDS)
    raise AssertionError("It is still not done.")
