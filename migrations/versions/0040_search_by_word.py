"""The words of a search by word first, so that one look at the key answers; open conversations by their time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0042"


def upgrade() -> None:
    """Turn the key of the words round; what finds a conversation's words becomes the small index."""
    op.create_index("ix_search_word_conversation", "search_word", ["agency_id", "id"], unique=False)
    op.drop_constraint(op.f("pk_search_word"), "search_word")
    op.create_primary_key(op.f("pk_search_word"), "search_word", ["agency_id", "word", "brand_id", "id"])
    op.drop_index("ix_search_word_word", "search_word")
    op.create_index(
        "ix_conversation_open_past",
        "conversation",
        ["agency_id", sa.literal_column("last_message_at desc"), sa.literal_column("id desc")],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
