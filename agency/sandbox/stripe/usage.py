"""What meters counted, by customer and time, and the lines it makes on an invoice."""

from __future__ import annotations

from agency.sandbox.stripe.amounts import Held, Line, amount_of, cents
from agency.sandbox.stripe.merchant import Merchant, Obj


def counted(merchant: Merchant, meter_id: str, customer: str, start: int, end: int) -> int:
    """The meter's aggregate over `start` <= time < `end`."""
    meter = merchant.get("billing.meter", meter_id)
    found = [
        one
        for one in merchant.all("billing.meter_event")
        if one["_state"] == "counted"
        and one["_meter"] == meter_id
        and one["_customer"] == customer
        and start <= one["timestamp"] < end
    ]
    formula = meter["default_aggregation"]["formula"]
    if formula == "count":
        return len(found)
    if formula == "last":
        return int(max(found, key=lambda one: one["timestamp"])["_value"]) if found else 0
    return sum(int(one["_value"]) for one in found)


def lines(merchant: Merchant, subscription: Obj, held: list[Held], *, until: int | None = None) -> list[Line]:
    """A line for each metered item: its use in the item's period, up to `until` where that is earlier."""
    made = []
    for one in held:
        if not one.is_metered:
            continue
        end = one.end if until is None else min(until, one.end)
        quantity = counted(merchant, one.price["recurring"]["meter"], subscription["customer"], one.start, end)
        name = one.price.get("_product_name") or one.price["product"]
        amount = cents(amount_of(one.price, quantity))
        made.append(Line(amount, one.price, quantity, one.start, end, False, one.item, f"{quantity} × {name}"))
    return made
