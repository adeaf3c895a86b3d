"""Drafts are kept as they are typed, words that are no draft's beside them; who had a case before, and why it moved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0029"


def upgrade() -> None:
    """Add nullable columns and such with constant defaults, a check that no row breaks yet, and a table."""
    op.add_column("conversation", sa.Column("held_before_id", sa.Uuid(), nullable=True))
    op.add_column("conversation", sa.Column("hold_reason", sa.Text(), nullable=True))
    op.add_column("reply", sa.Column("draft_text", sa.Text(), nullable=True))
    op.add_column("reply", sa.Column("draft_version", sa.Integer(), server_default="0", nullable=False))
    op.add_column("reply", sa.Column("draft_by", sa.Uuid(), nullable=True))
    op.add_column("reply", sa.Column("draft_by_name", sa.Text(), nullable=True))
    op.add_column("reply", sa.Column("draft_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("reply", sa.Column("draft_form", sa.Text(), nullable=True))
    op.add_column("reply", sa.Column("draft_turn", sa.Integer(), server_default="0", nullable=False))
    # Not valid first: adding it whole would hold the table while every row is read.
    check = "ck_reply_only_drafts_are_typed"
    op.execute(f"alter table reply add constraint {check} check (draft_text is null or state = 'draft') not valid")
    op.execute(f"alter table reply validate constraint {check}")
    op.create_table(
        "draft_version",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("changes_reply_id", sa.Uuid(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=True),
        sa.Column("turn", sa.Integer(), server_default="0", nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "why in ('before', 'changed', 'held', 'submitted', 'refused')", name=op.f("ck_draft_version_why_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "conversation_id", "brand_id"],
            ["conversation.agency_id", "conversation.id", "conversation.brand_id"],
            name=op.f("fk_draft_version_agency_id_conversation_id_brand_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_draft_version")),
    )
    op.create_index("ix_draft_version_conversation", "draft_version", ["agency_id", "conversation_id", "saved_at"])
    op.create_index("ix_draft_version_saved", "draft_version", ["agency_id", "saved_at"])
    op.create_index(
        "uq_draft_version_form",
        "draft_version",
        ["agency_id", "conversation_id", "author_id", "form", "brand_id"],
        unique=True,
        postgresql_where=sa.text("form is not null"),
    )
