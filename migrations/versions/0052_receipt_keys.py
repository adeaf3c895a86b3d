"""Receipts are signed: a table of keys, and by which door whoever decided about a reply came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0053"


def upgrade() -> None:
    """Add a table and a column. Decisions that are here already say nothing of the door: nobody kept it."""
    op.add_column("approval", sa.Column("came_by", sa.Text(), nullable=True))
    op.create_table(
        "receipt_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(sealed is null) = (retired_at is not null)", name=op.f("ck_receipt_key_a_retired_key_signs_nothing")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_key")),
    )
    op.create_index(
        "uq_receipt_key_in_use",
        "receipt_key",
        [sa.text("(retired_at is null)")],
        unique=True,
        postgresql_where=sa.text("retired_at is null"),
    )
