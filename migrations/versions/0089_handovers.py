"""Cases one person hands to another at the end of a shift, and what became of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0089"
down_revision = "0095"


def _created() -> sa.Column[sa.DateTime]:
    return sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "handover",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _created(),
        sa.Column("from_person_id", sa.Uuid(), nullable=False),
        sa.Column("from_name", sa.Text(), nullable=False),
        sa.Column("to_person_id", sa.Uuid(), nullable=False),
        sa.Column("to_name", sa.Text(), nullable=False),
        sa.Column("case_count", sa.Integer(), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_handover")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_handover_agency_id_agency")),
    )
    op.create_index("ix_handover_to", "handover", ["agency_id", "to_person_id", "id"])
    op.create_index("ix_handover_from", "handover", ["agency_id", "from_person_id", "id"])
    op.create_index(
        "ix_handover_open",
        "handover",
        ["agency_id", "answer_by", "id"],
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "handover_case",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        _created(),
        sa.Column("handover_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("from_person_id", sa.Uuid(), nullable=False),
        sa.Column("to_person_id", sa.Uuid(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default="offered", nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_handover_case")),
        sa.ForeignKeyConstraint(
            ["agency_id", "conversation_id", "brand_id"],
            ["conversation.agency_id", "conversation.id", "conversation.brand_id"],
            name=op.f("fk_handover_case_agency_id_conversation_id_brand_id_conversation"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "handover_id"],
            ["handover.agency_id", "handover.id"],
            name=op.f("fk_handover_case_agency_id_handover_id_handover"),
        ),
        sa.CheckConstraint(
            "state in ('offered', 'accepted', 'declined', 'withdrawn', 'lost', 'lapsed')",
            name=op.f("ck_handover_case_state_is_known"),
        ),
        sa.CheckConstraint(
            "(state = 'offered') = (settled_at is null)", name=op.f("ck_handover_case_an_end_has_a_time")
        ),
    )
    op.create_index(
        "uq_handover_case_offered",
        "handover_case",
        ["agency_id", "conversation_id"],
        unique=True,
        postgresql_where=sa.text("state = 'offered'"),
    )
    op.create_index("ix_handover_case_handover", "handover_case", ["agency_id", "handover_id", "id"])
    op.create_index("ix_handover_case_conversation", "handover_case", ["agency_id", "conversation_id", "id"])
