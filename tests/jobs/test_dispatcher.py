"""Any number of dispatchers share the work; losing Redis loses none of it."""

from __future__ import annotations

from dataclasses import replace
from inspect import signature
from typing import Any

import pytest
import redis
from flask import Flask
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import Engine, text

from channels.registry import ADAPTERS
from jobs.catalogue import CATALOGUE, QUEUES
from jobs.dispatcher import Dispatcher, forget_done
from jobs.runner import run_promises
from jobs.timetable import TIMETABLE
from tenants.base_app import create_base_app, redis_of_app
from tenants.outbox import JobName
from tenants.scope import in_scope
from tenants.settings import Settings
from tests.factories import Agency, Factory
from tests.jobs.conftest import Outbox


def named(app: Flask) -> list[int]:
    """Every promise that a job in Redis names."""
    with app.app_context():
        connection = redis_of_app()
    numbers: list[int] = []
    for name in QUEUES:
        for job in Queue(name, connection=connection, serializer=JSONSerializer).jobs:
            if job.func_name == "jobs.runner.run_promises":
                numbers += job.args[0]
    return sorted(numbers)


def test_promises_go_to_their_queues_several_in_a_job(app: Flask, outbox: Outbox) -> None:
    mails = [outbox.promise(JobName.SEND_MAIL, mail_id=str(number)) for number in range(7)]
    upkeep = outbox.promise(JobName.UPKEEP)
    assert Dispatcher(app).queue_promises() == 3
    assert named(app) == sorted([*mails, upkeep])
    queue = Dispatcher(app).queues["mail"]
    assert sorted(len(job.args[0]) for job in queue.jobs) == [2, CATALOGUE[JobName.SEND_MAIL].together]


def test_no_promise_is_leased_twice(app: Flask, outbox: Outbox) -> None:
    number = outbox.promise(JobName.SEND_MAIL, mail_id="1")
    assert Dispatcher(app).queue_promises() == 1
    assert Dispatcher(app).queue_promises() == 0
    assert named(app) == [number]


def test_what_a_newer_release_promised_is_left_to_it(app: Flask, outbox: Outbox, superuser: Engine) -> None:
    known, newer = (outbox.promise(JobName.SEND_MAIL, mail_id=words) for words in ("known", "newer"))
    with superuser.begin() as connection:
        connection.execute(text("update outbox_entry set job_name = 'of_tomorrow' where id = :id"), {"id": newer})
    assert Dispatcher(app).queue_promises() == 1
    assert named(app) == [known]
    assert outbox.row(newer).leased_until is None


def test_a_row_another_dispatcher_is_leasing_is_passed_over(app: Flask, outbox: Outbox, superuser: Engine) -> None:
    """Two transactions at once: neither waits for the other, neither takes the other's row."""
    held, free = (outbox.promise(JobName.SEND_MAIL, mail_id=words) for words in ("held", "free"))
    with superuser.connect() as other:
        other.execute(
            text("update outbox_entry set leased_until = now() + interval '1 hour' where id = :id"), {"id": held}
        )
        assert Dispatcher(app).queue_promises() == 1
        assert named(app) == [free]
        other.commit()
    assert Dispatcher(app).queue_promises() == 0


def test_what_is_not_due_or_over_is_left_alone(app: Flask, outbox: Outbox) -> None:
    for _ in range(3):
        outbox.promise(JobName.SEND_MAIL, mail_id="1")
    outbox.change("update outbox_entry set run_at = now() + interval '1 minute' where id = 1")
    outbox.change("update outbox_entry set done_at = now() where id = 2")
    outbox.change("update outbox_entry set given_up_at = now() where id = 3")
    assert Dispatcher(app).queue_promises() == 0


def test_brands_of_an_agency_take_turns_and_a_full_queue_is_left_alone_until_half(
    app: Flask, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one brand's backlog no more goes before another brand's first one than a share."""
    monkeypatch.setattr("jobs.dispatcher.JOBS_WAITING", 4)
    kind = replace(CATALOGUE[JobName.PUBLISH_REPLY], together=5, portion=5)
    monkeypatch.setitem(CATALOGUE, JobName.PUBLISH_REPLY, kind)
    numbers = {
        brand: [
            outbox.promise(JobName.PUBLISH_REPLY, agency_id="a", brand_id=brand, reply_id=f"{brand}{number}")
            for number in range(count)
        ]
        for brand, count in (("many", 4 * kind.portion), ("few", 2), ("one", 1))
    }
    dispatcher = Dispatcher(app)
    assert dispatcher.queue_promises() == 4
    queue = dispatcher.queues[kind.queue]
    first, *others = (job.args[0] for job in queue.jobs)
    assert first == [
        numbers["many"][0],
        numbers["few"][0],
        numbers["one"][0],
        *(numbers["many"][1], numbers["few"][1]),
    ]
    assert [number for other in others for number in other] == numbers["many"][2:-3]
    for _ in range(2):  # four stand there, then three
        assert (dispatcher.queue_promises(), dispatcher.held_back) == (0, True)
        queue.jobs[0].delete()
    assert dispatcher.queue_promises() == 1
    assert queue.jobs[-1].args[0] == numbers["many"][-3:]


def test_a_lease_that_ended_is_named_again(app: Flask, outbox: Outbox) -> None:
    number = outbox.promise(JobName.SEND_MAIL, mail_id="1")
    dispatcher = Dispatcher(app)
    dispatcher.queue_promises()
    with app.app_context():
        redis_of_app().flushall()
    assert dispatcher.queue_promises() == 0
    outbox.change("update outbox_entry set leased_until = now() - interval '1 second'")
    assert dispatcher.queue_promises() == 1
    assert named(app) == [number]


def test_a_slot_of_the_timetable_is_promised_once_over_all_dispatchers(app: Flask, outbox: Outbox) -> None:
    first, second = Dispatcher(app), Dispatcher(app)
    first.open_slots()
    second.open_slots()
    first.open_slots()
    slots = outbox.scalar("select count(*) from received_event where source = 'timetable'")
    assert outbox.scalar("select count(*) from outbox_entry") == slots
    always = sum(line.only_when is None for line in TIMETABLE)
    assert always <= slots <= 2 * len(TIMETABLE)  # a minute may have begun between two of them


def test_a_slot_is_not_promised_when_another_transaction_takes_it(app: Flask, outbox: Outbox) -> None:
    Dispatcher(app).open_slots()
    outbox.change("delete from outbox_entry")
    outbox.change(
        "insert into received_event (source, external_id, kind) select 'timetable', 'upkeep-'"
        " || floor(extract(epoch from now()) / 60 + ahead), 'upkeep' from generate_series(0, 1) as ahead"
        " on conflict do nothing"
    )
    Dispatcher(app).open_slots()
    assert outbox.scalar("select count(*) from outbox_entry") == 0


@pytest.fixture
def without_redis(settings_values: dict[str, str], clean: None) -> Flask:
    """An app whose Redis is at a closed port; it does not try again by itself."""
    settings = Settings.from_environment(settings_values | {"ONBRAND_REDIS_URL": "redis://127.0.0.1:9/0"})
    app = create_base_app(settings)
    app.extensions["onbrand_redis"] = redis.Redis(host="127.0.0.1", port=9, retry=Retry(NoBackoff(), 0))
    return app


def test_without_redis_the_leases_are_given_back(app: Flask, without_redis: Flask, outbox: Outbox) -> None:
    for mail in ("1", "2"):
        outbox.promise(JobName.SEND_MAIL, mail_id=mail)
    with pytest.raises(redis.RedisError):
        Dispatcher(without_redis).queue_promises()
    assert outbox.scalar("select count(*) from outbox_entry where leased_until is not null") == 0
    assert Dispatcher(app).queue_promises() == 1


def test_leases_are_given_back_when_redis_goes_between_looking_and_queuing(
    app: Flask, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for mail in ("1", "2"):
        outbox.promise(JobName.SEND_MAIL, mail_id=mail)

    def gone(*_given: Any) -> None:
        raise redis.ConnectionError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Dispatcher, "_enqueue", gone)
        with pytest.raises(redis.RedisError):
            Dispatcher(app).queue_promises()
    assert outbox.scalar("select count(*) from outbox_entry where leased_until is not null") == 0
    assert Dispatcher(app).queue_promises() == 1


def test_due_turns_are_queued_a_platform_at_a_time_and_once(app: Flask, ana: Agency, make: Factory) -> None:
    ids = {str(make.account(ana, platform=platform)) for platform in ("facebook", "facebook", "instagram")}
    dispatcher = Dispatcher(app)
    assert dispatcher.queue_turns() == 2
    assert dispatcher.queue_turns() == 0
    jobs: list[Any] = dispatcher.queues["poll"].jobs
    assert {turn[0] for job in jobs for turn in job.args[1]} == ids
    assert {job.args[0] for job in jobs} == {"facebook", "instagram"}


def test_no_platform_waits_behind_another_that_always_has_more(
    app: Flask, ana: Agency, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Room for one job at a time, and Facebook never at its end."""
    monkeypatch.setattr("jobs.dispatcher.TURNS_PER_JOB", 1)
    monkeypatch.setattr("jobs.dispatcher.TURN_JOBS_WAITING", 1)
    for platform in (*["facebook"] * 9, *["instagram"] * 2, *["google_business"] * 2):
        make.account(ana, platform=platform)
    dispatcher = Dispatcher(app)
    taken: list[str] = []
    while dispatcher.queue_turns():
        (job,) = dispatcher.queues["poll"].jobs
        taken.append(job.args[0])
        job.delete()
    assert {taken.count("facebook"), taken.count("instagram"), taken.count("google_business")} == {9, 2}
    assert sorted(set(taken[:3])) == sorted(set(taken[3:6])) == ["facebook", "google_business", "instagram"]


def test_every_platform_is_taken_in_one_round(app: Flask, ana: Agency, make: Factory) -> None:
    for platform in ADAPTERS:
        make.account(ana, platform=platform)
    dispatcher = Dispatcher(app)
    assert dispatcher.queue_turns() == len(ADAPTERS)


def test_where_there_are_more_workers_more_jobs_wait(
    app: Flask, ana: Agency, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.dispatcher.TURNS_PER_JOB", 1)
    for _ in range(9):
        make.account(ana)
    dispatcher = Dispatcher(app)
    client = dispatcher.queues["poll"].connection
    client.sadd("rq:workers:poll", *(f"rq:worker:{number}" for number in range(4)))
    client.sadd("rq:workers:publish", *(f"rq:worker:{number}" for number in range(40)))
    assert dispatcher.queue_turns() == 8


def test_a_job_has_time_for_all_it_holds(app: Flask, outbox: Outbox) -> None:
    kind = CATALOGUE[JobName.SEND_MAIL]
    for _ in range(kind.together + 1):
        outbox.promise(JobName.SEND_MAIL, mail_id="1")
    dispatcher = Dispatcher(app)
    dispatcher.queue_promises()
    jobs: list[Any] = dispatcher.queues[kind.queue].jobs
    assert [(len(job.args[0]), job.timeout) for job in jobs] == [
        (kind.together, kind.timeout_seconds * kind.together),
        (1, kind.timeout_seconds),
    ]


def test_a_backlog_is_shared_out_among_workers_and_fills_no_queue_for_another_kind(
    app: Flask, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes in portions fills a job for each worker before it fills one of them, and no job has less."""
    kind = replace(CATALOGUE[JobName.PUBLISH_REPLY], together=8, portion=3)
    monkeypatch.setitem(CATALOGUE, JobName.PUBLISH_REPLY, kind)
    dispatcher = Dispatcher(app)
    queue = dispatcher.queues["publish"]
    queue.connection.sadd("rq:workers:publish", "rq:worker:1", "rq:worker:2")
    every_deed = [CATALOGUE[JobName.DO_DEED].together] * 4
    for answers, deeds, sizes in ((5, 0, [3, 2]), (9, 0, [5, 4]), (18, 0, [5, 5, 5, 3]), (40, 30, [*every_deed, 4, 4])):
        for name, count in (("publish_reply", answers), ("do_deed", deeds)):
            outbox.change(
                "insert into outbox_entry (job_name, ids)"
                f" select '{name}', jsonb_build_object('agency_id', 'a', 'n', n) from generate_series(1, {count}) n"
            )
        dispatcher.queue_promises()
        jobs: list[Any] = queue.jobs
        assert sorted(len(job.args[0]) for job in jobs) == sorted(sizes)
        queue.empty()
        outbox.change("delete from outbox_entry")


def test_more_turns_than_fit_one_job_make_several(
    app: Flask, ana: Agency, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.dispatcher.TURNS_PER_JOB", 2)
    for _ in range(3):
        make.account(ana)
    dispatcher = Dispatcher(app)
    assert dispatcher.queue_turns() == 2
    jobs: list[Any] = dispatcher.queues["poll"].jobs
    assert sorted(len(job.args[1]) for job in jobs) == [1, 2]


def test_redis_is_told_what_the_catalogue_names(app: Flask, ana: Agency, make: Factory, outbox: Outbox) -> None:
    make.account(ana)
    for name, kind in CATALOGUE.items():
        if kind.is_promised:
            outbox.promise(name)
    dispatcher = Dispatcher(app)
    dispatcher.round()
    told = set()
    for queue in dispatcher.queues.values():
        for job in queue.jobs:
            signature(job.func).bind(*job.args)
            told.add((queue.name, job.func))
    assert told == {(kind.queue, run_promises if kind.is_promised else kind.resolve()) for kind in CATALOGUE.values()}


def test_only_what_is_long_done_is_forgotten(app: Flask, outbox: Outbox) -> None:
    for _ in range(4):
        outbox.promise(JobName.SEND_MAIL, mail_id="1")
    outbox.change("update outbox_entry set done_at = now() - interval '4 days' where id = 1")
    outbox.change("update outbox_entry set done_at = now() where id = 2")
    outbox.change("update outbox_entry set given_up_at = now() - interval '9 days' where id = 3")
    with in_scope(app, None):
        forget_done()
    assert [row.id for row in outbox.all("select id from outbox_entry order by id")] == [2, 3, 4]
