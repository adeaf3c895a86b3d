"""Changing, ending and labelling a plan on the page: the price before the yes, and the truth from our own row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from agency.app import create_app
from agency.billing.models import BillingChange
from jobs.billing import change_billing, tell_vat_id
from tenants import clock
from tenants.database import db
from tenants.permissions import ROLE_PERMISSIONS, Permission, Role
from tenants.plans import Terms
from tests.billing.payer import PayingAgency, paying
from tests.factories import Agency, Factory
from tests.stages import Apps
from tests.stripe_world import Account
from tests.web.browser import Browser

FORM = {"plan": "team", "interval": "month", "brands": "2", "staff_seats": "0", "light_seats": "0"}


@dataclass
class Paid:
    """An agency that pays, and a browser of its billing admin."""

    payer: PayingAgency
    browser: Browser

    def newest(self) -> UUID:
        with self.payer.agency.entered():
            return db.session.scalars(select(BillingChange.id).order_by(BillingChange.id.desc())).first()  # type: ignore[return-value]


@pytest.fixture
def paid(apps: Apps, settings_values: dict[str, str], clean: None, stripe_world: Account) -> Iterator[Paid]:
    given = {"STRIPE_SECRET_KEY": stripe_world.key, "STRIPE_API_URL": stripe_world.api_url}
    app = apps(create_app, settings_values | given)
    app.config["TESTING"] = True
    with paying(Factory(app), stripe_world) as payer:
        payer.subscribe(Terms("start"))
        stripe_world.move(days=11)
        with clock.stopped_at(datetime.fromtimestamp(stripe_world.now, UTC)):
            yield Paid(payer, Browser(app, payer.actor))
    with app.app_context():
        db.session.remove()


def test_the_price_is_shown_then_pressed_then_made_and_only_then_said_to_be_done(paid: Paid) -> None:
    browser, payer = paid.browser, paid.payer
    form = browser.get("/billing/change?more=brands").text
    assert re.search(r'name="brands"[^>]*value="1"', form), "one more than there is"
    answer = browser.post("/billing/change", FORM)
    assert answer.status_code == 303
    price = browser.get(answer.headers["Location"]).text
    shown = payer.change(paid.newest())
    assert shown.due_cents
    assert f"Pay €{shown.due_cents / 100:.2f} and change" in price
    assert "€173.00 a month" in price
    assert "1 × plan Start" in price
    assert payer.row().plan == "start", "nothing is changed by looking"
    for _press in range(2):
        assert browser.post(answer.headers["Location"]).status_code == 303
    making = browser.get(answer.headers["Location"]).text
    assert "It is being made." in making
    assert "every 2s" in making
    change_billing(payer.agency.app, payer.agency.id, shown.id)
    done = browser.get(answer.headers["Location"]).text
    assert f"€{shown.due_cents / 100:.2f} were charged." in done
    assert "every 2s" not in done
    assert "Team" in browser.get("/billing").text


def test_a_refused_card_says_what_is_safe_and_asks_anew(paid: Paid) -> None:
    paid.payer.world.card(paid.payer.customer, "4000000000000341")
    at = paid.browser.post("/billing/change", FORM).headers["Location"]
    paid.browser.post(at)
    change_billing(paid.payer.agency.app, paid.payer.agency.id, paid.newest())
    said = paid.browser.get(at).text
    assert "Your card was refused." in said
    assert "Nothing was changed and nothing charged." in said
    assert 'name="plan" value="team"' in said, "one press to the price of now"
    assert 'action="/billing/portal"' in said, "and one to another card"


def test_what_cannot_be_is_said_with_the_form_and_its_words(paid: Paid) -> None:
    for given, words in (
        ({"plan": "start", "brands": "9"}, "at most 3 more with Start"),
        ({"plan": "start", "brands": "x"}, "must be a whole number"),
        ({"plan": "start", "brands": "0"}, "This is what you have."),
        ({"plan": "gold"}, "There is no such plan."),
    ):
        answer = paid.browser.post("/billing/change", FORM | given)
        assert answer.status_code in (409, 422)
        assert words in answer.text, given
    paid.payer.world.fail_next(500, times=4)
    away = paid.browser.post("/billing/change", FORM)
    assert away.status_code == 503
    assert "Stripe did not answer." in away.text
    assert paid.browser.get("/billing/change/nonsense").status_code == 404
    assert paid.browser.post("/billing/change/nonsense").status_code == 404


def test_less_says_what_will_not_fit_and_lets_choose(paid: Paid) -> None:
    payer = paid.payer
    payer.do(Terms("team"))
    at = paid.browser.post("/billing/change", FORM | {"plan": "start", "brands": "0"}).headers["Location"]
    page = paid.browser.get(at).text
    assert "answered conversations a month are included" in page
    assert "No new API tokens can be made" in page
    assert "Until then you have all that was paid for" in page
    assert "€0.00" in page
    paid.browser.post(at)
    change_billing(payer.agency.app, payer.agency.id, paid.newest())
    form = paid.browser.get("/billing/change").text
    assert "Start, paid by the month." in form
    assert "Take that back" in form
    bill = paid.browser.get("/billing").text
    assert "Plan: Team" in bill, "what is had until then"
    assert "From February 1, 2026: Start, paid by the month." in bill


def test_the_end_and_going_on(paid: Paid) -> None:
    assert "nothing is charged any more" in paid.browser.get("/billing/cancel").text
    at = paid.browser.post("/billing/cancel").headers["Location"]
    change_billing(paid.payer.agency.app, paid.payer.agency.id, paid.newest())
    assert "The plan ends on February 1, 2026." in paid.browser.get(at).text
    assert "Go on with the plan" in paid.browser.get("/billing/cancel").text
    back = paid.browser.post("/billing/take-back").headers["Location"]
    change_billing(paid.payer.agency.app, paid.payer.agency.id, paid.newest())
    assert "The plan goes on." in paid.browser.get(back).text
    assert paid.browser.post("/billing/take-back").status_code == 409


VAT_IDS = (
    ("pt 000.000.000", "PT000000000", "The VAT id was verified."),
    ("PL1222222222", "PL1222222222", "The VAT id is being verified."),
    ("GR 123456789", "EL123456789", "The VAT id could not be verified."),
    ("RO12", None, "Stripe does not take this VAT id."),
)


def test_a_vat_id_is_checked_told_and_shown_as_stripe_says(paid: Paid) -> None:
    agency = paid.payer.agency
    for nonsense in ("PT12", "XX123456789", "123456789", "<b>"):
        wrong = paid.browser.post("/billing/vat", {"vat_id": nonsense})
        assert wrong.status_code == 422, nonsense
        assert "begins with the country" in wrong.text
    for written, kept, words in VAT_IDS:
        assert paid.browser.post("/billing/vat", {"vat_id": written}).status_code == 303
        assert "Stripe was not told yet." in paid.browser.get("/billing/vat").text
        for _run in range(2):
            tell_vat_id(agency.app, agency.id)
        assert words in paid.browser.get("/billing/vat").text
        there = [one.value for one in paid.payer.gateway.tax_ids(paid.payer.customer)]
        assert there == ([kept] if kept else []), "the one before is gone"
    paid.browser.post("/billing/vat", {"vat_id": "PT000000000"})
    tell_vat_id(agency.app, agency.id)
    paid.browser.post("/billing/vat", {"vat_id": ""})
    tell_vat_id(agency.app, agency.id)
    assert paid.payer.gateway.tax_ids(paid.payer.customer) == []
    assert (paid.payer.row().vat_id, paid.payer.row().vat_state) == (None, None)


def test_a_full_limit_leads_whoever_may_to_one_more(paid: Paid) -> None:
    agency = paid.payer.agency
    form = {"name": "Wader", "mark": "WA", "colour": "#123456", "language": "en", "timezone": "Europe/Lisbon"}
    full = Browser(agency.app, agency.agency_admin).post("/brands", form)
    assert full.status_code == 409
    assert "room for 3 brands" in full.text
    assert 'href="/billing/change?more=brands"' in full.text


def test_each_role_opens_what_the_table_says(paid: Paid) -> None:
    change_id = paid.payer.ask(Terms("team"))
    asked = f"/billing/change/{change_id}"
    for role in Role:
        browser = Browser(paid.payer.agency.app, paid.payer.agency.actors[role.value])
        may = Permission.BILLING_MANAGE in ROLE_PERMISSIONS[role]
        reads = ("/billing/change", asked, "/billing/cancel", "/billing/vat")
        assert [browser.get(url).status_code for url in reads] == [200 if may else 403] * 4, role
        writes = ("/billing/change", asked, "/billing/cancel", "/billing/take-back", "/billing/vat")
        assert may or {browser.post(url, FORM).status_code for url in writes} == {403}, role
    assert paid.payer.change(change_id).state == "asked"


def test_another_agencys_change_is_not_there(paid: Paid) -> None:
    change_id = paid.payer.ask(Terms("team"))
    other = Browser(paid.payer.agency.app, _other(paid.payer.agency.app).billing_admin)
    assert other.get(f"/billing/change/{change_id}").status_code == 404
    assert other.post(f"/billing/change/{change_id}").status_code == 404
    assert paid.payer.change(change_id).state == "asked"
    none = other.get("/billing/change").text
    assert "No plan is paid yet." in none
    assert 'href="/billing/plan"' in none


def _other(app: Flask) -> Agency:
    return Factory(app).agency("Elsewhere", brands=("Not theirs",))
