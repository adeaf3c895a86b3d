"""Checkout and portal sessions: pages of the stand-in where somebody pays, or looks after cards and invoices."""

from __future__ import annotations

from agency.sandbox.stripe import calls, collecting, invoices
from agency.sandbox.stripe.amounts import amount_of, cents
from agency.sandbox.stripe.beginning import begin, trial_end_of, wished_items
from agency.sandbox.stripe.calls import Listed, call
from agency.sandbox.stripe.cards import CARDS
from agency.sandbox.stripe.customers import attach, create_customer, create_payment_method, declined, get_customer_alive
from agency.sandbox.stripe.errors import StripeError, not_modelled, unfit
from agency.sandbox.stripe.happenings import changing, tell
from agency.sandbox.stripe.merchant import Merchant, Obj
from agency.sandbox.stripe.periods import DAY_SECONDS, HOUR_SECONDS
from agency.sandbox.stripe.shapes import session_lines

SHORTEST_SECONDS, LONGEST_SECONDS = 1800, DAY_SECONDS
TRIAL_AHEAD_SECONDS = 48 * HOUR_SECONDS
SUBSCRIPTION_DATA = {
    "metadata", "trial_period_days", "trial_end", "trial_settings", "billing_mode", "description"
}  # fmt: skip
FLOWS = ("payment_method_update", "subscription_cancel", "customer_update")


@call("POST", "/checkout/sessions", mode="text", customer="text", customer_email="text", line_items="list",
      success_url="text", cancel_url="text", client_reference_id="text", metadata="map", subscription_data="map",
      expires_at="whole", payment_method_collection="text", automatic_tax="map", tax_id_collection="map",
      customer_update="map", allow_promotion_codes="flag", billing_address_collection="text", locale="text",
      ui_mode="text", currency="text", saved_payment_method_options="map")  # fmt: skip
def create_session(merchant: Merchant, given: Obj) -> Obj:
    calls.required(given, "mode")
    if calls.one_of(given["mode"], ("subscription", "setup", "payment"), "mode") == "payment":
        raise not_modelled("one-time payments", "mode")
    if given.get("ui_mode", "hosted_page") != "hosted_page":
        raise not_modelled("pages inside other pages", "ui_mode")
    calls.required(given, "success_url")
    _require_web(given, "success_url", "cancel_url")
    customer = None
    if given.get("customer"):
        customer = get_customer_alive(merchant, given["customer"], "customer")
    now = merchant.now(None if customer is None else customer["_clock"])
    expires_at = given.get("expires_at", now + LONGEST_SECONDS)
    if not now + SHORTEST_SECONDS <= expires_at <= now + LONGEST_SECONDS:
        raise unfit("The `expires_at` timestamp must be at least 30 minutes and at most 24 hours ahead.", "expires_at")
    lines = _lines(merchant, given, now) if given["mode"] == "subscription" else []
    data = given.get("subscription_data") or {}
    if odd := sorted(set(data) - SUBSCRIPTION_DATA):
        raise not_modelled(f"subscription_data[{odd[0]}]", "subscription_data")
    trial = trial_end_of(_trial(data), now)
    if data.get("trial_end") and trial is not None and trial < now + TRIAL_AHEAD_SECONDS:
        raise unfit("The `trial_end` date has to be at least 2 days in the future.", "subscription_data[trial_end]")
    total = 0 if trial is not None else sum(line["_amount"] for line in lines)
    currency = merchant.get("price", lines[0]["price"])["currency"] if lines else given.get("currency")
    if customer is not None and lines and customer["currency"] not in (None, currency):
        raise unfit("You cannot combine currencies on a single customer.", "line_items")
    made = merchant.add(
        "checkout.session",
        {
            "adaptive_pricing": None,
            "after_expiration": None,
            "allow_promotion_codes": given.get("allow_promotion_codes"),
            "amount_subtotal": total if lines else None,
            "amount_total": total if lines else None,
            "automatic_tax": {
                "enabled": (given.get("automatic_tax") or {}).get("enabled") == "true",
                "liability": None,
                "provider": None,
                "status": None,
            },
            "billing_address_collection": given.get("billing_address_collection"),
            "cancel_url": given.get("cancel_url"),
            "client_reference_id": given.get("client_reference_id"),
            "client_secret": None,
            "collected_information": None,
            "consent": None,
            "consent_collection": None,
            "currency": currency,
            "currency_conversion": None,
            "custom_fields": [],
            "custom_text": {"after_submit": None, "shipping_address": None, "submit": None,
                            "terms_of_service_acceptance": None},
            "customer": None if customer is None else customer["id"],
            "customer_creation": None if customer is not None else "always",
            "customer_details": None if customer is None else _details(customer),
            "customer_email": given.get("customer_email"),
            "discounts": [],
            "expires_at": expires_at,
            "invoice": None,
            "invoice_creation": None,
            "locale": given.get("locale"),
            "metadata": calls.metadata({}, given),
            "mode": given["mode"],
            "origin_context": None,
            "payment_intent": None,
            "payment_link": None,
            "payment_method_collection": given.get("payment_method_collection", "always"),
            "payment_method_configuration_details": None,
            "payment_method_options": None,
            "payment_method_types": ["card"],
            "payment_status": "unpaid",
            "permissions": None,
            "phone_number_collection": {"enabled": False},
            "recovered_from": None,
            "saved_payment_method_options": None,
            "setup_intent": None,
            "shipping_address_collection": None,
            "shipping_cost": None,
            "shipping_options": [],
            "status": "open",
            "submit_type": None,
            "subscription": None,
            "success_url": given["success_url"],
            "tax_id_collection": given.get("tax_id_collection") and {"enabled": True, "required": "never"},
            "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0} if lines else None,
            "ui_mode": "hosted_page",
            "url": None,
            "wallet_options": None,
            "_line_items": lines,
            "_data": data,
            "_tax": given.get("automatic_tax"),
            "_said": None,
        },
        test_clock=None if customer is None else customer["_clock"],
    )  # fmt: skip
    made["url"] = f"{merchant.base_url}/pay/c/{made['id']}"
    return made


def _require_web(given: Obj, *names: str) -> None:
    for name in names:
        if given.get(name) and not given[name].startswith(("http://", "https://")):
            raise unfit("Not a valid URL.", name, "url_invalid")


def _details(customer: Obj) -> Obj:
    return {
        "address": customer["address"],
        "business_name": None,
        "email": customer["email"],
        "individual_name": None,
        "name": customer["name"],
        "phone": customer["phone"],
        "tax_exempt": customer["tax_exempt"],
        "tax_ids": [],
    }


def _trial(data: Obj) -> Obj:
    days = data.get("trial_period_days")
    return {
        "trial_end": data.get("trial_end"),
        "trial_period_days": calls.whole(days, "subscription_data[trial_period_days]") if days else None,
    }


def _lines(merchant: Merchant, given: Obj, now: int) -> list[Obj]:
    wishes = [
        {name: line[name] for name in ("price", "quantity") if name in line} for line in given.get("line_items") or []
    ]
    if not wishes:
        raise StripeError(400, "Missing required param: line_items.", code="parameter_missing", param="line_items")
    return [
        {**wish, "quantity": None if held.is_metered else held.quantity,
         "_amount": 0 if held.is_metered else cents(amount_of(held.price, held.quantity))}
        for wish, held in zip(wishes, wished_items(merchant, wishes, now), strict=True)
    ]  # fmt: skip


@call("GET", "/checkout/sessions/{id}")
def get_session(merchant: Merchant, given: Obj, id_: str) -> Obj:
    return merchant.get("checkout.session", id_)


@call("GET", "/checkout/sessions", is_list=True, customer="text", status="text", subscription="text")
def list_sessions(merchant: Merchant, given: Obj) -> Listed:
    names = ("customer", "status", "subscription")
    found = [
        one for one in merchant.all("checkout.session") if all(given.get(name) in (None, one[name]) for name in names)
    ]
    return Listed("/v1/checkout/sessions", found)


@call("GET", "/checkout/sessions/{id}/line_items", is_list=True)
def list_session_lines(merchant: Merchant, given: Obj, id_: str) -> Listed:
    found = session_lines(merchant, get_session(merchant, {}, id_))
    return Listed(found["url"], found["data"][::-1])


@call("POST", "/checkout/sessions/{id}/expire")
def expire(merchant: Merchant, given: Obj, id_: str) -> Obj:
    one = merchant.edit("checkout.session", id_)
    if one["status"] != "open":
        raise unfit("Only Checkout Sessions with a status in [open] can be expired.", "id")
    one["status"], one["url"] = "expired", None
    tell(merchant, "checkout.session.expired", one)
    return one


def complete(merchant: Merchant, id_: str, number: str, *, proven: bool = False) -> Obj:
    """Somebody enters a card on the page. Raises its refusal; `authentication_required` asks for the proof page."""
    one = merchant.edit("checkout.session", id_)
    if one["status"] != "open":
        raise unfit(f"This Checkout Session is {one['status']}.")
    customer_id = one["customer"]
    if customer_id is None:
        customer_id = create_customer(merchant, {"email": one["customer_email"] or "buyer@checkout.example"})["id"]
    trial = trial_end_of(_trial(one["_data"]), merchant.now(one["_clock"]))
    no_card = not number and one["payment_method_collection"] == "if_required" and trial is not None
    method = None if no_card else _card(merchant, customer_id, number, proven)
    one["customer"] = customer_id
    one["customer_details"] = _details(merchant.get("customer", customer_id))
    if one["mode"] == "subscription":
        _subscribe(merchant, one, customer_id, method, proven)
    elif method is not None:
        made = merchant.add(
            "setup_intent",
            {
                "client_secret": None,
                "customer": customer_id,
                "metadata": {},
                "payment_method": method["id"],
                "payment_method_types": ["card"],
                "status": "succeeded",
                "usage": "off_session",
            },
            test_clock=one["_clock"],
        )
        one["setup_intent"] = made["id"]
        one["payment_status"] = "no_payment_required"
    one["status"], one["url"] = "complete", None
    tell(merchant, "checkout.session.completed", one)
    return one


def _card(merchant: Merchant, customer_id: str, number: str, proven: bool) -> Obj:
    method = create_payment_method(merchant, {"type": "card", "card": {"number": number}})
    card = CARDS[method["_number"]]
    if card.wants_proof and not proven:
        raise declined("authentication_required", "authentication_required")
    return attach(merchant, method["id"], customer_id)


def _subscribe(merchant: Merchant, one: Obj, customer_id: str, method: Obj | None, proven: bool) -> None:
    items = [
        {name: str(line[name]) for name in ("price", "quantity") if line.get(name) is not None}
        for line in one["_line_items"]
    ]
    wish = {
        "customer": customer_id,
        "items": items,
        "default_payment_method": None if method is None else method["id"],
        "payment_behavior": "error_if_incomplete",
        **{name: one["_data"][name] for name in SUBSCRIPTION_DATA - {"trial_period_days"} if name in one["_data"]},
        **({"automatic_tax": one["_tax"]} if one["_tax"] else {}),
    }
    if one["_data"].get("trial_period_days"):
        wish["trial_period_days"] = calls.whole(one["_data"]["trial_period_days"], "trial_period_days")
    made = begin(merchant, wish, proven=proven)
    invoice = merchant.get("invoice", made["latest_invoice"])
    one["subscription"], one["invoice"] = made["id"], invoice["id"]
    one["payment_status"] = "paid" if invoice["amount_paid"] else "no_payment_required"


@call("POST", "/billing_portal/configurations", features="map", business_profile="map", default_return_url="text",
      metadata="map")  # fmt: skip
def create_configuration(merchant: Merchant, given: Obj) -> Obj:
    return merchant.add(
        "billing_portal.configuration",
        {
            "active": True,
            "application": None,
            "business_profile": {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None},
            "default_return_url": given.get("default_return_url"),
            "features": given.get("features") or {},
            "is_default": False,
            "login_page": {"enabled": False, "url": None},
            "metadata": calls.metadata({}, given),
            "name": None,
            "updated": merchant.now(),
        },
    )


@call("POST", "/billing_portal/sessions", customer="text", return_url="text", configuration="text", flow_data="map",
      locale="text")  # fmt: skip
def create_portal_session(merchant: Merchant, given: Obj) -> Obj:
    calls.required(given, "customer")
    _require_web(given, "return_url")
    customer = get_customer_alive(merchant, given["customer"], "customer")
    if given.get("configuration"):
        merchant.get("billing_portal.configuration", given["configuration"], "configuration")
    flow = given.get("flow_data")
    if flow is not None:
        calls.one_of(flow.get("type"), FLOWS, "flow_data[type]")
    made = merchant.add(
        "billing_portal.session",
        {
            "configuration": given.get("configuration") or "bpc_default",
            "customer": customer["id"],
            "flow": None if flow is None else _flow(flow),
            "locale": given.get("locale"),
            "on_behalf_of": None,
            "return_url": given.get("return_url"),
            "url": "",
        },
        test_clock=customer["_clock"],
    )
    made["url"] = f"{merchant.base_url}/pay/p/{made['id']}"
    return made


def _flow(flow: Obj) -> Obj:
    named = {name: flow.get(name) for name in ("subscription_cancel", "subscription_update", "subscription_pause")}
    return {
        "after_completion": {"hosted_confirmation": None, "redirect": None, "type": "portal_homepage"},
        "subscription_update_confirm": None,
        **named,
        "type": flow["type"],
    }


def change_card(merchant: Merchant, customer_id: str, number: str, *, proven: bool = False) -> Obj:
    """The portal's form: a new card becomes the one that is charged, for the customer and each subscription."""
    method = create_payment_method(merchant, {"type": "card", "card": {"number": number}})
    if CARDS[method["_number"]].wants_proof and not proven:
        raise declined("authentication_required", "authentication_required")
    attach(merchant, method["id"], customer_id)
    with changing(merchant, "customer", customer_id) as customer:
        customer["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": method["id"]}
    for one in merchant.all("subscription"):
        if one["customer"] == customer_id and one["default_payment_method"]:
            with changing(merchant, "subscription", one["id"]) as held:
                held["default_payment_method"] = method["id"]
    return method


def pay_open(merchant: Merchant, invoice_id: str, *, proven: bool = False) -> tuple[str, str] | None:
    """The hosted page of an open invoice: one try with the card on file; what it said."""
    one = merchant.get("invoice", invoice_id)
    if one["status"] not in ("open", "uncollectible"):
        raise unfit(f"This invoice is {one['status']}.")
    return collecting.collect(merchant, invoice_id, invoices.method_for(merchant, one), proven=proven, by_hand=True)
