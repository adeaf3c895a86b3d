"""By which words questions are found that a brand answered, and the trigger that deletes them with their message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0024"

FORGET = """
create function forget_answered_words() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    delete from answered_word where agency_id = new.agency_id and message_id = new.id;
    return null;
end $$
"""
ON_TOMBSTONE = """
create trigger forget_answered_words after update of deleted_at on message for each row
when (new.deleted_at is not null) execute function forget_answered_words()
"""


def upgrade() -> None:
    """Add a table, a trigger, a column with a default, and an index of the replies that upkeep has to look at yet."""
    op.create_table(
        "answered_word",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("stem", sa.BigInteger(), nullable=False),
        sa.Column("reply_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "reply_id", "brand_id"],
            ["reply.agency_id", "reply.id", "reply.brand_id"],
            name=op.f("fk_answered_word_agency_id_reply_id_brand_id_reply"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "message_id", "brand_id"],
            ["message.agency_id", "message.id", "message.brand_id"],
            name=op.f("fk_answered_word_agency_id_message_id_brand_id_message"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_answered_word")),
    )
    op.create_index(
        "ix_answered_word_stem", "answered_word", ["agency_id", "brand_id", "stem", "answered_at", "reply_id"]
    )
    op.create_index("ix_answered_word_message", "answered_word", ["agency_id", "message_id"])
    op.add_column("reply", sa.Column("question_kept", sa.Boolean(), server_default="false", nullable=False))
    op.create_index(
        "ix_reply_question_not_kept",
        "reply",
        ["agency_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'published' and deed = 'reply' and not question_kept"),
    )
    op.execute(FORGET)
    op.execute(ON_TOMBSTONE)
