"""What a poll that gave way has still to ask, and when each account's access is looked at next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add two columns. The table of turns is written anew: a row an account, each with a time of its own."""
    op.add_column("account", sa.Column("unfinished_poll", sa.Text(), nullable=True))
    op.add_column(
        "poll_turn",
        sa.Column(
            "check_due_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now() + random() * interval '1 day'"),
            nullable=False,
        ),
    )
