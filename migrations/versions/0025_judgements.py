"""Judgements of sent replies, and the trigger that takes the notes out when the customer is erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0027"

FORGET = """
create function forget_judgement_notes() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    update judgement
    set note = '',
        earlier = (select coalesce(jsonb_agg(one || '{"note": ""}' order by place), '[]')
                   from jsonb_array_elements(earlier) with ordinality as before (one, place)),
        erased_at = now()
    where agency_id = new.agency_id and contact_id = new.id and brand_id = new.brand_id;
    return null;
end $$
"""
ON_ERASURE = """
create trigger forget_judgement_notes after update of external_id on contact for each row
when (new.external_id like 'erased-%' and old.external_id not like 'erased-%')
execute function forget_judgement_notes()
"""
ANSWERS = "in ('yes', 'partly', 'no')"


def upgrade() -> None:
    """Add a table and a trigger."""
    op.create_table(
        "judgement",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reply_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("judge_id", sa.Uuid(), nullable=False),
        sa.Column("judge_name", sa.Text(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("friendly", sa.Text(), nullable=False),
        sa.Column("solves", sa.Text(), nullable=False),
        sa.Column("personal", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("earlier", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"friendly {ANSWERS}", name=op.f("ck_judgement_friendly_is_known")),
        sa.CheckConstraint(f"solves {ANSWERS}", name=op.f("ck_judgement_solves_is_known")),
        sa.CheckConstraint(f"personal {ANSWERS}", name=op.f("ck_judgement_personal_is_known")),
        sa.CheckConstraint("judge_id <> author_id", name=op.f("ck_judgement_nobody_judges_themselves")),
        sa.ForeignKeyConstraint(
            ["agency_id", "reply_id", "brand_id"],
            ["reply.agency_id", "reply.id", "reply.brand_id"],
            name=op.f("fk_judgement_agency_id_reply_id_brand_id_reply"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "contact_id", "brand_id"],
            ["contact.agency_id", "contact.id", "contact.brand_id"],
            name=op.f("fk_judgement_agency_id_contact_id_brand_id_contact"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_judgement")),
        sa.UniqueConstraint(
            "agency_id",
            "reply_id",
            "judge_id",
            "brand_id",
            name=op.f("uq_judgement_agency_id_reply_id_judge_id_brand_id"),
        ),
    )
    op.create_index("ix_judgement_author", "judgement", ["agency_id", "author_id", "id"])
    op.create_index("ix_judgement_week", "judgement", ["agency_id", "week", "author_id"])
    op.create_index("ix_judgement_contact", "judgement", ["agency_id", "contact_id"])
    op.execute(FORGET)
    op.execute(ON_ERASURE)
