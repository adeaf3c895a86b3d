"""A job that takes too long is ended: nothing that bears one account's poison may take the end of its time for that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from rq.timeouts import JobTimeoutException

from agency.inbox import intake
from channels.facebook.adapter import FacebookAdapter
from jobs import poll_endings, upkeep
from tests.factories import Agency, Factory
from tests.jobs.conftest import Outbox
from tests.jobs.test_polling_economy import poll


def too_long(*_given: Any, **_more: Any) -> Any:
    raise JobTimeoutException("Task exceeded maximum timeout value")


def while_planning(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FacebookAdapter, "plan_poll", too_long)


def while_reading(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FacebookAdapter, "read_poll", too_long)


def while_storing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(intake, "store_page", too_long)


def while_ending(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(poll_endings.poll_turns, "finish_many", too_long)


@pytest.mark.parametrize("moment", [while_planning, while_reading, while_storing, while_ending])
def test_a_poll_that_takes_too_long_ends_and_blames_no_account(
    app: Flask,
    ana: Agency,
    make: Factory,
    outbox: Outbox,
    monkeypatch: pytest.MonkeyPatch,
    moment: Callable[[pytest.MonkeyPatch], None],
) -> None:
    make.account(ana)
    if moment is while_ending:
        for _ in range(2):
            poll(app, outbox)
    with monkeypatch.context() as patch:
        moment(patch)
        with pytest.raises(JobTimeoutException):
            poll(app, outbox)
    assert outbox.all("select health from account") == [("ok",)]
    assert outbox.scalar("select failures from poll_turn") == 0
    assert outbox.scalar("select leased_until is not null from poll_turn"), "its lease ends by itself"
    poll(app, outbox)
    assert outbox.scalar("select count(*) from message") == 1


def test_upkeep_goes_to_no_further_agency_when_its_time_is_over(
    app: Flask, ana: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "wake_stranded", too_long)
    with pytest.raises(JobTimeoutException):
        upkeep.keep_up(app)
