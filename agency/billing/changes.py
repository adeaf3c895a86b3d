"""Changes of what an agency pays for: asked with their price, confirmed once, taken back. A job tells Stripe.

Asking costs a few questions at Stripe and changes nothing. Confirming promises a job (`agency.billing.carrying_out`)
in the same transaction; that somebody pressed twice, in two tabs, or that we died in between, has one effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import select, update

from agency.billing import subscriptions
from agency.billing.change_rules import Effect, effect_of, items_for
from agency.billing.models import BillingChange, StripeCustomer
from agency.billing.stripe_readers import TheirPreview, TheirPrice, TheirSubscription
from tenants import audit, clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.models import Brand
from tenants.outbox import JobName, enqueue_after_commit
from tenants.permissions import Actor, Permission, require
from tenants.plan_models import Subscription
from tenants.plan_states import State
from tenants.plans import Terms, allowed_by, from_plain, plain, terms_of
from tenants.subscriptions import row_of, subscription_of

if TYPE_CHECKING:
    # The SDK is for those who ask Stripe; whoever only reads what was asked goes without.
    from agency.billing.stripe_gateway import Gateway

GOOD_FOR: Final = timedelta(minutes=15)
"""How long a price that was shown can be said yes to."""
HELD: Final = "held"
"""`result` of a step from a year to a month that waits at Stripe for the year's end."""
PAYS: Final = frozenset({State.ACTIVE.value, State.TRIALING.value})
"""Where more can be had; where a payment failed that comes first."""
LIVES: Final = PAYS | {State.PAST_DUE.value}


@dataclass(frozen=True)
class Draft:
    """A change that could be asked for. `prorated_at` is a whole second, `at` when it would hold."""

    agency_id: UUID
    customer: str
    subscription: str
    state: str
    present: Terms
    wanted: Terms
    effect: Effect
    prorated_at: datetime
    at: datetime


@dataclass(frozen=True)
class Priced:
    """What Stripe says it costs: `now` where anything is owed now, and a whole period of what is wanted. `lines` are
    those of `now`, each with the lookup key of its price where we know it.
    """

    now: TheirPreview | None
    next_cents: int
    lines: tuple[dict[str, Any], ...] = ()


def draft(actor: Actor, wanted: Terms) -> Draft:
    """Look whether this can be had, without Stripe. Raises Forbidden, Invalid, Conflict; nothing is written."""
    require(actor, Permission.BILLING_MANAGE)
    row = _living(actor.agency_id)
    if row.ends_at is not None:
        raise Conflict(
            worded("The plan is cancelled. Nothing was changed. Take that back first, and then choose."), code="ends"
        )
    effect = effect_of(wanted, row.terms, kept_now(row))
    if row.state not in LIVES or (effect is Effect.NOW and row.state not in PAYS):
        raise Conflict(
            worded("A payment is owed. Nothing was changed. Mend the payment first, and then choose."), code="not_paid"
        )
    now = clock.now().replace(microsecond=0)
    ends_at = row.period_ends_at or now
    at = now if effect in (Effect.NOW, Effect.TAKE_BACK) else ends_at
    return Draft(
        actor.agency_id,
        customer_of(actor.agency_id) or "",
        row.stripe_id or "",
        row.state,
        row.terms,
        wanted,
        effect,
        max(now, row.period_starts_at or now),
        at,
    )


def price(gateway: Gateway, asked: Draft) -> Priced:
    """Ask Stripe, in no transaction of ours. Raises Conflict where Stripe holds other terms by now, Unavailable."""
    theirs = subscriptions.current_of(gateway.subscriptions(asked.customer))
    if theirs is None or theirs.id != asked.subscription or terms_of(subscriptions.numbers(theirs)) != asked.present:
        raise Conflict(
            worded(
                "What you pay for was changed somewhere else a moment ago. Nothing of yours was done. "
                "Look at it again in a minute."
            ),
            code="changed_since",
        )
    prices = gateway.prices()
    items = wanted_items(prices, theirs, asked.wanted)
    now: TheirPreview | None = None
    lines: tuple[dict[str, Any], ...] = ()
    if asked.effect is Effect.NOW and theirs.status == State.ACTIVE:
        now = gateway.preview(theirs.id, details_now(items, asked.prorated_at))
        keys = {one.id: key for key, one in prices.items()}
        lines = tuple({**line, "key": keys.get(line["price"])} for line in now.lines)
    next_one = gateway.preview(theirs.id, {"items": items, "proration_behavior": "none"}, recurring=True)
    return Priced(now, next_one.total, lines)


def details_now(items: Sequence[dict[str, Any]], prorated_at: datetime) -> dict[str, Any]:
    """What both the question and the deed say of a change that holds at once."""
    return {
        "items": list(items),
        "proration_behavior": "always_invoice",
        "proration_date": int(prorated_at.timestamp()),
    }


def wanted_items(prices: Mapping[str, TheirPrice], theirs: TheirSubscription, wanted: Terms) -> list[dict[str, Any]]:
    """Items of the update. Raises Conflict where Stripe lacks a price (`onbrand billing sync` makes it)."""
    try:
        return items_for(theirs.items, wanted, {key: one.id for key, one in prices.items()})
    except KeyError as missing:
        raise price_missing(str(missing.args[0])) from None


def price_missing(key: str) -> Conflict:
    """Stripe has no price under this lookup key."""
    return Conflict(
        worded("A price is missing at Stripe: %(key)s. Nothing was changed. Tell whoever runs Onbrand.", key=key),
        code="price_missing",
    )


def keep(actor: Actor, asked: Draft, priced: Priced) -> BillingChange:
    """A row that can be said yes to for some minutes, with what was shown."""
    now = priced.now
    row = BillingChange(
        agency_id=asked.agency_id,
        id=new_id(),
        kind="terms",
        wanted=plain(asked.wanted),
        before=plain(asked.present),
        effect=asked.effect.value,
        prorated_at=asked.prorated_at,
        now_cents=now.total if now else 0,
        due_cents=now.due if now else 0,
        lines=list(priced.lines),
        next_cents=priced.next_cents,
        currency=asked.wanted.currency.value,
        takes_effect_at=_ends(asked),
        ends_at=clock.now() + GOOD_FOR,
        asked_by=actor.user_id,
        asked_by_name=actor.name,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _ends(asked: Draft) -> datetime | None:
    if asked.effect is not Effect.TAKE_BACK:
        return asked.at
    row = row_of(asked.agency_id)
    return row.kept_until if row else None


def confirm(actor: Actor, change_id: UUID, read_only: Sequence[UUID] = ()) -> BillingChange:
    """Yes to this very price, once; again is the same. `read_only`: brands to go read-only first, in this order.

    Raises NotFound, Conflict `asked_again` where it is too old or came to nothing, Conflict `on_its_way`.
    """
    require(actor, Permission.BILLING_MANAGE)
    _living(actor.agency_id, lock=True, unless=change_id)
    change = get(actor, change_id, lock=True)
    if change.state in ("confirmed", "done"):
        return change
    if change.state == "dropped" or change.ends_at is None or change.ends_at <= clock.now():
        raise Conflict(
            worded("This price is no longer good. Nothing was changed and nothing charged. Look at the new one."),
            code="asked_again",
        )
    if read_only:
        _choose(actor, change, read_only)
    _promise(change)
    facts: dict[str, Any] = {
        "plan": change.wanted.get("plan"),
        "effect": change.effect,
        "now_cents": change.now_cents,
        "next_cents": change.next_cents,
    }
    audit.record(actor, "billing.change_confirmed", "agency", actor.agency_id, **facts)
    return change


def cancel(actor: Actor) -> BillingChange:
    """The plan ends with its period; what waits for the year's end is let go. Twice is once."""
    require(actor, Permission.BILLING_MANAGE)
    row = _living(actor.agency_id, lock=True)
    for one in db.session.scalars(_confirmed(actor.agency_id)):
        one.state, one.why = "dropped", "taken_back"
    return _order(actor, row, "cancel")


def take_back(actor: Actor) -> BillingChange:
    """What was cancelled, or waits for the year's end, goes on as it is paid. Raises Conflict where nothing does."""
    require(actor, Permission.BILLING_MANAGE)
    row = _living(actor.agency_id, lock=True)
    held = waiting(actor.agency_id)
    if row.ends_at is None and held is None:
        raise Conflict(worded("Nothing is cancelled. Nothing was changed."), code="nothing_to_take_back")
    if held is not None:
        held.state, held.why = "dropped", "taken_back"
    return _order(actor, row, "come_back")


def _order(actor: Actor, row: Subscription, kind: str) -> BillingChange:
    change = BillingChange(
        agency_id=row.agency_id,
        id=new_id(),
        kind=kind,
        before=plain(row.terms),
        takes_effect_at=row.period_ends_at,
        asked_by=actor.user_id,
        asked_by_name=actor.name,
    )
    db.session.add(change)
    _promise(change)
    audit.record(actor, "billing.cancelled" if kind == "cancel" else "billing.taken_back", "agency", actor.agency_id)
    return change


def _promise(change: BillingChange) -> None:
    change.state = "confirmed"
    db.session.flush()
    enqueue_after_commit(JobName.CHANGE_BILLING, agency_id=change.agency_id, change_id=change.id)


def _choose(actor: Actor, change: BillingChange, read_only: Sequence[UUID]) -> None:
    live = {one.id: one for one in live_brands(actor.agency_id)}
    too_many = len(live) - allowed_by(from_plain(change.wanted)).brands
    chosen = list(dict.fromkeys(read_only))
    if not set(chosen) <= set(live) or len(chosen) > max(0, too_many):
        raise Invalid(
            worded("Choose at most %(number)s brands. Nothing was changed.", number=max(0, too_many)),
            errors={"read_only": [worded("at most %(number)s", number=max(0, too_many))]},
        )
    db.session.execute(
        update(Brand).where(Brand.agency_id == actor.agency_id, Brand.id.not_in(chosen)).values(read_only_turn=None)
    )
    for turn, brand_id in enumerate(chosen, 1):
        live[brand_id].read_only_turn = turn
    db.session.flush()


def live_brands(agency_id: UUID) -> list[Brand]:
    """By name."""
    found = select(Brand).where(Brand.agency_id == agency_id, Brand.archived_at.is_(None))
    return sorted(db.session.scalars(found), key=lambda one: (one.name.lower(), one.id))


def get(actor: Actor, change_id: UUID, *, lock: bool = False) -> BillingChange:
    """A change of the actor's agency. Raises NotFound."""
    require(actor, Permission.BILLING_MANAGE)
    found = select(BillingChange).where(BillingChange.agency_id == actor.agency_id, BillingChange.id == change_id)
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    row = db.session.scalars(found).one_or_none()
    if row is None or row.kind not in ("terms", "cancel", "come_back"):
        raise NotFound()
    return row


def waiting(agency_id: UUID) -> BillingChange | None:
    """The step from a year to a month that waits for the year's end."""
    return db.session.scalars(_confirmed(agency_id).where(BillingChange.result == HELD)).first()


def kept_now(row: Subscription) -> Terms | None:
    """What was paid for and is more than Stripe holds by now, while its period lasts."""
    return row.kept_terms if row.kept_until is not None and row.kept_until > clock.now() else None


def customer_of(agency_id: UUID) -> str | None:
    """Stripe's id of the agency, the oldest where there should ever be two."""
    found = select(StripeCustomer.stripe_id).where(StripeCustomer.agency_id == agency_id)
    return db.session.scalars(found.order_by(StripeCustomer.created_at)).first()


def _confirmed(agency_id: UUID) -> Any:
    return select(BillingChange).where(
        BillingChange.agency_id == agency_id, BillingChange.kind == "terms", BillingChange.state == "confirmed"
    )


def _living(agency_id: UUID, *, lock: bool = False, unless: UUID | None = None) -> Subscription:
    """The subscription, where Stripe has one that lives and no other change is being made."""
    row = subscription_of(agency_id, lock=lock)
    if row is None or row.stripe_id is None or row.state == State.CANCELED:
        raise Conflict(worded("No plan is paid yet. Nothing was changed. Choose one first."), code="no_plan")
    under_way = db.session.scalars(
        select(BillingChange.id).where(
            BillingChange.agency_id == agency_id,
            BillingChange.state == "confirmed",
            BillingChange.kind != "checkout",
            BillingChange.kind != "vat_id",
            BillingChange.result.is_(None),
        )
    ).all()
    if set(under_way) - {unless}:
        raise Conflict(
            worded("Another change is being made. It goes on, and nothing of this was done. Try again in a minute."),
            code="on_its_way",
        )
    return row
