"""The stand-in through the real SDK: subscriptions over a year, failures, idempotency, lists, faults."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import stripe

from agency.sandbox.stripe.errors import StripeError as Refused
from tests.stripe_world import DAY, START, Account

BACK = "http://127.0.0.1:9/back"


def subscribed(account: Account, quantity: int = 3, **more: Any) -> Any:
    base, brand = account.price("base", 4900), account.price("brand", 900)
    items: Any = [{"price": base}, {"price": brand, "quantity": quantity}]
    return account.client().v1.subscriptions.create({"customer": account.customer(), "items": items, **more})


def brands(subscription: Any) -> str:
    return str(subscription["items"].data[1].id)


def test_what_was_previewed_is_what_is_charged(stripe_world: Account) -> None:
    api, made = stripe_world.client().v1, subscribed(stripe_world)
    assert (made.status, made["items"].data[0].current_period_end) == ("active", START + 31 * DAY)
    for days, quantity in ((3.1, 5), (4.6, 2), (5.0, 9)):
        stripe_world.move(days=days)
        change: Any = {
            "items": [{"id": brands(made), "quantity": quantity}],
            "proration_behavior": "always_invoice",
            "proration_date": stripe_world.now,
        }
        asked: Any = {"subscription": made.id, "subscription_details": change}
        now, later = (
            api.invoices.create_preview(asked),
            api.invoices.create_preview({**asked, "preview_mode": "recurring"}),
        )
        stripe_world.move(hours=2)  # who thinks it over pays what was said
        done: Any = api.subscriptions.update(made.id, {**change, "expand": ["latest_invoice"]})
        assert done.latest_invoice.total == now.total == sum(line.amount for line in now.lines.data)
        assert done.latest_invoice.amount_due == now.amount_due
        assert later.total == 4900 + quantity * 900
    balance = api.customers.retrieve(made.customer).balance
    stripe_world.move_to(START + 31 * DAY + 3601)
    renewal = api.invoices.list({"customer": made.customer}).data[0]
    assert (renewal.billing_reason, renewal.status, renewal.total) == ("subscription_cycle", "paid", 4900 + 9 * 900)
    assert renewal.amount_due == renewal.total + balance


def test_a_later_change_waits_for_the_next_invoice_and_is_previewed_with_it(stripe_world: Account) -> None:
    api, made = stripe_world.client().v1, subscribed(stripe_world)
    stripe_world.move(days=10)
    change: Any = {"items": [{"id": brands(made), "quantity": 4}]}
    before = api.invoices.create_preview({"subscription": made.id, "subscription_details": change})
    api.subscriptions.update(made.id, change)
    assert api.invoices.create_preview({"subscription": made.id}).total == before.total > 4900 + 4 * 900
    stripe_world.move_to(START + 31 * DAY + 3601)
    renewal = api.invoices.list({"customer": made.customer}).data[0]
    assert (renewal.amount_paid, len(renewal.lines.data)) == (before.total, 4)


def test_a_year_of_failing_and_recovering(stripe_world: Account) -> None:
    api, made = stripe_world.client().v1, subscribed(stripe_world)
    stripe_world.settings(retry_days=[3, 5, 7])
    stripe_world.card(made.customer, "4000000000000341")
    stripe_world.move_to(START + 31 * DAY + 3599)
    assert api.subscriptions.retrieve(made.id).status == "active"  # the invoice is a draft
    stripe_world.move(seconds=1)
    held: Any = api.subscriptions.retrieve(made.id, {"expand": ["latest_invoice"]})
    owed = held.latest_invoice
    assert (held.status, owed.status, owed.attempt_count) == ("past_due", "open", 1)
    assert owed.next_payment_attempt == stripe_world.now + 3 * DAY
    with pytest.raises(stripe.CardError) as refused:
        api.invoices.pay(owed.id)
    assert (refused.value.code, api.invoices.retrieve(owed.id).attempt_count) == ("card_declined", 2)
    stripe_world.move(days=15)
    assert api.subscriptions.retrieve(made.id).status == "unpaid"
    assert api.invoices.retrieve(owed.id).next_payment_attempt is None
    stripe_world.card(made.customer)
    assert api.invoices.pay(owed.id).status == "paid"
    assert api.subscriptions.retrieve(made.id).status == "active"
    api.subscriptions.update(made.id, {"cancel_at_period_end": True})
    stripe_world.move(days=31)
    gone = api.subscriptions.retrieve(made.id)
    assert (gone.status, gone.ended_at) == ("canceled", START + 59 * DAY)
    with pytest.raises(stripe.InvalidRequestError):
        api.subscriptions.update(made.id, {"items": [{"id": brands(made), "quantity": 2}]})
    told = [one["data"]["object"]["status"] for one in stripe_world.events("customer.subscription.updated")]
    assert [*dict.fromkeys(told)] == ["active", "past_due", "unpaid"]
    assert len(stripe_world.events("customer.subscription.deleted")) == 1
    assert stripe_world.events("invoice.upcoming")[0]["created"] == START + 24 * DAY


def test_a_trial_without_a_card_pauses_and_goes_on_when_asked(stripe_world: Account) -> None:
    api = stripe_world.client().v1
    base, customer = stripe_world.price("base", 4900), stripe_world.customer(card=None)
    ends = {"end_behavior": {"missing_payment_method": "pause"}}
    made: Any = api.subscriptions.create(
        {"customer": customer, "items": [{"price": base}], "trial_period_days": 14, "trial_settings": ends,  # type: ignore[typeddict-item]
         "expand": ["latest_invoice"]}
    )  # fmt: skip
    assert (made.status, made.latest_invoice.amount_due, made.latest_invoice.status) == ("trialing", 0, "paid")
    assert api.invoices.create_preview({"subscription": made.id}).amount_due == 4900
    stripe_world.move(days=11)
    assert len(stripe_world.events("customer.subscription.trial_will_end")) == 1
    stripe_world.move(days=3)
    assert api.subscriptions.retrieve(made.id).status == "paused"
    stripe_world.card(customer)
    assert api.subscriptions.retrieve(made.id).status == "paused"
    stripe_world.move(days=5)
    resumed: Any = api.subscriptions.resume(made.id, {"expand": ["latest_invoice"]})
    assert (resumed.status, resumed.latest_invoice.amount_paid) == ("active", 4900)
    assert resumed["items"].data[0].current_period_start == stripe_world.now


def test_cards_do_on_checkout_what_they_do_at_stripe(stripe_world: Account) -> None:
    api, base = stripe_world.client().v1, stripe_world.price("base", 4900)
    customer = stripe_world.customer(card=None)
    session = api.checkout.sessions.create(
        {
            "mode": "subscription",
            "customer": customer,
            "success_url": BACK,
            "line_items": [{"price": base, "quantity": 2}],
        }
    )
    for number, decline in (("4000000000000002", "generic_decline"), ("4000000000009995", "insufficient_funds")):
        with pytest.raises(Refused) as refused:
            stripe_world.pay(session.id, number)
        assert refused.value.facts["decline_code"] == decline
    with pytest.raises(Refused) as refused:
        stripe_world.pay(session.id, "4000000000003220")
    assert refused.value.facts["code"] == "authentication_required"
    assert [one["type"] for one in stripe_world.events("checkout.session.completed", "payment_method.attached")] == []
    stripe_world.pay(session.id, "4000000000003220", proven=True)
    done: Any = api.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "line_items"]})
    assert (done.status, done.payment_status, done.subscription.status) == ("complete", "paid", "active")
    assert (done.amount_total, done.line_items.data[0].amount_total, done.url) == (9800, 9800, None)
    with pytest.raises(Refused):
        stripe_world.pay(session.id)
    late = api.checkout.sessions.create({"mode": "setup", "customer": customer, "success_url": BACK})
    stripe_world.move(days=1)
    assert api.checkout.sessions.retrieve(late.id).status == "expired"


def test_a_card_that_pays_nothing_yet_is_taken_and_fails_when_the_trial_is_over(stripe_world: Account) -> None:
    api, base = stripe_world.client().v1, stripe_world.price("base", 4900)
    session: Any = {
        "mode": "subscription",
        "customer": stripe_world.customer(card=None),
        "success_url": BACK,
        "line_items": [{"price": base, "quantity": 1}],
        "subscription_data": {"trial_end": stripe_world.now + 5 * DAY, "metadata": {"agency_id": "7"}},
    }
    made = api.checkout.sessions.create(session)
    assert made.amount_total == 0
    done = stripe_world.pay(made.id, "4000000000000341")
    held = api.subscriptions.retrieve(done["subscription"])
    assert (held.status, held.trial_end, held.metadata["agency_id"]) == ("trialing", stripe_world.now + 5 * DAY, "7")
    stripe_world.move(days=5)
    assert api.subscriptions.retrieve(held.id).status == "active"
    stripe_world.move(hours=1)
    assert api.subscriptions.retrieve(held.id).status == "past_due"
    with pytest.raises(stripe.InvalidRequestError):
        api.checkout.sessions.create({**session, "success_url": "javascript:alert(1)"})


def test_from_months_to_a_year_begins_a_year_and_gives_back_what_was_left(stripe_world: Account) -> None:
    api, made = stripe_world.client().v1, subscribed(stripe_world, quantity=1)
    year = stripe_world.price("base_year", 49_000, interval="year")
    brand_year = stripe_world.price("brand_year", 9_000, interval="year")
    stripe_world.move(days=15.5)
    items: Any = [{"id": made["items"].data[0].id, "price": year}, {"id": brands(made), "price": brand_year}]
    change: Any = {"items": items, "proration_behavior": "always_invoice", "proration_date": stripe_world.now}
    asked: Any = {"subscription": made.id, "subscription_details": change}
    said, later = (
        api.invoices.create_preview(asked),
        api.invoices.create_preview({**asked, "preview_mode": "recurring"}),
    )
    assert (said.total, later.total) == (58_000 - 5_800 // 2, 58_000)
    stripe_world.move(hours=3)
    done: Any = api.subscriptions.update(made.id, {**change, "expand": ["latest_invoice"]})
    assert done.latest_invoice.amount_paid == said.amount_due == said.total
    assert done.billing_cycle_anchor == done["items"].data[0].current_period_start == stripe_world.now
    with pytest.raises(stripe.InvalidRequestError, match="intervals"):
        api.subscriptions.update(made.id, {"items": [{"price": stripe_world.price("seat", 100)}]})


@pytest.mark.parametrize("behaviour", ["error_if_incomplete", "pending_if_incomplete", "allow_incomplete"])
def test_a_change_that_is_not_paid_does_what_it_was_told(stripe_world: Account, behaviour: Any) -> None:
    api, made = stripe_world.client().v1, subscribed(stripe_world)
    stripe_world.card(made.customer, "4000000000009995")
    stripe_world.move(days=10)
    events = len(stripe_world.events())
    change: Any = {
        "items": [{"id": brands(made), "quantity": 8}],
        "proration_behavior": "always_invoice",
        "payment_behavior": behaviour,
    }
    if behaviour == "error_if_incomplete":
        with pytest.raises(stripe.CardError):
            api.subscriptions.update(made.id, change)
        assert len(stripe_world.events()) == events
    else:
        api.subscriptions.update(made.id, change)
    held = api.subscriptions.retrieve(made.id)
    quantity = {"error_if_incomplete": 3, "pending_if_incomplete": 3, "allow_incomplete": 8}[behaviour]
    assert held["items"].data[1].quantity == quantity
    assert held.status == ("past_due" if behaviour == "allow_incomplete" else "active")
    if behaviour == "pending_if_incomplete":
        assert held.pending_update is not None
        stripe_world.card(made.customer)
        assert stripe_world.pay_invoice(str(held.latest_invoice)) is None
        held = api.subscriptions.retrieve(made.id)
        assert (held["items"].data[1].quantity, held.pending_update) == (8, None)


def test_what_was_used_is_billed_when_the_period_ends(stripe_world: Account) -> None:
    api = stripe_world.client().v1
    aggregation: Any = {"formula": "sum"}
    meter = api.billing.meters.create(
        {"display_name": "A", "event_name": "answered", "default_aggregation": aggregation}
    )
    base = stripe_world.price("base", 4900)
    used = stripe_world.price("used", 5, usage_type="metered", meter=meter.id)
    customer = stripe_world.customer()
    api.subscriptions.create({"customer": customer, "items": [{"price": base}, {"price": used}]})

    def use(value: int, identifier: str) -> None:
        payload = {"stripe_customer_id": customer, "value": str(value)}
        api.billing.meter_events.create({"event_name": "answered", "identifier": identifier, "payload": payload})

    use(700, "a:1")
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        use(700, "a:1")
    stripe_world.move(days=30)
    use(41, "a:2")
    span: Any = {"customer": customer, "start_time": START, "end_time": START + 31 * DAY}
    assert api.billing.meters.event_summaries.list(meter.id, span).data[0].aggregated_value == 700  # not yet counted
    stripe_world.move_to(START + 31 * DAY + 60)
    draft = api.invoices.list({"customer": customer}).data[0]
    assert (draft.status, draft.total) == ("draft", 4900 + 741 * 5)
    late: Any = {"stripe_customer_id": customer, "value": "9"}  # told in the draft's hour, of the period before
    api.billing.meter_events.create({"event_name": "answered", "payload": late, "timestamp": START + 31 * DAY - 1})
    stripe_world.move(hours=1)
    renewal = api.invoices.retrieve(draft.id)
    assert (renewal.amount_paid, [line.amount for line in renewal.lines.data]) == (4900 + 750 * 5, [750 * 5, 4900])


def test_a_vat_id_turns_the_tax_to_the_customer(stripe_world: Account) -> None:
    stripe_world.settings(tax_percents={"PL": 23, "PT": 23})
    api, base = stripe_world.client().v1, stripe_world.price("base", 4900)
    customer = stripe_world.customer(address={"country": "PL"})
    asked: Any = {
        "customer": customer,
        "subscription_details": {"items": [{"price": base}]},
        "automatic_tax": {"enabled": True},
    }
    assert api.invoices.create_preview(asked).total == 4900 + 1127
    api.customers.tax_ids.create(customer, {"type": "eu_vat", "value": "PL1234567890"})
    reverse: Any = api.invoices.create_preview(asked)
    assert (reverse.total, reverse.total_taxes[0].taxability_reason) == (4900, "reverse_charge")


def test_one_key_works_once_and_only_for_the_same_words(stripe_world: Account) -> None:
    api = stripe_world.client().v1
    first = api.customers.create({"email": "a@b.example"}, {"idempotency_key": "op-1"})
    again = api.customers.create({"email": "a@b.example"}, {"idempotency_key": "op-1"})
    assert (first.id, stripe_world.requests("POST")[-1]["replayed"]) == (again.id, True)
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        api.customers.create({"email": "c@d.example"}, {"idempotency_key": "op-1"})
    stripe_world.fail_next("reset", after=True)  # it worked, and nobody heard
    with pytest.raises(stripe.APIConnectionError):
        api.customers.create({"email": "e@f.example"}, {"idempotency_key": "op-2"})
    api.customers.create({"email": "e@f.example"}, {"idempotency_key": "op-2"})
    assert len(api.customers.list().data) == 2
    stripe_world.fail_next(429)
    with pytest.raises(stripe.RateLimitError):
        api.customers.list()
    stripe_world.fail_next(500, path="/v1/prices")
    assert len(api.customers.list().data) == 2
    with pytest.raises(stripe.APIError):
        api.prices.list()


def test_a_key_that_is_at_work_is_refused_to_a_second_caller(stripe_world: Account) -> None:
    """Many at once with one key: one customer, whatever each of them was told."""
    told: list[str] = []

    def create() -> None:
        try:
            told.append(stripe_world.client().v1.customers.create({"name": "A"}, {"idempotency_key": "op"}).id)
        except stripe.IdempotencyError as error:
            told.append("busy" if error.http_status == 409 else "odd")

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(told) - {"busy"}) == 1
    assert len(stripe_world.client().v1.customers.list().data) == 1


def test_lists_are_turned_page_by_page_and_prices_found_by_their_keys(stripe_world: Account) -> None:
    api = stripe_world.client().v1
    ids = [stripe_world.price(f"key_{number}", 100) for number in range(7)]
    assert [one.id for one in api.prices.list({"limit": 3}).auto_paging_iter()] == ids[::-1]
    backwards = api.prices.list({"limit": 2, "ending_before": ids[1]})
    assert ([one.id for one in backwards.data], backwards.has_more) == ([ids[3], ids[2]], True)
    found = api.prices.list({"lookup_keys": ["key_2", "key_5", "unknown"], "expand": ["data.product"]})
    assert [one.product.name for one in found.data] == ["key_5", "key_2"]  # type: ignore[union-attr]
    taken: Any = {"product": found.data[0].product.id, "currency": "eur", "unit_amount": 200, "lookup_key": "key_2"}  # type: ignore[union-attr]
    with pytest.raises(stripe.InvalidRequestError, match="already uses"):
        api.prices.create(taken)
    newer = api.prices.create({**taken, "transfer_lookup_key": True})
    assert [one.id for one in api.prices.list({"lookup_keys": ["key_2"]}).data] == [newer.id]
    assert api.prices.retrieve(ids[2]).lookup_key is None


@pytest.mark.parametrize(
    ("path", "form", "code"),
    [
        ("/v1/customers", {"emial": "a"}, "parameter_unknown"),
        ("/v1/prices", {"currency": "eur"}, "parameter_missing"),
        ("/v1/subscriptions", {"customer": "cus_no", "items": [{"price": "p"}]}, "resource_missing"),
        ("/v1/invoices/in_no/pay", {}, "resource_missing"),
        ("/v1/subscriptions/sub_no", {"items": [{"id": "si_no", "quantity": "x"}]}, "resource_missing"),
    ],
)
def test_what_stripe_would_not_take_is_not_taken(stripe_world: Account, path: str, form: Any, code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_world.client().raw_request("post", path, **form)
    assert refused.value.code == code


def test_one_account_sees_nothing_of_another_and_a_live_key_nothing_at_all(
    stripe_world: Account, stripe_stand_in: Any
) -> None:
    customer, other = stripe_world.customer(), stripe_stand_in.account()
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        other.client().v1.customers.retrieve(customer)
    live = stripe.StripeClient("sk_live_1234567", base_addresses={"api": stripe_world.api_url}, max_network_retries=0)
    with pytest.raises(stripe.AuthenticationError):
        live.v1.customers.list()
