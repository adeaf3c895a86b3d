"""The first payment, or the next after an end: one open page of Stripe's for an agency, and what came of it.

A row is written before Stripe is asked, and Stripe's keys are made of it and of the agency's id: whoever repeats this
after a crash at any step comes to the same page. That somebody paid is never believed of a browser that comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert

from agency.billing import subscriptions, vat_ids
from agency.billing.change_rules import check
from agency.billing.changes import customer_of, price_missing
from agency.billing.models import BillingChange, StripeCustomer
from tenants import audit, clock
from tenants.database import db, new_id
from tenants.errors import Conflict, NotFound, worded
from tenants.models import Agency, Person
from tenants.outbox import JobName, enqueue_after_commit
from tenants.permissions import Actor, Permission, require
from tenants.plan_models import Subscription
from tenants.plan_states import State
from tenants.plans import Terms, from_plain, plain, quantities
from tenants.subscriptions import begin_trial, row_of, subscription_of

if TYPE_CHECKING:
    from agency.billing.stripe_gateway import Gateway

OPEN_FOR: Final = timedelta(hours=23)
"""Stripe keeps a page of Checkout for 24 hours at most, by its own clock."""
YOUNG: Final = timedelta(hours=1)
"""With less of its time left a page is not shown again: Stripe takes none that would close within half an hour."""
FREE_AHEAD: Final = timedelta(hours=49)
"""What is left of a trial stays free where it is more than this: Stripe takes no end within 48 hours."""


@dataclass(frozen=True)
class Wish:
    """An open checkout, read once. `customer` None: Stripe does not know the agency yet. `free_until`: the trial's."""

    change_id: UUID
    agency_id: UUID
    agency_name: str
    email: str
    customer: str | None
    terms: Terms
    ends_at: datetime
    free_until: datetime | None

    @property
    def key(self) -> str:
        """The idempotency key of the page."""
        return f"checkout:{self.change_id}"


@dataclass(frozen=True)
class Opened:
    """A page of Stripe's: its id, and where it is."""

    customer: str
    session: str
    url: str


def free_until(row: Subscription | None) -> datetime | None:
    """Until when nothing is charged if it is paid now: what is left of a trial of ours; None: it is charged at once."""
    if row is None or row.stripe_id is not None or row.trial_ends_at is None:
        return None
    return row.trial_ends_at.replace(microsecond=0) if row.trial_ends_at > clock.now() + FREE_AHEAD else None


def begin(actor: Actor, terms: Terms) -> Wish:
    """Write down what is wanted; the same again while its page is open is the same row, other terms replace it.

    Commit before Stripe is asked. Raises Forbidden, Invalid, Conflict `plan_there` where a plan is paid already.
    """
    require(actor, Permission.BILLING_MANAGE)
    check(terms)
    begin_trial(actor.agency_id)
    row = subscription_of(actor.agency_id, lock=True)
    if row is None:
        raise NotFound()
    if row.stripe_id is not None and row.state != State.CANCELED:
        raise _there()
    change = None
    for one in db.session.scalars(_open(actor.agency_id)):
        is_young = one.ends_at is not None and one.ends_at > clock.now() + YOUNG
        is_alike = one.wanted == plain(terms) and one.takes_effect_at == free_until(row)
        if change is None and is_young and is_alike:
            change = one
        else:
            _drop(one, "replaced")
    if change is None:
        change = BillingChange(
            agency_id=actor.agency_id,
            id=new_id(),
            kind="checkout",
            state="confirmed",
            wanted=plain(terms),
            currency=terms.currency.value,
            takes_effect_at=free_until(row),
            ends_at=(clock.now() + OPEN_FOR).replace(microsecond=0),
            asked_by=actor.user_id,
            asked_by_name=actor.name,
        )
        db.session.add(change)
        audit.record(actor, "billing.checkout_begun", "agency", actor.agency_id, plan=terms.plan)
    db.session.flush()
    name = db.session.scalars(select(Agency.name).where(Agency.id == actor.agency_id)).one()
    email = db.session.scalars(select(Person.email).where(Person.id == actor.user_id)).one()
    assert change.ends_at is not None
    return Wish(
        change.id,
        actor.agency_id,
        name,
        email,
        customer_of(actor.agency_id),
        terms,
        change.ends_at,
        change.takes_effect_at,
    )


def make_customer(gateway: Gateway, wish: Wish) -> str:
    """Stripe's customer of the agency; two at once make one. In no transaction. Raises Unavailable."""
    return wish.customer or gateway.make_customer(str(wish.agency_id), wish.agency_name, wish.email)


def keep_customer(agency_id: UUID, customer: str) -> None:
    """Before anything is bought for it, so that no event finds it a stranger. An event may have brought it first."""
    made = insert(StripeCustomer).values(stripe_id=customer, agency_id=agency_id)
    db.session.execute(
        made.on_conflict_do_update(
            index_elements=["stripe_id"],
            set_={"agency_id": agency_id},
            where=StripeCustomer.agency_id.is_(None),
        )
    )
    if vat_ids.is_open(agency_id):
        enqueue_after_commit(JobName.TELL_VAT_ID, agency_id=agency_id)


def open_page(gateway: Gateway, wish: Wish, customer: str, success_url: str, cancel_url: str) -> Opened:
    """The agency's one open page at Stripe, in no transaction; others are closed there first.

    Raises Conflict `plan_there` where Stripe has a subscription that lives, Unavailable.
    """
    for session, mark in gateway.open_sessions(customer).items():
        if mark != str(wish.change_id):
            gateway.close_session(session)
    if any(
        one.status not in subscriptions.ENDED | subscriptions.NEVER_BEGAN for one in gateway.subscriptions(customer)
    ):
        raise _there()
    prices = gateway.prices()
    wanted = quantities(wish.terms)
    if missing := sorted(set(wanted) - set(prices)):
        raise price_missing(missing[0])
    lines = [
        {"price": prices[key].id, **({} if count is None else {"quantity": count})} for key, count in wanted.items()
    ]
    session, url = gateway.make_session(
        customer,
        lines,
        agency=str(wish.agency_id),
        mark=str(wish.change_id),
        success_url=success_url,
        cancel_url=cancel_url,
        ends_at=wish.ends_at,
        free_until=wish.free_until,
        key=wish.key,
    )
    return Opened(customer, session, url)


def keep(wish: Wish, opened: Opened) -> bool:
    """Note the page; False where other terms replaced this meanwhile: then close it, nobody was given its address."""
    row_of(wish.agency_id, lock=True)
    change = db.session.scalars(
        select(BillingChange)
        .where(BillingChange.agency_id == wish.agency_id, BillingChange.id == wish.change_id)
        .execution_options(populate_existing=True)
    ).one()
    if change.state != "confirmed":
        return False
    change.result, change.address = opened.session, opened.url
    db.session.flush()
    return True


def settle(agency_id: UUID) -> None:
    """After Stripe was asked, in the agency's scope: a plan that lives ends an open checkout, and so does its time."""
    row = row_of(agency_id)
    lives = row is not None and row.stripe_id is not None and row.state not in (State.CANCELED, State.INCOMPLETE)
    for place, change in enumerate(db.session.scalars(_open(agency_id)).all()):
        if lives and place == 0:
            change.state, change.address = "done", None
            audit.record(None, "billing.checkout_done", "agency", agency_id, plan=change.wanted.get("plan"))
        elif lives or change.ends_at is None or change.ends_at <= clock.now():
            _drop(change, "replaced" if lives else "expired")
    db.session.flush()


def get(actor: Actor, change_id: UUID) -> BillingChange:
    """A checkout of the actor's agency. Raises NotFound."""
    require(actor, Permission.BILLING_MANAGE)
    found = select(BillingChange).where(
        BillingChange.agency_id == actor.agency_id, BillingChange.id == change_id, BillingChange.kind == "checkout"
    )
    row = db.session.scalars(found).one_or_none()
    if row is None:
        raise NotFound()
    return row


def terms_of_change(change: BillingChange) -> Terms:
    """What was wanted."""
    return from_plain(change.wanted)


def look_again(actor: Actor, change_id: UUID) -> None:
    """A job asks Stripe what holds. Raises NotFound."""
    get(actor, change_id)
    customer = customer_of(actor.agency_id)
    if customer is not None:
        enqueue_after_commit(JobName.SYNC_BILLING, customer=customer)


def customer_for_portal(actor: Actor) -> str:
    """Whose card and invoices are looked after; it is recorded. Raises Forbidden, Conflict `no_plan`."""
    require(actor, Permission.BILLING_MANAGE)
    customer = customer_of(actor.agency_id)
    if customer is None:
        raise Conflict(worded("No plan is paid yet. Nothing was changed. Choose one first."), code="no_plan")
    audit.record(actor, "billing.portal_opened", "agency", actor.agency_id)
    return customer


def _open(agency_id: UUID) -> Select[BillingChange]:
    return (
        select(BillingChange)
        .where(
            BillingChange.agency_id == agency_id, BillingChange.kind == "checkout", BillingChange.state == "confirmed"
        )
        .order_by(BillingChange.id.desc())
    )


def _drop(change: BillingChange, why: str) -> None:
    change.state, change.why, change.address = "dropped", why, None


def _there() -> Conflict:
    return Conflict(
        worded(
            "A plan is there already. Nothing was begun and nothing charged a second time. "
            "Look at Billing: it is changed and mended there."
        ),
        code="plan_there",
    )
