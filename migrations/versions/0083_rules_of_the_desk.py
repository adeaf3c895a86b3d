"""Rules of the desk, what each of them did, and for whom a case is kept.

That a case is kept is a bit of `conversation.signs`, too, so that the queue's indexes carry it (docs/decisions/0051).
It ends where somebody takes the case or it is closed: by a trigger, because many statements do that.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0083"
down_revision = "0082"

BITS = (
    "case when {r}.state = 'approved' and {r}.not_before is not null and {r}.not_before_because <> 'undo' then 4"
    " when {r}.state = 'awaiting_approval' and {r}.waits_clock ->> 'fell_at' is not null then 2 else 0 end"
)
REPLY_SHOWS = f"""
create or replace function reply_shows_in_queue() returns trigger language plpgsql
set search_path = public, pg_temp as $$
begin
    update conversation c set signs = (c.signs & ~6) | ({BITS.format(r="new")}), version = c.version + 1
    where c.agency_id = new.agency_id and c.brand_id = new.brand_id
        and c.id in (new.conversation_id, (select p.merged_into_id from conversation p
            where p.agency_id = new.agency_id and p.brand_id = new.brand_id and p.id = new.conversation_id));
    return null;
end $$
"""
KEEPING_ENDS = """
create function keeping_ends() returns trigger language plpgsql
set search_path = public, pg_temp as $$
begin
    delete from kept_case where agency_id = new.agency_id and conversation_id = new.id and brand_id = new.brand_id;
    new.signs := new.signs & ~8;
    return new;
end $$;
create trigger keeping_ends before update on conversation for each row
when (old.signs & 8 <> 0 and (new.holder_id is not null or new.status <> 'open')) execute function keeping_ends()
"""


def _owned(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f(f"pk_{table}")),
    )


def _belongs(table: str, *parents: str) -> tuple[sa.ForeignKeyConstraint, ...]:
    return tuple(
        sa.ForeignKeyConstraint(
            ["agency_id", f"{parent}_id", "brand_id"],
            [f"{parent}.agency_id", f"{parent}.id", f"{parent}.brand_id"],
            name=op.f(f"fk_{table}_agency_id_{parent}_id_brand_id_{parent}"),
        )
        for parent in parents
    )


def _created() -> sa.Column[sa.DateTime]:
    return sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def upgrade() -> None:
    """Three tables and two functions."""
    json = postgresql.JSONB(astext_type=sa.Text())
    op.create_table(
        "triage_rule",
        *_owned("triage_rule"),
        sa.Column("of_brand_id", sa.Uuid(), sa.Computed("nullif(brand_id, agency_id)", persisted=True), nullable=True),
        _created(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_on", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("stops", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("terms", json, nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("moves", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by_name", sa.Text(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_triage_rule_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["agency_id", "of_brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_triage_rule_agency_id_of_brand_id_brand"),
        ),
    )
    op.create_index(
        "uq_triage_rule_name",
        "triage_rule",
        ["agency_id", "brand_id", sa.text("lower(name)")],
        unique=True,
        postgresql_where=sa.text("archived_at is null"),
    )
    op.create_table(
        "triage_deed",
        *_owned("triage_deed"),
        _created(),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("rule_name", sa.Text(), nullable=False),
        sa.Column("spans", json, server_default="[]", nullable=False),
        sa.Column("label_ids", json, server_default="[]", nullable=False),
        sa.Column("points", sa.Integer(), server_default="0", nullable=False),
        sa.Column("kept_for_id", sa.Uuid(), nullable=True),
        sa.Column("kept_for_name", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(kept_for_id is null) = (kept_for_name is null)",
            name=op.f("ck_triage_deed_whoever_it_is_kept_for_has_a_name"),
        ),
        *_belongs("triage_deed", "conversation", "message"),
        sa.UniqueConstraint(
            "agency_id",
            "message_id",
            "rule_id",
            "rule_version",
            "brand_id",
            name=op.f("uq_triage_deed_agency_id_message_id_rule_id_rule_version_brand_id"),
        ),
    )
    op.create_index("ix_triage_deed_conversation", "triage_deed", ["agency_id", "conversation_id", "id"])
    op.create_index("ix_triage_deed_rule", "triage_deed", ["agency_id", "rule_id", "id"])
    op.create_table(
        "kept_case",
        *_owned("kept_case"),
        _created(),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        *_belongs("kept_case", "conversation"),
        sa.UniqueConstraint(
            "agency_id",
            "conversation_id",
            "brand_id",
            name=op.f("uq_kept_case_agency_id_conversation_id_brand_id"),
        ),
    )
    op.create_index("ix_kept_case_person", "kept_case", ["agency_id", "person_id", "id"])
    op.execute(REPLY_SHOWS)
    op.execute(KEEPING_ENDS)
