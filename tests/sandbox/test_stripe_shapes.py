"""The stand-in's objects have the shape the SDK of the pinned version knows: nothing missing, nothing unknown."""

from __future__ import annotations

import json
import typing
from typing import Any

import pytest
import stripe
from stripe import billing, billing_portal, checkout, test_helpers

from agency.sandbox.stripe.merchant import API_VERSION
from agency.sandbox.stripe.shapes import shown
from agency.sandbox.stripe.world import thin
from tests.stripe_world import Account, StandIn

CLASSES: dict[str, Any] = {
    "customer": stripe.Customer,
    "product": stripe.Product,
    "price": stripe.Price,
    "payment_method": stripe.PaymentMethod,
    "payment_intent": stripe.PaymentIntent,
    "setup_intent": stripe.SetupIntent,
    "charge": stripe.Charge,
    "subscription": stripe.Subscription,
    "subscription_item": stripe.SubscriptionItem,
    "plan": stripe.Plan,
    "invoice": stripe.Invoice,
    "invoiceitem": stripe.InvoiceItem,
    "invoice_payment": stripe.InvoicePayment,
    "line_item": stripe.InvoiceLineItem,
    "tax_id": stripe.TaxId,
    "event": stripe.Event,
    "checkout.session": checkout.Session,
    "item": stripe.LineItem,
    "billing_portal.session": billing_portal.Session,
    "billing_portal.configuration": billing_portal.Configuration,
    "billing.meter": billing.Meter,
    "billing.meter_event": billing.MeterEvent,
    "billing.meter_event_summary": billing.MeterEventSummary,
    "test_helpers.test_clock": test_helpers.TestClock,
    "webhook_endpoint": stripe.WebhookEndpoint,
    "list": stripe.ListObject,
}
# Kept by Stripe where it made more than we model; a reader of ours may not need them.
NOT_MODELLED = {
    "payment_intent": {"automatic_payment_methods"},
    "charge": {"fraud_details", "balance_transaction"},
    "billing_portal.configuration": {"features"},
}


@pytest.fixture(scope="module")
def rich(stripe_stand_in: StandIn) -> Account:
    """An account in which everything that can be made has been."""
    account = stripe_stand_in.account()
    api = account.client().v1
    clock = api.test_helpers.test_clocks.create({"frozen_time": account.now, "name": "shapes"})
    meter = api.billing.meters.create(
        {"display_name": "Answered", "event_name": "answered", "default_aggregation": {"formula": "sum"}}
    )
    base, brand = account.price("base", 4900), account.price("brand", 900)
    used = account.price("used", 5, usage_type="metered", meter=meter.id)
    customer = api.customers.create(
        {
            "email": "pay@agency.example",
            "name": "Agency",
            "address": {"country": "PL"},
            "tax_id_data": [{"type": "eu_vat", "value": "PL1234567890"}],
            "payment_method": "pm_card_visa",
            "test_clock": clock.id,
        }
    )
    account.card(customer.id)
    account.settings(tax_percents={"PL": 23})
    items: Any = [{"price": base}, {"price": brand, "quantity": 3}, {"price": used}]
    made = api.subscriptions.create(
        {"customer": customer.id, "items": items, "automatic_tax": {"enabled": True}, "metadata": {"agency_id": "1"}}
    )
    brand_item = made["items"].data[1].id
    api.subscriptions.update(made.id, {"items": [{"id": brand_item, "quantity": 5}]})
    api.billing.meter_events.create(
        {"event_name": "answered", "payload": {"stripe_customer_id": customer.id, "value": "7"}}
    )
    api.billing.meter_events.create(
        {"event_name": "answered", "payload": {"stripe_customer_id": "cus_no", "value": "7"}}
    )
    account.card(customer.id, "4000000000000341")
    api.test_helpers.test_clocks.advance(clock.id, {"frozen_time": account.now + 40 * 86_400})
    session = api.checkout.sessions.create(
        {
            "mode": "subscription",
            "customer_email": "new@agency.example",
            "success_url": "http://127.0.0.1/back",
            "line_items": [{"price": base, "quantity": 1}],
        }
    )
    account.pay(session.id)
    setup = api.checkout.sessions.create(
        {"mode": "setup", "customer": customer.id, "currency": "eur", "success_url": "http://127.0.0.1/back"}
    )
    account.pay(setup.id)
    api.billing_portal.configurations.create({"features": {"invoice_history": {"enabled": True}}})
    flow: Any = {"type": "subscription_cancel", "subscription_cancel": {"subscription": made.id}}
    api.billing_portal.sessions.create({"customer": customer.id, "flow_data": flow})
    api.webhook_endpoints.create({"url": "http://127.0.0.1:1/", "enabled_events": ["*"]})
    return account


def wrong_in(made: Any, known: Any, path: str, kind: str = "") -> list[str]:
    """What the SDK's class does not know of, and what it says is always there and is not."""
    fields = {name: hint for name, hint in known.__annotations__.items() if name != "OBJECT_NAME"}
    found = [
        f"{path}.{name} is unknown"
        for name in made
        if name not in {**fields, "object": str} and not _is_older(made, name)
    ]
    for name, hint in fields.items():
        optional = type(None) in typing.get_args(hint) or name == "deleted"
        if made.get(name) is None and not optional and name not in NOT_MODELLED.get(kind, ()):
            found.append(f"{path}.{name} is missing")
        inner = known._inner_class_types.get(name)
        for value in made[name] if isinstance(made.get(name), list) else [made.get(name)]:
            if isinstance(value, dict) and isinstance(value.get("object"), str):
                found += wrong_in(value, CLASSES[value["object"]], f"{path}.{name}", value["object"])
            elif isinstance(value, dict) and inner is not None and name not in NOT_MODELLED.get(kind, ()):
                found += wrong_in(value, inner, f"{path}.{name}")
    return found


def _is_older(made: Any, name: str) -> bool:
    """Still on the wire, and in no class."""
    return (made.get("object"), name) in {("billing.meter_event_summary", "created"), ("billing.meter_event", "id")}


def test_every_object_is_what_the_sdk_says(rich: Account) -> None:
    wrong: dict[str, set[str]] = {}
    seen = set()
    for kind, known in rich.merchant.objects.items():
        for one in known.values():
            if kind not in CLASSES:
                continue
            expand = {"invoice": ["payments", "confirmation_secret"], "customer": ["tax_ids", "subscriptions"]}
            made = json.loads(json.dumps(shown(rich.merchant, one, expand.get(kind))))
            seen.add(kind)
            wrong.setdefault(kind, set()).update(wrong_in(made, CLASSES[kind], kind, kind))
    wrong["event"].discard("event.data.object.id is missing")  # of an invoice that is only upcoming
    assert "\n".join(sorted(each for found in wrong.values() for each in found)) == ""
    assert set(CLASSES) - seen <= {"plan", "list", "item", "line_item", "billing.meter_event_summary"}


def test_what_moved_is_where_it_is_now_and_nowhere_else(rich: Account) -> None:
    (of_clock,) = (one for one in rich.merchant.all("subscription") if one["_clock"])
    made = shown(rich.merchant, of_clock)
    assert {"current_period_start", "current_period_end", "discount", "plan", "quantity"} & set(made) == set()
    assert {"current_period_start", "current_period_end", "price"} <= set(made["items"]["data"][0])
    for invoice in rich.merchant.all("invoice"):
        sent = shown(rich.merchant, invoice)
        assert {"subscription", "payment_intent", "charge", "paid", "tax", "discount", "payments"} & set(sent) == set()
        assert sent["parent"]["subscription_details"]["subscription"] == invoice["_subscription"]
        for line in sent["lines"]["data"]:
            assert {"price", "plan", "proration", "type", "subscription_item"} & set(line) == set()
            assert line["pricing"]["price_details"]["price"].startswith("price_")
            assert line["parent"]["subscription_item_details"]["subscription_item"].startswith("si_")


def test_events_are_of_the_pinned_version_and_the_sdk_reads_them(rich: Account) -> None:
    for event in rich.events():
        body, headers = rich.signed(event)
        read = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], rich.webhook_secret)  # type: ignore[no-untyped-call]
        assert (read.api_version, read.id) == (API_VERSION, event["id"])
        assert ("previous_attributes" in event["data"]) == event["type"].endswith(
            (".updated", "pending_update_applied")
        )
    by_time = {one["request"]["id"] for one in rich.events("invoice.payment_failed")}
    assert None in by_time  # what Stripe does by itself names no request


def test_what_a_meter_could_not_count_is_a_thin_event(rich: Account) -> None:
    (event,) = rich.merchant.all("v2.core.event")
    made = thin(event)
    assert made["type"] == "v1.billing.meter.error_report_triggered"
    (kind,) = made["data"]["reason"]["error_types"]
    assert (kind["code"], kind["error_count"]) == ("meter_event_customer_not_found", 1)
    body, headers = rich.signed({**made, "data": None})
    read = rich.client().parse_event_notification(body, headers["Stripe-Signature"], rich.webhook_secret)
    assert read.type == made["type"]
