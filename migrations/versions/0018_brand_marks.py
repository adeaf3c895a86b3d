"""By what each brand is known, so that a draft in another's name is stopped; why a lead let a stopped text go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0009"


def upgrade() -> None:
    """Add a table and four columns. Upkeep fills in the names of brands there are."""
    op.create_table(
        "brand_mark",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("of_brand_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "sort in ('name', 'handle', 'domain', 'phone', 'sign_off', 'saved_reply')",
            name=op.f("ck_brand_mark_sort_is_known"),
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_brand_mark_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["agency_id", "of_brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_brand_mark_agency_id_of_brand_id_brand"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_brand_mark")),
    )
    op.create_index("ix_brand_mark_key", "brand_mark", ["agency_id", "key"])
    op.create_index("ix_brand_mark_source", "brand_mark", ["agency_id", "of_brand_id", "source"])
    op.add_column("reply_text", sa.Column("let_go_rules", postgresql.JSONB(), nullable=True))
    op.add_column("reply_text", sa.Column("let_go_reason", sa.Text(), nullable=True))
    op.add_column("reply_text", sa.Column("let_go_by", sa.Uuid(), nullable=True))
    op.add_column("reply_text", sa.Column("let_go_by_name", sa.Text(), nullable=True))
