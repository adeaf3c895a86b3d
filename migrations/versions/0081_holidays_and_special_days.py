"""A brand's hours know public holidays and days that are otherwise. Who has said nothing keeps none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0081"
down_revision = "0074"


def upgrade() -> None:
    """Three columns with a default: no row is written."""
    op.add_column("brand_hours", sa.Column("country", sa.Text(), server_default="", nullable=False))
    op.add_column("brand_hours", sa.Column("part", sa.Text(), server_default="", nullable=False))
    op.add_column("brand_hours", sa.Column("special_days", postgresql.JSONB(), server_default="{}", nullable=False))
