"""A reply may wait with two or three wordings to choose from: which of its texts are offered, and which was chosen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0052"


def upgrade() -> None:
    """Add a table and four columns. Replies that are here have one wording each."""
    op.add_column("reply", sa.Column("variant_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("reply_text", sa.Column("is_further", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("approval", sa.Column("wording", sa.Integer(), nullable=True))
    op.add_column("approval", sa.Column("wordings", sa.Integer(), nullable=True))
    op.create_table(
        "reply_variant",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reply_id", sa.Uuid(), nullable=False),
        sa.Column("reply_text_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("is_safe", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("place between 2 and 3", name=op.f("ck_reply_variant_place_is_known")),
        _of("reply", "reply_id"),
        _of("reply_text", "reply_text_id"),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_reply_variant")),
        sa.UniqueConstraint(
            "agency_id",
            "reply_id",
            "place",
            "brand_id",
            name=op.f("uq_reply_variant_agency_id_reply_id_place_brand_id"),
        ),
    )
    op.create_index(
        "uq_reply_variant_safe",
        "reply_variant",
        ["agency_id", "reply_id", "brand_id"],
        unique=True,
        postgresql_where=sa.text("is_safe"),
    )


def _of(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["agency_id", column, "brand_id"],
        [f"{table}.agency_id", f"{table}.id", f"{table}.brand_id"],
        name=op.f(f"fk_reply_variant_agency_id_{column}_brand_id_{table}"),
    )
