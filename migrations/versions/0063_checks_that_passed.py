"""What a check that stopped nothing was about; what was decided by brand; promises by the reply they are about.

Texts that are there have none: they are checked once more when somebody says yes to them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0057"


def upgrade() -> None:
    """A column without a default, and indexes of rows that are few at any time."""
    op.add_column("reply_text", sa.Column("passed", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_reply_decided",
        "reply",
        ["agency_id", "brand_id", "state_since", "id"],
        postgresql_where=sa.text("state in ('approved', 'publishing', 'outcome_unknown', 'refused', 'declined')"),
    )
    op.create_index(
        "ix_outbox_entry_look",
        "outbox_entry",
        [sa.text("(ids ->> 'reply_id')")],
        postgresql_where=sa.text("job_name = 'reconcile_reply' and done_at is null and given_up_at is null"),
    )
