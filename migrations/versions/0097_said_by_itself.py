"""A reply may say by itself that a customer was heard: by which version of the brand's words, once a thread."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0097"
down_revision = "0089"


def upgrade() -> None:
    """One column, empty in every row, and an index of none of them."""
    op.add_column("reply", sa.Column("acknowledges", sa.Integer(), nullable=True))
    op.create_index(
        "uq_reply_acknowledges",
        "reply",
        ["agency_id", "conversation_id", "brand_id"],
        unique=True,
        postgresql_where=sa.text("acknowledges is not null and kind <> 'message'"),
    )
