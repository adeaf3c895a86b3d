"""One account that cannot even be asked must not keep the others of its batch from being polled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import pytest
from flask import Flask

from channels import registry
from channels.errors import ChannelError, RateLimited
from channels.facebook.adapter import FacebookAdapter
from channels.protocol import Answer, ConnectedAccount, Request
from channels.scripted_transport import ScriptedTransport, json_answer
from jobs.dispatcher import Dispatcher
from jobs.polling import poll_accounts
from tests.factories import Agency, Factory
from tests.jobs.conftest import Outbox


class Picky(FacebookAdapter):
    """Facebook's adapter, unable to plan for one account."""

    def __init__(self, account_id: UUID, error: Exception) -> None:
        super().__init__()
        self.account_id, self.error = account_id, error

    def plan_poll(self, account: ConnectedAccount, cursor: str | None, *, now: datetime) -> list[Request]:
        if account.account_id == str(self.account_id):
            raise self.error
        return super().plan_poll(account, cursor, now=now)


def empty_page(request: Request) -> Answer | ChannelError:
    return json_answer({"data": []})


def batch(app: Flask) -> Sequence[Sequence[str | int]]:
    """The turns a dispatcher leased, as RQ hands them over."""
    dispatcher = Dispatcher(app)
    dispatcher.queue_turns()
    (job,) = dispatcher.queues["poll"].jobs
    turns: Sequence[Sequence[str | int]] = job.args[1]
    return turns


@pytest.mark.parametrize("error", [KeyError("field"), RateLimited(300, "account")])
def test_an_account_that_cannot_be_asked_fails_alone(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    bad, good = make.account(ana), make.account(ana)
    monkeypatch.setitem(registry.ADAPTERS, "facebook", Picky(bad, error))
    poll_accounts(app, "facebook", batch(app), ScriptedTransport(empty_page))
    turns = {row.account_id: row for row in outbox.all("select * from poll_turn")}
    health = {row.id: row.health for row in outbox.all("select id, health from account")}
    assert (turns[bad].failures, turns[good].failures) == (1, 0)
    assert (turns[bad].leased_until, turns[good].leased_until) == (None, None)
    assert (health[bad], health[good]) == ("failing", "ok")
    assert outbox.scalar(f"select last_polled_at is not null from account where id = '{good}'")
