"""How a subscription begins: by the API or at the end of Checkout."""

from __future__ import annotations

from typing import Any

from agency.sandbox.stripe import calls, collecting
from agency.sandbox.stripe.amounts import Held, Line, period_lines
from agency.sandbox.stripe.changes import check_items, interval_of, recurring_price
from agency.sandbox.stripe.customers import declined, get_customer_alive
from agency.sandbox.stripe.errors import StripeError, not_modelled, unfit
from agency.sandbox.stripe.happenings import changing, tell
from agency.sandbox.stripe.merchant import Merchant, Obj
from agency.sandbox.stripe.periods import DAY_SECONDS, step
from agency.sandbox.stripe.terms import own_card, tax_wish, trial_wish

BEHAVIOURS = ("allow_incomplete", "default_incomplete", "error_if_incomplete")
LONGEST_TRIAL_SECONDS = 730 * DAY_SECONDS


def wished_items(merchant: Merchant, wishes: list[Any], start: int) -> list[Held]:
    """What a list of `price` and `quantity` asks for, from `start` on; raises StripeError."""
    made = []
    for number, wish in enumerate(wishes):
        param = f"items[{number}]"
        if not isinstance(wish, dict) or set(wish) - {"price", "quantity", "metadata"}:
            raise StripeError(400, f"Received unknown parameter in {param}", code="parameter_unknown", param=param)
        if not wish.get("price"):
            raise StripeError(400, f"Missing required param: {param}[price].", code="parameter_missing", param=param)
        price = recurring_price(merchant, wish["price"], f"{param}[price]")
        is_metered = price["recurring"]["usage_type"] == "metered"
        if is_metered and "quantity" in wish:
            raise unfit("Quantity should not be specified where usage_type is `metered`.", f"{param}[quantity]")
        quantity = 0 if is_metered else calls.whole(wish.get("quantity", "1"), f"{param}[quantity]")
        if quantity < 0:
            raise unfit("Quantity must be greater than or equal to 0.", f"{param}[quantity]")
        item = merchant.new_id("subscription_item")
        made.append(Held(item, price, quantity, start, step(start, 1, *interval_of(price))))
    check_items([one.price for one in made], made[0].price["currency"] if made else "")
    return made


def trial_end_of(given: Obj, now: int) -> int | None:
    wish = given.get("trial_end")
    if wish not in (None, "", "now"):
        at = calls.whole(wish, "trial_end")
        if not now < at <= now + LONGEST_TRIAL_SECONDS:
            raise unfit("Invalid timestamp: must be in the future, by two years at most.", "trial_end")
        return at
    days = given.get("trial_period_days")
    if days is None:
        return None
    if not 1 <= days <= 730:
        raise unfit("trial_period_days must be from 1 to 730.", "trial_period_days")
    return int(now + days * DAY_SECONDS)


def begin(merchant: Merchant, given: Obj, *, proven: bool = False) -> Obj:
    """A new subscription with its first invoice, paid, refused or waiting as `payment_behavior` says."""
    calls.required(given, "customer", "items")
    customer = get_customer_alive(merchant, given["customer"], "customer")
    behaviour = calls.one_of(given.get("payment_behavior") or "allow_incomplete", BEHAVIOURS, "payment_behavior")
    if given.get("billing_cycle_anchor") is not None:
        raise not_modelled("a first cycle that is shorter", "billing_cycle_anchor")
    if given.get("collection_method", "charge_automatically") != "charge_automatically":
        raise not_modelled("invoices that are sent", "collection_method")
    clock = customer["_clock"]
    now = merchant.now(clock)
    held = wished_items(merchant, given["items"], now)
    currency = held[0].price["currency"]
    if customer["currency"] not in (None, currency):
        raise unfit(
            f"You cannot combine currencies on a single customer. This customer has had {customer['currency']}.",
            "currency",
        )
    trial_end = trial_end_of(given, now)
    if trial_end is not None:
        held = [Held(one.item, one.price, one.quantity, now, trial_end) for one in held]
    one = merchant.add("subscription", _facts(merchant, given, customer, currency, now, trial_end), test_clock=clock)
    with changing(merchant, "customer", customer["id"]) as buyer:
        buyer["currency"] = currency
    for each, wish in zip(held, given["items"], strict=True):
        collecting.add_item(merchant, one, each)
        item = merchant.edit("subscription_item", each.item)
        item["metadata"] = dict(wish.get("metadata") or {})
        if not each.is_metered:
            item["quantity"] = each.quantity
    one["_items"] = [each.item for each in held]
    merchant.telling.add(one["id"])
    try:
        refusal = _first_invoice(merchant, one, held, behaviour, proven)
    finally:
        merchant.telling.discard(one["id"])
    if refusal is not None and behaviour == "error_if_incomplete":
        code, decline = refusal
        if decline == "no_payment_method":
            raise unfit(
                "This customer has no attached payment source or default payment method.", None, "resource_missing"
            )
        raise declined(code, decline)
    tell(merchant, "customer.subscription.created", one)
    return one


def _first_invoice(
    merchant: Merchant, one: Obj, held: list[Held], behaviour: str, proven: bool
) -> tuple[str, str] | None:
    is_trial = one["status"] == "trialing"
    lines = [_free(each) for each in held if not each.is_metered] if is_trial else period_lines(held)
    made = collecting.invoice_lines(merchant, one, lines, "subscription_create", period=(held[0].start, held[0].start))
    if proven:
        refusal = collecting.issue(merchant, made["id"], tries=False)
        if made["status"] == "open":
            refusal = collecting.collect(merchant, made["id"], proven=True)
    else:
        refusal = collecting.issue(merchant, made["id"], tries=behaviour != "default_incomplete")
    return refusal


def _free(held: Held) -> Line:
    name = held.price.get("_product_name") or held.price["product"]
    return Line(0, held.price, held.quantity, held.start, held.end, False, held.item, f"Trial period for {name}")


def _facts(merchant: Merchant, given: Obj, customer: Obj, currency: str, now: int, trial_end: int | None) -> Obj:
    mode = (given.get("billing_mode") or {}).get("type", "flexible")
    method = given.get("default_payment_method") or None
    if method is not None:
        own_card(merchant, customer["id"], method)
    at_end = bool(given.get("cancel_at_period_end"))
    if at_end or given.get("cancel_at") is not None:
        raise not_modelled("a subscription that is to end when it begins", "cancel_at")
    flexible = {"proration_discounts": "included"} if mode == "flexible" else None
    return {
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": tax_wish(given.get("automatic_tax")),
        "billing_cycle_anchor": trial_end or now,
        "billing_cycle_anchor_config": None,
        "billing_mode": {
            "flexible": flexible,
            "type": calls.one_of(mode, ("classic", "flexible"), "billing_mode[type]"),
        },
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "feedback_option": None, "reason": None},
        "collection_method": "charge_automatically",
        "currency": currency,
        "customer": customer["id"],
        "days_until_due": None,
        "default_payment_method": method,
        "default_source": None,
        "default_tax_rates": [],
        "description": given.get("description"),
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "latest_invoice": None,
        "metadata": calls.metadata({}, given),
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": (given.get("payment_settings") or {}).get(
                "save_default_payment_method", "off"
            ),
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": now,
        "status": "trialing" if trial_end is not None else "incomplete",
        "status_details": None,
        "test_clock": customer["test_clock"],
        "transfer_data": None,
        "trial_end": trial_end,
        "trial_settings": trial_wish(given.get("trial_settings")),
        "trial_start": now if trial_end is not None else None,
        "_items": [],
        "_pending_invoice": None,
        "_pending_change": None,
        "_resumes_with": None,
        "_told_trial_end": False,
        "_told_upcoming": None,
    }
