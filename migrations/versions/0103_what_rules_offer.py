"""What a rule of the desk asked for beside labels, points, keeping: an acknowledgement, a guideline, a saved reply."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0103"
down_revision = "0101"


def upgrade() -> None:
    """One column with a default: no row is written."""
    op.add_column("triage_deed", sa.Column("offers", postgresql.JSONB(), server_default="{}", nullable=False))
