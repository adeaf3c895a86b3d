"""Who was asked for a yes to which words and what became of it, and the links that ask."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0044"


def upgrade() -> None:
    """Add a table, and a column to the links. Replies that wait already are asked about anew on their next sending."""
    op.add_column("one_time_token", sa.Column("request_id", sa.Uuid(), nullable=True))
    op.create_table(
        "approval_request",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reply_id", sa.Uuid(), nullable=False),
        sa.Column("reply_text_id", sa.Uuid(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("target_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=False),
        sa.Column("approver_name", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.Column("ended_words", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_by_name", sa.Text(), nullable=True),
        sa.Column("from_address", sa.Text(), nullable=True),
        sa.Column("from_browser", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(ended_at is null) = (ended_because is null)", name=op.f("ck_approval_request_an_end_says_why")
        ),
        _of("reply", "reply_id"),
        _of("reply_text", "reply_text_id"),
        _of("account", "account_id"),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_approval_request")),
    )
    op.create_index("ix_approval_request_reply", "approval_request", ["agency_id", "reply_id", "id"])
    op.create_index(
        "ix_approval_request_open",
        "approval_request",
        ["agency_id", "expires_at", "id"],
        postgresql_where=sa.text("ended_at is null"),
    )


def _of(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["agency_id", column, "brand_id"],
        [f"{table}.agency_id", f"{table}.id", f"{table}.brand_id"],
        name=op.f(f"fk_approval_request_agency_id_{column}_brand_id_{table}"),
    )
