"""Copies of what expires at the platforms, and the trigger that deletes them with their message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

FORGET = """
create function forget_kept_media() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    delete from kept_media where agency_id = new.agency_id and message_id = new.id;
    return null;
end $$
"""
ON_TOMBSTONE = """
create trigger forget_kept_media after update of deleted_at on message for each row
when (new.deleted_at is not null) execute function forget_kept_media()
"""


def upgrade() -> None:
    """Add a table and a trigger."""
    op.create_table(
        "kept_media",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('waiting', 'kept', 'gone', 'refused')", name=op.f("ck_kept_media_state_is_known")
        ),
        sa.CheckConstraint("(state = 'kept') = (body is not null)", name=op.f("ck_kept_media_kept_has_a_body")),
        sa.CheckConstraint(
            "body is null or octet_length(body) <= 26214400", name=op.f("ck_kept_media_body_is_bounded")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "conversation_id", "brand_id"],
            ["conversation.agency_id", "conversation.id", "conversation.brand_id"],
            name=op.f("fk_kept_media_agency_id_conversation_id_brand_id_conversation"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "message_id", "brand_id"],
            ["message.agency_id", "message.id", "message.brand_id"],
            name=op.f("fk_kept_media_agency_id_message_id_brand_id_message"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_kept_media")),
        sa.UniqueConstraint(
            "agency_id",
            "message_id",
            "position",
            "brand_id",
            name=op.f("uq_kept_media_agency_id_message_id_position_brand_id"),
        ),
    )
    op.create_index("ix_kept_media_conversation", "kept_media", ["agency_id", "conversation_id"], unique=False)
    op.create_index(
        "ix_kept_media_waiting",
        "kept_media",
        ["agency_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    # Pictures and films are compressed already.
    op.execute("alter table kept_media alter column body set storage external")
    op.execute(FORGET)
    op.execute(ON_TOMBSTONE)
