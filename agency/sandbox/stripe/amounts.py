"""What quantities cost: exact until the one rounding of each line."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from agency.sandbox.stripe.words import day

Obj = dict[str, Any]


def cents(exact: Fraction) -> int:
    """Half a cent away from zero, so that a credit undoes exactly the debit it answers."""
    doubled = abs(exact) * 2 + 1
    whole = int(doubled // 2)
    return -whole if exact < 0 else whole


def unit_of(price: Obj) -> Fraction:
    """The price of one unit in cents; raises ValueError where tiers decide."""
    if price["billing_scheme"] != "per_unit":
        raise ValueError("a tiered price has no single unit amount")
    return Fraction(price["unit_amount_decimal"])


def amount_of(price: Obj, quantity: int) -> Fraction:
    """The cost of so many units for one whole period, in cents."""
    if price["billing_scheme"] == "per_unit":
        return unit_of(price) * quantity
    tiers = price["_tiers"]
    if price["tiers_mode"] == "volume":
        tier = next(one for one in tiers if one["up_to"] is None or quantity <= one["up_to"])
        return _tier_amount(tier, quantity)
    whole, below = Fraction(0), 0
    for tier in tiers:
        until = quantity if tier["up_to"] is None else min(quantity, tier["up_to"])
        if until > below or (quantity == 0 and below == 0):
            whole += _tier_amount(tier, max(0, until - below))
        below = max(below, until)
        if below >= quantity:
            break
    return whole


def _tier_amount(tier: Obj, quantity: int) -> Fraction:
    return Fraction(tier["unit_amount_decimal"] or 0) * quantity + Fraction(tier["flat_amount_decimal"] or 0)


@dataclass(frozen=True)
class Held:
    """A price held in some quantity for a period; `item` is the subscription item's id, None for one to be made."""

    item: str | None
    price: Obj
    quantity: int
    start: int
    end: int

    @property
    def is_metered(self) -> bool:
        return bool(self.price["recurring"]["usage_type"] == "metered")

    @property
    def whole(self) -> Fraction:
        return amount_of(self.price, self.quantity)

    def rest(self, at: int) -> int:
        """The cost of what is left of the period at `at`, in cents."""
        return cents(self.whole * Fraction(self.end - min(max(at, self.start), self.end), self.end - self.start))


@dataclass(frozen=True)
class Line:
    """One line of an invoice, before it has an id."""

    amount: int
    price: Obj
    quantity: int | None
    start: int
    end: int
    proration: bool
    item: str | None
    description: str


def change_lines(before: list[Held], after: list[Held], at: int) -> list[Line]:
    """Credits for the unused rest of what ends, debits for the rest of what begins; nothing for what stays the same.

    Metered prices have no prepaid rest. Items are matched by their id.
    """
    lines: list[Line] = []
    kept: dict[str | None, Held] = {one.item: one for one in after if one.item is not None}
    for old in before:
        new = kept.get(old.item)
        if new is not None and (new.price["id"], new.quantity) == (old.price["id"], old.quantity):
            continue
        if not old.is_metered:
            lines.append(
                Line(-old.rest(at), old.price, old.quantity, at, old.end, True, old.item, _words("Unused", old, at))
            )
        if new is not None and not new.is_metered:
            lines.append(_debit(new, at))
    known = {one.item for one in before}
    lines.extend(_debit(new, at) for new in after if new.item not in known or new.item is None if not new.is_metered)
    return lines


def period_lines(held: list[Held]) -> list[Line]:
    """What whole coming periods cost, licensed prices only."""
    return [
        Line(cents(one.whole), one.price, one.quantity, one.start, one.end, False, one.item, _whole_words(one))
        for one in held
        if not one.is_metered
    ]


def _debit(new: Held, at: int) -> Line:
    return Line(new.rest(at), new.price, new.quantity, at, new.end, True, new.item, _words("Remaining", new, at))


def _words(which: str, held: Held, at: int) -> str:
    name = held.price.get("_product_name") or held.price["product"]
    return f"{which} time on {held.quantity} × {name} after {day(at)}"


def _whole_words(held: Held) -> str:
    name = held.price.get("_product_name") or held.price["product"]
    return f"{held.quantity} × {name}"
