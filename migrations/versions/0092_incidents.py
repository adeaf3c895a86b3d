"""Incidents: what many customers write about at once, whom it reached, and what they are told.

A case of an open incident is put off without a moment and bears a bit of `conversation.signs` (docs/decisions/0070).
Whatever takes it from there, a person or an answer, takes it out of the incident: by a trigger, because many statements
do that.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0092"
down_revision = "0087"

LEAVES = """
create function leaves_incident() returns trigger language plpgsql
set search_path = public, pg_temp as $$
begin
    update incident_case set left_at = now(), left_because = 'moved'
    where agency_id = new.agency_id and conversation_id = new.id and brand_id = new.brand_id and left_at is null;
    new.signs := new.signs & ~64;
    return new;
end $$;
create trigger leaves_incident before update on conversation for each row
when (old.signs & 64 <> 0 and new.status <> 'snoozed') execute function leaves_incident()
"""


def upgrade() -> None:
    """Six tables and a function."""
    op.create_table(
        "incident_watch",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("heard", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("usual", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_incident_watch_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_incident_watch")),
        sa.UniqueConstraint("agency_id", "brand_id", name=op.f("uq_incident_watch_agency_id_brand_id")),
    )
    op.create_table(
        "incident_suggestion",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("stems", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("words", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("conversation_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("people_count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by_name", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at is null)", name=op.f("ck_incident_suggestion_a_decision_has_a_time")
        ),
        sa.CheckConstraint(
            "state in ('open', 'opened', 'dismissed')", name=op.f("ck_incident_suggestion_state_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_incident_suggestion_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_incident_suggestion")),
    )
    op.create_index(
        "ix_incident_suggestion_brand", "incident_suggestion", ["agency_id", "brand_id", "last_at"], unique=False
    )
    op.create_table(
        "incident",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("conditions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holds", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("post", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_by_name", sa.Text(), nullable=False),
        sa.Column("acts_for", sa.Uuid(), nullable=False),
        sa.Column("afterwards", sa.Text(), nullable=True),
        sa.Column("ending_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_name", sa.Text(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(state = 'closed') = (closed_at is not null)", name=op.f("ck_incident_closed_has_a_time")),
        sa.CheckConstraint("afterwards in ('resolve', 'return')", name=op.f("ck_incident_afterwards_is_known")),
        sa.CheckConstraint("state in ('open', 'ending', 'closed')", name=op.f("ck_incident_state_is_known")),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_incident_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_incident")),
        info={"app_may": ("SELECT", "INSERT", "UPDATE")},
    )
    op.create_index("ix_incident_brand", "incident", ["agency_id", "brand_id", "id"], unique=False)
    op.create_index(
        "ix_incident_going",
        "incident",
        ["agency_id", "id"],
        unique=False,
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "incident_text",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="ready", nullable=False),
        sa.Column("sample_reply_id", sa.Uuid(), nullable=True),
        sa.Column("approval_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("purpose in ('holding', 'follow_up')", name=op.f("ck_incident_text_purpose_is_known")),
        sa.CheckConstraint(
            "state in ('ready', 'asked', 'agreed', 'refused', 'replaced')", name=op.f("ck_incident_text_state_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "approval_id", "brand_id"],
            ["approval.agency_id", "approval.id", "approval.brand_id"],
            name=op.f("fk_incident_text_agency_id_approval_id_brand_id_approval"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "incident_id", "brand_id"],
            ["incident.agency_id", "incident.id", "incident.brand_id"],
            name=op.f("fk_incident_text_agency_id_incident_id_brand_id_incident"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "sample_reply_id", "brand_id"],
            ["reply.agency_id", "reply.id", "reply.brand_id"],
            name=op.f("fk_incident_text_agency_id_sample_reply_id_brand_id_reply"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_incident_text")),
        info={"app_may": ("SELECT", "INSERT", "UPDATE")},
    )
    op.create_index("ix_incident_text_incident", "incident_text", ["agency_id", "incident_id", "id"], unique=False)
    op.create_table(
        "incident_person",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("who", sa.Uuid(), nullable=False),
        sa.Column("holding", sa.Text(), nullable=True),
        sa.Column("holding_reason", sa.Text(), nullable=True),
        sa.Column("holding_reply_id", sa.Uuid(), nullable=True),
        sa.Column("follow_up", sa.Text(), nullable=True),
        sa.Column("follow_up_reason", sa.Text(), nullable=True),
        sa.Column("follow_up_reply_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(follow_up_reply_id is not null) = (follow_up is not distinct from 'made')",
            name=op.f("ck_incident_person_made_follow_up"),
        ),
        sa.CheckConstraint(
            "(holding_reply_id is not null) = (holding is not distinct from 'made')",
            name=op.f("ck_incident_person_made_holding"),
        ),
        sa.CheckConstraint(
            "follow_up in ('due', 'made', 'cannot')", name=op.f("ck_incident_person_follow_up_is_known")
        ),
        sa.CheckConstraint("holding in ('due', 'made', 'cannot')", name=op.f("ck_incident_person_holding_is_known")),
        sa.ForeignKeyConstraint(
            ["agency_id", "follow_up_reply_id", "brand_id"],
            ["reply.agency_id", "reply.id", "reply.brand_id"],
            name=op.f("fk_incident_person_agency_id_follow_up_reply_id_brand_id_reply"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "holding_reply_id", "brand_id"],
            ["reply.agency_id", "reply.id", "reply.brand_id"],
            name=op.f("fk_incident_person_agency_id_holding_reply_id_brand_id_reply"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "incident_id", "brand_id"],
            ["incident.agency_id", "incident.id", "incident.brand_id"],
            name=op.f("fk_incident_person_agency_id_incident_id_brand_id_incident"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_incident_person")),
        sa.UniqueConstraint(
            "agency_id",
            "incident_id",
            "who",
            "brand_id",
            name=op.f("uq_incident_person_agency_id_incident_id_who_brand_id"),
        ),
        info={"app_may": ("SELECT", "INSERT", "UPDATE")},
    )
    op.create_index(
        "ix_incident_person_follow_up",
        "incident_person",
        ["agency_id", "incident_id", "id"],
        unique=False,
        postgresql_where=sa.text("follow_up = 'due'"),
    )
    op.create_index(
        "ix_incident_person_holding",
        "incident_person",
        ["agency_id", "incident_id", "id"],
        unique=False,
        postgresql_where=sa.text("holding = 'due'"),
    )
    op.create_table(
        "incident_case",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("incident_person_id", sa.Uuid(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("attached_by_name", sa.Text(), nullable=True),
        sa.Column("stayed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_because", sa.Text(), nullable=True),
        sa.Column("left_by_name", sa.Text(), nullable=True),
        sa.CheckConstraint("because in ('words', 'person')", name=op.f("ck_incident_case_because_is_known")),
        sa.CheckConstraint(
            "left_because in ('taken_out', 'moved', 'ended')", name=op.f("ck_incident_case_left_because_is_known")
        ),
        sa.CheckConstraint(
            "(left_at is null) = (left_because is null)", name=op.f("ck_incident_case_whatever_left_has_a_reason")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "conversation_id", "brand_id"],
            ["conversation.agency_id", "conversation.id", "conversation.brand_id"],
            name=op.f("fk_incident_case_agency_id_conversation_id_brand_id_conversation"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "incident_id", "brand_id"],
            ["incident.agency_id", "incident.id", "incident.brand_id"],
            name=op.f("fk_incident_case_agency_id_incident_id_brand_id_incident"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "incident_person_id", "brand_id"],
            ["incident_person.agency_id", "incident_person.id", "incident_person.brand_id"],
            name=op.f("fk_incident_case_agency_id_incident_person_id_brand_id_incident_person"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_incident_case")),
        sa.UniqueConstraint(
            "agency_id",
            "incident_id",
            "conversation_id",
            "brand_id",
            name=op.f("uq_incident_case_agency_id_incident_id_conversation_id_brand_id"),
        ),
        info={"app_may": ("SELECT", "INSERT", "UPDATE")},
    )
    op.create_index("ix_incident_case_conversation", "incident_case", ["agency_id", "conversation_id"], unique=False)
    op.create_index("ix_incident_case_person", "incident_case", ["agency_id", "incident_person_id"], unique=False)
    op.create_index(
        "uq_incident_case_in",
        "incident_case",
        ["agency_id", "conversation_id", "brand_id"],
        unique=True,
        postgresql_where=sa.text("left_at is null"),
    )
    op.execute(LEAVES)
