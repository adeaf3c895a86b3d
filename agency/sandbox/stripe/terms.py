"""Parts of a subscription's terms that several calls take alike."""

from __future__ import annotations

from typing import Any

from agency.sandbox.stripe import calls
from agency.sandbox.stripe.errors import StripeError
from agency.sandbox.stripe.merchant import Merchant, Obj


def own_card(merchant: Merchant, customer_id: str, method_id: str) -> str:
    if merchant.get("payment_method", method_id, "default_payment_method")["customer"] != customer_id:
        raise StripeError(
            400,
            f"The customer does not have a payment method with the ID {method_id}. The payment method must be"
            " attached to the customer.",
            param="default_payment_method",
            code="resource_missing",
        )
    return method_id


def tax_wish(given: Obj | None) -> Obj:
    enabled = calls.flag((given or {}).get("enabled", "false"), "automatic_tax[enabled]")
    return {"disabled_reason": None, "enabled": enabled, "liability": {"type": "self"} if enabled else None}


def trial_wish(given: Obj | None) -> Obj:
    behaviour = (given or {}).get("end_behavior") or {}
    wish = behaviour.get("missing_payment_method", "create_invoice")
    calls.one_of(wish, ("cancel", "create_invoice", "pause"), "trial_settings[end_behavior][missing_payment_method]")
    return {"end_behavior": {"billing_cycle_anchor": None, "missing_payment_method": wish}}


def pause_wish(given: Any) -> Obj | None:
    if not given:
        return None
    behaviours = ("keep_as_draft", "mark_uncollectible", "void")
    resumes = given.get("resumes_at")
    return {
        "behavior": calls.one_of(given.get("behavior"), behaviours, "pause_collection[behavior]"),
        "resumes_at": calls.whole(resumes, "pause_collection[resumes_at]") if resumes else None,
    }
