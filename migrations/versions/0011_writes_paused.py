"""Until when a platform lets an account write nothing, or send no messages, and when people were told of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0016"

COLUMNS = ("writes_paused_until", "messages_paused_until", "pause_told_at")


def upgrade() -> None:
    """Nullable columns alone: no row is rewritten."""
    for name in COLUMNS:
        op.add_column("account", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
