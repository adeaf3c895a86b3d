"""What texts were read as, and what people said they are; a trigger deletes that with its message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0036"

FORGET = """
create function forget_reading_corrections() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    delete from reading_correction where agency_id = new.agency_id and message_id = new.id;
    return null;
end $$
"""
ON_TOMBSTONE = """
create trigger forget_reading_corrections after update of deleted_at on message for each row
when (new.deleted_at is not null) execute function forget_reading_corrections()
"""


def upgrade() -> None:
    """Add three columns, a table and a trigger. What is stored already is read when somebody looks at it."""
    op.add_column("message", sa.Column("reading", postgresql.JSONB(none_as_null=True), nullable=True))
    op.add_column("conversation", sa.Column("act", sa.Text(), nullable=True))
    op.add_column("conversation", sa.Column("sentiment", sa.Text(), nullable=True))
    op.create_table(
        "reading_correction",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("aspect", sa.Text(), nullable=False),
        sa.Column("read_as", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("is_in_truth", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Uuid(), nullable=False),
        sa.Column("said_by_name", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.LargeBinary(), nullable=False),
        sa.Column("reading_version", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("origin in ('case', 'sample')", name=op.f("ck_reading_correction_origin_is_known")),
        sa.ForeignKeyConstraint(
            ["agency_id", "message_id", "brand_id"],
            ["message.agency_id", "message.id", "message.brand_id"],
            name=op.f("fk_reading_correction_agency_id_message_id_brand_id_message"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_reading_correction")),
        sa.UniqueConstraint(
            "agency_id",
            "message_id",
            "aspect",
            "text_hash",
            "brand_id",
            name=op.f("uq_reading_correction_agency_id_message_id_aspect_text_2ae2"),
        ),
    )
    op.create_index("ix_reading_correction_brand", "reading_correction", ["agency_id", "brand_id", "id"])
    op.execute(FORGET)
    op.execute(ON_TOMBSTONE)
