"""Channels: health, connecting with a token that is never shown again, disconnecting, what was set aside."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from agency.web.account_card import arrivals_of
from agency.web.accounts_page import PAGE_ROWS
from agency.web.health_words import HealthWords, health_words
from channels import account_standing, accounts
from channels.health import KINDS, State
from channels.models import Account, AccountDay, Backfill, SetAsideItem
from tenants import clock
from tenants.database import db
from tenants.models import OutboxEntry
from tenants.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.replying import HOSTILE, is_inert

TOKEN = "EAAB-very-secret-token"


@pytest.fixture
def admin(whole_app: Flask, ana: Agency) -> Browser:
    return Browser(whole_app, ana.agency_admin)


@pytest.fixture
def account_id(make: Factory, ana: Agency) -> UUID:
    return make.account(ana)


def form(ana: Agency, **more: str) -> dict[str, str]:
    given = {"brand": str(ana.brand_ids[0]), "platform": "facebook", "external_id": "424242", "name": "Pennywell page"}
    return {**given, "login": "facebook", "credential": TOKEN, **more}


def account(agency: Agency, **columns: str) -> Account | None:
    with agency.entered():
        found = db.session.scalars(select(Account).filter_by(**columns)).one_or_none()
        if found is not None:
            db.session.expunge(found)
        return found


def secret_of(agency: Agency, account_id: UUID) -> str:
    with agency.entered():
        return accounts.credential_of(accounts.get(account_id)).reveal()


def test_the_page_says_how_each_channel_is(admin: Browser, make: Factory, ana: Agency, account_id: UUID) -> None:
    sick = make.account(ana, brand=1, platform="google_business")
    with ana.entered():
        accounts.mark_unhealthy(accounts.get(sick), "needs_reconnect", "password_changed")
    page = admin.get("/accounts").text
    assert "The password was changed." in page
    assert page.index("Needs a new connection") < page.index("Alive"), "trouble first"
    troubled = admin.get("/accounts?tab=troubled").text
    assert f"/accounts/{sick}/reconnect" in troubled
    assert f"/accounts/{account_id}/reconnect" not in troubled
    of_brand = admin.get(f"/brands/{ana.brand_ids[1]}/accounts").text
    assert f"/accounts/{account_id}/" not in of_brand


def test_connecting_seals_the_token_and_never_shows_it(admin: Browser, ana: Agency) -> None:
    assert admin.post("/accounts", form(ana)).status_code == 303
    made = account(ana, external_id="424242")
    assert made is not None
    assert made.name == "Pennywell page"
    assert secret_of(ana, made.id) == TOKEN
    place = f"/brands/{ana.brand_ids[0]}/accounts"
    assert "Pennywell page" in admin.get(place).text
    again = admin.post("/accounts", form(ana))
    assert again.status_code == 409
    assert "connected already" in again.text
    for answer in (again.text, admin.get(place).text, admin.get(f"/accounts/{made.id}/reconnect").text):
        assert TOKEN not in answer


@pytest.mark.parametrize(
    ("field", "value"),
    [("brand", "x"), ("platform", "orkut"), ("external_id", "a b"), ("credential", ""), ("credential", "é")],
)
def test_what_cannot_be_an_account_comes_back_without_the_token(
    admin: Browser, ana: Agency, field: str, value: str
) -> None:
    answer = admin.post("/accounts", form(ana, **{field: value}))
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert 'value="Pennywell page"' in answer.text
    assert TOKEN not in answer.text
    assert account(ana, name="Pennywell page") is None


def test_connecting_again_wakes_it(admin: Browser, ana: Agency, account_id: UUID) -> None:
    with ana.entered():
        accounts.mark_unhealthy(accounts.get(account_id), "needs_reconnect", "Password changed")
    place = f"/accounts/{account_id}/reconnect"
    assert "Access token" in admin.get(place).text
    assert admin.post(place, {"credential": ""}).status_code == 422
    assert admin.post(place, {"credential": TOKEN}).status_code == 303
    assert secret_of(ana, account_id) == TOKEN
    found = account(ana, health="ok")
    assert found is not None


def test_a_missing_key_asks_nobody_to_connect_again(admin: Browser, ana: Agency, account_id: UUID) -> None:
    with ana.entered():
        accounts.mark_unhealthy(accounts.get(account_id), "failing", accounts.KEY_MISSING)
    page = unescape(admin.get(f"/brands/{ana.brand_ids[0]}/accounts").text)
    assert "A key is missing on our side" in page
    assert "Tell whoever runs Onbrand" in page
    assert "key_missing" not in page.replace('data-state="key_missing"', "")


def test_disconnecting_asks_first_and_twice_is_harmless(admin: Browser, ana: Agency, account_id: UUID) -> None:
    place = f"/accounts/{account_id}/disconnect"
    asked = admin.get(place)
    assert "is destroyed" in asked.text
    live = account(ana)
    assert live is not None
    assert live.disconnected_at is None, "asking changes nothing"
    assert admin.post(place).status_code == 303
    assert admin.post(place).status_code == 303
    gone = account(ana)
    assert gone is not None
    assert (gone.health, gone.credential) == ("disconnected", None)
    assert f"/accounts/{account_id}/reconnect" not in admin.get("/accounts?tab=disconnected").text
    assert admin.get(f"/accounts/{account_id}/reconnect").status_code == 404


def test_what_was_set_aside_is_shown_inert_with_its_reason(admin: Browser, ana: Agency, account_id: UUID) -> None:
    with ana.entered():
        db.session.add(
            SetAsideItem(
                brand_id=ana.brand_ids[0],
                account_id=account_id,
                external_id=HOSTILE,
                reason="no usable created_time",
                raw=HOSTILE.encode() + b"\xff\x00",
                raw_hash=bytes(32),
            )
        )
    assert f"/accounts/{account_id}/set-aside" in admin.get("/accounts").text
    page = admin.get(f"/accounts/{account_id}/set-aside").text
    assert "created_time is missing, or is nothing we can use." in page
    assert "no usable created_time" in page
    assert is_inert(page)


def test_more_than_a_page_is_paged_without_loss(admin: Browser, make: Factory, ana: Agency) -> None:
    made = {str(make.account(ana)) for _number in range(PAGE_ROWS + 3)}
    seen: list[str] = []
    address = "/accounts"
    for _page in range(2):
        page = admin.get(address).text
        seen += [one for one in made if f"/accounts/{one}/disconnect" in page]
        if 'rel="next"' in page:
            address = page[: page.index('" rel="next"')].rpartition('href="')[2].replace("&amp;", "&")
    assert sorted(seen) == sorted(made)


@pytest.mark.parametrize("role", list(Role))
def test_who_reads_and_who_connects(whole_app: Flask, ana: Agency, account_id: UUID, role: Role) -> None:
    browser, allowed = Browser(whole_app, ana.actors[role.value]), ROLE_PERMISSIONS[role]
    page = browser.get("/accounts")
    assert page.status_code == (200 if Permission.ACCOUNT_READ in allowed else 403)
    may = Permission.ACCOUNT_CONNECT in allowed
    assert ('name="credential"' in page.text) == may
    assert (f"/accounts/{account_id}/disconnect" in page.text) == may
    for path in (f"/accounts/{account_id}/reconnect", f"/accounts/{account_id}/disconnect"):
        assert browser.get(path).status_code == (200 if may else 403)
    assert browser.post("/accounts", form(ana)).status_code == (303 if may else 403)


def test_a_foreign_account_is_not_there(whole_app: Flask, ana: Agency, stranger: Agency, account_id: UUID) -> None:
    browser = Browser(whole_app, stranger.agency_admin)
    for path in ("reconnect", "disconnect", "set-aside"):
        assert browser.get(f"/accounts/{account_id}/{path}").status_code == 404
    assert browser.post(f"/accounts/{account_id}/disconnect").status_code == 404
    assert browser.post(f"/accounts/{account_id}/reconnect", {"credential": TOKEN}).status_code == 404
    assert browser.post("/accounts", form(ana)).status_code == 404
    assert browser.get(f"/brands/{ana.brand_ids[0]}/accounts").status_code == 404
    live = account(ana)
    assert live is not None
    assert live.disconnected_at is None


def test_hostile_names_do_nothing(admin: Browser, ana: Agency, account_id: UUID) -> None:
    with ana.entered():
        found = accounts.get(account_id)
        found.name = HOSTILE
        accounts.mark_unhealthy(found, "failing", HOSTILE)
    for path in ("/accounts", f"/accounts/{account_id}/reconnect", f"/accounts/{account_id}/set-aside"):
        assert is_inert(admin.get(path).text)


@pytest.mark.parametrize("query", ["after=x", "after=9.x", "after=0.x"])
def test_a_damaged_address_is_not_there(admin: Browser, query: str) -> None:
    assert admin.get(f"/accounts?{query}").status_code == 404


def test_sixty_channels_cost_as_many_statements_as_one(
    admin: Browser, make: Factory, ana: Agency, account_id: UUID, statements: Callable[[], list[str]]
) -> None:
    def taken() -> list[str]:
        admin.get("/accounts")
        statements()
        assert admin.get("/accounts").text.count('class="card account"') == count
        return statements()

    count = 1
    alone = taken()
    now, count = clock.now(), PAGE_ROWS
    for number in range(1, count):
        made = make.account(ana, brand=number % 2)
        with ana.entered():
            account_standing.note_told(accounts.get(made), [("comment", now)], now)
            db.session.add(
                Backfill(brand_id=ana.brand_ids[number % 2], account_id=made, horizon_at=now, state="stopped")
            )
    assert len(taken()) == len(alone), taken()


def test_the_worst_comes_first_and_calm_ones_last(admin: Browser, make: Factory, ana: Agency) -> None:
    now = clock.now()
    by_state: dict[State, dict[str, Any]] = {
        "healthy": {},
        "silent": {"usual_gap_seconds": 60, "last_item_at": now - timedelta(days=9)},
        "webhook_deaf": {"last_missed_at": now},
        "unsubscribed": {"subscription_problem": "not_subscribed"},
        "expiring": {"token_expires_at": now + timedelta(days=3)},
        "throttled": {"throttled_until": now + timedelta(hours=1)},
        "access_lost": {"health": "access_lost", "health_reason": "page_role_lost"},
        "needs_reconnect": {"health": "needs_reconnect", "health_reason": "expired"},
    }
    for columns in by_state.values():
        whole(ana, make.account(ana), **columns)

    def shown(path: str) -> list[str]:
        return re.findall(r'data-state="(\w+)"', admin.get(path).text)

    assert shown("/accounts") == list(reversed(by_state))
    assert shown("/accounts?tab=troubled") == [s for s in reversed(by_state) if s not in ("healthy", "silent")]
    assert re.search(r"Troubled\s*<span[^>]*>6<", admin.get("/accounts").text)


def test_a_healthy_channel_is_calm(admin: Browser, ana: Agency, account_id: UUID) -> None:
    """Nothing coloured, no button on its face, and times that read as a sentence."""
    now = clock.now()
    whole(ana, account_id, last_polled_at=now - timedelta(minutes=3), usage_percent=34)
    page = card(admin)
    one = page[page.index('class="card account"') : page.index("</li>", page.index('class="card account"'))]
    face = one[: one.index("<details")]
    assert "<button" not in one[: one.index("Renew the access")].rpartition("<details")[0]
    assert "<form" not in face
    assert "banner" not in face
    assert 'class="clock soon"' not in one
    assert 'class="clock late"' not in one
    assert "just now" in face, "since a moment ago"
    assert "3 min ago" in face
    assert '<progress class="share" value="34"' in one
    assert "at any moment" in one
    fold = '<details class="fold" id="connect-heading"'
    assert f"{fold}>" in page, "the form for a token is folded away"
    assert f"{fold} open>" in admin.get("/accounts?token=1").text
    answer = admin.post("/accounts", form(ana, external_id="a b"))
    assert f"{fold} open>" in answer.text


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"health": "throttled", "throttled_until": timedelta(minutes=40, seconds=30)}, "goes on by itself in 40 min"),
        ({"writes_paused_until": timedelta(hours=3, minutes=9)}, "Facebook lets this account write nothing for now"),
        ({"writes_paused_until": timedelta(hours=3, minutes=9)}, "tried again by itself in 3 h"),
        ({"messages_paused_until": timedelta(hours=3)}, "Facebook lets this account send no direct messages for now."),
        ({"subscription_problem": "other_topic"}, "Decide at Facebook who is told"),
        ({"health": "failing", "health_reason": "refused 100/33"}, "It refused our question (100/33)."),
        ({"health": "failing", "health_reason": "platform_down code 2"}, "an error of its own (code 2)."),
        ({"health": "failing", "health_reason": "not_sent no connection"}, "It could not be reached."),
        ({"health": "failing", "health_reason": "not_verified"}, "The location is not verified."),
        ({"last_missed_at": -timedelta(minutes=5), "subscription_checked_at": timedelta(0)}, "asked for again;"),
    ],
)
def test_a_card_says_what_a_code_means(
    admin: Browser, ana: Agency, account_id: UUID, columns: dict[str, Any], words: str
) -> None:
    now = clock.now()
    whole(ana, account_id, **{k: now + v if isinstance(v, timedelta) else v for k, v in columns.items()})
    assert words in card(admin)
    assert "no connection" not in card(admin)


def test_the_pages_take_few_statements(
    admin: Browser, make: Factory, ana: Agency, account_id: UUID, statements: Callable[[], list[str]]
) -> None:
    for _number in range(3):
        make.account(ana)
    for path in ("/accounts", f"/brands/{ana.brand_ids[0]}/accounts", f"/accounts/{account_id}/set-aside"):
        admin.get(path)
        statements()
        assert admin.get(path).status_code == 200
        taken = statements()
        assert len(taken) <= 10, taken


def whole(agency: Agency, account_id: UUID, **columns: Any) -> None:
    with agency.entered():
        for name, value in columns.items():
            setattr(accounts.get(account_id), name, value)


def card(admin: Browser) -> str:
    return unescape(admin.get("/accounts").text)


@pytest.mark.parametrize("state", sorted({*KINDS} - {"healthy", "disconnected"}))
def test_every_trouble_says_one_sentence_and_offers_one_action(
    admin: Browser, ana: Agency, account_id: UUID, state: State
) -> None:
    now = clock.now()
    columns: dict[State, dict[str, Any]] = {
        "needs_reconnect": {"health": "needs_reconnect", "health_reason": "password_changed"},
        "access_lost": {"health": "access_lost", "health_reason": "page_role_lost"},
        "no_allowance": {"health": "failing", "health_reason": "quota_zero"},
        "key_missing": {"health": "failing", "health_reason": "key_missing"},
        "writes_paused": {"writes_paused_until": now + timedelta(hours=3)},
        "failing": {"health": "failing", "health_reason": "platform_down HTTP 503"},
        "throttled": {"health": "throttled", "throttled_until": now + timedelta(hours=1)},
        "expiring": {"token_expires_at": now + timedelta(days=3)},
        "limited": {"access_problem": "not_verified"},
        "unsubscribed": {"subscription_problem": "not_subscribed"},
        "webhook_deaf": {"last_missed_at": now, "missed_count": 2},
        "silent": {"usual_gap_seconds": 60, "last_item_at": now - timedelta(days=9)},
    }
    whole(ana, account_id, **columns[state])
    page = card(admin)
    words = health_words_of(admin, state)
    assert f'data-state="{state}"' in page
    assert words.sentence.partition("%")[0] in page
    action = KINDS[state].action
    target = {"reconnect": "connect", "subscribe": "check", "look": "check", "ask_platform": "check"}.get(action)
    main = page.partition("</main>")[0].count('class="button main"')
    if target is None:
        assert f"/accounts/{account_id}/check" not in page
    else:
        assert f'action="/accounts/{account_id}/{target}"' in page
    assert main == (2 if target else 1), "beside the one that connects another channel"


def health_words_of(admin: Browser, state: State) -> HealthWords:
    with admin.client.application.test_request_context():
        return health_words()[state]


def test_the_card_compares_what_events_told_with_what_looking_found(
    admin: Browser, ana: Agency, account_id: UUID
) -> None:
    with ana.entered():
        account = accounts.get(account_id)
        account.subscribed_at = clock.now() - timedelta(days=2)
        hours_ago = clock.now() - timedelta(hours=2)
        account_standing.note_told(account, [("comment", hours_ago)] * 7, clock.now())
        account_standing.note_found(account, [("comment", hours_ago)] * 2, clock.now())
        account_standing.note_found(account, [("comment", clock.now() - timedelta(days=9))], clock.now())
    page = card(admin)
    assert "7 told by events" in page
    assert "1 found by looking" in page
    assert "2 missed by events" in page
    assert 'data-state="webhook_deaf"' in page
    assert "2, found by looking" in page


def test_the_card_names_each_use_with_what_it_lacks(admin: Browser, ana: Agency, account_id: UUID) -> None:
    assert "not known yet" in card(admin)
    whole(
        ana,
        account_id,
        scopes=["pages_show_list", "pages_read_engagement", "pages_manage_metadata", "business_management"],
    )
    page = card(admin)
    assert re.search(r"granted: </span>Find the account", page)
    assert re.search(r"missing: </span>Direct messages and private replies <code[^>]*>pages_messaging<", page)


def test_checking_promises_a_look_and_a_poll(admin: Browser, ana: Agency, account_id: UUID) -> None:
    assert admin.post(f"/accounts/{account_id}/check").status_code == 303
    with ana.entered():
        entries = db.session.scalars(select(OutboxEntry.ids).where(OutboxEntry.job_name == "check_account")).all()
    assert [entry["account_id"] for entry in entries] == [str(account_id)]


@pytest.mark.parametrize("counts", [(0, 0, 0), (1, 1, 1), (3000, 1, 1), (0, 3000, 1), (1, 1, 3000), (1000, 1000, 1000)])
def test_bars_stay_in_the_drawing_and_show_every_kind_that_came(whole_app: Flask, counts: tuple[int, int, int]) -> None:
    today = date(2026, 11, 20)
    told, found, missed = counts
    days = {today: AccountDay(told_count=told, found_count=found + missed, missed_count=missed)}
    with whole_app.test_request_context():
        drawn = arrivals_of(days, today)
    assert drawn is not None
    bar = drawn.bars[-1]
    assert (bar.told_height > 0, bar.found_height > 0, bar.missed_height > 0) == tuple(count > 0 for count in counts)
    assert bar.missed_y >= 0
    assert bar.told_y + bar.told_height == drawn.height
    assert bar.found_y + bar.found_height == bar.told_y
    assert bar.missed_y + bar.missed_height == bar.found_y
