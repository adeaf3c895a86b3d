"""Promises are tried, tried again later, and given up; done ones never run again."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from jobs import runner
from jobs.catalogue import CATALOGUE
from jobs.runner import run_promises
from tenants.outbox import JobName
from tests.jobs.conftest import Outbox

ran: list[tuple[str, int]] = []
"""Mail ids that `deliver` was called with, and how many tries the row counted at that moment."""
_attempts_of: Any = None


def deliver(app: Flask, mail_id: str) -> None:
    """A job of this file: fails where it is told to."""
    ran.append((mail_id, _attempts_of(mail_id)))
    if mail_id.startswith("bad"):
        raise ValueError(f"{mail_id} will\x00 not go")


@pytest.fixture(autouse=True)
def deliveries(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """`send_mail` means `deliver`, with three tries."""
    global _attempts_of
    ran.clear()

    def attempts_of(mail_id: str) -> int:
        counted: int = outbox.scalar(f"select attempts from outbox_entry where ids->>'mail_id' = '{mail_id}'")
        return counted

    _attempts_of = attempts_of
    kind = replace(CATALOGUE[JobName.SEND_MAIL], function="tests.jobs.test_runner:deliver", tries=3)
    monkeypatch.setitem(CATALOGUE, JobName.SEND_MAIL, kind)


def test_a_try_is_counted_before_it_runs(app: Flask, outbox: Outbox) -> None:
    number = outbox.promise(JobName.SEND_MAIL, mail_id="good")
    run_promises([number], app)
    assert ran == [("good", 1)]
    assert outbox.row(number).done_at is not None


def test_a_done_one_never_runs_again(app: Flask, outbox: Outbox) -> None:
    number = outbox.promise(JobName.SEND_MAIL, mail_id="good")
    run_promises([number, number], app)
    run_promises([number], app)
    assert len(ran) == 1
    assert outbox.row(number).attempts == 1


def test_a_failing_one_is_tried_later_and_stops_no_other(app: Flask, outbox: Outbox) -> None:
    bad, good = (outbox.promise(JobName.SEND_MAIL, mail_id=words) for words in ("bad", "good"))
    outbox.change("update outbox_entry set leased_until = now() + interval '150 seconds'")
    run_promises([bad, good], app)
    row = outbox.row(bad)
    assert (row.done_at, row.given_up_at, row.leased_until) == (None, None, None)
    assert timedelta(0) < row.due_in <= timedelta(seconds=runner.FIRST_PAUSE_SECONDS)
    assert row.last_error == "ValueError: bad will not go"
    assert outbox.row(good).done_at is not None
    run_promises([bad], app)
    assert outbox.row(bad).due_in > timedelta(seconds=runner.FIRST_PAUSE_SECONDS)


def test_it_is_given_up_after_the_tables_tries(app: Flask, outbox: Outbox) -> None:
    number = outbox.promise(JobName.SEND_MAIL, mail_id="bad")
    for _ in range(5):
        run_promises([number], app)
    assert [attempts for _, attempts in ran] == [1, 2, 3]
    row = outbox.row(number)
    assert row.given_up_at is not None
    assert row.done_at is None
    assert row.last_error == "ValueError: bad will not go"


def test_one_that_ends_its_worker_is_given_up_without_running(app: Flask, outbox: Outbox) -> None:
    number = outbox.promise(JobName.SEND_MAIL, mail_id="deadly")
    outbox.change("update outbox_entry set attempts = 3")  # three workers counted a try and were gone
    run_promises([number], app)
    assert ran == []
    assert outbox.row(number).given_up_at is not None


def test_promised_again_by_hand_it_runs_again(app: Flask, outbox: Outbox) -> None:
    number = outbox.promise(JobName.SEND_MAIL, mail_id="bad")
    for _ in range(3):
        run_promises([number], app)
    outbox.change(
        "update outbox_entry set given_up_at = null, attempts = 0, leased_until = null, run_at = now(),"
        """ ids = '{"mail_id": "good"}'"""
    )
    run_promises([number], app)
    assert ran[-1] == ("good", 1)
    assert outbox.row(number).done_at is not None


def test_the_pause_never_grows_beyond_its_longest(app: Flask, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATALOGUE, JobName.SEND_MAIL, replace(CATALOGUE[JobName.SEND_MAIL], tries=1000))
    number = outbox.promise(JobName.SEND_MAIL, mail_id="bad")
    outbox.change("update outbox_entry set attempts = 900")
    run_promises([number], app)
    assert timedelta(seconds=runner.LONGEST_PAUSE_SECONDS - 60) < outbox.row(number).due_in
    assert outbox.row(number).due_in <= timedelta(seconds=runner.LONGEST_PAUSE_SECONDS)


def test_a_number_nobody_promised_is_passed_over(app: Flask, outbox: Outbox) -> None:
    good = outbox.promise(JobName.SEND_MAIL, mail_id="good")
    run_promises([good + 1000, good], app)
    assert len(ran) == 1


def test_a_real_job_about_nothing_is_no_harm(app: Flask, outbox: Outbox) -> None:
    ids = {"agency_id": uuid4(), "brand_id": uuid4(), "conversation_id": uuid4()}
    number = outbox.promise(JobName.RECHECK_WAITING_REPLIES, **ids)
    run_promises([number], app)
    row = outbox.row(number)
    assert (row.done_at is not None, row.last_error) == (True, None)


def meet(app: Flask, brand_id: str, mail_id: str) -> None:
    """A job of this file: ends when another brand's has begun, too; those of one brand never meet."""
    with app.app_context():  # a scope of its own, as every job has
        began.append(mail_id)
    at_work.append(brand_id)
    assert at_work.count(brand_id) == 1, "two of one brand at once"
    _table.wait()
    at_work.remove(brand_id)


began: list[str] = []
at_work: list[str] = []
_table = threading.Barrier(2, timeout=30)


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """`publish_reply` means `meet`."""
    began.clear()
    kind = replace(CATALOGUE[JobName.PUBLISH_REPLY], function="tests.jobs.test_runner:meet", many=None)
    monkeypatch.setitem(CATALOGUE, JobName.PUBLISH_REPLY, kind)


@pytest.mark.usefixtures("meeting")
def test_brands_are_published_for_beside_each_other_and_each_in_its_order(app: Flask, outbox: Outbox) -> None:
    numbers = [
        outbox.promise(JobName.PUBLISH_REPLY, brand_id=brand, mail_id=f"{brand}{n}") for n in range(3) for brand in "ab"
    ]
    run_promises(numbers, app)
    assert [outbox.row(number).done_at is not None for number in numbers] == [True] * 6
    for brand in "ab":
        assert [one for one in began if one[0] == brand] == [f"{brand}{n}" for n in range(3)]


@pytest.mark.usefixtures("meeting")
@pytest.mark.parametrize("brands", ["a", "ab"])
def test_what_such_a_job_does_not_begin_in_time_is_handed_back(
    brands: str, app: Flask, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "HAND_BACK_SECONDS", -1)
    numbers = [outbox.promise(JobName.PUBLISH_REPLY, brand_id=brand, mail_id=brand) for brand in brands * 2]
    outbox.change("update outbox_entry set leased_until = now() + interval '150 seconds'")
    run_promises(numbers, app)
    assert began == []
    assert [(row.leased_until, row.done_at, row.attempts) for row in map(outbox.row, numbers)] == [
        (None, None, 0)
    ] * len(numbers)


went: list[tuple[str, ...]] = []
"""Mail ids that went together, or one alone."""


def go_alone(app: Flask, agency_id: str, mail_id: str) -> None:
    """A job of this file: some fail."""
    went.append((mail_id,))
    if mail_id.startswith("bad"):
        raise ValueError(f"{mail_id} will not go")


def go_together(app: Flask, each: list[dict[str, str]]) -> set[int]:
    """Its form for many: raises where one is bad, and leaves odd ones to the other form."""
    went.append(tuple(ids["mail_id"] for ids in each))
    if any(ids["mail_id"].startswith("bad") for ids in each):
        raise ValueError("one of them will not go")
    return {place for place, ids in enumerate(each) if not ids["mail_id"].startswith("odd")}


@pytest.mark.parametrize(
    ("tries", "portion", "of_a"),
    [
        (1, 50, [("good1", "odd", "good2"), ("odd",), ("tried",)]),
        (2, 50, [("good1", "odd", "good2", "tried"), ("odd",)]),
        (2, 2, [("good1", "odd"), ("good2", "tried"), ("odd",)]),
    ],
)
def test_those_of_one_agency_go_together_and_ones_trouble_is_its_own(
    app: Flask, outbox: Outbox, monkeypatch: pytest.MonkeyPatch, tries: int, portion: int, of_a: list[tuple[str, ...]]
) -> None:
    went.clear()
    here = "tests.jobs.test_runner"
    kind = replace(CATALOGUE[JobName.PUBLISH_REPLY], function=f"{here}:go_alone", many=f"{here}:go_together", beside=2)
    monkeypatch.setitem(CATALOGUE, JobName.PUBLISH_REPLY, replace(kind, together_tries=tries, portion=portion))
    names = {"a": ["good1", "odd", "good2", "tried"], "b": ["fine", "bad"]}
    numbers = {
        name: outbox.promise(JobName.PUBLISH_REPLY, agency_id=agency, mail_id=name)
        for agency, some in names.items()
        for name in some
    }
    outbox.change(f"update outbox_entry set attempts = 1 where id = {numbers['tried']}")
    run_promises([*numbers.values(), numbers["good1"]], app)
    assert sorted(went) == sorted([("bad",), ("fine",), ("fine", "bad"), *of_a])
    rows = {name: outbox.row(number) for name, number in numbers.items()}
    assert {name for name, row in rows.items() if row.done_at is None} == {"bad"}
    assert rows["bad"].last_error == "ValueError: bad will not go"
    assert (rows["good1"].attempts, rows["odd"].attempts) == (1, 2)
