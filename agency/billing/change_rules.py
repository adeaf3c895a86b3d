"""When a change of terms takes effect, and what Stripe is told of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from tenants.errors import Conflict, Invalid, worded
from tenants.plans import PLANS, Interval, KnownPrice, Terms, is_larger, quantities
from tenants.plans import PRICES as KNOWN

MOST_EXTRA: Final = 500
"""Of one kind: more is a slip of the hand, or a talk with us."""


class Effect(StrEnum):
    """When a change of terms holds.

    `NOW`: paid at once, for the rest of the period. `PERIOD_END`: Stripe holds it at once, without money either way,
    and what was paid for stays until the period ends. `YEAR_END`: the step from a year to a month; the year ends at
    Stripe, and minutes before it the month begins in its place. `TAKE_BACK`: what was paid for goes on after all.
    """

    NOW = "now"
    PERIOD_END = "period_end"
    YEAR_END = "year_end"
    TAKE_BACK = "take_back"


def effect_of(wanted: Terms, present: Terms, kept: Terms | None) -> Effect:
    """When `wanted` would hold, where `present` stands at Stripe and `kept` was paid for until the period's end.

    Raises Invalid for terms nobody can have, Conflict for a step that has to be taken in two.
    """
    check(wanted)
    paid = kept or present
    if wanted.currency != paid.currency:
        raise Invalid(
            worded("The currency of a plan stays as it is. Nothing was changed. End the plan and begin another."),
            errors={"currency": [worded("stays as it is")]},
        )
    if wanted == present:
        raise Invalid(worded("This is what you have. Nothing was changed."), code="same_terms")
    if kept is not None and wanted == kept:
        return Effect.TAKE_BACK
    if wanted.interval is Interval.MONTH and paid.interval is Interval.YEAR:
        if kept is None:
            return Effect.YEAR_END
        raise _waits()
    if is_larger(wanted, paid):
        if kept is None:
            return Effect.NOW
        raise _waits()
    if is_larger(paid, wanted) and wanted.interval is paid.interval:
        return Effect.PERIOD_END
    raise Conflict(
        worded(
            "This is more of some things and less of others. Nothing was changed. "
            "Take what is more first: it holds at once. Then take what is less: it holds from the next period."
        ),
        code="more_and_less",
    )


def _waits() -> Conflict:
    return Conflict(
        worded(
            "A smaller plan already begins with the next period. Nothing was changed. "
            "Take that back first, and then choose this."
        ),
        code="smaller_waits",
    )


def check(terms: Terms) -> None:
    """Raises Invalid where a plan has not so many, naming each field."""
    errors: dict[str, list[str]] = {}
    plan = PLANS.get(terms.plan)
    if plan is None:
        raise Invalid(worded("There is no such plan. Nothing was changed."), errors={"plan": [worded("is not known")]})
    for name in ("brands", "staff_seats", "light_seats"):
        if not 0 <= getattr(terms, name) <= MOST_EXTRA:
            errors[name] = [worded("must be a number from 0 to %(most)s", most=MOST_EXTRA)]
    if plan.most_brands is not None and plan.brands + terms.brands > plan.most_brands and "brands" not in errors:
        errors["brands"] = [
            worded("at most %(most)s more with %(plan)s", most=plan.most_brands - plan.brands, plan=plan.name)
        ]
    if errors:
        raise Invalid(worded("Some numbers do not fit the plan. Nothing was changed."), errors=errors)


def items_for(
    present: Mapping[str, tuple[str, int | None]], wanted: Terms, prices: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The `items` of an update that makes `present` (lookup key → id, number) into `wanted`.

    An item goes on under its id with another price where it is of the same kind. `prices`: lookup key → Stripe's id.
    What is not ours is let be. Raises KeyError where Stripe has no such price.
    """
    target = quantities(wanted)
    kinds = {_kind(KNOWN[key]): key for key in target}
    items: list[dict[str, Any]] = []
    for key, (item, number) in present.items():
        if key not in KNOWN:
            continue
        new = kinds.pop(_kind(KNOWN[key]), None)
        if new is None:
            items.append({"id": item, "deleted": True})
        elif new != key:
            items.append({"id": item, "price": prices[new], **_number(target[new])})
        elif target[new] != number and target[new] is not None:
            items.append({"id": item, **_number(target[new])})
    items += [{"price": prices[key], **_number(target[key])} for key in kinds.values()]
    return items


def _kind(price: KnownPrice) -> str:
    return str(price.extra) if price.extra else "base"


def _number(quantity: int | None) -> dict[str, int]:
    return {} if quantity is None else {"quantity": quantity}
