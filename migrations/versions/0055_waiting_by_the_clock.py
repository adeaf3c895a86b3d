"""A waiting reply has a clock: when its people are asked, reminded, and what silence means.

What waits already was asked under terms that say nothing of it: it gets none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0055"
down_revision = "0059"

DECISIONS = "'approved', 'step_approved', 'released', 'declined', 'changes_asked'"


def upgrade() -> None:
    """Add two columns with an index, and two kinds of decisions that nobody makes."""
    op.add_column("reply", sa.Column("waits_clock", postgresql.JSONB(), nullable=True))
    op.add_column("reply", sa.Column("waits_due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_reply_waits_due",
        "reply",
        ["agency_id", "waits_due_at", "id"],
        postgresql_where=sa.text("waits_due_at is not null"),
    )
    op.alter_column("approval", "decided_by", nullable=True)
    op.drop_constraint(op.f("ck_approval_decision_is_known"), "approval")
    op.create_check_constraint(
        op.f("ck_approval_decision_is_known"),
        "approval",
        f"decision in ({DECISIONS}, 'by_policy', 'step_passed')",
    )
    op.create_check_constraint(
        op.f("ck_approval_nobody_decides_for_a_policy"),
        "approval",
        "(decided_by is null) = (decision in ('by_policy', 'step_passed'))",
    )
    op.drop_index("uq_approval_live", table_name="approval")
    op.create_index(
        "uq_approval_live",
        "approval",
        ["agency_id", "reply_id", "brand_id"],
        unique=True,
        postgresql_where=sa.text("voided_at is null and decision in ('approved', 'released', 'by_policy')"),
    )
