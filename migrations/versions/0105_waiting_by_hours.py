"""How many cases wait at each brand, hour by hour; and how many files came with an answer to a loop and were left out.

So that a lead sees whether waiting grows, and nobody takes the words of an answer for all there was.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0105"
down_revision = "0103"


def upgrade() -> None:
    """One small table and a column."""
    op.add_column("loop_asking", sa.Column("files_left", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_table(
        "brand_hour",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_brand_hour_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_brand_hour")),
        sa.UniqueConstraint("agency_id", "hour", "brand_id", name=op.f("uq_brand_hour_agency_id_hour_brand_id")),
    )
