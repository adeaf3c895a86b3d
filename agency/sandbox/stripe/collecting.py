"""From an invoice to its money, and what that does to the subscription it belongs to."""

from __future__ import annotations

from agency.sandbox.stripe import invoices
from agency.sandbox.stripe.amounts import Held, Line
from agency.sandbox.stripe.changes import ENDED, Change
from agency.sandbox.stripe.happenings import changing, tell
from agency.sandbox.stripe.invoice_facts import compose, line_of
from agency.sandbox.stripe.merchant import Merchant, Obj

Refusal = tuple[str, str] | None


def pending(merchant: Merchant, subscription: Obj) -> list[Obj]:
    """Lines that wait for the subscription's next invoice, oldest first."""
    return [
        one
        for one in merchant.all("invoiceitem")
        if one["_subscription"] == subscription["id"] and one["invoice"] is None
    ]


def take_pending(merchant: Merchant, subscription: Obj) -> list[Obj]:
    """Their lines, for an invoice that is being put together; `bind_pending` says which it became."""
    return [one["_line"] for one in pending(merchant, subscription)]


def keep_pending(merchant: Merchant, subscription: Obj, lines: list[Line]) -> None:
    for line in lines:
        made = merchant.add(
            "invoiceitem",
            {
                "amount": line.amount,
                "currency": subscription["currency"],
                "customer": subscription["customer"],
                "date": merchant.now(subscription["_clock"]),
                "description": line.description,
                "discountable": False,
                "discounts": [],
                "invoice": None,
                "metadata": {},
                "net_amount": line.amount,
                "parent": {
                    "type": "subscription_details",
                    "subscription_details": {"subscription": subscription["id"], "subscription_item": line.item},
                },
                "period": {"start": line.start, "end": line.end},
                "pricing": {
                    "type": "price_details",
                    "price_details": {"price": line.price["id"], "product": line.price["product"]},
                    "unit_amount_decimal": line.price["unit_amount_decimal"],
                },
                "proration": line.proration,
                "quantity": line.quantity,
                "quantity_decimal": str(line.quantity),
                "tax_rates": [],
                "test_clock": subscription["test_clock"],
                "_subscription": subscription["id"],
            },
            test_clock=subscription["_clock"],
        )
        made["_line"] = line_of(merchant, line, subscription, made["id"])
        tell(merchant, "invoiceitem.created", made)


def invoice_lines(
    merchant: Merchant,
    subscription: Obj,
    lines: list[Line],
    reason: str,
    *,
    period: tuple[int, int] | None = None,
    proration_date: int | None = None,
    draft_seconds: int = 0,
    auto_advance: bool = True,
) -> Obj:
    """A draft of what waits and of these lines."""
    waiting = pending(merchant, subscription)
    made_lines = [line_of(merchant, line, subscription) for line in lines]
    facts = compose(
        merchant,
        merchant.get("customer", subscription["customer"]),
        subscription,
        [one["_line"] for one in waiting] + made_lines,
        reason,
        merchant.now(subscription["_clock"]),
        period=period,
        proration_date=proration_date,
    )
    made = invoices.make(merchant, facts, draft_seconds=draft_seconds, auto_advance=auto_advance)
    for one in waiting:
        merchant.edit("invoiceitem", one["id"])["invoice"] = made["id"]
    return made


def issue(merchant: Merchant, invoice_id: str, *, tries: bool = True) -> Refusal:
    """Finalize, and have it paid unless `tries` is false; what the card said."""
    one = invoices.finalize(merchant, invoice_id)
    subscription = merchant.find("subscription", one["_subscription"])
    held = (subscription or {}).get("pause_collection")
    if one["status"] == "open" and held is not None:
        if held["behavior"] == "void":
            invoices.void(merchant, invoice_id)
        else:
            one["status"] = "uncollectible"
            tell(merchant, "invoice.marked_uncollectible", one)
        return None
    if one["status"] == "paid":
        _after(merchant, one, None)
        return None
    return collect(merchant, invoice_id) if tries else None


def collect(
    merchant: Merchant, invoice_id: str, method: Obj | None = None, *, proven: bool = False, by_hand: bool = False
) -> Refusal:
    """One try with this card, else with the one that is on file."""
    one = merchant.get("invoice", invoice_id)
    subscription = merchant.find("subscription", one["_subscription"])
    if subscription is None:
        return invoices.charge(merchant, invoice_id, method, proven=proven, by_hand=by_hand)
    with changing(merchant, "customer", one["customer"]) as customer:
        refusal = invoices.charge(
            merchant, invoice_id, method or invoices.method_for(merchant, one), proven=proven, by_hand=by_hand
        )
        customer["delinquent"] = refusal is not None
    _after(merchant, one, refusal, by_hand=by_hand)
    return refusal


def paid_elsewhere(merchant: Merchant, invoice_id: str) -> None:
    invoices.settle(merchant, invoice_id, out_of_band=True)
    _after(merchant, merchant.get("invoice", invoice_id), None)


def _after(merchant: Merchant, one: Obj, refusal: Refusal, *, by_hand: bool = False) -> None:
    """What a paid or refused invoice means for its subscription."""
    known = merchant.find("subscription", one["_subscription"])
    if known is None or known["status"] in ENDED:
        return
    if refusal is None:
        _recovered(merchant, known, one)
        return
    if one["billing_reason"] == "subscription_create" or _waits_for(known, one):
        return
    with changing(merchant, "subscription", known["id"]) as subscription:
        if subscription["status"] == "active":
            subscription["status"] = "past_due"
        if one["next_payment_attempt"] is not None or by_hand or subscription["status"] != "past_due":
            return
        final = merchant.settings()["after_retries"]
        if final == "unpaid":
            subscription["status"] = "unpaid"
    if final == "cancel":
        end(merchant, known["id"], "payment_failed")


def _waits_for(subscription: Obj, one: Obj) -> bool:
    return bool(subscription["pending_update"] and subscription["_pending_invoice"] == one["id"])


def _recovered(merchant: Merchant, known: Obj, one: Obj) -> None:
    is_newest, resumed = known["latest_invoice"] == one["id"], False
    with changing(merchant, "subscription", known["id"]) as subscription:
        if (subscription["status"] == "incomplete" and one["billing_reason"] == "subscription_create") or (
            subscription["status"] in ("past_due", "unpaid") and (is_newest or not _owed(merchant, known["id"]))
        ):
            subscription["status"] = "active"
        elif subscription["status"] == "paused" and subscription["_resumes_with"] == one["id"]:
            subscription["status"] = "active"
            subscription["status_details"] = None
            resumed = True
    if resumed:
        tell(merchant, "customer.subscription.resumed", known)
    if _waits_for(known, one):
        change: Change = thawed(merchant, known)
        with changing(merchant, "subscription", known["id"], "customer.subscription.pending_update_applied") as held:
            held["pending_update"] = None
            held["_pending_invoice"] = None
            write_items(merchant, held, change)


def _owed(merchant: Merchant, subscription_id: str) -> bool:
    return any(
        one["_subscription"] == subscription_id and one["status"] == "open" and one["amount_remaining"]
        for one in merchant.all("invoice")
    )


def write_items(merchant: Merchant, subscription: Obj, change: Change) -> None:
    """The subscription holds what the change says; inside of `changing`."""
    for one in change.after:
        if merchant.find("subscription_item", one.item) is None:
            add_item(merchant, subscription, one)
        item = merchant.edit("subscription_item", one.item)
        item["_price"] = one.price["id"]
        if one.is_metered:
            item.pop("quantity", None)
        else:
            item["quantity"] = one.quantity
        item["current_period_start"], item["current_period_end"] = one.start, one.end
        if str(one.item) in change.metadata:
            item["metadata"] = {**item["metadata"], **change.metadata[str(one.item)]}
    subscription["_items"] = [one.item for one in change.after]
    for id_ in change.removed:
        merchant.remove("subscription_item", id_)
    if change.resets:
        subscription["billing_cycle_anchor"] = change.at
    if subscription["cancel_at_period_end"]:
        subscription["cancel_at"] = min(one.end for one in change.after)


def add_item(merchant: Merchant, subscription: Obj, one: Held) -> None:
    merchant.add(
        "subscription_item",
        {
            "billed_until": None,
            "billing_thresholds": None,
            "current_period_end": one.end,
            "current_period_start": one.start,
            "discounts": [],
            "metadata": {},
            "subscription": subscription["id"],
            "tax_rates": [],
            "_price": one.price["id"],
        },
        test_clock=subscription["_clock"],
        id_=one.item,
    )


def frozen(change: Change) -> Obj:
    """A change as it can be kept until it is paid."""
    return {
        "at": change.at,
        "after": [[one.item, one.price["id"], one.quantity, one.start, one.end] for one in change.after],
        "removed": list(change.removed),
        "resets": change.resets,
    }


def thawed(merchant: Merchant, subscription: Obj) -> Change:
    kept = subscription["_pending_change"]
    after = [
        Held(item, merchant.get("price", price), quantity, start, end)
        for item, price, quantity, start, end in kept["after"]
    ]
    return Change(kept["at"], [], after, resets=kept["resets"], removed=tuple(kept["removed"]))


def end(merchant: Merchant, id_: str, reason: str, status: str = "canceled") -> Obj:
    """It is over for good; what is still open is not collected any more by itself."""
    one = merchant.edit("subscription", id_)
    at = merchant.now(one["_clock"])
    one["status"] = status
    one["ended_at"] = at
    if one["canceled_at"] is None:
        one["canceled_at"] = at
    one["cancellation_details"] = {**one["cancellation_details"], "reason": reason}
    one["pending_update"] = None
    for each in list(merchant.all("invoice")):
        if each["_subscription"] == id_ and each["status"] in ("draft", "open"):
            held = merchant.edit("invoice", each["id"])
            held["auto_advance"], held["next_payment_attempt"], held["automatically_finalizes_at"] = False, None, None
    tell(merchant, "customer.subscription.deleted", one)
    return one
