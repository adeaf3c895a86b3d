"""One account that cannot even be asked must not keep the others of its batch from being polled."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import pytest
from flask import Flask

from channels import accounts, registry
from channels.errors import ChannelError, PlatformDown, RateLimited
from channels.facebook.adapter import FacebookAdapter
from channels.models import CREDENTIAL
from channels.protocol import Answer, ConnectedAccount, Request
from channels.scripted_transport import ScriptedTransport, json_answer
from jobs.dispatcher import Dispatcher
from jobs.polling import poll_accounts
from tenants.sealed import KeyRing
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
    (job,) = [job for job in dispatcher.queues["poll"].jobs if job.args[0] == "facebook"]
    turns: Sequence[Sequence[str | int]] = job.args[1]
    return turns


def test_a_missing_key_parks_nobody(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs the installation gives the key again, and everything goes on by itself."""
    lost, good = make.account(ana), make.account(ana)
    ring = app.extensions["onbrand_keys"]
    other = KeyRing.from_setting("other:" + base64.b64encode(bytes(range(40, 72))).decode())
    with ana.entered():
        account = accounts.get(lost)
        account.credential = other.seal("token", CREDENTIAL.place_of(account))
    poll_accounts(app, "facebook", batch(app), ScriptedTransport(empty_page))
    health = {row.id: (row.health, row.health_reason) for row in outbox.all("select * from account")}
    turns = {row.account_id: row for row in outbox.all("select * from poll_turn")}
    assert health == {lost: ("failing", "key_missing"), good: ("ok", None)}
    assert (turns[lost].parked_at, turns[lost].leased_until, turns[lost].failures) == (None, None, 1)

    both = KeyRing(ring._keys | other._keys)
    monkeypatch.setitem(app.extensions, "onbrand_keys", both)
    outbox.change("update poll_turn set due_at = now()")
    Dispatcher(app).queues["poll"].empty()
    poll_accounts(app, "facebook", batch(app), ScriptedTransport(empty_page))
    assert outbox.scalar(f"select health from account where id = '{lost}'") == "ok"


@pytest.mark.parametrize(
    ("error", "becomes"), [(KeyError("field"), "failing"), (RateLimited(300, "account"), "throttled")]
)
def test_an_account_that_cannot_be_asked_fails_alone(
    app: Flask,
    ana: Agency,
    make: Factory,
    outbox: Outbox,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    becomes: str,
) -> None:
    bad, good = make.account(ana), make.account(ana)
    monkeypatch.setitem(registry.ADAPTERS, "facebook", Picky(bad, error))
    poll_accounts(app, "facebook", batch(app), ScriptedTransport(empty_page))
    turns = {row.account_id: row for row in outbox.all("select * from poll_turn")}
    health = {row.id: row.health for row in outbox.all("select id, health from account")}
    assert (turns[bad].failures, turns[good].failures) == (1, 0)
    assert (turns[bad].leased_until, turns[good].leased_until) == (None, None)
    assert (health[bad], health[good]) == (becomes, "ok")
    assert outbox.scalar(f"select last_polled_at is not null from account where id = '{good}'")


@pytest.mark.parametrize("told", [json_answer({"error": {"code": 190, "error_subcode": 460}}, 400), PlatformDown("x")])
def test_what_a_poll_meets_with_a_credential_replaced_meanwhile_is_not_heeded(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, told: Answer | ChannelError
) -> None:
    account_id = make.account(ana)

    def meanwhile(_request: Request) -> Answer | ChannelError:
        with ana.entered():
            accounts.reconnect(None, account_id, "fresh")
        return told

    poll_accounts(app, "facebook", batch(app), ScriptedTransport(meanwhile))
    assert outbox.all("select health, health_reason from account") == [("ok", None)]
    assert outbox.scalar("select parked_at is null and failures = 0 and due_at <= now() from poll_turn")
    assert outbox.scalar("select count(*) from outbox_entry where job_name = 'ask_to_reconnect'") == 0


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (PlatformDown("HTTP 503"), "platform_down HTTP 503"),
        (json_answer({"error": {"code": 368, "message": "Das ging schief."}}, 400), "refused 368"),
        (json_answer([]), "platform_down HTTP 200"),
    ],
)
def test_why_it_fails_is_kept_as_codes_and_never_in_a_platforms_words(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, told: Answer | ChannelError, reason: str
) -> None:
    make.account(ana)
    poll_accounts(app, "facebook", batch(app), ScriptedTransport(lambda _request: told))
    health, kept = outbox.all("select health, health_reason from account")[0]
    assert (health, kept[: len(reason)]) == ("failing", reason)
