"""What a change of a subscription would cost: computed once, for the preview and for the change itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agency.sandbox.stripe import calls, usage
from agency.sandbox.stripe.amounts import Held, Line, change_lines, period_lines
from agency.sandbox.stripe.errors import StripeError, not_modelled, unfit
from agency.sandbox.stripe.merchant import Merchant, Obj
from agency.sandbox.stripe.periods import step

PRORATIONS = ("create_prorations", "always_invoice", "none")
MOST_ITEMS = 20
ITEM_FIELDS = {"id", "price", "quantity", "deleted", "metadata", "clear_usage"}
ENDED = ("canceled", "incomplete_expired")


@dataclass(frozen=True)
class Change:
    """Items before and after, and the lines of money between them. `at` is the second everything is prorated at."""

    at: int
    before: list[Held]
    after: list[Held]
    lines: list[Line] = field(default_factory=list)
    invoices_now: bool = False
    # The billing cycle begins anew at `at`.
    resets: bool = False
    ends_trial: bool = False
    removed: tuple[str, ...] = ()
    metadata: dict[str, Obj] = field(default_factory=dict)

    @property
    def has_items(self) -> bool:
        return self.before != self.after or self.resets or self.ends_trial


def held_items(merchant: Merchant, subscription: Obj) -> list[Held]:
    found = []
    for id_ in subscription["_items"]:
        item = merchant.get("subscription_item", id_)
        price = merchant.get("price", item["_price"])
        found.append(
            Held(id_, price, item.get("quantity") or 0, item["current_period_start"], item["current_period_end"])
        )
    return found


def interval_of(price: Obj) -> tuple[str, int]:
    recurring = price["recurring"]
    return recurring["interval"], recurring["interval_count"]


def recurring_price(merchant: Merchant, id_: Any, param: str) -> Obj:
    price = merchant.get("price", id_, param)
    if not price["active"]:
        raise unfit(f"The price specified is inactive. This field only accepts active prices ({id_}).", param)
    if price["recurring"] is None:
        raise unfit(f"The price specified is set to `type=one_time` but this field only accepts recurring ({id_}).")
    return price


def planned(merchant: Merchant, subscription: Obj, given: Obj, *, restart: bool = False) -> Change:
    """The change that `items`, `proration_behavior`, `proration_date`, `trial_end` and `billing_cycle_anchor` describe.

    With `restart` a new cycle begins at once, as when a paused subscription goes on. Raises StripeError.
    """
    now = merchant.now(subscription["_clock"])
    behaviour = calls.one_of(given.get("proration_behavior") or "create_prorations", PRORATIONS, "proration_behavior")
    before = held_items(merchant, subscription)
    after, removed, notes = _after(merchant, subscription, before, given.get("items") or [])
    at = _proration_date(before, given.get("proration_date"), now)
    is_trialing = subscription["status"] == "trialing"
    ends_trial = is_trialing and given.get("trial_end") == "now"
    intervals = {interval_of(one.price) for one in after}
    changed_interval = bool(before) and intervals != {interval_of(one.price) for one in before}
    resets = restart or ends_trial or _anchor_is_now(given) or (changed_interval and not is_trialing)
    if resets:
        if is_trialing and not ends_trial:
            raise not_modelled("a new billing cycle anchor during a trial", "billing_cycle_anchor")
        closing = [] if ends_trial or restart else _closed(merchant, subscription, before, behaviour, at, now)
        fresh = [Held(one.item, one.price, one.quantity, now, step(now, 1, *interval_of(one.price))) for one in after]
        lines = closing + period_lines(fresh)
        return Change(now, before, fresh, lines, True, True, ends_trial, removed, notes)
    if is_trialing or subscription["status"] in ENDED or behaviour == "none":
        return Change(at, before, after, removed=removed, metadata=notes)
    lines = change_lines(before, after, at)
    return Change(
        at, before, after, lines, bool(lines) and behaviour == "always_invoice", removed=removed, metadata=notes
    )


def _closed(
    merchant: Merchant, subscription: Obj, before: list[Held], behaviour: str, prorated_at: int, now: int
) -> list[Line]:
    """A period that ends before its time: unused time comes back as of the proration date, use of it is billed."""
    given_back = [] if behaviour == "none" else change_lines(before, [], prorated_at)
    return given_back + usage.lines(merchant, subscription, before, until=now)


def _after(
    merchant: Merchant, subscription: Obj, before: list[Held], wishes: list[Any]
) -> tuple[list[Held], tuple[str, ...], dict[str, Obj]]:
    known = {one.item: one for one in before}
    removed: list[str] = []
    notes: dict[str, Obj] = {}
    for number, wish in enumerate(wishes):
        param = f"items[{number}]"
        if not isinstance(wish, dict) or set(wish) - ITEM_FIELDS:
            raise StripeError(400, f"Received unknown parameter in {param}", code="parameter_unknown", param=param)
        old = known.get(wish.get("id"))
        if wish.get("id") and old is None:
            raise StripeError(
                404, f"No such subscription item: '{wish['id']}'", code="resource_missing", param=f"{param}[id]"
            )
        if old is not None and wish.get("deleted") == "true":
            removed.append(str(old.item))
            del known[old.item]
            continue
        made = _wished(merchant, subscription, before, old, wish, param)
        known[made.item] = made
        if "metadata" in wish:
            notes[str(made.item)] = wish["metadata"] or {}
    after = list(known.values())
    check_items([one.price for one in after], subscription["currency"])
    return after, tuple(removed), notes


def _wished(merchant: Merchant, subscription: Obj, before: list[Held], old: Held | None, wish: Obj, param: str) -> Held:
    if old is None and not wish.get("price"):
        raise StripeError(400, "You must pass a price.", code="parameter_missing", param=f"{param}[price]")
    changes_price = bool(wish.get("price")) and (old is None or wish["price"] != old.price["id"])
    if old is not None and not changes_price:
        price = old.price
    else:
        price = recurring_price(merchant, wish["price"], f"{param}[price]")
    is_metered = price["recurring"]["usage_type"] == "metered"
    if is_metered and "quantity" in wish:
        raise unfit("Quantity should not be specified where usage_type is `metered`.", f"{param}[quantity]")
    if "quantity" in wish:
        quantity = calls.whole(wish["quantity"], f"{param}[quantity]")
    else:
        # A new price without a quantity begins with one, whatever there was.
        quantity = old.quantity if old is not None and not changes_price else 1
    if quantity < 0:
        raise unfit("Quantity must be greater than or equal to 0.", f"{param}[quantity]")
    item = old.item if old is not None else merchant.new_id("subscription_item")
    place = old or (before[0] if before else None)
    now = merchant.now(subscription["_clock"])
    start, end = (place.start, place.end) if place else (now, step(now, 1, *interval_of(price)))
    return Held(item, price, 0 if is_metered else quantity, start, end)


def check_items(prices: list[Obj], currency: str) -> None:
    """Raises StripeError for what no subscription may hold together."""
    if not prices:
        raise unfit("A subscription must have at least one active plan.", "items")
    if len(prices) > MOST_ITEMS:
        raise unfit(f"A subscription may have up to {MOST_ITEMS} items.", "items")
    ids = [price["id"] for price in prices]
    if len(set(ids)) < len(ids):
        raise unfit("Cannot add multiple subscription items with the same price.", "items")
    if {price["currency"] for price in prices} != {currency}:
        raise unfit("All prices of a subscription must have its currency.", "items", "currency_mismatch")
    if len({interval_of(price) for price in prices}) > 1:
        raise not_modelled("prices of several intervals in one subscription", "items")


def _proration_date(before: list[Held], given: int | None, now: int) -> int:
    if given is None:
        return now
    start, end = max(one.start for one in before), min(one.end for one in before)
    if not start <= given <= end:
        raise unfit("Cannot specify a proration_date outside of the subscription's current period.", "proration_date")
    return given


def _anchor_is_now(given: Obj) -> bool:
    anchor = given.get("billing_cycle_anchor")
    if anchor is None:
        return False
    if not isinstance(anchor, dict):
        raise unfit(
            "Invalid object: billing_cycle_anchor takes a `type` since 2026-09-30.endive.", "billing_cycle_anchor"
        )
    return bool(calls.one_of(anchor.get("type"), ("now", "unchanged"), "billing_cycle_anchor[type]") == "now")
