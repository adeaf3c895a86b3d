"""A change keeps what it costs by line, when it holds and why it came to nothing; a VAT id what became of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0117"
down_revision = "0108"


def upgrade() -> None:
    """Columns of changes and of subscriptions."""
    op.add_column("billing_change", sa.Column("due_cents", sa.Integer(), nullable=True))
    op.add_column(
        "billing_change",
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
    )
    op.add_column("billing_change", sa.Column("effect", sa.Text(), nullable=True))
    op.add_column("billing_change", sa.Column("why", sa.Text(), nullable=True))
    op.add_column("subscription", sa.Column("vat_state", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_subscription_vat_state_is_known"),
        "subscription",
        "vat_state in ('waiting', 'pending', 'verified', 'unverified', 'unavailable', 'refused')",
    )
