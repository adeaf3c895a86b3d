"""Our table of prices beside Stripe's: what is missing is made, what differs is said, and nothing there is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agency.billing.stripe_gateway import Gateway
from agency.billing.stripe_readers import TheirPrice
from tenants.plans import PLANS, PRICES, Extra, KnownPrice

METER_EVENT: Final = "answered_conversation"
_NAMES: Final = {
    Extra.BRAND: "One more brand",
    Extra.STAFF: "One more staff seat",
    Extra.LIGHT: "One more light seat",
    Extra.USAGE: "Answered conversation beyond the plan",
}


@dataclass(frozen=True)
class Compared:
    """What `sync` did and found. `made`: lookup keys; `differ`: sentences."""

    made: tuple[str, ...]
    differ: tuple[str, ...]
    right: int


def sync(gateway: Gateway, *, only_look: bool = False) -> Compared:
    """Compare, and make what is missing unless `only_look`. Harmless twice. Raises Unavailable."""
    there = gateway.prices()
    missing = [price for key, price in PRICES.items() if key not in there]
    differ = [said for key, price in PRICES.items() if key in there and (said := difference(price, there[key]))]
    right = len(PRICES) - len(missing) - len(differ)
    if missing and not only_look:
        make(gateway, missing)
    return Compared(tuple(price.key for price in missing), tuple(differ), right)


def difference(ours: KnownPrice, theirs: TheirPrice) -> str | None:
    """What is not the same, in a sentence for whoever runs this; None where nothing is."""
    is_metered = ours.extra is Extra.USAGE
    ours_said = (ours.cents, ours.currency.value, ours.interval.value, is_metered)
    theirs_said = (theirs.cents, theirs.currency, theirs.interval, theirs.is_metered)
    if ours_said == theirs_said:
        return None
    return (
        f"{ours.key}: here {_said(*ours_said)}, at Stripe {_said(*theirs_said)} ({theirs.id}). Nothing was changed. "
        f"Make a new price at Stripe, with onbrand={ours.key} in its metadata, and move the lookup key to it."
    )


def _said(cents: int | None, currency: str, interval: str | None, is_metered: bool) -> str:
    return f"{cents} {currency} a {interval}{', metered' if is_metered else ''}"


def make(gateway: Gateway, missing: Sequence[KnownPrice]) -> None:
    """Make these prices, and what they are prices of where Stripe has it not yet. Raises Unavailable."""
    products = gateway.products()
    meter = None
    if any(price.extra is Extra.USAGE for price in missing):
        meter = gateway.meters().get(METER_EVENT) or gateway.make_meter(METER_EVENT, "Answered conversations")
    for price in missing:
        if price.product not in products:
            name = PLANS[price.plan].name if price.plan else _NAMES[price.extra or Extra.BRAND]
            products[price.product] = gateway.make_product(price.product, name)
        gateway.make_price(
            price.key,
            products[price.product],
            price.currency.value,
            price.cents,
            price.interval.value,
            meter if price.extra is Extra.USAGE else None,
        )
