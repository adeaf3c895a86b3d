"""The calls about subscriptions: begin, look, change, pause, go on, cancel."""

from __future__ import annotations

from agency.sandbox.stripe import calls, changes, collecting, invoices, passing, usage
from agency.sandbox.stripe.amounts import Line, change_lines
from agency.sandbox.stripe.beginning import begin
from agency.sandbox.stripe.calls import Listed, call
from agency.sandbox.stripe.changes import ENDED, Change, held_items
from agency.sandbox.stripe.customers import declined
from agency.sandbox.stripe.errors import StripeError, not_modelled, unfit
from agency.sandbox.stripe.happenings import changing, tell
from agency.sandbox.stripe.merchant import Merchant, Obj
from agency.sandbox.stripe.periods import DAY_SECONDS
from agency.sandbox.stripe.terms import own_card, pause_wish, tax_wish, trial_wish

BEHAVIOURS = ("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete")
PENDING_SECONDS = 23 * 3600
SHARED = {
    "items": "list",
    "metadata": "map",
    "default_payment_method": "text",
    "description": "text",
    "automatic_tax": "map",
    "payment_behavior": "text",
    "proration_behavior": "text",
    "trial_end": "text",
    "trial_settings": "map",
    "cancel_at_period_end": "flag",
    "cancel_at": "whole",
    "payment_settings": "map",
    "off_session": "flag",
    "collection_method": "text",
}
WHILE_PENDING = {"items", "payment_behavior", "proration_behavior", "proration_date", "billing_cycle_anchor", "expand"}


@call("POST", "/subscriptions", SHARED, customer="text", currency="text", billing_mode="map",
      trial_period_days="whole", billing_cycle_anchor="whole")  # fmt: skip
def create_subscription(merchant: Merchant, given: Obj) -> Obj:
    return begin(merchant, given)


@call("GET", "/subscriptions/{id}")
def get_subscription(merchant: Merchant, given: Obj, id_: str) -> Obj:
    return merchant.get("subscription", id_)


@call("GET", "/subscriptions", is_list=True, customer="text", status="text", price="text", test_clock="text")
def list_subscriptions(merchant: Merchant, given: Obj) -> Listed:
    """Without `status` all but those that were canceled."""
    status = given.get("status")
    found = []
    for one in merchant.all("subscription"):
        if status is None:
            fits = one["status"] != "canceled"
        elif status == "ended":
            fits = one["status"] in ENDED
        else:
            fits = status in ("all", one["status"])
        fits = fits and given.get("customer") in (None, one["customer"])
        fits = fits and given.get("test_clock") in (None, one["test_clock"])
        if fits and "price" in given:
            fits = any(held.price["id"] == given["price"] for held in held_items(merchant, one))
        if fits:
            found.append(one)
    return Listed("/v1/subscriptions", found)


@call("POST", "/subscriptions/{id}", SHARED, proration_date="whole", billing_cycle_anchor="any",
      pause_collection="any", cancellation_details="map")  # fmt: skip
def update_subscription(merchant: Merchant, given: Obj, id_: str) -> Obj:
    known = merchant.get("subscription", id_)
    if known["status"] in ENDED and set(given) - {"metadata", "cancellation_details", "expand"}:
        raise unfit("A canceled subscription can only update its cancellation_details and metadata.")
    if known["status"] == "incomplete" and set(given) - {"metadata", "default_payment_method", "expand"}:
        raise unfit("An incomplete subscription can only update its metadata and default payment method.")
    behaviour = calls.one_of(given.get("payment_behavior") or "allow_incomplete", BEHAVIOURS, "payment_behavior")
    if behaviour == "pending_if_incomplete" and (odd := set(given) - WHILE_PENDING):
        raise unfit(f"`{sorted(odd)[0]}` cannot be updated with payment_behavior=pending_if_incomplete.")
    change = changes.planned(merchant, known, given)
    if known["pending_update"] and change.has_items:
        _drop_pending(merchant, id_)
    with changing(merchant, "subscription", id_) as one:
        _write_plain(merchant, one, given)
        if change.has_items:
            _carry_out(merchant, one, change, behaviour)
    return merchant.get("subscription", id_)


def _said(refusal: tuple[str, str]) -> tuple[str, str]:
    return refusal if refusal[1] != "no_payment_method" else ("card_declined", "generic_decline")


def _carry_out(merchant: Merchant, one: Obj, change: Change, behaviour: str) -> None:
    """The change and its money, in the way `behaviour` says; raises the card's refusal where that undoes all."""
    if behaviour == "pending_if_incomplete" and change.invoices_now:
        _if_paid(merchant, one, change)
        return
    collecting.write_items(merchant, one, change)
    if change.ends_trial:
        one["status"], one["trial_end"] = "active", change.at
    if not change.invoices_now:
        collecting.keep_pending(merchant, one, change.lines)
        return
    made = _invoice(merchant, one, change)
    refusal = collecting.issue(merchant, made["id"], tries=behaviour != "default_incomplete")
    if refusal is not None and behaviour == "error_if_incomplete":
        raise declined(*_said(refusal))


def _invoice(merchant: Merchant, one: Obj, change: Change) -> Obj:
    return collecting.invoice_lines(
        merchant,
        one,
        change.lines,
        "subscription_update",
        period=(change.at, change.at),
        proration_date=change.at if any(line.proration for line in change.lines) else None,
    )


def _if_paid(merchant: Merchant, one: Obj, change: Change) -> None:
    """Money first: the change waits for it, for 23 hours."""
    made = _invoice(merchant, one, change)
    one["pending_update"] = {
        "billing_cycle_anchor": change.at if change.resets else None,
        "expires_at": change.at + PENDING_SECONDS,
        "subscription_items": [
            {"id": held.item, "object": "subscription_item", "price": held.price["id"], "quantity": held.quantity}
            for held in change.after
        ],
        "trial_end": None,
        "trial_from_plan": None,
    }
    one["_pending_invoice"], one["_pending_change"] = made["id"], collecting.frozen(change)
    collecting.issue(merchant, made["id"])


def _drop_pending(merchant: Merchant, id_: str) -> None:
    """A newer change takes the place of one that was not paid."""
    with changing(merchant, "subscription", id_) as one:
        invoice_id, one["pending_update"], one["_pending_invoice"] = one["_pending_invoice"], None, None
    if merchant.get("invoice", invoice_id)["status"] == "open":
        invoices.void(merchant, invoice_id)


def _write_plain(merchant: Merchant, one: Obj, given: Obj) -> None:
    now = merchant.now(one["_clock"])
    one["metadata"] = calls.metadata(one["metadata"], given)
    for name in ("description", "default_payment_method"):
        if name in given:
            one[name] = given[name] or None
    if one["default_payment_method"] and "default_payment_method" in given:
        own_card(merchant, one["customer"], given["default_payment_method"])
    if "automatic_tax" in given:
        one["automatic_tax"] = tax_wish(given["automatic_tax"])
    if "trial_settings" in given:
        one["trial_settings"] = trial_wish(given["trial_settings"])
    if "cancellation_details" in given:
        wish = given["cancellation_details"] or {}
        one["cancellation_details"] = {
            **one["cancellation_details"],
            **{name: wish[name] or None for name in ("comment", "feedback") if name in wish},
        }
    if "trial_end" in given and given["trial_end"] != "now":
        _move_trial_end(merchant, one, given["trial_end"], now)
    if "pause_collection" in given:
        one["pause_collection"] = pause_wish(given["pause_collection"])
    if "cancel_at" in given and given.get("cancel_at_period_end"):
        raise unfit("You can only set one of `cancel_at` and `cancel_at_period_end`.", "cancel_at")
    if given.get("cancel_at") is not None or given.get("cancel_at_period_end"):
        at_end = bool(given.get("cancel_at_period_end"))
        end = one["trial_end"] if one["status"] == "trialing" else passing.period_end(merchant, one)
        one["cancel_at"] = end if at_end else given["cancel_at"]
        one["cancel_at_period_end"] = at_end
        one["canceled_at"] = now
        one["cancellation_details"] = {**one["cancellation_details"], "reason": "cancellation_requested"}
    elif "cancel_at" in given or "cancel_at_period_end" in given:
        one["cancel_at"], one["cancel_at_period_end"], one["canceled_at"] = None, False, None
        one["cancellation_details"] = {**one["cancellation_details"], "reason": None}


def _move_trial_end(merchant: Merchant, one: Obj, given: str, now: int) -> None:
    at = calls.whole(given, "trial_end")
    if one["status"] != "trialing":
        raise not_modelled("a new trial of a subscription that is not in one", "trial_end")
    if not now < at <= now + 730 * DAY_SECONDS:
        raise unfit("Invalid timestamp: must be in the future, by two years at most.", "trial_end")
    one["trial_end"] = one["billing_cycle_anchor"] = at
    one["_told_trial_end"] = False
    for id_ in one["_items"]:
        merchant.edit("subscription_item", id_)["current_period_end"] = at


@call("DELETE", "/subscriptions/{id}", invoice_now="flag", prorate="flag", cancellation_details="map")
def cancel_subscription(merchant: Merchant, given: Obj, id_: str) -> Obj:
    known = merchant.get("subscription", id_)
    if known["status"] in ENDED:
        raise StripeError(404, f"No such subscription: '{id_}'", code="resource_missing", param="id")
    now = merchant.now(known["_clock"])
    held = held_items(merchant, known)
    lines: list[Line] = []
    if given.get("prorate") and known["status"] in ("active", "past_due"):
        lines += change_lines(held, [], now)
    if given.get("invoice_now") and known["status"] != "trialing":
        lines += [line for line in usage.lines(merchant, known, held, until=now) if line.amount]
    wish = given.get("cancellation_details") or {}
    one = merchant.edit("subscription", id_)
    one["cancellation_details"] = {
        **one["cancellation_details"],
        **{name: wish[name] or None for name in ("comment", "feedback") if name in wish},
    }
    collecting.end(merchant, id_, "cancellation_requested")
    if given.get("invoice_now") and (lines or collecting.pending(merchant, one)):
        made = collecting.invoice_lines(merchant, one, lines, "manual")
        collecting.issue(merchant, made["id"])
    else:
        collecting.keep_pending(merchant, one, lines)
    return one


@call("POST", "/subscriptions/{id}/pause", type="text", invoicing_behavior="text", bill_for="map")
def pause_subscription(merchant: Merchant, given: Obj, id_: str) -> Obj:
    """Unused time comes back only where it is asked for; metered use until then is not billed."""
    calls.one_of(given.get("type"), ("subscription",), "type")
    known = merchant.get("subscription", id_)
    if known["status"] not in ("active", "past_due", "trialing", "unpaid"):
        raise unfit(f"A subscription that is {known['status']} cannot be paused.")
    bill_for = given.get("bill_for") or {}
    unused = (bill_for.get("unused_time_from") or {}).get("type", "none")
    through = (bill_for.get("outstanding_usage_through") or {}).get("type", "none")
    if unused not in ("none", "now") or through not in ("none", "now"):
        raise not_modelled("this way to bill at a pause", "bill_for")
    now, held = merchant.now(known["_clock"]), held_items(merchant, known)
    lines = change_lines(held, [], now) if unused == "now" else []
    lines += usage.lines(merchant, known, held, until=now) if through == "now" else []
    if given.get("invoicing_behavior", "pending_invoice_item") == "invoice" and lines:
        made = collecting.invoice_lines(merchant, known, lines, "subscription_update", proration_date=now)
        collecting.issue(merchant, made["id"])
    else:
        collecting.keep_pending(merchant, merchant.edit("subscription", id_), lines)
    passing.pause(merchant, id_, "pause_requested")
    return merchant.get("subscription", id_)


@call("POST", "/subscriptions/{id}/resume", billing_cycle_anchor="any", proration_behavior="text",
      proration_date="whole", payment_behavior="text")  # fmt: skip
def resume_subscription(merchant: Merchant, given: Obj, id_: str) -> Obj:
    """A new cycle begins and is charged. With `resume_on_payment_success` it stays paused until that is paid."""
    known = merchant.get("subscription", id_)
    if known["status"] != "paused":
        raise unfit("The subscription is not paused.")
    if (given.get("billing_cycle_anchor") or {}).get("type", "now") != "now":
        raise not_modelled("going on with the old billing cycle", "billing_cycle_anchor")
    behaviour = calls.one_of(
        given.get("payment_behavior") or "resume_on_payment_attempt",
        ("resume_on_payment_attempt", "resume_on_payment_success"),
        "payment_behavior",
    )
    change = changes.planned(merchant, known, {}, restart=True)
    with changing(merchant, "subscription", id_) as one:
        collecting.write_items(merchant, one, change)
        if behaviour == "resume_on_payment_attempt":
            one["status"] = "active"
            one["status_details"] = None
        made = _invoice(merchant, one, change)
        one["_resumes_with"] = made["id"]
        collecting.issue(merchant, made["id"])
    one = merchant.get("subscription", id_)
    if behaviour == "resume_on_payment_attempt":
        tell(merchant, "customer.subscription.resumed", one)
    return one


@call("GET", "/subscription_items", is_list=True, subscription="text")
def list_items(merchant: Merchant, given: Obj) -> Listed:
    calls.required(given, "subscription")
    one = merchant.get("subscription", given["subscription"], "subscription")
    return Listed("/v1/subscription_items", [merchant.get("subscription_item", id_) for id_ in one["_items"]])


@call("GET", "/subscription_items/{id}")
def get_item(merchant: Merchant, given: Obj, id_: str) -> Obj:
    return merchant.get("subscription_item", id_)


@call("POST", "/subscription_items/{id}", price="text", quantity="text", metadata="map", payment_behavior="text",
      proration_behavior="text", proration_date="whole", off_session="flag")  # fmt: skip
def update_item(merchant: Merchant, given: Obj, id_: str) -> Obj:
    item = merchant.get("subscription_item", id_)
    wish: Obj = {"id": id_, **{name: given[name] for name in ("price", "quantity", "metadata") if name in given}}
    more: Obj = {
        name: given[name] for name in ("payment_behavior", "proration_behavior", "proration_date") if name in given
    }
    update_subscription(merchant, {"items": [wish], **more}, item["subscription"])
    return merchant.get("subscription_item", id_)


@call("DELETE", "/customers/{id}")
def delete_customer(merchant: Merchant, given: Obj, id_: str) -> Obj:
    """Its subscriptions end at once; its invoices stay."""
    customer = merchant.edit("customer", id_)
    for one in merchant.all("subscription"):
        if one["customer"] == id_ and one["status"] not in ENDED:
            collecting.end(merchant, one["id"], "cancellation_requested")
    tell(merchant, "customer.deleted", customer)
    customer["deleted"] = True
    return {"id": id_, "object": "customer", "deleted": True}
