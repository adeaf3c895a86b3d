"""Replies go out later: after a time in which they can be undone, at a chosen moment, or when a brand's hours begin.

What holds a reply back has a name, so that a page can say what helps. And how long platforms take to show what they
accepted is counted, so that what looks lost is waited for long enough.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0057"
down_revision = "0060"


def upgrade() -> None:
    """Add columns and two tables. What was approved before goes out as before."""
    op.add_column("agency", sa.Column("undo_seconds", sa.Integer(), server_default="10", nullable=False))
    op.create_check_constraint(op.f("ck_agency_undo_is_short"), "agency", "undo_seconds between 0 and 120")
    op.add_column("reply", sa.Column("not_before", sa.DateTime(timezone=True), nullable=True))
    op.add_column("reply", sa.Column("not_before_because", sa.Text(), nullable=True))
    op.add_column("reply", sa.Column("trouble", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_reply_goes_out_later_for_a_reason"),
        "reply",
        "case not_before_because when 'hours' then true when 'undo' then not_before is not null"
        " when 'chosen' then not_before is not null else not_before is null and not_before_because is null end",
    )
    op.create_index(
        "ix_reply_goes_out_later",
        "reply",
        ["agency_id", "not_before", "id"],
        postgresql_where=sa.text("state = 'approved' and not_before is not null"),
    )
    op.create_table(
        "brand_hours",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("days", postgresql.JSONB(), server_default="[[],[],[],[],[],[],[]]", nullable=False),
        sa.Column("sends_in_hours", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("jsonb_array_length(days) = 7", name=op.f("ck_brand_hours_a_week_has_seven_days")),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_brand_hours_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_brand_hours")),
        sa.UniqueConstraint("agency_id", "brand_id", name=op.f("uq_brand_hours_agency_id_brand_id")),
    )
    op.create_table(
        "visibility_lag",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("within_seconds", sa.Integer(), nullable=False),
        sa.Column("seen", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("platform", "day", "within_seconds", name=op.f("pk_visibility_lag")),
    )
