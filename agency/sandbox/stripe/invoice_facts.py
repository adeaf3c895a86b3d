"""Invoices as they are put together: their lines and all they say, kept or only previewed."""

from __future__ import annotations

from agency.sandbox.stripe import taxes, usage
from agency.sandbox.stripe.amounts import Line
from agency.sandbox.stripe.merchant import Merchant, Obj

WORDS = {"metadata": {}, "discounts": [], "discountable": False, "discount_amounts": [], "pretax_credit_amounts": []}


def line_of(merchant: Merchant, line: Line, subscription: Obj, invoice_item: str | None = None) -> Obj:
    """An invoice's line in its present shape: what it costs in `pricing`, where it comes from in `parent`."""
    per_unit = line.price["unit_amount_decimal"]
    details = {
        "invoice_item": invoice_item,
        "proration": line.proration,
        "proration_details": {"credited_items": None},
        "subscription": subscription["id"],
        "subscription_item": line.item,
    }
    return {
        "id": merchant.new_id("line_item"),
        "object": "line_item",
        "amount": line.amount,
        "currency": subscription["currency"],
        "description": line.description,
        **WORDS,
        "livemode": False,
        "parent": {
            "type": "subscription_item_details",
            "invoice_item_details": None,
            "subscription_item_details": details,
        },
        "period": {"start": line.start, "end": line.end},
        "pricing": {
            "type": "price_details",
            "price_details": {"price": line.price["id"], "product": line.price["product"]},
            "unit_amount_decimal": per_unit,
        },
        "quantity": line.quantity,
        "quantity_decimal": None if line.quantity is None else str(line.quantity),
        "subscription": subscription["id"],
        "subtotal": line.amount,
        "taxes": [],
        "_counts": line.price["recurring"]["usage_type"] == "metered" and not line.proration,
    }


def recount(merchant: Merchant, one: Obj) -> None:
    """What was used is counted until the invoice is final: usage of its period may come in while it is a draft."""
    for line in one["_lines"]:
        if line.get("_counts"):
            price = merchant.get("price", line["pricing"]["price_details"]["price"])
            span = line["period"]
            new = usage.line_of_use(merchant, one["customer"], price, span["start"], span["end"], None)
            line["amount"] = line["subtotal"] = new.amount
            line["quantity"], line["quantity_decimal"] = new.quantity, str(new.quantity)
            line["description"] = new.description
    customer = merchant.get("customer", one["customer"])
    one.update(_totals(merchant, customer, one["_lines"], one["automatic_tax"]["enabled"]))


def _totals(merchant: Merchant, customer: Obj, lines: list[Obj], is_taxed: bool) -> Obj:
    subtotal = sum(line["amount"] for line in lines)
    tax, found = taxes.tax_on(merchant, customer, subtotal, is_taxed)
    wanted = subtotal + tax + customer["balance"]
    return {
        "amount_due": max(0, wanted),
        "amount_remaining": max(0, wanted),
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": subtotal + tax,
        "total_excluding_tax": subtotal,
        "total_taxes": found,
        "_tax": tax,
    }


def compose(
    merchant: Merchant,
    customer: Obj,
    subscription: Obj,
    lines: list[Obj],
    reason: str,
    at: int,
    *,
    period: tuple[int, int] | None = None,
    proration_date: int | None = None,
) -> Obj:
    """All of an invoice but its id: a draft, or a preview of one. The customer's balance is applied as it is now."""
    start, end = period or (at, at)
    return {
        "account_country": merchant.settings()["country"],
        "account_name": "Stand-in",
        "account_tax_ids": None,
        **_totals(merchant, customer, lines, subscription["automatic_tax"]["enabled"]),
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": subscription["automatic_tax"]["enabled"],
            "liability": {"type": "self"} if subscription["automatic_tax"]["enabled"] else None,
            "provider": "stripe" if subscription["automatic_tax"]["enabled"] else None,
            "status": "complete" if subscription["automatic_tax"]["enabled"] else None,
        },
        "automatically_finalizes_at": None,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "currency": subscription["currency"],
        "custom_fields": None,
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": None,
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [
            {"type": one["type"], "value": one["value"]}
            for one in merchant.all("tax_id")
            if one["customer"] == customer["id"]
        ],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": None,
        "ending_balance": None,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "on_behalf_of": None,
        "parent": {
            "type": "subscription_details",
            "quote_details": None,
            "subscription_details": {
                "metadata": dict(subscription["metadata"]),
                "subscription": subscription["id"],
                "subscription_proration_date": proration_date,
            },
        },
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": end,
        "period_start": start,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": customer["balance"],
        "statement_descriptor": None,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "test_clock": customer["test_clock"],
        "total_discount_amounts": [],
        "total_pretax_credit_amounts": [],
        "webhooks_delivered_at": None,
        "_lines": lines,
        "_subscription": subscription["id"],
        "_intent": None,
        "_payment": None,
    }
