"""What a poll leaves behind: cursor, fence, pace, pauses and health, by what the platform's answer was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest
from flask import Flask

from channels import registry
from channels.errors import ChannelError, RateLimited, TokenRevoked
from channels.facebook.adapter import FacebookAdapter
from channels.items import Page
from channels.protocol import ConnectedAccount, Exchange
from channels.scripted_transport import ScriptedTransport
from jobs.polling import poll_accounts
from tests.factories import Agency, Factory
from tests.jobs.conftest import Outbox
from tests.jobs.test_polling import batch, empty_page

Poll = Callable[..., None]
IDLE = Page((), (), '{"read": 1}', complete=True)


class Told(FacebookAdapter):
    """Facebook's adapter, reading what a test says for an account."""

    def __init__(self, answers: dict[UUID, Page | Exception]) -> None:
        super().__init__()
        self.answers = {str(account_id): answer for account_id, answer in answers.items()}

    def read_poll(
        self, account: ConnectedAccount, cursor: str | None, exchanges: Sequence[Exchange], *, now: datetime
    ) -> Page:
        answer = self.answers.get(account.account_id, IDLE)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def poll(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Poll:
    """Poll what is due, each account reading what it is told."""

    def run(answers: dict[UUID, Page | Exception], turns: Sequence[Sequence[str | int]] | None = None) -> None:
        monkeypatch.setitem(registry.ADAPTERS, "facebook", Told(answers))
        poll_accounts(app, "facebook", batch(app) if turns is None else turns, ScriptedTransport(empty_page))

    return run


def due_in(outbox: Outbox, account_id: UUID) -> float:
    return float(
        outbox.scalar(f"select extract(epoch from due_at - now()) from poll_turn where account_id = '{account_id}'")
    )


def test_the_cursor_moves_with_what_it_covers(poll: Poll, ana: Agency, make: Factory, outbox: Outbox) -> None:
    account_id = make.account(ana)
    poll({})
    assert outbox.scalar("select cursor from account") == IDLE.next_cursor
    assert outbox.scalar(f"select failures from poll_turn where account_id = '{account_id}'") == 0


def test_who_lost_the_turn_stores_nothing(app: Flask, poll: Poll, ana: Agency, make: Factory, outbox: Outbox) -> None:
    account_id = make.account(ana)
    turns = batch(app)
    outbox.change("update poll_turn set fence = fence + 1")  # another worker took it over
    before = outbox.all("select * from poll_turn")
    poll({account_id: IDLE}, turns)
    assert outbox.scalar("select cursor from account") is None
    assert outbox.all("select * from poll_turn") == before


def test_a_disconnected_account_is_left_alone(
    app: Flask, poll: Poll, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    make.account(ana)
    turns = batch(app)
    outbox.change("update account set disconnected_at = now(), health = 'disconnected', credential = null")
    poll({}, turns)
    assert outbox.scalar("select cursor from account") is None
    assert outbox.scalar("select parked_at from poll_turn") is None


def test_access_taken_away_parks_the_account(poll: Poll, ana: Agency, make: Factory, outbox: Outbox) -> None:
    account_id = make.account(ana)
    poll({account_id: TokenRevoked("access_withdrawn")})
    assert outbox.all("select health, health_reason from account") == [("needs_reconnect", "access_withdrawn")]
    assert outbox.scalar("select parked_at is not null from poll_turn")


def test_a_busy_allowance_makes_the_pace_slow(
    app: Flask,
    poll: Poll,
    ana: Agency,
    make: Factory,
    outbox: Outbox,
) -> None:
    seconds = app.extensions["onbrand_settings"].poll_seconds
    quiet, busy = make.account(ana), make.account(ana)
    poll({quiet: replace(IDLE, usage_percent=69), busy: replace(IDLE, usage_percent=70)})
    assert due_in(outbox, quiet) <= seconds * 1.05
    assert seconds * 2 < due_in(outbox, busy) <= seconds * 4.2


def test_a_wait_the_platform_asks_for_is_kept(poll: Poll, ana: Agency, make: Factory, outbox: Outbox) -> None:
    slow, other = make.account(ana), make.account(ana)
    poll({slow: RateLimited(3000, "account")})
    assert due_in(outbox, slow) > 2900
    assert due_in(outbox, other) < 2900


def test_a_wait_for_the_whole_app_pauses_the_platform_alone(
    poll: Poll,
    ana: Agency,
    make: Factory,
    outbox: Outbox,
) -> None:
    slow, other, elsewhere = make.account(ana), make.account(ana), make.account(ana, platform="google_business")
    poll({slow: RateLimited(3000, "app")})
    assert due_in(outbox, other) > 2900
    assert due_in(outbox, elsewhere) < 2900


@pytest.mark.parametrize("error", [KeyError("field"), ChannelError("Odd.", "Safe.", "Wait.")])
def test_an_answer_that_cannot_be_read_is_one_accounts_trouble(
    poll: Poll,
    ana: Agency,
    make: Factory,
    outbox: Outbox,
    error: Exception,
) -> None:
    bad, good = make.account(ana), make.account(ana)
    poll({bad: error})
    health = {row.id: (row.health, row.cursor) for row in outbox.all("select id, health, cursor from account")}
    assert health == {bad: ("failing", None), good: ("ok", IDLE.next_cursor)}
