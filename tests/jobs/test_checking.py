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
from jobs.checking import check_account, check_accounts, clearer, is_renewal_due
from tenants import clock
from tenants.database import db
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
        self.ends: dict[str, Any] = {}

    def __call__(self, request: Request) -> Answer | ChannelError:
        if request.path.endswith("debug_token"):
            return answer({"data": {"is_valid": True, "scopes": self.scopes, "expires_at": 0, **self.ends}})
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


@pytest.mark.parametrize("name", ["expires_at", "data_access_expires_at"])
def test_an_end_and_ninety_days_of_disuse_are_seen_before_they_come(
    app: Flask, ana: Agency, make: Factory, name: str
) -> None:
    account_id, page, now = make.account(ana), Page(app), clock.now()
    page.ends = {name: int((now + 5 * DAY).timestamp())}
    account = check(app, ana, account_id, page)
    assert state_of(facts_of(account), now) == "expiring"
    page.ends = {name: int((now + 60 * DAY).timestamp())}
    assert state_of(facts_of(check(app, ana, account_id, page)), now) == "healthy"


@pytest.mark.parametrize("name", ["expires_at", "data_access_expires_at"])
def test_a_known_end_goes_when_the_platform_says_that_there_is_none(
    app: Flask, ana: Agency, make: Factory, name: str
) -> None:
    account_id, page, now = make.account(ana), Page(app), clock.now()
    page.ends = {name: int((now + 5 * DAY).timestamp())}
    assert state_of(facts_of(check(app, ana, account_id, page)), now) == "expiring"
    for nothing_told in (None, "soon", -1, 10**30):
        page.ends = {name: nothing_told}
        assert state_of(facts_of(check(app, ana, account_id, page)), now) == "expiring", "that says nothing"
    page.ends = {name: 0}
    account = check(app, ana, account_id, page)
    assert (account.token_expires_at, account.data_access_expires_at) == (None, None)
    assert state_of(facts_of(account), now) == "healthy"


def test_what_the_old_credential_may_says_nothing_of_the_new_one(app: Flask, ana: Agency, make: Factory) -> None:
    account_id, page, news = make.account(ana), Page(app), list[str]()
    page.ends = {"expires_at": int((clock.now() + DAY).timestamp())}

    def meanwhile(request: Request) -> Answer | ChannelError:
        if not news:
            news.append("theirs")
            with ana.entered():
                accounts.reconnect(None, account_id, "theirs", access=accounts.AccessFacts(frozenset({"a", "b"})))
        return page(request)

    account = check(app, ana, account_id, meanwhile)
    assert (account.scopes, account.token_expires_at) == (["a", "b"], None)
    assert (account.subscribed_at, account.access_checked_at) == (None, None)


def test_what_is_disconnected_while_it_is_looked_at_is_left_alone(app: Flask, ana: Agency, make: Factory) -> None:
    account_id, page = make.account(ana), Page(app)

    def meanwhile(request: Request) -> Answer | ChannelError:
        with ana.entered():
            accounts.disconnect(None, account_id)
        return page(request)

    account = check(app, ana, account_id, meanwhile)
    assert (account.health, account.subscribed_at, account.access_checked_at) == ("disconnected", None, None)


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


def test_accounts_connected_together_are_spread_over_the_day(ana: Agency, make: Factory, outbox: Outbox) -> None:
    for _ in range(40):
        make.account(ana)
    hours = "extract(epoch from check_due_at - now()) / 3600"
    assert outbox.scalar(f"select min({hours}) >= 0 and max({hours}) < 24 from poll_turn")
    assert outbox.scalar(f"select count(distinct floor({hours})) from poll_turn") >= 6


def come_due(outbox: Outbox, account_id: UUID | None = None, *, ago: str = "1 minute") -> None:
    mine = "" if account_id is None else f" where account_id = '{account_id}'"
    outbox.change("update poll_turn set check_due_at = now() + interval '1 hour'")
    outbox.change(f"update poll_turn set check_due_at = now() - interval '{ago}'{mine}")


def test_whose_time_of_the_day_it_is_is_checked_once(app: Flask, ana: Agency, make: Factory, outbox: Outbox) -> None:
    mine, other = make.account(ana), make.account(ana)
    come_due(outbox, mine)
    platform = ScriptedTransport(Page())
    check_accounts(app, transport=platform)
    assert facts(ana, mine).access_checked_at is not None
    assert facts(ana, other).access_checked_at is None
    left = f"select extract(epoch from check_due_at - now()) from poll_turn where account_id = '{mine}'"
    assert outbox.scalar(left) == pytest.approx(86_400 - 60, abs=30)
    asked = len(platform.requests)
    check_accounts(app, transport=platform)
    assert len(platform.requests) == asked


def test_what_passed_while_nothing_ran_is_made_up_and_keeps_its_time_of_the_day(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    """Two days and an hour without a dispatcher: everybody is checked once, and tomorrow an hour less from now."""
    ids = [make.account(ana) for _ in range(3)]
    come_due(outbox, ago="49 hours")
    check_accounts(app, transport=ScriptedTransport(Page()))
    assert all(facts(ana, one).access_checked_at is not None for one in ids)
    hours = outbox.scalar("select max(extract(epoch from check_due_at - now())) / 3600 from poll_turn")
    assert hours == pytest.approx(23, abs=0.1)


def test_a_long_list_of_checks_gives_way_and_is_gone_on_with(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "AT_ONCE", 2)
    ids = [make.account(ana) for _ in range(5)]
    come_due(outbox)

    def checked() -> int:
        return sum(facts(ana, one).access_checked_at is not None for one in ids)

    check_accounts(app, transport=ScriptedTransport(Page()), urgent=lambda: True)
    assert checked() == 2
    check_accounts(app, transport=ScriptedTransport(Page()), urgent=lambda: False)
    assert checked() == 5


def test_a_check_whose_worker_died_comes_again_within_the_day(
    app: Flask, ana: Agency, make: Factory, outbox: Outbox
) -> None:
    make.account(ana)
    come_due(outbox)

    def dies(_request: Request) -> Answer:
        raise SystemExit

    with pytest.raises(SystemExit):
        check_accounts(app, transport=ScriptedTransport(dies))
    left = outbox.scalar("select extract(epoch from check_due_at - now()) from poll_turn")
    assert 3_000 < left <= 3_600


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
def old_token(ana: Agency, make: Factory, outbox: Outbox) -> UUID:
    """An Instagram-login account whose token is 40 days old and whose turn it is."""
    account_id = make.account(ana, platform="instagram", credential="old")
    with ana.entered():
        account = accounts.get(account_id)
        account.login, account.token_renewed_at = "instagram", clock.now() - 40 * DAY
    come_due(outbox)
    return account_id


def renewing(ask: Ask) -> ScriptedTransport:
    """A platform that renews as told, and is down for every other question."""
    return ScriptedTransport(lambda request: ask(request) if "refresh" in request.path else refusal(2))


def token(ana: Agency, account_id: UUID) -> str:
    with ana.entered():
        return accounts.credential_of(accounts.get(account_id)).reveal()


def test_a_renewed_token_takes_the_place_of_the_old_one(
    app: Flask, ana: Agency, old_token: UUID, outbox: Outbox
) -> None:
    check_accounts(app, transport=renewing(lambda _request: answer({"access_token": "new", "expires_in": 5_184_000})))
    assert token(ana, old_token) == "new"
    account = facts(ana, old_token)
    assert account.token_expires_at is not None
    assert account.token_expires_at - clock.now() > 59 * DAY
    come_due(outbox)
    check_accounts(app, transport=renewing(lambda _request: answer({"access_token": "again"})))
    assert token(ana, old_token) == "new", "a young one is left alone"


def test_a_token_that_is_not_renewed_stays_and_says_when_it_ends(app: Flask, ana: Agency, old_token: UUID) -> None:
    check_accounts(app, transport=ScriptedTransport(lambda _request: refusal(2)))
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

    check_accounts(app, transport=renewing(meanwhile))
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
