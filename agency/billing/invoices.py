"""Invoices as Stripe told of them last, the newest first, and the next one as Stripe would make it now."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import select, tuple_

from agency.billing.models import BillingInvoice
from agency.billing.stripe_readers import TheirPreview
from tenants.database import db
from tenants.errors import NotFound
from tenants.permissions import Actor, Permission, require
from tenants.plan_models import Subscription
from tenants.plan_states import State

if TYPE_CHECKING:
    from agency.billing.stripe_gateway import Gateway

PAGE: Final = 50
HAS_NEXT: Final = frozenset({State.TRIALING, State.ACTIVE, State.PAST_DUE})


def newest(actor: Actor, before: tuple[datetime, UUID] | None = None, limit: int = PAGE) -> list[BillingInvoice]:
    """The agency's, one more than `limit` where there are more; `before`: when the last one shown was made, its id."""
    require(actor, Permission.BILLING_MANAGE)
    found = select(BillingInvoice).where(BillingInvoice.agency_id == actor.agency_id)
    if before is not None:
        found = found.where(tuple_(BillingInvoice.made_at, BillingInvoice.id) < tuple_(*before))
    ordered = found.order_by(BillingInvoice.made_at.desc(), BillingInvoice.id.desc()).limit(limit + 1)
    return list(db.session.scalars(ordered))


def stripe_id_of(actor: Actor, invoice_id: UUID) -> str:
    """What Stripe calls it. Raises NotFound, Forbidden."""
    require(actor, Permission.BILLING_MANAGE)
    named = select(BillingInvoice.stripe_id).where(
        BillingInvoice.agency_id == actor.agency_id, BillingInvoice.id == invoice_id
    )
    found = db.session.execute(named).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return found


def has_next(row: Subscription) -> bool:
    """Whether another invoice is to come by itself: not of our own trial, nor of a plan that ends."""
    return row.stripe_id is not None and State(row.state) in HAS_NEXT and row.ends_at is None


def next_of(gateway: Gateway, subscription: str) -> tuple[TheirPreview, list[dict[str, Any]]]:
    """The next invoice as it stands, and its lines with our prices' lookup keys; two questions. Raises Unavailable."""
    found = gateway.preview(subscription, {})
    keys = {price.id: key for key, price in gateway.prices().items()}
    return found, [{**line, "key": keys.get(str(line.get("price")))} for line in found.lines]
