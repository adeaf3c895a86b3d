"""Channels whole: how an account was granted and stands, events as they arrived, its past, deeds on what is said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add tables and columns; widen what an account's health may be."""
    op.create_table(
        "connect_attempt",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=True),
        sa.Column("features", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connect_attempt")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_connect_attempt_state_hash")),
    )
    op.create_table(
        "deletion_request",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("person_hash", sa.LargeBinary(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("account_count", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion_request")),
        sa.UniqueConstraint("code", name=op.f("uq_deletion_request_code")),
    )
    op.create_table(
        "granted_account",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=True),
        sa.Column("credential", sa.LargeBinary(), nullable=True),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("tasks", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("grantor_external_id", sa.Text(), nullable=True),
        sa.Column("token_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("data_access_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_granted_account_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_granted_account")),
        sa.UniqueConstraint(
            "agency_id",
            "attempt_id",
            "platform",
            "external_id",
            "brand_id",
            name=op.f("uq_granted_account_agency_id_attempt_id_platform_external_id_brand_id"),
        ),
    )
    op.create_table(
        "account_day",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("told_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("found_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("missed_count", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "account_id", "brand_id"],
            ["account.agency_id", "account.id", "account.brand_id"],
            name=op.f("fk_account_day_agency_id_account_id_brand_id_account"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_account_day")),
        sa.UniqueConstraint(
            "agency_id",
            "account_id",
            "day",
            "brand_id",
            name=op.f("uq_account_day_agency_id_account_id_day_brand_id"),
        ),
    )
    op.create_table(
        "data_key",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_data_key_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_data_key")),
    )
    op.create_index("ix_data_key_brand", "data_key", ["agency_id", "brand_id", "id"], unique=False)
    op.create_table(
        "backfill",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("horizon_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("item_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('running', 'done', 'stopped', 'failed')", name=op.f("ck_backfill_state_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "account_id", "brand_id"],
            ["account.agency_id", "account.id", "account.brand_id"],
            name=op.f("fk_backfill_agency_id_account_id_brand_id_account"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_backfill")),
    )
    op.create_index("ix_backfill_account", "backfill", ["agency_id", "account_id", "id"], unique=False)
    op.create_table(
        "raw_event",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome is null or outcome in ('stored', 'asked', 'ignored', 'unknown', 'failed')",
            name=op.f("ck_raw_event_outcome_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "account_id", "brand_id"],
            ["account.agency_id", "account.id", "account.brand_id"],
            name=op.f("fk_raw_event_agency_id_account_id_brand_id_account"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_raw_event")),
        sa.UniqueConstraint(
            "agency_id",
            "account_id",
            "digest",
            "brand_id",
            name=op.f("uq_raw_event_agency_id_account_id_digest_brand_id"),
        ),
    )
    op.create_index(
        "ix_raw_event_handled",
        "raw_event",
        ["agency_id", "handled_at"],
        unique=False,
        postgresql_where=sa.text("handled_at is not null"),
    )
    op.create_index(
        "ix_raw_event_waiting",
        "raw_event",
        ["agency_id", "account_id", "id"],
        unique=False,
        postgresql_where=sa.text("handled_at is null"),
    )
    op.create_table(
        "moderation_deed",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_by_name", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "deed in ('hide', 'unhide', 'like', 'unlike', 'delete', 'block')",
            name=op.f("ck_moderation_deed_deed_is_known"),
        ),
        sa.CheckConstraint(
            "state in ('waiting', 'done', 'refused', 'unknown')", name=op.f("ck_moderation_deed_state_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "account_id", "brand_id"],
            ["account.agency_id", "account.id", "account.brand_id"],
            name=op.f("fk_moderation_deed_agency_id_account_id_brand_id_account"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "conversation_id", "brand_id"],
            ["conversation.agency_id", "conversation.id", "conversation.brand_id"],
            name=op.f("fk_moderation_deed_agency_id_conversation_id_brand_id_conversation"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "message_id", "brand_id"],
            ["message.agency_id", "message.id", "message.brand_id"],
            name=op.f("fk_moderation_deed_agency_id_message_id_brand_id_message"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_moderation_deed")),
    )
    op.create_index(
        "ix_moderation_deed_conversation", "moderation_deed", ["agency_id", "conversation_id", "id"], unique=False
    )
    op.add_column("account", sa.Column("scopes", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("account", sa.Column("tasks", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("account", sa.Column("grantor_external_id", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("token_expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("token_renewed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("data_access_expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("access_checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("subscribed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("subscription_checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("subscription_problem", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("last_event_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("access_problem", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("usual_gap_seconds", sa.Integer(), nullable=True))
    op.add_column("account", sa.Column("missed_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("account", sa.Column("last_missed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("throttled_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("usage_percent", sa.SmallInteger(), nullable=True))
    op.add_column("account", sa.Column("tested_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("reconnect_asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account_directory", sa.Column("grant_hash", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_account_directory_grant",
        "account_directory",
        ["grant_hash"],
        unique=False,
        postgresql_where=sa.text("grant_hash is not null"),
    )
    op.add_column("poll_turn", sa.Column("idle_digest", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_poll_turn_tenant",
        "poll_turn",
        ["platform", "agency_id", "brand_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("parked_at is null"),
    )
    for column in ("agency_id", "brand_id", "account_id"):
        op.add_column("one_time_token", sa.Column(column, sa.Uuid(), nullable=True))
    op.add_column("message", sa.Column("liked", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("reply", sa.Column("deed", sa.Text(), server_default="reply", nullable=False))
    op.add_column("reply", sa.Column("changes_reply_id", sa.Uuid(), nullable=True))
    op.add_column("reply", sa.Column("deed_reason", sa.Text(), nullable=True))
    op.add_column("reply", sa.Column("automatic", sa.Boolean(), server_default="false", nullable=False))
    op.create_check_constraint(op.f("ck_reply_deed_is_known"), "reply", "deed in ('reply', 'edit', 'withdraw')")
    op.create_check_constraint(
        op.f("ck_reply_changes_name_what_they_change"), "reply", "(deed = 'reply') = (changes_reply_id is null)"
    )
    op.drop_index("uq_reply_platform_id", table_name="reply")
    op.create_index(
        "uq_reply_platform_id",
        "reply",
        ["agency_id", "account_id", "platform_id"],
        unique=True,
        postgresql_where=sa.text("platform_id is not null and platform <> 'google_business' and deed = 'reply'"),
    )
    op.drop_constraint(op.f("ck_account_health_is_known"), "account", type_="check")
    op.create_check_constraint(
        op.f("ck_account_health_is_known"),
        "account",
        "health in ('ok', 'failing', 'throttled', 'needs_reconnect', 'access_lost', 'disconnected')",
    )
