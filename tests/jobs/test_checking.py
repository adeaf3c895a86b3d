"""The daily check and renewal: what platforms say becomes the account's state, and by itself it comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from channels import account_standing, accounts
from channels.account_standing import facts_of
from channels.errors import ChannelError, ItemGone, NotSent, Refused, TokenRevoked
from channels.health import state_of
from channels.models import Account
from channels.protocol import Answer, Request
from channels.scripted_transport import ScriptedTransport
from jobs import checking
from jobs.checking import check_account, check_accounts, clearer, is_renewal_due, renew_credentials
from tenants import clock
from tenants.database import db
from tenants.outbox import JobName
from tests.factories import Agency, Factory
from tests.jobs.conftest import Outbox

Ask = Callable[[Request], Answer | ChannelError]
DAY = timedelta(days=1)


def answer(body: Any, status: int = 200) -> Answer:
    return Answer(status, {}, json.dumps(body).encode())


def refusal(code: int, subcode: int | None = None) -> Answer:
    error = {"message": "No.", "type": "OAuthException", "code": code}
    return answer({"error": error | ({"error_subcode": subcode} if subcode else {})}, 400)


class Page:
    """Meta, as far as a Page's standing goes."""

    def __init__(self, app: Flask | None = None) -> None:
        self.app_id = app.extensions["onbrand_settings"].meta_app_id if app is not None else "none"
        self.account: Answer | ChannelError = answer({"id": "10000"})
        self.fields = ["feed"]
        self.subscribed: list[str] = []
        self.scopes = ["pages_show_list", "pages_read_engagement"]

    def __call__(self, request: Request) -> Answer | ChannelError:
        if request.path.endswith("debug_token"):
            return answer({"data": {"is_valid": True, "scopes": self.scopes, "expires_at": 0}})
        if request.path.endswith("subscribed_apps"):
            if request.method == "POST":
                self.subscribed.append(dict(request.form or {})["subscribed_fields"])
                self.fields = self.subscribed[-1].split(",")
                return answer({"success": True})
            ours = {"id": self.app_id, "subscribed_fields": self.fields}
            return answer({"data": [ours] if self.fields else []})
        return self.account


def rpc_refusal(status: int, name: str, **detail: Any) -> Answer:
    error = {"code": status, "status": name, "message": "No.", "details": [detail] if detail else []}
    return answer({"error": error}, status)


QUOTA_ZERO = rpc_refusal(429, "RESOURCE_EXHAUSTED", reason="RATE_LIMIT_EXCEEDED", metadata={"quota_limit_value": "0"})


class Location:
    """Google, as far as a location's standing goes."""

    def __init__(self) -> None:
        self.reviews: Answer = answer({"reviews": []})
        self.voice: Answer = answer({"hasVoiceOfMerchant": True})

    def __call__(self, request: Request) -> Answer | ChannelError:
        if request.path.endswith("notificationSetting"):
            return answer({"name": "accounts/1/notificationSetting"})
        return self.voice if "VoiceOfMerchant" in request.path else self.reviews


def facts(ana: Agency, account_id: UUID) -> Account:
    with ana.entered():
        account = accounts.get(account_id)
        db.session.expunge(account)
        return account


def check(app: Flask, ana: Agency, account_id: UUID, platform: Ask) -> Account:
    check_account(app, str(ana.id), str(ana.brand_ids[0]), str(account_id), transport=ScriptedTransport(platform))
    return facts(ana, account_id)


def test_a_check_learns_the_permissions_and_mends_the_subscription(app: Flask, ana: Agency, make: Factory) -> None:
    account_id, page = make.account(ana), Page(app)
    page.fields = []
    account = check(app, ana, account_id, page)
    assert account.scopes == sorted(page.scopes)
    assert len(page.subscribed) == 1
    assert account.subscribed_at is not None
    assert (account.health, account.subscription_problem) == ("ok", None)
    since = account.subscribed_at
    assert check(app, ana, account_id, page).subscribed_at == since
    assert len(page.subscribed) == 1, "what stands is left alone"


@pytest.mark.parametrize(
    ("told", "health", "reason"),
    [
        (refusal(190, 460), "needs_reconnect", "password_changed"),
        (refusal(190, 492), "access_lost", "page_role_lost"),
        (refusal(10), "access_lost", "permission_missing"),
        (refusal(100, 33), "access_lost", "access_lost"),
    ],
)
def test_lost_access_shows_by_its_code_and_comes_back_by_itself(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, told: Answer, health: str, reason: str
) -> None:
    account_id, page = make.account(ana), Page()
    page.account = told
    account = check(app, ana, account_id, page)
    assert (account.health, account.health_reason) == (health, reason)
    assert state_of(facts_of(account), clock.now()) == health
    assert outbox.scalar("select parked_at is not null from poll_turn")
    page.account = answer({"id": "10000"})
    assert check(app, ana, account_id, page).health == "ok"
    assert outbox.scalar("select parked_at is null from poll_turn")
    assert outbox.scalar("select count(*) from outbox_entry where job_name = 'wake_account'") == 1


@pytest.mark.parametrize("told", [refusal(2), refusal(4), refusal(100), NotSent("no connection")])
def test_what_says_nothing_of_our_access_changes_nothing(
    app: Flask, ana: Agency, make: Factory, told: Answer | ChannelError
) -> None:
    """A network that is down for an hour must not mail every client whose account is looked at in it."""
    account_id, page = make.account(ana), Page()
    page.account = told
    account = check(app, ana, account_id, page)
    assert (account.health, account.access_checked_at) == ("ok", None)


def test_what_the_old_credential_met_says_nothing_of_the_new_one(app: Flask, ana: Agency, make: Factory) -> None:
    account_id = make.account(ana)

    def meanwhile(_request: Request) -> Answer:
        with ana.entered():
            accounts.reconnect(None, account_id, "theirs")
        return refusal(190, 460)

    assert check(app, ana, account_id, meanwhile).health == "ok"


def test_an_account_that_waits_for_a_person_is_never_parked_as_something_else(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    """A location lost, then the project's allowance: the daily check must still find the way back."""
    account_id, page = make.account(ana, platform="google_business"), Location()
    page.reviews = page.voice = rpc_refusal(404, "NOT_FOUND")
    assert check(app, ana, account_id, page).health == "access_lost"
    page.reviews, page.voice = QUOTA_ZERO, answer({"hasVoiceOfMerchant": True})
    assert check(app, ana, account_id, page).health == "access_lost"
    page.reviews = answer({"reviews": []})
    assert check(app, ana, account_id, page).health == "ok"
    assert outbox.scalar("select parked_at is null from poll_turn")


def test_what_lacks_at_the_platform_itself_asks_nobody_to_sign_in_again(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    account_id, page = make.account(ana, platform="google_business"), Location()
    page.reviews, page.voice = rpc_refusal(400, "FAILED_PRECONDITION"), answer({"verify": {}})
    account = check(app, ana, account_id, page)
    assert (account.health, account.health_reason) == ("failing", "not_verified")
    assert state_of(facts_of(account), clock.now()) == "limited"
    assert outbox.scalar("select count(*) from outbox_entry where job_name = 'ask_to_reconnect'") == 0
    assert outbox.scalar("select parked_at is null from poll_turn")


def test_each_account_has_its_place_in_the_day(
    app: Flask, ana: Agency, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = {make.account(ana) for _ in range(12)}
    start = clock.now().replace(hour=0, minute=0, second=1)
    seen: list[UUID] = []
    for slot in range(24):
        monkeypatch.setattr(clock, "now", lambda slot=slot: start + timedelta(hours=slot))
        seen += [account for _agency, _brand, account in checking._of_this_slot(app, JobName.RENEW_CREDENTIALS)]
    assert len(seen) == len(ids)
    assert set(seen) == ids


def test_the_daily_line_checks_whose_turn_it_is(
    app: Flask, ana: Agency, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = make.account(ana), make.account(ana)
    monkeypatch.setattr(checking, "_of_this_slot", lambda *_given: [(ana.id, ana.brand_ids[0], mine)])
    check_accounts(app, transport=ScriptedTransport(Page()))
    assert facts(ana, mine).access_checked_at is not None
    assert facts(ana, other).access_checked_at is None


@pytest.mark.parametrize(
    ("age", "left", "due"),
    [
        (timedelta(hours=23), timedelta(hours=1), False),
        (timedelta(hours=25), timedelta(days=1), True),
        (29 * DAY, 31 * DAY, False),
        (30 * DAY, None, True),
        (2 * DAY, None, False),
    ],
)
def test_a_token_is_renewed_from_half_its_life_on(age: timedelta, left: timedelta | None, due: bool) -> None:
    now = clock.now()
    assert is_renewal_due(now - age, None if left is None else now + left, now) is due


@pytest.fixture
def old_token(ana: Agency, make: Factory, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """An Instagram-login account whose token is 40 days old and whose turn it is."""
    account_id = make.account(ana, platform="instagram", credential="old")
    with ana.entered():
        account = accounts.get(account_id)
        account.login, account.token_renewed_at = "instagram", clock.now() - 40 * DAY
    monkeypatch.setattr(checking, "_of_this_slot", lambda *_given: [(ana.id, ana.brand_ids[0], account_id)])
    return account_id


def token(ana: Agency, account_id: UUID) -> str:
    with ana.entered():
        return accounts.credential_of(accounts.get(account_id)).reveal()


def test_a_renewed_token_takes_the_place_of_the_old_one(app: Flask, ana: Agency, old_token: UUID) -> None:
    platform = ScriptedTransport(lambda _request: answer({"access_token": "new", "expires_in": 5_184_000}))
    renew_credentials(app, transport=platform)
    assert token(ana, old_token) == "new"
    account = facts(ana, old_token)
    assert account.token_expires_at is not None
    assert account.token_expires_at - clock.now() > 59 * DAY
    renew_credentials(app, transport=ScriptedTransport(lambda _request: answer({"access_token": "again"})))
    assert token(ana, old_token) == "new", "a young one is left alone"


def test_a_token_that_is_not_renewed_stays_and_says_when_it_ends(app: Flask, ana: Agency, old_token: UUID) -> None:
    renew_credentials(app, transport=ScriptedTransport(lambda _request: refusal(2)))
    account = facts(ana, old_token)
    assert token(ana, old_token) == "old"
    assert account.access_problem == account_standing.NOT_RENEWED
    assert account.token_expires_at is not None
    assert timedelta(days=19) < account.token_expires_at - clock.now() < timedelta(days=21)
    assert state_of(facts_of(account), clock.now() + 8 * DAY) == "expiring"


def test_a_token_given_meanwhile_is_not_overwritten(app: Flask, ana: Agency, old_token: UUID) -> None:
    def meanwhile(_request: Request) -> Answer:
        with ana.entered():
            accounts.reconnect(None, old_token, "theirs")
        return answer({"access_token": "renewed", "expires_in": 10})

    renew_credentials(app, transport=ScriptedTransport(meanwhile))
    assert token(ana, old_token) == "theirs"


@pytest.mark.parametrize("error", [ItemGone(), Refused("100", "No.")])
def test_a_refusal_that_our_access_caused_is_named(ana: Agency, make: Factory, error: ChannelError) -> None:
    account_id, page = make.account(ana), Page()
    with ana.entered():
        connected = accounts.connected(accounts.get(account_id))
    other = TokenRevoked("invalid")
    assert clearer([(connected, error), (connected, other)], ScriptedTransport(page)) == [error, other]
    page.account = refusal(190, 492)
    found, left = clearer([(connected, error), (connected, other)], ScriptedTransport(page))
    assert isinstance(found, TokenRevoked)
    assert found.reason == "page_role_lost"
    assert left is other
    down = ScriptedTransport(lambda _request: refusal(2))
    assert clearer([(connected, error)], down) == [error]


def test_refusals_of_many_are_looked_into_together(ana: Agency, make: Factory) -> None:
    ids = [make.account(ana) for _ in range(3)]
    with ana.entered():
        several = [accounts.connected(accounts.get(one)) for one in ids]
    page = Page()
    page.account = refusal(190, 492)
    platform, asked = ScriptedTransport(page), []
    fetch = platform.fetch
    platform.fetch = lambda requests: asked.append(len(requests)) or fetch(requests)  # type: ignore[method-assign,func-returns-value]
    found = clearer([(one, Refused("100", "No.")) for one in several], platform)
    assert all(isinstance(error, TokenRevoked) for error in found)
    assert len(asked) == 1


def test_what_events_missed_has_their_subscription_looked_into_once_an_hour(
    ana: Agency, make: Factory, outbox: Outbox
) -> None:
    account_id = make.account(ana)
    now = clock.now()
    with ana.entered():
        account = accounts.get(account_id)
        account.subscribed_at = now - DAY
        for _ in range(2):
            account_standing.note_found(account, [("comment", now - timedelta(minutes=5))], now)
    assert facts(ana, account_id).missed_count == 2
    assert outbox.scalar("select count(*) from outbox_entry where job_name = 'check_account'") == 1
    with ana.entered():
        assert state_of(facts_of(accounts.get(account_id)), now) == "webhook_deaf"
        accounts.note_event(accounts.get(account_id), now + timedelta(minutes=2))
    assert state_of(facts_of(facts(ana, account_id)), now) == "healthy"


def test_the_usual_pace_comes_from_the_days_counted(ana: Agency, make: Factory) -> None:
    account_id, now = make.account(ana), clock.now()
    with ana.entered():
        account = accounts.get(account_id)
        account_standing.note_pace(account, now)
        assert account.usual_gap_seconds is None
        account_standing.note_told(account, [("comment", now)] * 10, now - 4 * DAY)
        account_standing.note_pace(account, now)
        assert account.usual_gap_seconds == 5 * 86_400 // 10
        assert db.session.scalars(select(Account.usual_gap_seconds)).one() == 43_200
