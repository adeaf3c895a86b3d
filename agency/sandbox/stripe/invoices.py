"""Invoices: kept, finalized, charged, paid, voided."""

from __future__ import annotations

from typing import Any

from agency.sandbox.stripe.cards import CARDS, MESSAGES
from agency.sandbox.stripe.happenings import changing, tell
from agency.sandbox.stripe.invoice_facts import recount
from agency.sandbox.stripe.merchant import Merchant, Obj
from agency.sandbox.stripe.periods import DAY_SECONDS


def make(merchant: Merchant, facts: Obj, *, draft_seconds: int = 0, auto_advance: bool = True) -> Obj:
    """A draft that is finalized by itself after so many seconds; with 0 the caller does it."""
    made = merchant.add("invoice", facts, test_clock=facts["test_clock"])
    made["auto_advance"] = auto_advance
    if draft_seconds and auto_advance:
        made["automatically_finalizes_at"] = made["created"] + draft_seconds
    for line in made["_lines"]:
        line["invoice"] = made["id"]
    subscription = merchant.edit("subscription", facts["_subscription"])
    subscription["latest_invoice"] = made["id"]
    tell(merchant, "invoice.created", made)
    return made


def finalize(merchant: Merchant, id_: str) -> Obj:
    """Open with a number; paid at once where nothing is due. The customer's balance is used up as far as it goes."""
    one = merchant.edit("invoice", id_)
    recount(merchant, one)
    customer = merchant.get("customer", one["customer"])
    at = merchant.now(one["_clock"])
    wanted = one["total"] + customer["balance"]
    one["number"] = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04}"
    merchant.edit("customer", customer["id"])["next_invoice_sequence"] += 1
    with changing(merchant, "customer", customer["id"]) as held:
        one["starting_balance"] = held["balance"]
        held["balance"] = one["ending_balance"] = min(0, wanted)
    one["amount_due"] = one["amount_remaining"] = max(0, wanted)
    one["status"] = "open"
    one["automatically_finalizes_at"] = None
    one["effective_at"] = at
    one["status_transitions"] = {**one["status_transitions"], "finalized_at": at}
    one["hosted_invoice_url"] = f"{merchant.base_url}/pay/i/{id_}"
    one["invoice_pdf"] = f"{merchant.base_url}/pay/i/{id_}/pdf"
    if one["amount_due"]:
        _await_payment(merchant, one)
    tell(merchant, "invoice.finalized", one)
    if not one["amount_due"]:
        settle(merchant, id_)
    return one


def _await_payment(merchant: Merchant, one: Obj) -> None:
    intent = merchant.add(
        "payment_intent",
        {
            "amount": one["amount_due"],
            "amount_capturable": 0,
            "amount_received": 0,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": "automatic",
            "client_secret": None,
            "confirmation_method": "automatic",
            "currency": one["currency"],
            "customer": one["customer"],
            "description": "Subscription update" if one["billing_reason"] == "subscription_update" else None,
            "last_payment_error": None,
            "latest_charge": None,
            "metadata": {},
            "next_action": None,
            "payment_method": None,
            "payment_method_types": ["card"],
            "processing": None,
            "setup_future_usage": "off_session",
            "status": "requires_payment_method",
            "_invoice": one["id"],
        },
        test_clock=one["_clock"],
    )
    intent["client_secret"] = f"{intent['id']}_secret_{intent['id'][-8:]}"
    one["_intent"] = intent["id"]
    payment = merchant.add(
        "invoice_payment",
        {
            "amount_paid": None,
            "amount_requested": one["amount_due"],
            "currency": one["currency"],
            "invoice": one["id"],
            "is_default": True,
            "payment": {
                "charge": None,
                "payment_intent": intent["id"],
                "payment_record": None,
                "type": "payment_intent",
            },
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
        },
        test_clock=one["_clock"],
    )
    one["_payment"] = payment["id"]


def method_for(merchant: Merchant, one: Obj) -> Obj | None:
    """The subscription's own card, else the customer's."""
    subscription = merchant.find("subscription", one["_subscription"])
    customer = merchant.get("customer", one["customer"])
    chosen = (subscription or {}).get("default_payment_method") or customer["invoice_settings"][
        "default_payment_method"
    ]
    return merchant.find("payment_method", chosen)


def settle(merchant: Merchant, id_: str, *, out_of_band: bool = False) -> None:
    """It is paid: the invoice, its payment, and events in no particular order of importance."""
    one = merchant.edit("invoice", id_)
    at = merchant.now(one["_clock"])
    one["status"] = "paid"
    one["attempted"] = True
    one["auto_advance"] = False
    one["next_payment_attempt"] = None
    if not out_of_band:
        one["amount_paid"] = one["amount_due"]
    one["amount_remaining"] = 0
    one["status_transitions"] = {**one["status_transitions"], "paid_at": at}
    if one["_payment"]:
        held = merchant.edit("invoice_payment", one["_payment"])
        held["status"] = "canceled" if out_of_band else "paid"
        held["amount_paid"] = None if out_of_band else one["amount_paid"]
        held["status_transitions"] = {**held["status_transitions"], "canceled_at" if out_of_band else "paid_at": at}
        if not out_of_band:
            tell(merchant, "invoice_payment.paid", held)
    tell(merchant, "invoice.paid", one)
    if not out_of_band:
        tell(merchant, "invoice.payment_succeeded", one)


def charge(
    merchant: Merchant, id_: str, method: Obj | None, *, proven: bool = False, by_hand: bool = False
) -> tuple[str, str] | None:
    """One try to have it paid. None: it is; else the code and decline code of the refusal, written down everywhere.

    A try `by_hand` leaves the plan of the next ones as it is.
    """
    one = merchant.edit("invoice", id_)
    card = None if method is None else CARDS[method["_number"]]
    refusal: tuple[str, str] | None = None
    if card is None:
        refusal = ("payment_method_missing", "no_payment_method")
    elif card.decline is not None:
        refusal = card.decline
    elif card.wants_proof and not proven:
        refusal = ("authentication_required", "authentication_required")
    one["attempted"] = True
    one["attempt_count"] += 1
    if card is not None and method is not None:
        _charged(merchant, one, method, refusal)
    if refusal is None:
        settle(merchant, id_)
        return None
    if not by_hand:
        _plan_retry(merchant, one)
    tell(merchant, "invoice.payment_failed", one)
    if refusal[0] == "authentication_required":
        tell(merchant, "invoice.payment_action_required", one)
    return refusal


def _charged(merchant: Merchant, one: Obj, method: Obj, refusal: tuple[str, str] | None) -> None:
    intent = merchant.edit("payment_intent", one["_intent"])
    intent["payment_method"] = method["id"]
    if refusal is not None and refusal[0] == "authentication_required":
        intent["status"] = "requires_action"
        intent["next_action"] = {
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": None, "url": one["hosted_invoice_url"]},
        }
        tell(merchant, "payment_intent.requires_action", intent)
        return
    code, decline = refusal or (None, None)
    made = merchant.add(
        "charge",
        {
            "amount": one["amount_due"],
            "amount_captured": 0 if refusal else one["amount_due"],
            "amount_refunded": 0,
            "billing_details": method["billing_details"],
            "captured": refusal is None,
            "currency": one["currency"],
            "customer": one["customer"],
            "description": None,
            "disputed": False,
            "failure_code": code,
            "failure_message": MESSAGES.get(decline or ""),
            "metadata": {},
            "paid": refusal is None,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "refunded": False,
            "status": "failed" if refusal else "succeeded",
        },
        test_clock=one["_clock"],
    )
    intent["latest_charge"] = made["id"]
    intent["next_action"] = None
    if refusal is None:
        intent["status"] = "succeeded"
        intent["amount_received"] = one["amount_due"]
        intent["last_payment_error"] = None
    else:
        intent["status"] = "requires_payment_method"
        intent["last_payment_error"] = {
            "code": code,
            "decline_code": decline,
            "message": MESSAGES.get(decline or ""),
            "type": "card_error",
        }
    state = "failed" if refusal else "succeeded"
    tell(merchant, f"charge.{state}", made)
    tell(merchant, "payment_intent.payment_failed" if refusal else "payment_intent.succeeded", intent)


def _plan_retry(merchant: Merchant, one: Obj) -> None:
    """When the next try of a renewal is; none for a first invoice, which the customer has to pay by hand."""
    days: list[int] = merchant.settings()["retry_days"]
    tries = one["attempt_count"] - 1
    is_first = one["billing_reason"] == "subscription_create"
    later = not is_first and one["auto_advance"] and tries < len(days)
    one["next_payment_attempt"] = merchant.now(one["_clock"]) + days[tries] * DAY_SECONDS if later else None


def void(merchant: Merchant, id_: str) -> Obj:
    one = merchant.edit("invoice", id_)
    one["status"] = "void"
    one["auto_advance"] = False
    one["next_payment_attempt"] = None
    one["amount_remaining"] = 0
    one["status_transitions"] = {**one["status_transitions"], "voided_at": merchant.now(one["_clock"])}
    if one["_intent"]:
        intent: Any = merchant.edit("payment_intent", one["_intent"])
        intent["status"] = "canceled"
        intent["canceled_at"] = merchant.now(one["_clock"])
    tell(merchant, "invoice.voided", one)
    return one
