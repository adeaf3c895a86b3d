"""Whom Stripe knows, what was changed and at what price, invoices as Stripe tells them, and answered conversations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import AgencyOwned, Base, Dated, belongs_to_agency


class StripeCustomer(Dated, Base):
    """Whose customer this is at Stripe: this is believed, never what Stripe's metadata says.

    Without an agency: an event told of one that nobody here knows (yet); it is kept, and looked at by reconciling.
    """

    __tablename__ = "stripe_customer"
    stripe_id: Mapped[str] = mapped_column(Text, primary_key=True)
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agency.id"))
    __table_args__ = (Index("ix_stripe_customer_agency_id", "agency_id"),)


class BillingChange(AgencyOwned, Dated, Base):
    """Something about to be written to Stripe, or that was: its id gives the key that keeps it from being done twice.

    `now_cents` and `next_cents` are what the person saw before they said yes; `prorated_at` the second that both the
    question and the deed name. `effect`: when it holds (`change_rules.Effect`). `lines` and `due_cents`: what the money
    of now is made of, and what of it is charged, the rest being credit. `result` is Stripe's id of what came of it;
    `why` says why it came to nothing.
    """

    __tablename__ = "billing_change"
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="asked", server_default="asked")
    wanted: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    prorated_at: Mapped[datetime | None]
    now_cents: Mapped[int | None]
    next_cents: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(Text)
    due_cents: Mapped[int | None]
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    effect: Mapped[str | None] = mapped_column(Text)
    why: Mapped[str | None] = mapped_column(Text)
    takes_effect_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    ends_at: Mapped[datetime | None]
    asked_by: Mapped[UUID]
    asked_by_name: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        belongs_to_agency(),
        Index("ix_billing_change_agency", "agency_id", "kind", "id"),
        CheckConstraint("kind in ('checkout', 'terms', 'cancel', 'come_back', 'vat_id')", name="kind_is_known"),
        CheckConstraint("state in ('asked', 'confirmed', 'done', 'dropped')", name="state_is_known"),
    )


class BillingInvoice(AgencyOwned, Dated, Base):
    """An invoice as Stripe told of it last. `lines`: what for, cents, number, from and until. Where it can be paid or
    fetched is asked of Stripe anew, because such an address opens to whoever has it.
    """

    __tablename__ = "billing_invoice"
    stripe_id: Mapped[str] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    total_cents: Mapped[int]
    due_cents: Mapped[int]
    paid_cents: Mapped[int]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    next_attempt_at: Mapped[datetime | None]
    made_at: Mapped[datetime]
    finalized_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list, server_default="[]")
    __table_args__ = (
        belongs_to_agency(),
        UniqueConstraint("agency_id", "stripe_id"),
        Index("ix_billing_invoice_made", "agency_id", "made_at", "id"),
    )


class UsageEntry(AgencyOwned, Dated, Base):
    """A conversation that was answered in a month, once, however often: ids alone.

    `beyond`: it is more than the plan had that month, and is told to Stripe: with others under `report_id`, which is
    the name by which Stripe counts it once.
    """

    __tablename__ = "usage_entry"
    month: Mapped[date]
    of_brand_id: Mapped[UUID]
    conversation_id: Mapped[UUID]
    answered_at: Mapped[datetime]
    beyond: Mapped[bool] = mapped_column(default=False, server_default="false")
    report_id: Mapped[UUID | None]
    reported_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to_agency(),
        UniqueConstraint("agency_id", "month", "conversation_id"),
        Index("ix_usage_entry_brand", "agency_id", "month", "of_brand_id"),
    )
