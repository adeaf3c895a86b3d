"""Automatic tax, as far as an agency's invoice needs it: the customer's country, and reverse charge with a VAT id.

What a country takes is a setting of the merchant; nothing is taken until one is set.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from agency.sandbox.stripe.amounts import cents
from agency.sandbox.stripe.merchant import Merchant, Obj


def tax_on(merchant: Merchant, customer: Obj, subtotal: int, wanted: bool) -> tuple[int, list[Obj]]:
    """The tax on top of `subtotal` cents, and the entries of `total_taxes`."""
    settings = merchant.settings()
    percents: dict[str, Any] = settings["tax_percents"]
    country = (customer["address"] or {}).get("country")
    if not wanted or not percents or country not in percents:
        return 0, []
    has_vat_id = any(one["customer"] == customer["id"] and one["type"] == "eu_vat" for one in merchant.all("tax_id"))
    if customer["tax_exempt"] == "exempt":
        percent, reason = 0, "customer_exempt"
    elif customer["tax_exempt"] == "reverse" or (has_vat_id and country != settings["country"]):
        percent, reason = 0, "reverse_charge"
    else:
        percent, reason = percents[country], "standard_rated"
    amount = cents(subtotal * Fraction(str(percent)) / 100)
    return amount, [
        {
            "amount": amount,
            "tax_behavior": "exclusive",
            "tax_rate_details": {"tax_rate": f"txr_{country.lower()}_{percent}"},
            "taxability_reason": reason,
            "taxable_amount": subtotal,
            "type": "tax_rate_details",
        }
    ]
