"""A confirmed change is done at Stripe, once, at the price that was shown, or comes to nothing and says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import select

from agency.billing import subscriptions
from agency.billing.change_rules import Effect
from agency.billing.changes import HELD, PAYS, customer_of, details_now, wanted_items
from agency.billing.models import BillingChange
from agency.billing.stripe_readers import CardRefused, TheirInvoice, TheirSubscription
from tenants import audit, clock
from tenants.database import db
from tenants.outbox import JobName, enqueue_after_commit
from tenants.plan_states import State
from tenants.plans import Terms, from_plain, terms_of
from tenants.subscriptions import row_of

if TYPE_CHECKING:
    from agency.billing.stripe_gateway import Gateway

LEAD: Final = timedelta(hours=1)
"""So long before a year ends the month begins in its place: time for a few tries, and no period is billed twice."""
TOO_LATE: Final = timedelta(minutes=5)
"""Before a period's end nothing is taken back any more: the next one's invoice may be in the making."""


@dataclass(frozen=True)
class Work:
    """A confirmed change, read once."""

    change_id: UUID
    customer: str
    subscription: str
    kind: str
    effect: Effect | None
    wanted: Terms | None
    before: Terms | None
    prorated_at: datetime | None
    now_cents: int
    due_cents: int
    takes_effect_at: datetime | None

    @property
    def key(self) -> str:
        """The idempotency key of the deed."""
        return f"change:{self.change_id}"


@dataclass(frozen=True)
class Outcome:
    """`state`: done, dropped (`why`), or held until the year's end. `result`: the invoice, where one was made."""

    state: str
    why: str | None = None
    result: str | None = None


def begin(agency_id: UUID, change_id: UUID) -> Work | None:
    """What there is to do; None where it is done, dropped, or the agency has no subscription any more."""
    change = db.session.scalars(
        select(BillingChange).where(BillingChange.agency_id == agency_id, BillingChange.id == change_id)
    ).one_or_none()
    row, customer = row_of(agency_id), customer_of(agency_id)
    if change is None or change.state != "confirmed" or row is None or row.stripe_id is None or customer is None:
        return None
    return Work(
        change.id,
        customer,
        row.stripe_id,
        change.kind,
        Effect(change.effect) if change.effect else None,
        from_plain(change.wanted) if change.kind == "terms" else None,
        from_plain(change.before) if change.before else None,
        change.prorated_at,
        change.now_cents or 0,
        change.due_cents or 0,
        change.takes_effect_at,
    )


def at_stripe(gateway: Gateway, work: Work) -> Outcome:
    """Do it, in no transaction. What Stripe holds already is done; what it holds otherwise than was shown is refused.

    Raises Unavailable: then the same again does it once.
    """
    theirs = subscriptions.current_of(gateway.subscriptions(work.customer))
    if theirs is None or theirs.id != work.subscription or theirs.status in subscriptions.ENDED:
        return Outcome("dropped", "ended")
    if work.kind in ("cancel", "come_back"):
        gateway.change(theirs.id, {"cancel_at_period_end": work.kind == "cancel"}, work.key)
        return Outcome("done")
    if work.wanted is None or work.effect is None:
        return Outcome("dropped", "changed_since")
    present = terms_of(subscriptions.numbers(theirs))
    if present == work.wanted:
        return Outcome("done")
    if present != work.before:
        return Outcome("dropped", "changed_since")
    if work.effect is Effect.YEAR_END and clock.now() < _moment(work) - LEAD:
        gateway.change(theirs.id, {"cancel_at_period_end": True}, f"{work.key}:held")
        return Outcome(HELD)
    items = wanted_items(gateway.prices(), theirs, work.wanted)
    if work.effect is Effect.NOW:
        return _now(gateway, work, theirs, items)
    is_other_period = theirs.period_end != work.takes_effect_at
    is_too_late = work.effect is Effect.TAKE_BACK and clock.now() > _moment(work) - TOO_LATE
    if is_other_period or is_too_late:
        return Outcome("dropped", "price_changed")
    given: dict[str, Any] = {"items": items, "proration_behavior": "none"}
    if work.effect is Effect.YEAR_END:
        given["cancel_at_period_end"] = False
    invoice = gateway.change(theirs.id, given, work.key)
    return Outcome("done", result=invoice if work.effect is Effect.YEAR_END else None)


def _moment(work: Work) -> datetime:
    assert work.takes_effect_at is not None
    return work.takes_effect_at


def _now(gateway: Gateway, work: Work, theirs: TheirSubscription, items: Sequence[dict[str, Any]]) -> Outcome:
    if theirs.status not in PAYS:
        return Outcome("dropped", "not_paid")
    assert work.prorated_at is not None
    if theirs.period_start is not None and work.prorated_at < theirs.period_start:
        return Outcome("dropped", "price_changed")
    details = details_now(items, work.prorated_at)
    if theirs.status == State.TRIALING:
        gateway.change(theirs.id, {**details, "payment_behavior": "error_if_incomplete"}, work.key)
        return Outcome("done")
    costs = gateway.preview(theirs.id, details)
    if (costs.total, costs.due) != (work.now_cents, work.due_cents):
        return Outcome("dropped", "price_changed")
    try:
        invoice = gateway.change(theirs.id, {**details, "payment_behavior": "error_if_incomplete"}, work.key)
    except CardRefused:
        return Outcome("dropped", "card_refused")
    return Outcome("done", result=invoice)


def finish(agency_id: UUID, change_id: UUID, outcome: Outcome, invoices: Sequence[TheirInvoice]) -> None:
    """Write what became of it, under the subscription's lock; a change let go meanwhile stays so."""
    row_of(agency_id, lock=True)
    change = db.session.scalars(
        select(BillingChange)
        .where(BillingChange.agency_id == agency_id, BillingChange.id == change_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if change.state != "confirmed":
        return
    if outcome.state == HELD:
        change.result = HELD
        if change.takes_effect_at is not None:
            enqueue_after_commit(
                JobName.CHANGE_BILLING, run_at=change.takes_effect_at - LEAD, agency_id=agency_id, change_id=change_id
            )
        return
    change.state, change.why = outcome.state, outcome.why
    change.result = outcome.result or _invoice_of(change, invoices)
    facts: dict[str, Any] = {"kind": change.kind, **({"why": change.why} if change.why else {})}
    if change.state == "done":
        audit.record(None, "billing.change_done", "agency", agency_id, **facts)
    else:
        audit.record(None, "billing.change_dropped", "agency", agency_id, **facts)


def _invoice_of(change: BillingChange, invoices: Sequence[TheirInvoice]) -> str | None:
    """The invoice of a change that was done before we died: of those since the yes, the one of that amount."""
    if change.state != "done" or change.effect != Effect.NOW or not change.prorated_at:
        return None
    since = change.prorated_at
    fits = (one.id for one in invoices if one.made_at >= since and one.total == change.now_cents)
    return next(fits, None)
