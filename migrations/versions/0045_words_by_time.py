"""Where a conversation stands in time, beside each of its words: a search reads the newest and no more.

The words of a conversation become the key, so that a list can ask a row for a word by the key alone; what a word leads
to has its own index, newest last. A conversation that is written in has to be read anew, so that its words move.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0048"


def upgrade() -> None:
    """Add the time to what is there, turn the key, say when a conversation moves, and find open ones by their ids."""
    op.drop_constraint(op.f("pk_search_word"), "search_word")
    op.drop_index("ix_search_word_conversation", "search_word")
    op.add_column("search_word", sa.Column("at", sa.DateTime(timezone=True), nullable=True))
    # The owner is under the policies, too: without this it would see no row.
    for table in ("search_word", "conversation"):
        op.execute(f"alter table {table} no force row level security")
    op.execute(
        "update search_word w set at = c.last_message_at from conversation c"
        " where c.agency_id = w.agency_id and c.id = w.id and c.brand_id = w.brand_id"
    )
    op.execute("delete from search_word where at is null")
    for table in ("search_word", "conversation"):
        op.execute(f"alter table {table} force row level security")
    op.alter_column("search_word", "at", nullable=False)
    op.create_primary_key(op.f("pk_search_word"), "search_word", ["agency_id", "id", "word", "brand_id"])
    op.create_index("ix_search_word_place", "search_word", ["agency_id", "word", "at", "id", "brand_id"], unique=False)
    op.create_index(
        "ix_conversation_open_id",
        "conversation",
        ["agency_id", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.execute("drop trigger search_changed_conversation on conversation")
    op.execute(
        "create trigger search_changed_conversation after update on conversation for each row"
        " when (old.author_name is distinct from new.author_name or old.permalink is distinct from new.permalink"
        " or old.external_id is distinct from new.external_id or old.contact_id is distinct from new.contact_id"
        " or old.last_message_at is distinct from new.last_message_at)"
        " execute function search_changed_conversation()"
    )
