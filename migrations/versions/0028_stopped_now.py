"""What a guide that came in force later stops is told with a reply, and such replies are found by their brand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0022"


def upgrade() -> None:
    """Add two columns and an index of replies that are not sent yet."""
    op.add_column("reply", sa.Column("stopped_by_version", sa.Integer(), nullable=True))
    op.add_column("reply", sa.Column("stopped_now", sa.Text(), nullable=True))
    op.create_index(
        "ix_reply_undecided",
        "reply",
        ["agency_id", "brand_id", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('draft', 'awaiting_approval', 'approved')"),
    )
