"""The calls about invoices, and about what they are paid with."""

from __future__ import annotations

from agency.sandbox.stripe import calls, changes, collecting, invoices, passing
from agency.sandbox.stripe.amounts import period_lines
from agency.sandbox.stripe.beginning import wished_items
from agency.sandbox.stripe.calls import Listed, call
from agency.sandbox.stripe.cards import MESSAGES
from agency.sandbox.stripe.customers import get_customer_alive
from agency.sandbox.stripe.errors import StripeError, not_modelled, unfit
from agency.sandbox.stripe.happenings import tell
from agency.sandbox.stripe.invoice_facts import compose, line_of
from agency.sandbox.stripe.merchant import Merchant, Obj
from agency.sandbox.stripe.terms import tax_wish

PREVIEWED = {"items", "proration_behavior", "proration_date", "billing_cycle_anchor", "trial_end", "cancel_now"}


@call("GET", "/invoices/{id}")
def get_invoice(merchant: Merchant, given: Obj, id_: str) -> Obj:
    return merchant.get("invoice", id_)


@call("GET", "/invoices", is_list=True, customer="text", subscription="text", status="text")
def list_invoices(merchant: Merchant, given: Obj) -> Listed:
    found = [
        one
        for one in merchant.all("invoice")
        if given.get("customer") in (None, one["customer"])
        and given.get("subscription") in (None, one["_subscription"])
        and given.get("status") in (None, one["status"])
    ]
    return Listed("/v1/invoices", found)


@call("GET", "/invoices/{id}/lines", is_list=True)
def list_lines(merchant: Merchant, given: Obj, id_: str) -> Listed:
    lines = merchant.get("invoice", id_)["_lines"]
    return Listed(f"/v1/invoices/{id_}/lines", lines[::-1])


@call("GET", "/invoiceitems", is_list=True, customer="text", pending="flag", invoice="text")
def list_invoice_items(merchant: Merchant, given: Obj) -> Listed:
    found = [
        one
        for one in merchant.all("invoiceitem")
        if given.get("customer") in (None, one["customer"])
        and given.get("invoice") in (None, one["invoice"])
        and (not given.get("pending") or one["invoice"] is None)
    ]
    return Listed("/v1/invoiceitems", found)


@call("POST", "/invoices/create_preview", customer="text", subscription="text", subscription_details="map",
      preview_mode="text", automatic_tax="map", currency="text")  # fmt: skip
def preview(merchant: Merchant, given: Obj) -> Obj:
    """What would come, by the very arithmetic of the change; nothing is kept."""
    mode = calls.one_of(given.get("preview_mode") or "next", ("next", "recurring"), "preview_mode")
    details = {name: calls.as_lists(value) for name, value in (given.get("subscription_details") or {}).items()}
    if odd := sorted(set(details) - PREVIEWED):
        raise not_modelled(f"subscription_details[{odd[0]}] of a preview", "subscription_details")
    if details.get("proration_date"):
        details["proration_date"] = calls.whole(details["proration_date"], "subscription_details[proration_date]")
    if not given.get("subscription"):
        facts = _of_new(merchant, given, details)
    else:
        subscription = merchant.get("subscription", given["subscription"], "subscription")
        if given.get("customer") not in (None, subscription["customer"]):
            raise unfit("The subscription does not belong to this customer.", "customer")
        if subscription["status"] in changes.ENDED:
            raise unfit("No upcoming invoices for a canceled subscription.", None, "invoice_upcoming_none")
        change = changes.planned(merchant, subscription, details) if details else None
        facts = passing.upcoming(merchant, subscription, change, mode)
        now = merchant.now(subscription["_clock"])
        return _unkept(merchant, facts, now)
    return _unkept(merchant, facts, merchant.now())


def _of_new(merchant: Merchant, given: Obj, details: Obj) -> Obj:
    """The first invoice of a subscription that does not exist."""
    calls.required(given, "customer")
    customer = get_customer_alive(merchant, given["customer"], "customer")
    now = merchant.now(customer["_clock"])
    held = wished_items(merchant, details.get("items") or [], now)
    subscription = {
        "id": "sub_preview",
        "customer": customer["id"],
        "currency": held[0].price["currency"],
        "metadata": {},
        "automatic_tax": tax_wish(given.get("automatic_tax")),
    }
    lines = [line_of(merchant, line, subscription) for line in period_lines(held)]
    facts = compose(merchant, customer, subscription, lines, "upcoming", now, period=(now, now))
    facts["parent"] = None
    return facts


def _unkept(merchant: Merchant, facts: Obj, now: int) -> Obj:
    made = {
        "id": merchant.new_id("invoice").replace("in_", "upcoming_in_"),
        "object": "invoice",
        "created": now,
        "livemode": False,
        **facts,
    }
    for line in made["_lines"]:
        line["invoice"] = made["id"]
    return made


@call("POST", "/invoices/{id}/finalize", auto_advance="flag")
def finalize(merchant: Merchant, given: Obj, id_: str) -> Obj:
    one = merchant.get("invoice", id_)
    if one["status"] != "draft":
        raise unfit("This invoice is already finalized, you can't re-finalize a non-draft invoice.")
    collecting.issue(merchant, id_, tries=one["auto_advance"] and given.get("auto_advance", True))
    return one


@call("POST", "/invoices/{id}/pay", payment_method="text", off_session="flag", paid_out_of_band="flag",
      forgive="flag")  # fmt: skip
def pay(merchant: Merchant, given: Obj, id_: str) -> Obj:
    one = merchant.get("invoice", id_)
    if one["status"] == "draft":
        collecting.issue(merchant, id_, tries=False)
    if one["status"] == "paid":
        raise unfit("Invoice is already paid", code="invoice_already_paid")
    if one["status"] not in ("open", "uncollectible"):
        raise unfit(f"Invoice is {one['status']} and can no longer be paid.", code="invoice_not_payable")
    if given.get("paid_out_of_band"):
        collecting.paid_elsewhere(merchant, id_)
        return one
    method = invoices.method_for(merchant, one)
    if given.get("payment_method"):
        method = merchant.get("payment_method", given["payment_method"], "payment_method")
        if method["customer"] != one["customer"]:
            raise unfit("The payment method does not belong to the invoice's customer.", "payment_method")
    if method is None:
        raise unfit(
            "There is no `default_payment_method` set on this Customer or Invoice. Please set one, or pass a"
            " `payment_method`.",
            None,
            "resource_missing",
        )
    refusal = collecting.collect(merchant, id_, method, by_hand=True)
    if refusal is not None:
        raise refused(merchant, one, refusal)
    return one


def refused(merchant: Merchant, one: Obj, refusal: tuple[str, str]) -> StripeError:
    """The card's refusal of a try that happened and stays in the books."""
    code, decline = refusal
    return StripeError(
        402,
        MESSAGES.get(decline, "Your card was declined."),
        kind="card_error",
        code=code,
        decline_code=None if code == "authentication_required" else decline,
        keeps=True,
        payment_intent={"id": one["_intent"], "object": "payment_intent"},
    )


@call("POST", "/invoices/{id}/void")
def void(merchant: Merchant, given: Obj, id_: str) -> Obj:
    one = merchant.get("invoice", id_)
    if one["status"] not in ("open", "uncollectible"):
        raise unfit(f"You can only void open or uncollectible invoices; this one is {one['status']}.")
    return invoices.void(merchant, id_)


@call("POST", "/invoices/{id}/mark_uncollectible")
def mark_uncollectible(merchant: Merchant, given: Obj, id_: str) -> Obj:
    one = merchant.edit("invoice", id_)
    if one["status"] != "open":
        raise unfit("You can only mark open invoices as uncollectible.")
    one["status"], one["next_payment_attempt"] = "uncollectible", None
    one["status_transitions"] = {
        **one["status_transitions"],
        "marked_uncollectible_at": merchant.now(one["_clock"]),
    }
    tell(merchant, "invoice.marked_uncollectible", one)
    return one


@call("GET", "/invoice_payments", is_list=True, invoice="text", payment="map", status="text")
def list_payments(merchant: Merchant, given: Obj) -> Listed:
    intent = (given.get("payment") or {}).get("payment_intent")
    found = [
        one
        for one in merchant.all("invoice_payment")
        if given.get("invoice") in (None, one["invoice"])
        and given.get("status") in (None, one["status"])
        and intent in (None, one["payment"]["payment_intent"])
    ]
    return Listed("/v1/invoice_payments", found)


@call("GET", "/payment_intents/{id}")
def get_intent(merchant: Merchant, given: Obj, id_: str) -> Obj:
    return merchant.get("payment_intent", id_)


@call("GET", "/charges/{id}")
def get_charge(merchant: Merchant, given: Obj, id_: str) -> Obj:
    return merchant.get("charge", id_)


@call("GET", "/charges", is_list=True, customer="text", payment_intent="text")
def list_charges(merchant: Merchant, given: Obj) -> Listed:
    found = [
        one
        for one in merchant.all("charge")
        if given.get("customer") in (None, one["customer"])
        and given.get("payment_intent") in (None, one["payment_intent"])
    ]
    return Listed("/v1/charges", found)
