"""Our row is made equal to what Stripe says now, whatever event said that something changed.

An event is a hint that a customer changed: everything of that customer is asked anew and written in one go. So order,
duplicates and delays do not matter. What was asked earlier than what stands here is left: whoever's answer it is, a
later event asks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from agency.billing.models import BillingInvoice, StripeCustomer
from agency.billing.stripe_readers import TheirInvoice, TheirSubscription
from tenants import clock, read_only
from tenants.database import db, new_id
from tenants.logs import get_logger
from tenants.models import Subscription
from tenants.plan_states import State
from tenants.plans import Terms, allowed_by, larger_of, plain, terms_of
from tenants.subscriptions import begin_trial, row_of

if TYPE_CHECKING:
    from agency.billing.stripe_gateway import Gateway

ENDED = frozenset({"canceled", "incomplete_expired"})
"""Nothing brings one of these back at Stripe: whoever returns has another."""
NEVER_BEGAN = frozenset({"incomplete", "incomplete_expired"})

log = get_logger("billing")


def agency_of(customer: str) -> UUID | None:
    """Whose customer this is; one that nobody knows is kept, so that reconciling can say so. Needs no scope."""
    db.session.execute(insert(StripeCustomer).values(stripe_id=customer).on_conflict_do_nothing())
    return db.session.execute(
        select(StripeCustomer.agency_id).where(StripeCustomer.stripe_id == customer)
    ).scalar_one_or_none()


def database_now() -> datetime:
    """By the clock that all who ask share; each asks before its question leaves."""
    found: datetime = db.session.execute(select(func.clock_timestamp())).scalar_one()
    return found


def ask(gateway: Gateway, customer: str) -> tuple[list[TheirSubscription], list[TheirInvoice]]:
    """What Stripe says of a customer now: two requests. Raises Unavailable."""
    return gateway.subscriptions(customer), gateway.invoices(customer)


def apply(
    agency_id: UUID, asked_at: datetime, theirs: Sequence[TheirSubscription], invoices: Sequence[TheirInvoice]
) -> bool:
    """Write it; False where something asked later stands here. In the agency's scope."""
    row = row_of(agency_id, lock=True)
    if row is None:
        begin_trial(agency_id)
        row = row_of(agency_id, lock=True)
    if row is None or (row.fetched_at is not None and row.fetched_at >= asked_at):
        return False
    row.fetched_at = asked_at
    current = current_of(theirs)
    if current is not None and not (current.status in NEVER_BEGAN and _is_on_trial(row)):
        _write(row, current, invoices)
    for invoice in invoices:
        _keep(agency_id, invoice)
    db.session.flush()
    read_only.settle(agency_id)
    return True


def current_of(theirs: Sequence[TheirSubscription]) -> TheirSubscription | None:
    """The one that counts: one that lives, else one that ended, else one that never began; the newest of those. So a
    payment that is only tried takes nobody's grace away.
    """
    return max(
        theirs,
        key=lambda one: (one.status not in ENDED | NEVER_BEGAN, one.status not in NEVER_BEGAN, one.created),
        default=None,
    )


def differences(row: Subscription, theirs: Sequence[TheirSubscription]) -> list[str]:
    """What stands here otherwise than at Stripe: names of what differs; empty where nothing does."""
    current = current_of(theirs)
    if current is None:
        return ["stripe_id"] if row.stripe_id else []
    if current.status in NEVER_BEGAN and row.stripe_id is None:
        return []
    pairs: dict[str, tuple[Any, Any]] = {
        "stripe_id": (row.stripe_id, current.id),
        "state": (row.state, _state(current).value),
        "terms": (row.terms, terms_of(numbers(current)) or row.terms),
        "period": (row.period_ends_at, current.period_end),
        "ends": (row.ends_at, current.ends_at),
    }
    return [name for name, (ours, other) in pairs.items() if ours != other]


def _is_on_trial(row: Subscription) -> bool:
    return row.stripe_id is None and row.trial_ends_at is not None and row.trial_ends_at > clock.now()


def numbers(theirs: TheirSubscription) -> dict[str, int | None]:
    """Items as `tenants.plans` speaks of them: lookup key → number."""
    return {key: number for key, (_id, number) in theirs.items.items()}


def _state(theirs: TheirSubscription) -> State:
    return State.CANCELED if theirs.status == "incomplete_expired" else State(theirs.status)


def _write(row: Subscription, theirs: TheirSubscription, invoices: Sequence[TheirInvoice]) -> None:
    before = row.state, row.terms
    if row.stripe_id == theirs.id:
        _keep_what_was_paid(row, terms_of(numbers(theirs)))
    row.state, row.stripe_id = _state(theirs).value, theirs.id
    terms = terms_of(numbers(theirs))
    if terms is None:
        log.warning("subscription_without_a_plan", agency_id=str(row.agency_id), subscription=theirs.id)
    else:
        row.terms = terms
    row.period_starts_at, row.period_ends_at = theirs.period_start, theirs.period_end
    row.ends_at, row.ended_at = theirs.ends_at, theirs.ended_at
    row.trial_ends_at = theirs.trial_end or row.trial_ends_at
    row.card = theirs.card or row.card
    row.failing_since = failing_since(row, theirs, invoices)
    kept = row.kept_terms
    is_over = row.kept_until is None or row.kept_until <= clock.now()
    if kept is not None and (is_over or larger_of(allowed_by(row.terms), allowed_by(kept)) == allowed_by(row.terms)):
        row.kept = row.kept_until = None
    if before != (row.state, row.terms):
        log.info("subscription_changed", agency_id=str(row.agency_id), state=row.state, plan=row.plan)


def _keep_what_was_paid(row: Subscription, new: Terms | None) -> None:
    """Less than was paid for holds when that is over, however Stripe came to hold less."""
    is_paid = row.state in (State.ACTIVE, State.TRIALING) and row.period_ends_at is not None
    if new is None or not is_paid or row.period_ends_at is None or row.period_ends_at <= clock.now():
        return
    had = allowed_by(row.terms)
    if row.kept is None and larger_of(allowed_by(new), had) != allowed_by(new):
        row.kept, row.kept_until = plain(row.terms), row.period_ends_at


def failing_since(row: Subscription, theirs: TheirSubscription, invoices: Sequence[TheirInvoice]) -> datetime | None:
    """When the payment that is owed now first failed: of this subscription's invoices tried in vain the oldest that
    stands open, else the newest that was written off, by when it was made final. Kept where Stripe tells of none.
    """
    if theirs.status not in ("past_due", "unpaid") and not (theirs.status == "canceled" and theirs.failed):
        return None
    tried = [one for one in invoices if one.attempts and one.subscription == theirs.id]
    still_open = [one.finalized_at or one.made_at for one in tried if one.status == "open"]
    if still_open:
        return min(still_open)
    written_off = [one.finalized_at or one.made_at for one in tried if one.status in ("uncollectible", "void")]
    return max(written_off, default=row.failing_since or theirs.ended_at or clock.now())


def _keep(agency_id: UUID, invoice: TheirInvoice) -> None:
    values = {
        "number": invoice.number,
        "status": invoice.status,
        "reason": invoice.reason,
        "currency": invoice.currency,
        "total_cents": invoice.total,
        "due_cents": invoice.due,
        "paid_cents": invoice.paid,
        "attempts": invoice.attempts,
        "next_attempt_at": invoice.next_attempt_at,
        "made_at": invoice.made_at,
        "finalized_at": invoice.finalized_at,
        "paid_at": invoice.paid_at,
        "lines": list(invoice.lines),
    }
    statement = insert(BillingInvoice).values(agency_id=agency_id, id=new_id(), stripe_id=invoice.id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["agency_id", "stripe_id"], set_=values))
