"""One agency with ten thousand things waiting does not double another's waiting: counted in jobs a worker does before
the other's last one is done, through the real dispatcher and the real queues; for polls, events and publishing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from jobs.catalogue import CATALOGUE
from jobs.dispatcher import TURNS_PER_JOB, Dispatcher
from tenants.database import new_id
from tenants.outbox import JobName
from tests.jobs.conftest import Outbox

GIANT, SMALL = 10_000, 9
MOST_JOBS = 400


def promise(outbox: Outbox, job: JobName, agency: str, count: int, ago: str) -> None:
    outbox.change(
        "insert into outbox_entry (job_name, ids, run_at) select '" + job.value + "',"
        f" jsonb_build_object('agency_id', '{agency}', 'brand_id', '{agency}', 'account_id', number::text),"
        f" now() - interval '{ago}' from generate_series(1, {count}) as number"
    )


def turns(outbox: Outbox, agency: str, count: int, ago: str) -> None:
    outbox.change(
        "insert into poll_turn (account_id, agency_id, brand_id, platform, due_at)"
        f" select gen_random_uuid(), '{agency}', '{agency}', 'facebook', now() - interval '{ago}'"
        f" from generate_series(1, {count})"
    )


def worked_off(
    dispatcher: Dispatcher, queue: str, agencies_of: Callable[[Any], list[str]], wanted: dict[str, int]
) -> int:
    """A worker takes one job after the other, the dispatcher fills up: jobs until these agencies had their last."""
    left = dict(wanted)
    for done in range(1, MOST_JOBS):
        dispatcher.queue_promises()
        dispatcher.queue_turns()
        (name,) = dispatcher.queues[queue].get_job_ids(0, 1)
        job = dispatcher.queues[queue].fetch_job(name)
        assert job is not None
        for agency in agencies_of(job):
            if agency in left:
                left[agency] -= 1
        job.delete()
        if not any(left.values()):
            return done
    raise AssertionError(f"still waiting after {MOST_JOBS} jobs: {left}")


@pytest.mark.parametrize("job", [JobName.PUBLISH_REPLY, JobName.HANDLE_EVENTS])
@pytest.mark.parametrize("own", [1, 40])
def test_promises_of_a_giant_do_not_double_the_wait_of_others(
    app: Flask, outbox: Outbox, job: JobName, own: int
) -> None:
    names = [str(new_id()) for _ in range(SMALL)]
    wanted = dict.fromkeys(names, own)
    jobs: list[int] = []
    for crowded in (False, True):
        outbox.change("delete from outbox_entry")
        dispatcher = Dispatcher(app)
        dispatcher.queues[CATALOGUE[job].queue].empty()
        if crowded:
            giant = str(new_id())
            promise(outbox, job, giant, GIANT, "1 hour")
        for name in names:
            promise(outbox, job, name, own, "1 minute")
        owner = {row.id: row.agency for row in outbox.all("select id, ids->>'agency_id' as agency from outbox_entry")}
        jobs.append(
            worked_off(
                dispatcher, CATALOGUE[job].queue, lambda one, owner=owner: [owner[n] for n in one.args[0]], wanted
            )
        )
    alone, with_giant = jobs
    assert alone >= SMALL * own // CATALOGUE[job].together
    assert with_giant < 2 * max(alone, 2)


@pytest.mark.parametrize("job", [JobName.PUBLISH_REPLY, JobName.HANDLE_EVENTS])
def test_who_comes_when_the_queue_is_full_of_a_giants_waits_for_what_stands_there_alone(
    app: Flask, outbox: Outbox, job: JobName
) -> None:
    """The giant had the workers to itself; what stands in the queue already is all that goes before."""
    promise(outbox, job, str(new_id()), GIANT, "1 hour")
    dispatcher = Dispatcher(app)
    dispatcher.queue_promises()
    standing = dispatcher.queues[CATALOGUE[job].queue].count
    late = str(new_id())
    promise(outbox, job, late, 3, "1 second")
    owner = {row.id: row.agency for row in outbox.all("select id, ids->>'agency_id' as agency from outbox_entry")}
    last = worked_off(dispatcher, CATALOGUE[job].queue, lambda one: [owner[n] for n in one.args[0]], {late: 3})
    assert standing <= 8
    assert 0 < last <= standing + 2


@pytest.mark.parametrize("own", [1, 40, 400])
def test_polls_of_a_giant_do_not_double_the_wait_of_others(app: Flask, outbox: Outbox, own: int) -> None:
    names = [str(new_id()) for _ in range(SMALL)]
    wanted = dict.fromkeys(names, own)
    jobs: list[int] = []
    for crowded in (False, True):
        outbox.change("delete from poll_turn")
        dispatcher = Dispatcher(app)
        dispatcher.queues["poll"].empty()
        if crowded:
            turns(outbox, str(new_id()), GIANT, "1 hour")
        for name in names:
            turns(outbox, name, own, "1 minute")
        jobs.append(worked_off(dispatcher, "poll", lambda one: [turn[1] for turn in one.args[1]], wanted))
    alone, with_giant = jobs
    assert alone >= -(-SMALL * own // TURNS_PER_JOB)
    assert with_giant < 2 * alone
