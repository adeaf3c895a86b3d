"""The first tables, and the triggers that keep the queue's counters exact."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

COUNT_CHANGES = """
    insert into queue_counter as kept (agency_id, id, brand_id, open_count, held_count, awaiting_approval_count,
                                       snoozed_count, closed_count, version)
    select agency_id, gen_random_uuid(), brand_id,
           coalesce(sum(sign) filter (where status = 'open'), 0),
           coalesce(sum(sign) filter (where status = 'open' and holder_id is not null), 0),
           coalesce(sum(sign) filter (where status = 'open' and reply_state = 'awaiting_approval'), 0),
           coalesce(sum(sign) filter (where status = 'snoozed'), 0),
           coalesce(sum(sign) filter (where status = 'closed'), 0),
           1
    from ({changes}) changed
    group by agency_id, brand_id
    order by agency_id, brand_id
    on conflict (agency_id, brand_id) do update set
        open_count = kept.open_count + excluded.open_count,
        held_count = kept.held_count + excluded.held_count,
        awaiting_approval_count = kept.awaiting_approval_count + excluded.awaiting_approval_count,
        snoozed_count = kept.snoozed_count + excluded.snoozed_count,
        closed_count = kept.closed_count + excluded.closed_count,
        version = kept.version + 1
"""
COLUMNS = "agency_id, brand_id, status, holder_id, reply_state"
GONE = f"select -1 as sign, {COLUMNS} from gone"
CAME = f"select 1 as sign, {COLUMNS} from came"


def _counter_trigger(event: str, tables: str, changes: str) -> list[str]:
    name = f"count_conversations_after_{event}"
    return [
        f"create function {name}() returns trigger language plpgsql set search_path = public, pg_temp as "
        f"$$ begin {COUNT_CHANGES.format(changes=changes)}; return null; end $$",
        f"create trigger {name} after {event} on conversation referencing {tables} "
        f"for each statement execute function {name}()",
    ]


QUEUE_COUNTER_TRIGGERS = [
    *_counter_trigger("insert", "new table as came", CAME),
    *_counter_trigger("update", "old table as gone new table as came", f"{GONE} union all {CAME}"),
    *_counter_trigger("delete", "old table as gone", GONE),
]


def upgrade() -> None:
    op.create_table(
        "account_directory",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "external_id", "account_id", name=op.f("pk_account_directory")),
    )
    op.create_table(
        "agency",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("roles_needing_second_factor", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency")),
        sa.UniqueConstraint("name", name=op.f("uq_agency_name")),
    )
    op.create_table(
        "installation_fact",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation_fact")),
    )
    op.create_table(
        "outbox_entry",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("job_name", sa.Text(), nullable=False),
        sa.Column("ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_entry")),
    )
    op.create_index(
        "ix_outbox_entry_open",
        "outbox_entry",
        ["run_at", "id"],
        unique=False,
        postgresql_where=sa.text("done_at is null and given_up_at is null"),
    )
    op.create_index(
        "ix_outbox_entry_given_up",
        "outbox_entry",
        ["given_up_at"],
        unique=False,
        postgresql_where=sa.text("given_up_at is not null and done_at is null"),
    )
    op.create_table(
        "person",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        sa.Column("recovery_code_hashes", sa.ARRAY(sa.LargeBinary()), server_default="{}", nullable=False),
        sa.Column("preferences", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_person_email_is_lower_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "poll_turn",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_poll_turn")),
    )
    op.create_index(
        "ix_poll_turn_due",
        "poll_turn",
        ["platform", "due_at"],
        unique=False,
        postgresql_where=sa.text("parked_at is null"),
    )
    op.create_table(
        "received_event",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_event")),
        sa.UniqueConstraint("source", "external_id", name=op.f("uq_received_event_source_external_id")),
    )
    op.create_table(
        "agency_audit",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_audit_agency_id_agency")),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_agency_audit")),
        info={"app_may": ("SELECT", "INSERT")},
    )
    op.create_index("ix_agency_audit_latest", "agency_audit", ["agency_id", "created_at"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("only_brand_ids", sa.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("octet_length(token_hash) = 32", name=op.f("ck_api_token_token_hash_is_whole")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_api_token_agency_id_agency")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_token_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index("ix_api_token_person_id", "api_token", ["person_id"], unique=False)
    op.create_table(
        "brand",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("answer_due_hours", sa.Integer(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("colour ~ '^#[0-9a-f]{6}$'", name=op.f("ck_brand_colour_is_hex")),
        sa.CheckConstraint("char_length(mark) between 1 and 2", name=op.f("ck_brand_mark_is_short")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_brand_agency_id_agency")),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_brand")),
        sa.UniqueConstraint("agency_id", "name", name=op.f("uq_brand_agency_id_name")),
    )
    op.create_table(
        "idempotency_record",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_idempotency_record_agency_id_agency")),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_idempotency_record")),
        sa.UniqueConstraint(
            "agency_id", "person_id", "key", name=op.f("uq_idempotency_record_agency_id_person_id_key")
        ),
    )
    op.create_table(
        "invitation",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("all_brands", sa.Boolean(), nullable=False),
        sa.Column("brand_ids", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("octet_length(token_hash) = 32", name=op.f("ck_invitation_token_hash_is_whole")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_invitation_agency_id_agency")),
        sa.ForeignKeyConstraint(["invited_by"], ["person.id"], name=op.f("fk_invitation_invited_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index("ix_invitation_agency_id", "invitation", ["agency_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("all_brands", sa.Boolean(), nullable=False),
        sa.Column("brand_ids", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("not (all_brands and cardinality(brand_ids) > 0)", name=op.f("ck_membership_all_or_some")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_membership_agency_id_agency")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    op.create_index("ix_membership_person_id", "membership", ["person_id"], unique=False)
    op.create_index(
        "uq_membership_live",
        "membership",
        ["agency_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("removed_at is null"),
    )
    op.create_table(
        "one_time_token",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("octet_length(token_hash) = 32", name=op.f("ck_one_time_token_token_hash_is_whole")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_one_time_token_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_token_token_hash")),
    )
    op.create_index("ix_one_time_token_person_id", "one_time_token", ["person_id"], unique=False)
    op.create_table(
        "sign_in_session",
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.CheckConstraint("octet_length(token_hash) = 32", name=op.f("ck_sign_in_session_token_hash_is_whole")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_sign_in_session_agency_id_agency")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_session_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_session_token_hash")),
    )
    op.create_index("ix_sign_in_session_person_id", "sign_in_session", ["person_id"], unique=False)
    op.create_table(
        "account",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=True),
        sa.Column("credential", sa.LargeBinary(), nullable=True),
        sa.Column("health", sa.Text(), nullable=False),
        sa.Column("health_reason", sa.Text(), nullable=True),
        sa.Column("health_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("last_polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_item_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disconnected_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "health in ('ok', 'failing', 'needs_reconnect', 'disconnected')", name=op.f("ck_account_health_is_known")
        ),
        sa.CheckConstraint(
            "(disconnected_at is null) or (credential is null)", name=op.f("ck_account_no_credential_left")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"], ["brand.agency_id", "brand.id"], name=op.f("fk_account_agency_id_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_account")),
    )
    op.create_index("ix_account_brand", "account", ["agency_id", "brand_id"], unique=False)
    op.create_index(
        "uq_account_live",
        "account",
        ["agency_id", "platform", "external_id"],
        unique=True,
        postgresql_where=sa.text("disconnected_at is null"),
    )
    op.create_table(
        "brand_audit",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_brand_audit_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_brand_audit")),
        info={"app_may": ("SELECT", "INSERT")},
    )
    op.create_index(
        "ix_brand_audit_subject",
        "brand_audit",
        ["agency_id", "brand_id", "subject_type", "subject_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "guideline",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("applies_when", sa.Text(), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("offer_limit_cents", sa.Integer(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("never_say", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("saved_reply_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "visibility in ('public', 'private', 'both')", name=op.f("ck_guideline_visibility_is_known")
        ),
        sa.CheckConstraint(
            "offer_limit_cents is null or currency is not null", name=op.f("ck_guideline_offer_names_currency")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_guideline_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_guideline")),
    )
    op.create_index("ix_guideline_brand", "guideline", ["agency_id", "brand_id", "title"], unique=False)
    op.create_table(
        "queue_counter",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("open_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("held_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("awaiting_approval_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("snoozed_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("closed_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_queue_counter_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_queue_counter")),
        sa.UniqueConstraint("agency_id", "brand_id", name=op.f("uq_queue_counter_agency_id_brand_id")),
    )
    op.create_table(
        "style_guide_version",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("voice", sa.Text(), nullable=False),
        sa.Column("identity", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=True),
        sa.Column("written_by_name", sa.Text(), nullable=False),
        sa.Column("put_in_force_by", sa.Uuid(), nullable=True),
        sa.Column("put_in_force_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('draft', 'in_force', 'retired')",
            name=op.f("ck_style_guide_version_state_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_style_guide_version_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_style_guide_version")),
        sa.UniqueConstraint(
            "agency_id", "brand_id", "number", name=op.f("uq_style_guide_version_agency_id_brand_id_number")
        ),
    )
    op.create_index(
        "uq_style_guide_version_in_force",
        "style_guide_version",
        ["agency_id", "brand_id"],
        unique=True,
        postgresql_where=sa.text("state = 'in_force'"),
    )
    op.create_table(
        "contact",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agency_id", "account_id", "brand_id"],
            ["account.agency_id", "account.id", "account.brand_id"],
            name=op.f("fk_contact_agency_id_account_id_brand_id_account"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_contact")),
        sa.UniqueConstraint(
            "agency_id",
            "account_id",
            "external_id",
            "brand_id",
            name=op.f("uq_contact_agency_id_account_id_external_id_brand_id"),
        ),
    )
    op.create_table(
        "set_aside_item",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("raw_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "account_id", "brand_id"],
            ["account.agency_id", "account.id", "account.brand_id"],
            name=op.f("fk_set_aside_item_agency_id_account_id_brand_id_account"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_set_aside_item")),
        sa.UniqueConstraint(
            "agency_id",
            "account_id",
            "raw_hash",
            "brand_id",
            name=op.f("uq_set_aside_item_agency_id_account_id_raw_hash_brand_id"),
        ),
    )
    op.create_table(
        "conversation",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("rank", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rank_reasons", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("excerpt", sa.Text(), server_default="", nullable=False),
        sa.Column("author_name", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("stars", sa.SmallInteger(), nullable=True),
        sa.Column("context", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("permalink", sa.Text(), nullable=True),
        sa.Column("message_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reply_state", sa.Text(), nullable=True),
        sa.Column("last_message_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_customer_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("holder_name", sa.Text(), nullable=True),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("status in ('open', 'snoozed', 'closed')", name=op.f("ck_conversation_status_is_known")),
        sa.CheckConstraint(
            "stars is null or stars between 1 and 5", name=op.f("ck_conversation_stars_are_one_to_five")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "account_id", "brand_id"],
            ["account.agency_id", "account.id", "account.brand_id"],
            name=op.f("fk_conversation_agency_id_account_id_brand_id_account"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "contact_id", "brand_id"],
            ["contact.agency_id", "contact.id", "contact.brand_id"],
            name=op.f("fk_conversation_agency_id_contact_id_brand_id_contact"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_conversation")),
        sa.UniqueConstraint(
            "agency_id",
            "account_id",
            "external_id",
            "brand_id",
            name=op.f("uq_conversation_agency_id_account_id_external_id_brand_id"),
        ),
    )
    op.create_index(
        "ix_conversation_brand_queue",
        "conversation",
        ["agency_id", "brand_id", sa.literal_column("rank desc"), sa.literal_column("id desc")],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_conversation_contact",
        "conversation",
        ["agency_id", "contact_id", sa.literal_column("last_message_at desc")],
        unique=False,
    )
    op.create_index(
        "ix_conversation_due",
        "conversation",
        ["agency_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_conversation_past",
        "conversation",
        ["agency_id", "status", sa.literal_column("last_message_at desc"), sa.literal_column("id desc")],
        unique=False,
        postgresql_where=sa.text("status <> 'open'"),
    )
    op.create_index(
        "ix_conversation_holder",
        "conversation",
        ["agency_id", "holder_id"],
        unique=False,
        postgresql_where=sa.text("holder_id is not null"),
    )
    op.create_index(
        "ix_conversation_queue",
        "conversation",
        ["agency_id", sa.literal_column("rank desc"), sa.literal_column("id desc")],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "message",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("parent_external_id", sa.Text(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("truncated", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("stars", sa.SmallInteger(), nullable=True),
        sa.Column("attachments", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("permalink", sa.Text(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("earlier_texts", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("moderation", sa.Text(), nullable=True),
        sa.Column("reply_id", sa.Uuid(), nullable=True),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("direction in ('in', 'out')", name=op.f("ck_message_direction_is_known")),
        sa.ForeignKeyConstraint(
            ["agency_id", "conversation_id", "brand_id"],
            ["conversation.agency_id", "conversation.id", "conversation.brand_id"],
            name=op.f("fk_message_agency_id_conversation_id_brand_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_message")),
        sa.UniqueConstraint(
            "agency_id",
            "account_id",
            "external_id",
            "brand_id",
            name=op.f("uq_message_agency_id_account_id_external_id_brand_id"),
        ),
    )
    op.create_index(
        "ix_message_conversation", "message", ["agency_id", "conversation_id", "written_at", "id"], unique=False
    )
    op.create_table(
        "note",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "conversation_id", "brand_id"],
            ["conversation.agency_id", "conversation.id", "conversation.brand_id"],
            name=op.f("fk_note_agency_id_conversation_id_brand_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_note")),
    )
    op.create_index("ix_note_conversation", "note", ["agency_id", "conversation_id", "created_at"], unique=False)
    op.create_table(
        "reply",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("in_reply_to_id", sa.Uuid(), nullable=False),
        sa.Column("in_reply_to_external_id", sa.Text(), nullable=False),
        sa.Column("in_reply_to_content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("thread_external_id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("text_id", sa.Uuid(), nullable=True),
        sa.Column("target_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_by_name", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("absent_reads", sa.Integer(), server_default="0", nullable=False),
        sa.Column("resends", sa.Integer(), server_default="0", nullable=False),
        sa.Column("platform_id", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("live_state", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state <> 'published' or published_at is not null", name=op.f("ck_reply_published_has_a_time")
        ),
        sa.CheckConstraint(
            "state in ('draft', 'awaiting_approval', 'approved', "
            "'declined', 'publishing', 'published', 'refused', 'outcome_unknown')",
            name=op.f("ck_reply_state_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "account_id", "brand_id"],
            ["account.agency_id", "account.id", "account.brand_id"],
            name=op.f("fk_reply_agency_id_account_id_brand_id_account"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "conversation_id", "brand_id"],
            ["conversation.agency_id", "conversation.id", "conversation.brand_id"],
            name=op.f("fk_reply_agency_id_conversation_id_brand_id_conversation"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_reply")),
    )
    op.create_index("ix_reply_conversation", "reply", ["agency_id", "conversation_id", "id"], unique=False)
    op.create_index("ix_reply_state", "reply", ["agency_id", "state", "state_since"], unique=False)
    op.create_index(
        "uq_reply_in_flight",
        "reply",
        ["agency_id", "conversation_id", "brand_id"],
        unique=True,
        postgresql_where=sa.text("state in ('publishing', 'outcome_unknown')"),
    )
    op.create_index(
        "uq_reply_platform_id",
        "reply",
        ["agency_id", "account_id", "platform_id"],
        unique=True,
        postgresql_where=sa.text("platform_id is not null and platform <> 'google_business'"),
    )
    op.create_table(
        "publish_attempt",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reply_id", sa.Uuid(), nullable=False),
        sa.Column("reply_text_id", sa.Uuid(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("platform_id", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("deed in ('send', 'look')", name=op.f("ck_publish_attempt_deed_is_known")),
        sa.ForeignKeyConstraint(
            ["agency_id", "reply_id", "brand_id"],
            ["reply.agency_id", "reply.id", "reply.brand_id"],
            name=op.f("fk_publish_attempt_agency_id_reply_id_brand_id_reply"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_publish_attempt")),
    )
    op.create_index(
        "ix_publish_attempt_reply", "publish_attempt", ["agency_id", "reply_id", "created_at"], unique=False
    )
    op.create_index(
        "uq_publish_attempt_send",
        "publish_attempt",
        ["agency_id", "reply_id", "fence", "brand_id"],
        unique=True,
        postgresql_where=sa.text("deed = 'send'"),
    )
    op.create_table(
        "reply_text",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reply_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("by_approver", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("guide_version", sa.Integer(), nullable=True),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "reply_id", "brand_id"],
            ["reply.agency_id", "reply.id", "reply.brand_id"],
            name=op.f("fk_reply_text_agency_id_reply_id_brand_id_reply"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_reply_text")),
        sa.UniqueConstraint(
            "agency_id", "reply_id", "number", "brand_id", name=op.f("uq_reply_text_agency_id_reply_id_number_brand_id")
        ),
        info={"app_may": ("SELECT", "INSERT")},
    )
    op.create_table(
        "approval",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reply_id", sa.Uuid(), nullable=False),
        sa.Column("reply_text_id", sa.Uuid(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("target_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("decided_by_name", sa.Text(), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "decision in ('approved', 'released', 'declined', 'changes_asked')",
            name=op.f("ck_approval_decision_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "reply_id", "brand_id"],
            ["reply.agency_id", "reply.id", "reply.brand_id"],
            name=op.f("fk_approval_agency_id_reply_id_brand_id_reply"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "reply_text_id", "brand_id"],
            ["reply_text.agency_id", "reply_text.id", "reply_text.brand_id"],
            name=op.f("fk_approval_agency_id_reply_text_id_brand_id_reply_text"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_approval")),
    )
    op.create_index("ix_approval_reply", "approval", ["agency_id", "reply_id", "created_at"], unique=False)
    op.create_index(
        "uq_approval_live",
        "approval",
        ["agency_id", "reply_id", "brand_id"],
        unique=True,
        postgresql_where=sa.text("voided_at is null and decision in ('approved', 'released')"),
    )
    for statement in QUEUE_COUNTER_TRIGGERS:
        op.execute(statement)
