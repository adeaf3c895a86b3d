"""Each brand's counts as bytes as well, so that those of two hundred brands are read together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0038"


def upgrade() -> None:
    """Let PostgreSQL keep the bytes; it works out those of every counter there is."""
    op.add_column(
        "queue_counter",
        sa.Column(
            "badge",
            sa.LargeBinary(),
            sa.Computed(
                "uuid_send(brand_id) || int4send(open_count) || int4send(snoozed_count) || int4send(closed_count)",
                persisted=True,
            ),
            nullable=False,
        ),
    )
