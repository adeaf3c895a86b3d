"""Whatever events come, how often and in which order: what an agency pays for stands here as it stands at Stripe."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from agency.billing import subscriptions
from agency.billing.catalogue import make as make_prices
from agency.billing.catalogue import sync
from agency.billing.events import customer_of
from agency.billing.models import BillingInvoice, StripeCustomer
from agency.billing.stripe_gateway import Gateway
from agency.billing.stripe_readers import TheirInvoice, TheirSubscription, Unreadable, read_invoice, read_subscription
from agency.billing_desk import reconcile
from agency.billing_desk import sync as desk_sync
from jobs.billing import sync_billing
from tenants import clock
from tenants.database import db
from tenants.errors import Unavailable
from tenants.models import OutboxEntry, ReceivedEvent, Subscription
from tenants.plans import PRICES, Terms, quantities
from tenants.subscriptions import row_of, standing_now
from tests.factories import Agency, Factory
from tests.paying import billing_on
from tests.stripe_world import Account

MONTHLY = [price for price in PRICES.values() if (price.interval, price.currency) == ("month", "eur")]
RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.json"))


@dataclass
class Payer:
    """An agency whose customer is known, with an account at Stripe of its own."""

    agency: Agency
    world: Account
    customer: str

    def subscribe(self, terms: Terms, **more: Any) -> str:
        prices = Gateway(self.world.key, self.world.api_url).prices()
        items = [
            {"price": prices[key].id, **({} if number is None else {"quantity": number})}
            for key, number in quantities(terms).items()
        ]
        given: Any = {"customer": self.customer, "items": items, **more}
        return str(self.world.client().v1.subscriptions.create(given).id)

    def hear(self) -> None:
        with clock.stopped_at(datetime.fromtimestamp(self.world.now, UTC)):
            sync_billing(self.agency.app, self.customer)

    def row(self) -> Subscription:
        with self.agency.entered():
            found = row_of(self.agency.id)
            assert found is not None
            db.session.expunge(found)
            return found

    def differences(self) -> list[str]:
        gateway = Gateway(self.world.key, self.world.api_url)
        return subscriptions.differences(self.row(), gateway.subscriptions(self.customer))


@pytest.fixture
def payer(make: Factory, stripe_world: Account) -> Iterator[Payer]:
    agency = make.agency("North Pier", brands=["Gull"])
    customer = stripe_world.customer()
    with billing_on(agency.app, stripe_secret_key=stripe_world.key, stripe_api_url=stripe_world.api_url):
        make_prices(Gateway(stripe_world.key, stripe_world.api_url), MONTHLY)
        with agency.entered():
            db.session.add(StripeCustomer(stripe_id=customer, agency_id=agency.id))
        yield Payer(agency, stripe_world, customer)


def test_a_year_of_it_is_told_here_as_at_stripe(payer: Payer) -> None:
    """Trial with a card, payment, a larger plan, a failed card, the grace, unpaid, repaired, cancelled, and back."""
    world, client = payer.world, payer.world.client()
    seen: list[tuple[str, bool]] = []

    def now() -> None:
        payer.hear()
        assert payer.differences() == []
        with clock.stopped_at(datetime.fromtimestamp(world.now, UTC)), payer.agency.entered():
            standing = standing_now(payer.agency.id)
        assert standing is not None
        seen.append((standing.state.value, standing.answers))

    sub = payer.subscribe(Terms("start"), trial_end=world.now + 14 * 86_400)
    now()
    world.move(days=15)
    now()
    items = Gateway(world.key, world.api_url).subscriptions(payer.customer)[0].items
    prices = Gateway(world.key, world.api_url).prices()
    base = next(item for key, (item, _number) in items.items() if "base" in key)
    change: Any = {
        "items": [{"id": base, "price": prices["agency_base_team_month_eur"].id, "quantity": 1}],
        "proration_behavior": "always_invoice",
    }
    client.v1.subscriptions.update(sub, change)
    now()
    assert payer.row().plan == "team"
    world.settings(retry_days=[3, 5, 7], after_retries="unpaid")
    world.card(payer.customer, "4000000000000341")
    world.move(days=31)
    now()
    first = payer.row().failing_since
    world.move(days=10)
    now()
    assert payer.row().failing_since == first is not None
    world.move(days=10)
    now()
    world.card(payer.customer)
    with payer.agency.entered():
        open_ones = db.session.scalars(select(BillingInvoice.stripe_id).where(BillingInvoice.status == "open")).all()
    for invoice in open_ones:
        world.pay_invoice(invoice)
    now()
    client.v1.subscriptions.cancel(sub)
    now()
    payer.subscribe(Terms("scale", brands=2))
    now()
    assert [state for state, _answers in seen] == [
        "trialing",
        "active",
        "active",
        "past_due",
        "past_due",
        "unpaid",
        "active",
        "canceled",
        "active",
    ]
    assert [answers for _state, answers in seen] == [True, True, True, True, True, False, True, False, True]
    with payer.agency.entered():
        kept = {one.stripe_id: one.total_cents for one in db.session.scalars(select(BillingInvoice))}
    at_stripe = {one.id: one.total for one in Gateway(world.key, world.api_url).invoices(payer.customer)}
    assert kept == at_stripe


def test_events_in_any_order_and_twice_end_where_stripe_is(payer: Payer, whole_app: Flask) -> None:
    world = payer.world
    sub = payer.subscribe(Terms("start", brands=1))
    world.move(days=40)
    world.client().v1.subscriptions.update(sub, {"cancel_at_period_end": True})
    events = [event for event in world.events() if customer_of(event) == payer.customer]
    assert len(events) > 5
    random.Random(8).shuffle(events)
    with billing_on(
        whole_app,
        stripe_secret_key=world.key,
        stripe_api_url=world.api_url,
        stripe_webhook_secret=world.webhook_secret,
    ):
        web = whole_app.test_client()
        for event in events[:4] + events[:2]:
            body, headers = world.signed(event)
            assert web.post("/webhooks/stripe", data=body, headers=headers).status_code == 200
    with payer.agency.entered():
        assert len(db.session.scalars(select(ReceivedEvent.id).where(ReceivedEvent.source == "stripe")).all()) == 4
        told = db.session.scalars(select(OutboxEntry.ids).where(OutboxEntry.job_name == "sync_billing")).all()
    assert told == [{"customer": payer.customer}] * 4
    for _event in range(2):
        payer.hear()
        assert payer.differences() == []
    assert payer.row().ends_at is not None


def test_an_answer_asked_for_earlier_is_left(payer: Payer) -> None:
    gateway = Gateway(payer.world.key, payer.world.api_url)
    payer.subscribe(Terms("start"))
    with payer.agency.entered():
        early = subscriptions.database_now()
    old = subscriptions.ask(gateway, payer.customer)
    payer.world.move(days=32)
    payer.hear()
    paid_until = payer.row().period_ends_at
    with payer.agency.entered():
        assert not subscriptions.apply(payer.agency.id, early, *old)
    assert payer.row().period_ends_at == paid_until


def test_what_ended_is_not_revived_and_a_trial_outlives_a_payment_that_never_was(payer: Payer) -> None:
    gone = payer.subscribe(Terms("start"))
    payer.world.client().v1.subscriptions.cancel(gone)
    payer.hear()
    assert payer.row().state == "canceled"
    second = payer.subscribe(Terms("team"))
    payer.hear()
    assert (payer.row().state, payer.row().stripe_id) == ("active", second)


def test_a_payment_that_is_only_tried_takes_no_grace_away() -> None:
    def one(id_: str, status: str, created: int) -> TheirSubscription:
        return TheirSubscription(id_, status, created, {}, None, None, None, None, None, True)

    ended, tried = one("sub_1", "canceled", 1), one("sub_2", "incomplete", 2)
    assert subscriptions.current_of([tried, ended]) is ended
    assert subscriptions.current_of([ended, tried, one("sub_0", "past_due", 0)]) == one("sub_0", "past_due", 0)


def test_the_grace_counts_from_what_is_owed_now_and_not_from_trouble_of_long_ago() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    theirs = TheirSubscription("sub_2", "past_due", 1, {}, None, None, None, None, None, False)

    def invoice(status: str, days: int, subscription: str = "sub_2", attempts: int = 1) -> TheirInvoice:
        made = at + timedelta(days=days)
        money = (status, None, "eur", 1, 1, 0, attempts, None, made, made, None, ())
        return TheirInvoice(f"in_{days}", subscription, None, *money)

    old = [invoice("open", 0, "sub_1"), invoice("void", 10), invoice("open", 20, attempts=0)]
    owed = [*old, invoice("open", 300), invoice("open", 330)]
    row = Subscription(state="past_due")
    assert subscriptions.failing_since(row, theirs, owed) == at + timedelta(days=300)
    assert subscriptions.failing_since(row, theirs, old) == at + timedelta(days=10)
    assert subscriptions.failing_since(row, replace(theirs, status="active"), owed) is None


def test_a_customer_nobody_knows_is_kept_and_named(payer: Payer) -> None:
    other = payer.world.customer(card=None)
    sync_billing(payer.agency.app, other)
    sync_billing(payer.agency.app, other)
    payer.subscribe(Terms("start"))
    lines, alike = reconcile(payer.agency.app)
    assert not alike
    assert f"customer {other}: belongs to no agency here" in lines
    assert any("state" in line or "no row" in line for line in lines[1:] if "agency " in line)
    assert payer.differences() == []
    again, _alike = reconcile(payer.agency.app)
    assert len(again) == 2  # the head, and the customer nobody knows


def test_prices_are_made_once_and_one_that_differs_is_only_told(payer: Payer) -> None:
    gateway = Gateway(payer.world.key, payer.world.api_url)
    assert len(sync(gateway).made) == len(PRICES) - len(MONTHLY)
    before = len(payer.world.requests("POST"))
    compared = sync(gateway)
    assert (compared.made, compared.differ, compared.right) == ((), (), len(PRICES))
    key = "agency_brand_month_eur"
    payer.subscribe(Terms("start", brands=2))
    product = next(price.product for price in gateway.prices().values() if price.key == key)
    given: Any = {
        "product": product,
        "currency": "eur",
        "unit_amount": 1,
        "lookup_key": key,
        "transfer_lookup_key": True,
        "recurring": {"interval": "month"},
    }
    payer.world.client().v1.prices.create(given)
    assert gateway.subscriptions(payer.customer)[0].items[key][1] == 2  # of the price that lost its key
    compared = sync(gateway)
    assert compared.made == ()
    assert "here 1200 eur a month, at Stripe 1 eur a month" in compared.differ[0]
    assert len(payer.world.requests("POST")) == before + 2


def test_stripe_that_does_not_answer_changes_nothing(payer: Payer) -> None:
    payer.subscribe(Terms("start"))
    payer.world.fail_next(500, times=4, path="/v1/subscriptions", method="GET")
    with pytest.raises(Unavailable, match="Nothing is charged twice"):
        sync_billing(payer.agency.app, payer.customer)
    with payer.agency.entered():
        assert row_of(payer.agency.id) is None


def test_whoever_had_no_plan_begins_a_trial_with_the_sync_and_only_once(payer: Payer) -> None:
    lines, alike = desk_sync(payer.agency.app, only_look=True)
    assert not alike
    assert len(lines) == 1 + len(PRICES) - len(MONTHLY)
    first, _alike = desk_sync(payer.agency.app)
    again, _alike = desk_sync(payer.agency.app)
    assert first[-1] == "1 agencies had no plan: a trial of 14 days begins now for each."
    assert again == [f"0 prices made, {len(PRICES)} as they are here, 0 otherwise."]
    assert payer.row().state == "trialing"


def test_what_was_recorded_is_read_or_set_aside() -> None:
    """Shapes of older versions (their README) lack what we count by; each is read or set aside."""
    customers: set[str] = set()
    readings: list[tuple[str, Any]] = []
    for path in RECORDED:
        told = json.loads(path.read_bytes())
        event = (
            told if "data" in told else {"data": told if "object" in told and "id" not in told else {"object": told}}
        )
        thing = event["data"]["object"]
        if customer_of(event) is not None:
            customers.add(path.stem)
        for read in (read_subscription, read_invoice):
            try:
                readings.append((path.stem, read(thing)))
            except Unreadable:
                continue
    assert {path.stem for path in RECORDED} - customers == {
        "event_account_updated_standard",  # tells of an account, not of a customer
        "invoice.updated",
        "payment_method.detached",  # belongs to nobody any more
    }
    assert [(name, one.status) for name, one in readings] == [
        ("invoice", "paid"),
        ("invoice.payment_action_required", "open"),
        ("invoice.payment_failed", "open"),
        ("subscription.created", "active"),
        ("subscription.deleted", "canceled"),
        ("subscription.trial_ended", "active"),
        ("subscription.trial_will_end", "active"),
        ("subscription.updated", "canceled"),
    ]
