"""The short page on each brand that somebody new to it reads first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0021"


def upgrade() -> None:
    """Add one table."""
    empty_list = sa.text("'[]'")
    op.create_table(
        "client_sheet",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("does", sa.Text(), server_default="", nullable=False),
        sa.Column("products", sa.Text(), server_default="", nullable=False),
        sa.Column("hours", sa.Text(), server_default="", nullable=False),
        sa.Column("never_say", sa.Text(), server_default="", nullable=False),
        sa.Column("contacts", postgresql.JSONB(), server_default=empty_list, nullable=False),
        sa.Column("campaigns", postgresql.JSONB(), server_default=empty_list, nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_by_name", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_client_sheet_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_client_sheet")),
        sa.UniqueConstraint("agency_id", "brand_id", name=op.f("uq_client_sheet_agency_id_brand_id")),
    )
