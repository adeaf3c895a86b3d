"""Words of archived brands warn and stop nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0023"


def upgrade() -> None:
    """Add a column. Upkeep fills it for brands that are archived already."""
    op.add_column("brand_mark", sa.Column("shelved", sa.Boolean(), server_default=sa.text("false"), nullable=False))
