"""What an agency pays for, and brands that are read-only because it does not.

One row an agency, under the agency's own id. Agencies that are here have none: where nothing is paid for none is ever
made, and where a Stripe key is set each begins its trial then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0107"
down_revision = "0105"


def upgrade() -> None:
    """A table and three columns of brands."""
    op.add_column("brand", sa.Column("read_only_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("brand", sa.Column("read_only_why", sa.Text(), nullable=True))
    op.add_column("brand", sa.Column("read_only_turn", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_brand_read_only_says_why"), "brand", "(read_only_at is null) = (read_only_why is null)"
    )
    op.create_table(
        "subscription",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("interval", sa.Text(), server_default="month", nullable=False),
        sa.Column("currency", sa.Text(), server_default="eur", nullable=False),
        sa.Column("extra_brands", sa.Integer(), server_default="0", nullable=False),
        sa.Column("extra_staff_seats", sa.Integer(), server_default="0", nullable=False),
        sa.Column("extra_light_seats", sa.Integer(), server_default="0", nullable=False),
        sa.Column("kept", postgresql.JSONB(), nullable=True),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trial_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stripe_id", sa.Text(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("card", postgresql.JSONB(), nullable=True),
        sa.Column("vat_id", sa.Text(), nullable=True),
        sa.Column("told", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "state in ('trialing', 'active', 'past_due', 'unpaid', 'incomplete', 'paused', 'canceled')",
            name=op.f("ck_subscription_state_is_known"),
        ),
        sa.CheckConstraint(
            "extra_brands >= 0 and extra_staff_seats >= 0 and extra_light_seats >= 0",
            name=op.f("ck_subscription_extras_are_some"),
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_subscription_agency_id_agency")),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_subscription")),
    )
