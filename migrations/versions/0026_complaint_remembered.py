"""Whether a reply answers a complaint, remembered when it leaves its writer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0017"


def upgrade() -> None:
    """Add a column; replies that left before know nothing of it."""
    op.add_column("reply", sa.Column("complaint", sa.Boolean(), nullable=True))
