"""The billing admin's place: numbers of what was done, the plan, and nothing else; without a key no trace of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.app import create_app
from agency.reports.usage import BrandUsage, usage_of_month
from tenants import clock
from tenants.database import db, first_id_of
from tenants.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.factories import Agency, Factory
from tests.house.rows import Tenant
from tests.house.test_routes import put_what_a_brand_has_twice
from tests.paying import pay
from tests.stages import Apps
from tests.web.browser import Browser

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MARK = "CANARYbilling51c2"
OURS = ("/billing", "/billing/usage", "/billing/usage.csv")


@pytest.fixture
def paid_app(apps: Apps, settings_values: dict[str, str], clean: None) -> Iterator[Flask]:
    app = apps(create_app, settings_values | {"STRIPE_SECRET_KEY": "sk_test_billing_pages"})
    app.config["TESTING"] = True
    yield app
    with app.app_context():
        db.session.remove()


@pytest.fixture
def house(paid_app: Flask) -> Agency:
    return Factory(paid_app).agency("Lantern Street", brands=("Pennywell", "Sol Poente"))


def published(superuser: Engine, house: Agency, at: datetime, *, began: timedelta, **changes: str) -> UUID:
    """A reply of a new case of the first brand, begun so long before it was handed in and published."""
    tenant = Tenant(MARK, house.id, house.brand_ids[0])
    put_what_a_brand_has_twice(superuser, tenant)
    first_id = first_id_of(at - began)
    values = {"id": tenant.id_of("reply"), "new_id": first_id, "at": at, "began": at - began}
    more = "".join(f", {name} = {value}" for name, value in changes.items())
    with superuser.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(
            text(
                "update reply set id = :new_id, state = 'published', deed = 'reply', changes_reply_id = null,"
                f" published_at = :at, submitted_at = :at, created_at = :began, draft_text = null{more} where id = :id"
            ),
            values,
        )
    return first_id


def test_a_month_counts_cases_replies_and_minutes_by_the_brands_own_clock(house: Agency, superuser: Engine) -> None:
    with superuser.begin() as connection:
        connection.execute(
            text("update brand set time_zone = 'America/New_York' where id = :id"), {"id": house.brand_ids[0]}
        )
    last_of_october = datetime(2026, 11, 1, 3, tzinfo=UTC)  # 23:00 of 31 October in New York
    published(superuser, house, last_of_october, began=timedelta(minutes=4))
    one = published(superuser, house, NOW, began=timedelta(minutes=2))
    of_its_case = f"(select conversation_id from reply where id = '{one}')"
    published(superuser, house, NOW, began=timedelta(days=3), conversation_id=of_its_case)
    published(superuser, house, NOW, began=timedelta(minutes=9), automatic="true")
    with superuser.begin() as connection:
        connection.execute(text("update brand set archived_at = now() where id = :id"), {"id": house.brand_ids[1]})
    with house.entered(house.billing_admin):
        october, november = (usage_of_month(house.billing_admin, NOW.date().replace(month=m, day=1)) for m in (10, 11))
    first = house.brand_ids[0]
    assert october == [BrandUsage(first, "Pennywell", False, 1, 1, 4)]
    assert november[0][3:] == (2, 3, 2 + 15), "a draft left open for days is a quarter of an hour; a rule takes none"


def test_the_pages_say_numbers_and_no_word_of_a_customer_and_the_file_is_recorded(
    paid_app: Flask, house: Agency, superuser: Engine
) -> None:
    with clock.stopped_at(NOW):
        published(superuser, house, NOW, began=timedelta(minutes=2))
        browser = Browser(paid_app, house.billing_admin)
        assert browser.get("/").headers["Location"] == "/billing", "where a billing admin starts"
        shown = [
            browser.get(url) for url in (*OURS, "/billing", "/billing/usage?month=2026-10", "/billing/usage?month=x")
        ]
    assert {answer.status_code for answer in shown} == {200}
    assert not any(MARK in answer.text for answer in shown)
    file = shown[2].get_data(as_text=True).splitlines()
    assert file == [
        "\ufeffmonth,brand,cases,replies,staff_minutes",
        "2026-11,Pennywell,1,1,2",
        "2026-11,Sol Poente,0,0,0",
    ]
    with superuser.connect() as connection:
        told = connection.execute(text("select action from agency_audit order by number")).scalars().all()
    assert told == ["billing.opened", "billing.usage_exported"], "looking again within the hour adds nothing"


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_of_billing_what_the_table_says(paid_app: Flask, house: Agency, role: Role) -> None:
    browser = Browser(paid_app, house.actors[role.value])
    may = Permission.BILLING_MANAGE in ROLE_PERMISSIONS[role]
    assert [browser.get(url).status_code for url in OURS] == [200 if may else 403] * 3
    assert ("/billing" in browser.get("/more").text) is may


def test_without_a_key_no_page_says_a_word_of_it(whole_app: Flask) -> None:
    house = Factory(whole_app).agency("Lantern Street", brands=("Pennywell",))
    browser = Browser(whole_app, house.agency_admin)
    assert {browser.get(url).status_code for url in OURS} == {404}
    assert not any(rule.rule.startswith("/billing") for rule in whole_app.url_map.iter_rules())
    assert not any("/billing" in browser.get(url).text for url in ("/inbox", "/more", "/account", "/people", "/brands"))


def test_a_trial_is_free_until_it_is_over_and_leads_to_a_plan_once(house: Agency) -> None:
    for days, is_free in ((1, True), (-1, False)):
        pay(house, state="trialing", stripe_id=None, trial_ends_at=clock.now() + timedelta(days=days))
        page = Browser(house.app, house.billing_admin).get("/billing").text
        assert ("Free of charge during the trial" in page) is is_free
        assert page.count(">Choose a plan<") == 1
