"""Channels: health, connecting with a token that is never shown again, disconnecting, what was set aside."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from channels import accounts
from channels.models import Account, SetAsideItem
from tenants.database import db
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
        accounts.mark_unhealthy(accounts.get(sick), "needs_reconnect", "The token was revoked.")
    page = admin.get("/accounts").text
    assert "The token was revoked." in page
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
    assert "key_missing" not in page


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
                reason="No id in it",
                raw=HOSTILE.encode() + b"\xff\x00",
                raw_hash=bytes(32),
            )
        )
    assert f"/accounts/{account_id}/set-aside" in admin.get("/accounts").text
    page = admin.get(f"/accounts/{account_id}/set-aside").text
    assert "No id in it" in page
    assert is_inert(page)


def test_more_than_a_page_is_paged_without_loss(admin: Browser, make: Factory, ana: Agency) -> None:
    made = {str(make.account(ana)) for _number in range(53)}
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
        assert len(taken) <= 6, taken
