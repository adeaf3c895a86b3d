"""The first payment: one customer and one open page an agency, the same after any crash, and never two plans."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from agency.app import create_app
from agency.billing import checkout
from agency.billing.catalogue import make as make_prices
from agency.billing.models import BillingChange, StripeCustomer
from agency.billing.stripe_gateway import Gateway
from jobs.billing import sync_billing
from tenants import clock
from tenants.database import db
from tenants.errors import Unavailable
from tenants.models import Subscription
from tenants.permissions import ROLE_PERMISSIONS, Permission, Role
from tenants.plans import PRICES, Currency, Interval, Terms, quantities
from tenants.subscriptions import begin_trial, standing_now
from tests.factories import Agency, Factory
from tests.stages import Apps
from tests.stripe_world import Account
from tests.web.browser import Browser

FORM = {"plan": "team", "interval": "month", "currency": "eur", "brands": "2", "staff_seats": "0", "light_seats": "1"}
TEAM = Terms("team", brands=2, light_seats=1)


class Payer:
    """An agency on its trial, by Stripe's clock."""

    def __init__(self, app: Flask, world: Account) -> None:
        self.app, self.world = app, world
        self.gateway = Gateway(world.key, world.api_url)
        self.agency: Agency = Factory(app).agency("North Pier", brands=["Gull"])
        self.actor = self.agency.billing_admin
        self.browser = Browser(app, self.actor)
        with self.now(), self.agency.entered():
            begin_trial(self.agency.id)

    @contextmanager
    def now(self) -> Iterator[None]:
        with clock.stopped_at(datetime.fromtimestamp(self.world.now, UTC)):
            yield

    def post(self, path: str = "/billing/plan", form: dict[str, str] | None = None) -> Any:
        with self.now():
            return self.browser.post(path, form if form is not None else FORM)

    def get(self, path: str) -> Any:
        with self.now():
            return self.browser.get(path)

    def changes(self) -> list[BillingChange]:
        with self.agency.entered():
            found = list(db.session.scalars(select(BillingChange).order_by(BillingChange.id)))
            db.session.expunge_all()
            return found

    def customers(self) -> list[str]:
        with self.agency.entered():
            return list(db.session.scalars(select(StripeCustomer.stripe_id)))

    def hear(self) -> None:
        with self.now():
            sync_billing(self.app, self.customers()[0])

    def row(self, **values: Any) -> Subscription:
        with self.agency.entered():
            if values:
                db.session.execute(update(Subscription).values(**values))
            found = db.session.scalars(select(Subscription)).one()
            db.session.expunge(found)
            return found

    def trial_over(self) -> None:
        self.world.move(days=15)

    def there(self) -> dict[str, str]:
        return self.gateway.open_sessions(self.customers()[0])


@pytest.fixture
def payer(apps: Apps, settings_values: dict[str, str], clean: None, stripe_world: Account) -> Iterator[Payer]:
    given = {"STRIPE_SECRET_KEY": stripe_world.key, "STRIPE_API_URL": stripe_world.api_url}
    app = apps(create_app, settings_values | given)
    app.config["TESTING"] = True
    made = Payer(app, stripe_world)
    make_prices(
        made.gateway, [PRICES[key] for currency in (Currency.EUR, Currency.PLN) for key in _keys("team", currency)]
    )
    yield made
    with app.app_context():
        db.session.remove()


def _keys(plan: str, currency: Currency) -> set[str]:
    all_ = (
        quantities(Terms(plan, interval, currency, brands=1, staff_seats=1, light_seats=1)) for interval in Interval
    )
    return {key for one in all_ for key in one}


def test_a_trial_that_is_over_is_paid_and_holds_only_once_stripe_was_asked(payer: Payer) -> None:
    payer.trial_over()
    assert "Choose a plan" in payer.get("/billing").text
    shown = payer.get("/billing/plan?" + "&".join(f"{name}={value}" for name, value in FORM.items())).text
    for words in ("€149.00", "2 × extra brand", "€24.00", "€176.00 a month", "€1,760.00 a year", "charged at once"):
        assert words in shown
    left = payer.post()
    session, (change,) = next(iter(payer.there())), payer.changes()
    assert left.headers["Refresh"] == f"0; url={change.address}"
    assert (change.state, change.result) == ("confirmed", session)
    held = payer.world.client().v1.checkout.sessions.retrieve(session)
    assert held.client_reference_id == str(payer.agency.id)
    assert held.amount_total == 17_600
    at = f"/billing/waiting/{change.id}"
    payer.world.pay(session)
    first = payer.get(at)
    assert first.status_code == 303
    waits = payer.get(first.headers["Location"]).text
    assert "Waiting for payment." in waits, "coming back proves nothing"
    assert "every 2s" in waits
    assert "Ask Stripe again" not in waits
    url = first.headers["Location"]
    payer.world.move(seconds=61)
    assert "Ask Stripe again" in payer.get(url).text
    assert payer.post(at, {}).status_code == 303
    payer.hear()
    assert payer.row().terms == TEAM
    assert payer.row().state == "active"
    done = payer.get(at).text
    assert "It is paid." in done
    assert "every 2s" not in done
    page = payer.get("/billing").text
    assert "The plan is paid." in page
    assert "checkout done" in page
    assert payer.changes()[0].state == "done"


def test_what_is_left_of_the_trial_stays_free(payer: Payer) -> None:
    assert "Nothing is charged before" in payer.get("/billing/plan").text
    payer.post()
    payer.world.pay(next(iter(payer.there())))
    payer.hear()
    assert payer.row().state == "trialing"
    assert [one.total for one in payer.gateway.invoices(payer.customers()[0])] == [0]
    assert "Your card is noted." in payer.get(f"/billing/waiting/{payer.changes()[0].id}").text
    payer.world.move(days=15)
    payer.hear()
    assert payer.row().state == "active"
    assert payer.gateway.invoices(payer.customers()[0])[0].total == 17_600


def test_again_is_the_same_page_and_other_terms_close_it_first(payer: Payer) -> None:
    payer.post()
    first = payer.there()
    payer.post()
    assert payer.there() == first
    payer.post(form=FORM | {"currency": "pln", "interval": "year"})
    assert len(payer.there()) == 1
    assert payer.there() != first
    assert [one.state for one in payer.changes()] == ["dropped", "confirmed"]
    assert "This payment page is closed." in payer.get(f"/billing/waiting/{payer.changes()[0].id}").text
    assert len(payer.customers()) == 1


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("/v1/customers", True),
        ("/v1/customers", False),
        ("/v1/checkout/sessions", True),
        ("/v1/checkout/sessions", False),
    ],
)
def test_where_stripe_is_lost_at_any_step_the_next_press_comes_to_the_same(
    payer: Payer, path: str, after: bool
) -> None:
    payer.world.fail_next("reset", times=2, path=path, method="POST", after=after)
    failed = payer.post()
    assert failed.status_code == 503
    assert "Stripe did not answer." in failed.text
    assert payer.post().status_code == 200
    assert len(payer.world.client().v1.customers.list().data) == 1
    assert len(payer.there()) == len(payer.changes()) == 1


def test_dying_after_stripe_made_the_page_comes_to_the_same_page(payer: Payer, monkeypatch: Any) -> None:
    def die(*_given: Any) -> bool:
        raise Unavailable("gone")

    with monkeypatch.context() as broken:
        broken.setattr(checkout, "keep", die)
        payer.post()
    before = payer.there()
    assert payer.changes()[0].result is None
    payer.post()
    assert payer.there() == before
    assert payer.changes()[0].result in before


def test_two_at_once_make_one_customer_and_one_page(payer: Payer) -> None:
    def press(browser: Browser) -> int:
        return browser.post("/billing/plan", FORM).status_code

    people = [Browser(payer.app, payer.actor), Browser(payer.app, payer.agency.agency_admin)]
    with payer.now(), ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(press, people))
    assert 200 in answers
    assert set(answers) <= {200, 503}
    assert len(payer.world.client().v1.customers.list().data) == 1
    assert len(payer.there()) == 1


def test_a_plan_that_lives_is_never_bought_twice(payer: Payer) -> None:
    payer.post()
    payer.world.pay(next(iter(payer.there())))
    again = payer.post(form=FORM | {"brands": "0"})
    assert again.status_code == 409, "Stripe is asked where no event came yet"
    assert "A plan is there already." in again.text
    payer.hear()
    assert payer.post().status_code == 409
    assert "A plan is there already." in payer.get("/billing/plan").text
    assert payer.there() == {}
    assert len(payer.gateway.subscriptions(payer.customers()[0])) == 1


def test_whoever_leaves_without_paying_is_told_and_finds_what_was_chosen(payer: Payer) -> None:
    payer.post()
    change = payer.changes()[0]
    back = payer.get(f"/billing/plan?left={change.id}").text
    assert "You came back without paying." in back
    assert "€176.00 a month" in back
    payer.world.move(days=1)
    payer.hear()
    assert payer.changes()[0].state == "dropped"
    assert "Nothing was charged on it." in payer.get(f"/billing/waiting/{change.id}").text
    assert payer.row().state == "trialing"


def test_what_cannot_be_had_is_said_and_a_strange_price_is_never_sent(payer: Payer) -> None:
    for given, words, status in (
        ({"brands": "13"}, "at most 12 more with Team", 422),
        ({"brands": "x"}, "must be a whole number", 422),
        ({"plan": "start"}, "A price is missing at Stripe", 409),
        ({"currency": "xxx"}, "", 404),
    ):
        answer = payer.post(form=FORM | given)
        assert (answer.status_code, words in answer.text) == (status, True), given
    assert all(one.result is None for one in payer.changes())


def test_a_failed_payment_has_one_button_that_leads_to_the_card(payer: Payer) -> None:
    assert payer.post("/billing/portal", {"for": "card"}).status_code == 409, "Stripe knows nobody yet"
    payer.trial_over()
    payer.post()
    payer.world.pay(next(iter(payer.there())))
    payer.world.card(payer.customers()[0], "4000000000000341")
    payer.world.move(days=32)
    payer.hear()
    page = payer.get("/billing").text
    assert "A payment failed." in page
    assert page.count("Mend the payment at Stripe") == 1
    left = payer.post("/billing/portal", {"for": "card"})
    assert "/pay/p/bps_" in left.headers["Refresh"]
    assert left.headers["Cache-Control"] == "no-store"
    assert payer.get("/billing/portal").status_code == 405
    asked = payer.world.requests("POST", "/v1/billing_portal/sessions")
    assert len(asked) == 1
    assert "portal opened" in payer.get("/billing").text


@pytest.mark.parametrize(
    ("values", "words", "button"),
    [
        ({"state": "past_due"}, "A payment failed.", "Mend the payment at Stripe"),
        ({"state": "unpaid"}, "is not tried any more", "Mend the payment at Stripe"),
        ({"state": "incomplete"}, "The first payment is not finished.", "Finish the payment at Stripe"),
        ({"state": "paused"}, "the plan was paused", "Give a card at Stripe"),
        ({"state": "canceled"}, "The plan has ended.", "Choose a plan"),
        ({"state": "paused", "stripe_id": None}, "The trial is over", "Choose a plan"),
    ],
)
def test_each_state_has_its_words_and_the_button_that_mends_it(
    payer: Payer, values: dict[str, Any], words: str, button: str
) -> None:
    payer.row(**({"stripe_id": "sub_1"} | values))
    page = payer.get("/billing").text
    assert words in page
    assert f">{button}</a>" in page or f"{button}</button>" in page
    with payer.now(), payer.agency.entered():
        standing = standing_now(payer.agency.id)
    assert standing is not None
    assert ("No new replies go out." in page) is not standing.answers


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_what_the_table_says(payer: Payer, role: Role) -> None:
    payer.post()
    change = payer.changes()[0]
    browser = Browser(payer.app, payer.agency.actors[role.value])
    status = 200 if Permission.BILLING_MANAGE in ROLE_PERMISSIONS[role] else 403
    with payer.now():
        for path in ("/billing/plan", f"/billing/waiting/{change.id}?since=1"):
            assert browser.get(path).status_code == status
        for path in ("/billing/plan", "/billing/portal"):
            assert browser.post(path, FORM).status_code == status
        assert browser.post(f"/billing/waiting/{change.id}").status_code == (303 if status == 200 else 403)
    other = Factory(payer.app).agency("Elsewhere", brands=("Not theirs",))
    with payer.now():
        assert Browser(payer.app, other.billing_admin).get(f"/billing/waiting/{change.id}").status_code == 404


def test_an_event_of_the_customer_may_come_before_we_kept_it(payer: Payer) -> None:
    with payer.agency.entered():
        db.session.add(StripeCustomer(stripe_id="cus_early"))
    with payer.agency.entered():
        checkout.keep_customer(payer.agency.id, "cus_early")
        found = select(func.count()).where(StripeCustomer.agency_id == payer.agency.id)
        assert db.session.scalar(found) == 1
