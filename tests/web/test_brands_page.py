"""Brands: list, open, change, pause, archive; and the page that says who may do what."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from agency.replies.lifecycle import LIFECYCLE
from channels import accounts
from channels.health import KINDS
from tenants import clock
from tenants.database import db
from tenants.models import Brand
from tenants.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.replying import MARKUP, is_inert

NEW = {"name": "Nowa Marka", "mark": "NM", "colour": "#123456", "language": "pl", "timezone": "Europe/Warsaw"}


@pytest.fixture
def admin(whole_app: Flask, ana: Agency) -> Browser:
    return Browser(whole_app, ana.agency_admin)


def brand(agency: Agency, name: str) -> Brand | None:
    with agency.entered():
        found = db.session.scalars(select(Brand).where(Brand.name == name)).one_or_none()
        if found is not None:
            db.session.expunge(found)
        return found


def test_the_list_says_what_is_going_on(admin: Browser, make: Factory, ana: Agency) -> None:
    make.conversation(ana)
    make.guide(ana, [{"kind": "emoji", "id": "few", "max_count": 1}])
    page = admin.get("/brands").text
    for words in ("Pennywell", "Bursztynowa", "Sol Poente", "Version 1, 1 rule", "No guide yet", "Alive", "None yet"):
        assert words in page, words


def test_the_list_shows_each_brands_worst_channel_as_its_card_does(admin: Browser, make: Factory, ana: Agency) -> None:
    quiet, deaf, broken = (make.account(ana, brand=brand) for brand in (0, 0, 1))
    with ana.entered():
        accounts.get(deaf).last_missed_at = clock.now()
        accounts.mark_unhealthy(accounts.get(broken), "needs_reconnect", "expired")
        assert accounts.get(quiet).health == "ok"
    shown = re.findall(r'data-state="(\w+)"', admin.get("/brands").text)
    assert [state for state in shown if state in KINDS] == ["needs_reconnect", "webhook_deaf"], "by name"


def test_an_admin_opens_a_brand(admin: Browser, ana: Agency) -> None:
    answer = admin.post("/brands", NEW)
    assert answer.status_code == 303
    made = brand(ana, "Nowa Marka")
    assert made is not None
    assert answer.headers["Location"].endswith(f"/brands/{made.id}")
    assert (made.mark, made.colour, made.language, made.time_zone) == ("NM", "#123456", "pl", "Europe/Warsaw")


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", " "), ("name", "Pennywell"), ("mark", "!!"), ("colour", "red"), ("language", "xx"), ("timezone", "Mars")],
)
def test_a_brand_that_cannot_be_opened_comes_back(admin: Browser, ana: Agency, field: str, value: str) -> None:
    answer = admin.post("/brands", {**NEW, field: value})
    assert answer.status_code in (409, 422)
    assert 'class="error"' in answer.text
    if field != "name":
        assert 'value="Nowa Marka"' in answer.text, "nothing typed is lost"
    assert brand(ana, "Nowa Marka") is None


def test_an_admin_changes_pauses_and_archives(admin: Browser, ana: Agency) -> None:
    place = f"/brands/{ana.brand_ids[0]}"
    wrong = admin.post(place, {**NEW, "answer_due_hours": "0"})
    assert wrong.status_code == 422
    assert 'value="Nowa Marka"' in wrong.text
    assert admin.post(place, {**NEW, "answer_due_hours": "24"}).status_code == 303
    changed = brand(ana, "Nowa Marka")
    assert changed is not None
    assert (changed.answer_due_hours, changed.needs_approval) == (24, True)
    assert admin.post(f"{place}/pause", {"paused": "1"}).status_code == 303
    assert "Paused" in admin.get(place).text
    assert admin.post(f"{place}/archive", {"archived": "1"}).status_code == 303
    assert "Archived" in admin.get("/brands").text
    assert admin.post(f"{place}/archive", {"archived": "0"}).status_code == 303
    assert admin.post(f"{place}/pause", {"paused": "0"}).status_code == 303
    again = brand(ana, "Nowa Marka")
    assert again is not None
    assert (again.paused_at, again.archived_at) == (None, None)


@pytest.mark.parametrize("role", list(Role))
def test_who_reads_and_who_changes(whole_app: Flask, ana: Agency, role: Role) -> None:
    browser, place = Browser(whole_app, ana.actors[role.value]), f"/brands/{ana.brand_ids[0]}"
    allowed = ROLE_PERMISSIONS[role]
    assert browser.get("/brands").status_code == (200 if Permission.BRAND_READ in allowed else 403)
    page = browser.get(place)
    assert page.status_code == (200 if Permission.BRAND_READ in allowed else 403)
    may_change = Permission.BRAND_MANAGE in allowed
    may_rank = Permission.RANKING_MANAGE in allowed
    assert ('name="timezone"' in page.text) == may_change
    assert ('name="answer_due_hours"' in page.text) == may_rank
    assert (browser.post(f"{place}/queue", {}).status_code == 403) != may_rank
    for path in ("/brands", place, f"{place}/pause", f"{place}/archive"):
        assert (browser.post(path, {}).status_code == 403) != may_change


def test_a_foreign_brand_is_not_there(whole_app: Flask, ana: Agency, stranger: Agency) -> None:
    place = f"/brands/{ana.brand_ids[0]}"
    browser = Browser(whole_app, stranger.agency_admin)
    assert browser.get(place).status_code == 404
    for path in (place, f"{place}/pause", f"{place}/archive"):
        assert browser.post(path, NEW).status_code == 404
    assert "Pennywell" not in browser.get("/brands").text
    owner = Browser(whole_app, ana.client_owner)
    assert owner.get(f"/brands/{ana.brand_ids[1]}").status_code == 404
    assert "Bursztynowa" not in owner.get("/brands").text


def test_hostile_names_do_nothing(admin: Browser, make: Factory) -> None:
    made = admin.post("/brands", {**NEW, "name": MARKUP})
    assert made.status_code == 303
    assert is_inert(admin.get("/brands").text)
    assert is_inert(admin.get(made.headers["Location"]).text)
    refused = admin.post("/brands", {**NEW, "name": MARKUP + "\u202e"})
    assert refused.status_code == 422
    assert is_inert(refused.text)


def test_the_pages_take_few_statements(admin: Browser, ana: Agency, statements: Callable[[], list[str]]) -> None:
    for path in ("/brands", f"/brands/{ana.brand_ids[0]}", "/permissions"):
        admin.get(path)
        statements()
        assert admin.get(path).status_code == 200
        taken = statements()
        assert len(taken) <= 6, taken


@pytest.mark.parametrize("role", list(Role))
def test_the_permission_page_is_the_table(whole_app: Flask, ana: Agency, role: Role) -> None:
    page = Browser(whole_app, ana.actors[role.value]).get("/permissions")
    assert page.status_code == 200
    for permission in Permission:
        row = page.text[page.text.index(f'data-deed="{permission.value}"') :]
        cells = re.split(r"<td[^>]*>", row[: row.index("</tr>")])[1:]
        assert ["Yes" in cell for cell in cells] == [permission in ROLE_PERMISSIONS[r] for r in Role]
    for move in LIFECYCLE.moves.values():
        assert move.must_hold in unescape(page.text)


def test_a_lead_sets_tier_and_hours_of_a_platform(whole_app: Flask, ana: Agency) -> None:
    lead, place = Browser(whole_app, ana.team_lead), f"/brands/{ana.brand_ids[0]}"
    typed = {"tier": "premium", "answer_due_hours": "10", "answer_due_hours_on.instagram": "4"}
    assert lead.post(f"{place}/queue", typed).status_code == 303
    changed = brand(ana, "Pennywell")
    assert changed is not None
    assert (changed.tier, changed.answer_due_hours) == ("premium", 10)
    assert changed.answer_due_hours_on == {"instagram": 4}
    for field, value in (("tier", "gold"), ("answer_due_hours", "x"), ("answer_due_hours_on.instagram", "400")):
        wrong = lead.post(f"{place}/queue", {**typed, field: value})
        assert wrong.status_code == 422
        assert wrong.text.count('class="error"') == 1
