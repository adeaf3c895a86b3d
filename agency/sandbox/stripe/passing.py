"""What happens by itself in time: trials end, periods turn, drafts become due, failed payments are tried again."""

from __future__ import annotations

from agency.sandbox.stripe import collecting, invoices, usage
from agency.sandbox.stripe.amounts import Held, period_lines
from agency.sandbox.stripe.changes import ENDED, Change, held_items, interval_of
from agency.sandbox.stripe.errors import unfit
from agency.sandbox.stripe.happenings import changing, tell
from agency.sandbox.stripe.invoice_facts import compose, line_of
from agency.sandbox.stripe.merchant import Merchant, Obj
from agency.sandbox.stripe.periods import DAY_SECONDS, period_at, step

TRIAL_NOTICE_SECONDS = 3 * DAY_SECONDS


def due_of(merchant: Merchant, kind: str, one: Obj) -> int | None:
    """When the object next changes by itself; None where it never does."""
    if kind == "subscription":
        moments = _moments(merchant, one)
        return min(moments) if moments else None
    if kind == "invoice":
        at: int | None = None
        if one["status"] == "draft":
            at = one["automatically_finalizes_at"]
        elif one["status"] == "open":
            at = one["next_payment_attempt"]
        return at
    if kind == "checkout.session" and one["status"] == "open":
        expires: int = one["expires_at"]
        return expires
    return None


def _moments(merchant: Merchant, one: Obj) -> list[int]:
    status = one["status"]
    if status in ENDED:
        return []
    found = [] if one["cancel_at"] is None or one["cancel_at_period_end"] else [one["cancel_at"]]
    if one["pending_update"]:
        found.append(one["pending_update"]["expires_at"])
    if (one["pause_collection"] or {}).get("resumes_at"):
        found.append(one["pause_collection"]["resumes_at"])
    if status == "trialing":
        found.append(one["trial_end"])
        if not one["_told_trial_end"]:
            found.append(max(one["created"], one["trial_end"] - TRIAL_NOTICE_SECONDS))
    elif status == "incomplete":
        found.append(one["created"] + merchant.settings()["incomplete_seconds"])
    elif status in ("active", "past_due", "unpaid"):
        ends = period_end(merchant, one)
        found.append(ends)
        if one["_told_upcoming"] != ends and not one["cancel_at_period_end"]:
            notice = ends - merchant.settings()["upcoming_days"] * DAY_SECONDS
            found.append(max(notice, merchant.get("subscription_item", one["_items"][0])["current_period_start"]))
    return found


def period_end(merchant: Merchant, one: Obj) -> int:
    return int(min(merchant.get("subscription_item", id_)["current_period_end"] for id_ in one["_items"]))


def act(merchant: Merchant, kind: str, one: Obj) -> None:
    """Do what is due now; never raises a refusal."""
    if kind == "invoice":
        if one["status"] == "draft":
            collecting.issue(merchant, one["id"])
        else:
            collecting.collect(merchant, one["id"])
    elif kind == "checkout.session":
        held = merchant.edit(kind, one["id"])
        held["status"], held["url"] = "expired", None
        tell(merchant, "checkout.session.expired", held)
    else:
        _subscription(merchant, one, merchant.now(one["_clock"]))


def _subscription(merchant: Merchant, one: Obj, at: int) -> None:
    id_, status = one["id"], one["status"]
    if one["pending_update"] and one["pending_update"]["expires_at"] <= at:
        _expire_pending(merchant, id_)
    elif (one["pause_collection"] or {}).get("resumes_at") and one["pause_collection"]["resumes_at"] <= at:
        with changing(merchant, "subscription", id_) as held:
            held["pause_collection"] = None
    elif one["cancel_at"] is not None and not one["cancel_at_period_end"] and one["cancel_at"] <= at:
        finish(merchant, id_)
    elif status == "incomplete":
        _expire_incomplete(merchant, id_)
    elif status == "trialing" and one["trial_end"] <= at:
        _end_trial(merchant, id_)
    elif status == "trialing":
        merchant.edit("subscription", id_)["_told_trial_end"] = True
        tell(merchant, "customer.subscription.trial_will_end", one)
    elif period_end(merchant, one) <= at:
        if one["cancel_at_period_end"]:
            finish(merchant, id_)
        else:
            renew(merchant, id_)
    else:
        held = merchant.edit("subscription", id_)
        held["_told_upcoming"] = period_end(merchant, one)
        facts = upcoming(merchant, one, None, "next")
        facts.pop("id", None)
        tell(merchant, "invoice.upcoming", {"object": "invoice", "created": at, "livemode": False, **facts})


def turned(merchant: Merchant, one: Obj, held: list[Held]) -> list[Held]:
    """The same items in the period after theirs."""
    made = []
    for each in held:
        interval, count = interval_of(each.price)
        start, end = period_at(one["billing_cycle_anchor"], each.end, interval, count)
        made.append(Held(each.item, each.price, each.quantity, start, end))
    return made


def renew(merchant: Merchant, id_: str) -> None:
    """The period turns, and its invoice is a draft for a while, as usage may still come in."""
    known = merchant.get("subscription", id_)
    before = held_items(merchant, known)
    after = turned(merchant, known, before)
    lines = usage.lines(merchant, known, before) + period_lines(after)
    with changing(merchant, "subscription", id_) as one:
        collecting.write_items(merchant, one, Change(before[0].end, before, after))
        behaviour = (one["pause_collection"] or {}).get("behavior")
        collecting.invoice_lines(
            merchant,
            one,
            lines,
            "subscription_cycle",
            period=(before[0].start, before[0].end),
            draft_seconds=merchant.settings()["draft_seconds"],
            auto_advance=one["status"] != "unpaid" and behaviour != "keep_as_draft",
        )


def _end_trial(merchant: Merchant, id_: str) -> None:
    known = merchant.get("subscription", id_)
    if known["cancel_at_period_end"]:
        finish(merchant, id_)
        return
    method = invoices.method_for(merchant, {"_subscription": id_, "customer": known["customer"]})
    wish = known["trial_settings"]["end_behavior"]["missing_payment_method"]
    if method is None and wish == "cancel":
        collecting.end(merchant, id_, "cancellation_requested")
        return
    if method is None and wish == "pause":
        pause(merchant, id_, "trial_end_without_payment_method")
        return
    at = known["trial_end"]
    before = held_items(merchant, known)
    after = [Held(each.item, each.price, each.quantity, at, step(at, 1, *interval_of(each.price))) for each in before]
    with changing(merchant, "subscription", id_) as one:
        one["status"] = "active"
        collecting.write_items(merchant, one, Change(at, before, after, resets=True))
        collecting.invoice_lines(
            merchant,
            one,
            period_lines(after),  # what is used during a trial is free
            "subscription_cycle",
            period=(before[0].start, at),
            draft_seconds=merchant.settings()["draft_seconds"],
        )


def pause(merchant: Merchant, id_: str, reason: str) -> None:
    with changing(merchant, "subscription", id_) as one:
        one["status"] = "paused"
        one["status_details"] = {
            "paused": {
                "subscription": {"type": reason},
                "transitioned_at": merchant.now(one["_clock"]),
                "type": "subscription",
            }
        }
    tell(merchant, "customer.subscription.paused", one)


def finish(merchant: Merchant, id_: str) -> None:
    """Its last period is over: usage not yet billed comes on a last invoice."""
    known = merchant.get("subscription", id_)
    used = [] if known["status"] == "trialing" else usage.lines(merchant, known, held_items(merchant, known))
    lines = [line for line in used if line.amount]
    collecting.end(merchant, id_, "cancellation_requested")
    if lines or collecting.pending(merchant, known):
        made = collecting.invoice_lines(merchant, known, lines, "subscription_cycle")
        collecting.issue(merchant, made["id"])


def _expire_incomplete(merchant: Merchant, id_: str) -> None:
    with changing(merchant, "subscription", id_) as one:
        one["status"] = "incomplete_expired"
        one["ended_at"] = merchant.now(one["_clock"])
    if one["latest_invoice"] and merchant.get("invoice", one["latest_invoice"])["status"] == "open":
        invoices.void(merchant, one["latest_invoice"])


def _expire_pending(merchant: Merchant, id_: str) -> None:
    with changing(merchant, "subscription", id_, "customer.subscription.pending_update_expired") as one:
        invoice_id, one["pending_update"], one["_pending_invoice"] = one["_pending_invoice"], None, None
    if merchant.get("invoice", invoice_id)["status"] == "open":
        invoices.void(merchant, invoice_id)


def upcoming(merchant: Merchant, subscription: Obj, change: Change | None, mode: str) -> Obj:
    """The invoice to come, composed and not kept: after `change` where one is given.

    `next`: the very next one, which is the change's own where it is invoiced at once. `recurring`: a whole period of
    what is held after it and nothing else.
    """
    held = change.after if change else held_items(merchant, subscription)
    lines = []
    proration_date = change.at if change and change.lines else None
    if change is not None and change.invoices_now and mode == "next":
        waiting, lines, at, reason = True, change.lines, change.at, "subscription_update"
        period = (change.at, change.at)
    else:
        if subscription["cancel_at_period_end"] and mode == "next":
            raise unfit("No upcoming invoices: the subscription is to end.", code="invoice_upcoming_none")
        at = held[0].end
        after = _next_period(subscription, held)
        waiting, reason, period = mode == "next", "upcoming", (held[0].start, at)
        if mode == "next":
            used = [] if subscription["status"] == "trialing" else usage.lines(merchant, subscription, held)
            lines = (change.lines if change else []) + used
        lines = lines + period_lines(after)
    customer = merchant.get("customer", subscription["customer"])
    all_lines = (collecting.take_pending(merchant, subscription) if waiting else []) + [
        line_of(merchant, line, subscription) for line in lines
    ]
    if mode == "recurring":
        customer = {**customer, "balance": 0}
    facts = compose(
        merchant, customer, subscription, all_lines, reason, at, period=period, proration_date=proration_date
    )
    facts["ending_balance"] = min(0, facts["total"] + customer["balance"])
    facts["next_payment_attempt"] = at + merchant.settings()["draft_seconds"]
    return facts


def _next_period(subscription: Obj, held: list[Held]) -> list[Held]:
    """The period after the present one, by the anchor the items' own periods show."""
    made = []
    for each in held:
        interval, count = interval_of(each.price)
        anchor = subscription["billing_cycle_anchor"]
        if subscription["status"] == "trialing" or (each.start > anchor and subscription["status"] == "paused"):
            anchor = each.end
        elif period_at(anchor, each.start, interval, count)[0] != each.start:
            anchor = each.start
        start, end = period_at(anchor, each.end, interval, count)
        made.append(Held(each.item, each.price, each.quantity, start, end))
    return made
