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
        if one.is_metered:
            end = one.end if until is None else min(until, one.end)
            made.append(line_of_use(merchant, subscription["customer"], one.price, one.start, end, one.item))
    return made


def line_of_use(merchant: Merchant, customer: str, price: Obj, start: int, end: int, item: str | None) -> Line:
    quantity = counted(merchant, price["recurring"]["meter"], customer, start, end)
    name = price.get("_product_name") or price["product"]
    amount = cents(amount_of(price, quantity))
    return Line(amount, price, quantity, start, end, False, item, f"{quantity} × {name}")
