"""Promises to read back what is plainly published, beside looks that decide: both are found by their reply.

Looks promised before keep their kind, and do what they did.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0071"

_OPEN = "done_at is null and given_up_at is null"


def upgrade() -> None:
    """The index of open looks anew; open promises are few."""
    op.drop_index("ix_outbox_entry_look", table_name="outbox_entry")
    op.create_index(
        "ix_outbox_entry_look",
        "outbox_entry",
        [sa.text("(ids ->> 'reply_id')")],
        postgresql_where=sa.text(f"job_name in ('reconcile_reply', 'read_back_reply') and {_OPEN}"),
    )
