"""What a check that stopped nothing was about; replies by brand and state; promises by the reply they are about.

Texts that are there have none: they are checked once more when somebody says yes to them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0057"


def upgrade() -> None:
    """A column without a default, and two indexes."""
    op.add_column("reply_text", sa.Column("passed", sa.LargeBinary(), nullable=True))
    op.create_index("ix_reply_brand_state", "reply", ["agency_id", "brand_id", "state", "state_since", "id"])
    op.create_index(
        "ix_outbox_entry_look",
        "outbox_entry",
        [sa.text("(ids ->> 'reply_id')")],
        postgresql_where=sa.text("job_name = 'reconcile_reply' and done_at is null and given_up_at is null"),
    )
