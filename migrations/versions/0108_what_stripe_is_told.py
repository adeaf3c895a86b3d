"""Whom Stripe knows, changes with their prices, invoices, and answered conversations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0108"
down_revision = "0112"


def upgrade() -> None:
    """Four tables."""
    op.create_table(
        "stripe_customer",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("stripe_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_stripe_customer_agency_id_agency")),
        sa.PrimaryKeyConstraint("stripe_id", name=op.f("pk_stripe_customer")),
    )
    op.create_index("ix_stripe_customer_agency_id", "stripe_customer", ["agency_id"])
    op.create_table(
        "billing_change",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="asked", nullable=False),
        sa.Column("wanted", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("prorated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("now_cents", sa.Integer(), nullable=True),
        sa.Column("next_cents", sa.Integer(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("takes_effect_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_by_name", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind in ('checkout', 'terms', 'cancel', 'come_back', 'vat_id')",
            name=op.f("ck_billing_change_kind_is_known"),
        ),
        sa.CheckConstraint(
            "state in ('asked', 'confirmed', 'done', 'dropped')", name=op.f("ck_billing_change_state_is_known")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_billing_change_agency_id_agency")),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_billing_change")),
    )
    op.create_index("ix_billing_change_agency", "billing_change", ["agency_id", "kind", "id"])
    op.create_table(
        "billing_invoice",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("stripe_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_cents", sa.Integer(), nullable=False),
        sa.Column("due_cents", sa.Integer(), nullable=False),
        sa.Column("paid_cents", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finalized_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lines", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_billing_invoice_agency_id_agency")),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_billing_invoice")),
        sa.UniqueConstraint("agency_id", "stripe_id", name=op.f("uq_billing_invoice_agency_id_stripe_id")),
    )
    op.create_index("ix_billing_invoice_made", "billing_invoice", ["agency_id", "made_at", "id"])
    op.create_table(
        "usage_entry",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("of_brand_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beyond", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_usage_entry_agency_id_agency")),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_usage_entry")),
        sa.UniqueConstraint(
            "agency_id", "month", "conversation_id", name=op.f("uq_usage_entry_agency_id_month_conversation_id")
        ),
    )
    op.create_index("ix_usage_entry_brand", "usage_entry", ["agency_id", "month", "of_brand_id"])
