"""Earlier conversations: files that are imported, and how reading a platform's past fares."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add a table and two counts."""
    op.create_table(
        "history_import",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.Column("file_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="checked", nullable=False),
        sa.Column("good_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bad_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("known_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problems", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("stored_line", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stored_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("new_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('checked', 'running', 'done', 'stopped', 'failed')",
            name=op.f("ck_history_import_state_is_known"),
        ),
        sa.CheckConstraint(
            "state in ('checked', 'running') or file is null", name=op.f("ck_history_import_file_is_dropped")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "account_id", "brand_id"],
            ["account.agency_id", "account.id", "account.brand_id"],
            name=op.f("fk_history_import_agency_id_account_id_brand_id_account"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_history_import_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_history_import")),
    )
    op.create_index("ix_history_import_brand", "history_import", ["agency_id", "brand_id", "id"], unique=False)
    op.create_index(
        "uq_history_import_running",
        "history_import",
        ["agency_id", "account_id"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )
    op.add_column("backfill", sa.Column("failure_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("backfill", sa.Column("gap_count", sa.Integer(), server_default="0", nullable=False))
    op.create_index(
        "uq_backfill_running",
        "backfill",
        ["agency_id", "account_id"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )
