"""Ranking in points: weights of an agency in versions, tier and due hours of a brand, and when a case is ranked again.

Every case there is gets a moment long past, so that the job of the due times ranks what is open in the new way, in
slices; what is closed by then is ranked when it opens.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0035"


def upgrade() -> None:
    """Add columns with constant defaults, an index of what waits for a step of its due time, and a table."""
    op.add_column("brand", sa.Column("tier", sa.Text(), server_default="standard", nullable=False))
    op.add_column(
        "brand",
        sa.Column("answer_due_hours_on", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
    )
    op.create_check_constraint(op.f("ck_brand_tier_is_known"), "brand", "tier in ('standard', 'plus', 'premium')")
    op.add_column(
        "conversation",
        sa.Column("rerank_at", sa.DateTime(timezone=True), server_default="2000-01-01 00:00+00", nullable=True),
    )
    op.create_index(
        "ix_conversation_rerank",
        "conversation",
        ["agency_id", "rerank_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'open' and rerank_at is not null"),
    )
    op.create_table(
        "ranking_weights",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("points", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("back_to", sa.Integer(), nullable=True),
        sa.Column("saved_by", sa.Uuid(), nullable=False),
        sa.Column("saved_by_name", sa.Text(), nullable=False),
        sa.Column("open_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ranked_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ranked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_ranking_weights_agency_id_agency")),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_ranking_weights")),
        sa.UniqueConstraint("agency_id", "number", name=op.f("uq_ranking_weights_agency_id_number")),
    )
