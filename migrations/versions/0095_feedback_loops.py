"""Named feedback loops of brands, and the questions put in them.

Whoever is asked may be no person here, so a link to a question belongs to no person.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0095"
down_revision = "0092"


def _owned(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f(f"pk_{table}")),
    )


def _words(name: str, *, default: str | None = None, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=nullable)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Two tables, and links without a person."""
    op.alter_column("one_time_token", "person_id", nullable=True)
    op.create_table(
        "feedback_loop",
        *_owned("feedback_loop"),
        _words("name"),
        _words("sort"),
        sa.Column("people", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        _words("language", default="en"),
        sa.Column("hours", sa.SmallInteger(), nullable=False),
        _words("answers_by", default="community"),
        _words("answers_name", default=""),
        _words("procedure", default=""),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        _words("changed_by_name"),
        _moment("archived_at"),
        sa.CheckConstraint(
            "sort in ('service', 'content', 'technical', 'legal', 'executive', 'product', 'own')",
            name=op.f("ck_feedback_loop_sort_is_known"),
        ),
        sa.CheckConstraint(
            "answers_by in ('community', 'service', 'person')", name=op.f("ck_feedback_loop_answers_by_is_known")
        ),
        sa.CheckConstraint("hours between 1 and 336", name=op.f("ck_feedback_loop_hours_are_bounded")),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_feedback_loop_agency_id_brand_id_brand"),
        ),
    )
    op.create_index(
        "uq_feedback_loop_name",
        "feedback_loop",
        ["agency_id", "brand_id", sa.text("lower(name)")],
        unique=True,
        postgresql_where=sa.text("archived_at is null"),
    )
    op.create_table(
        "loop_asking",
        *_owned("loop_asking"),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("loop_id", sa.Uuid(), nullable=False),
        _words("loop_name"),
        _words("question"),
        _words("words", default=""),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        _words("asked_by_name"),
        _words("to_name"),
        _words("to_email"),
        _words("to_language"),
        sa.Column("to_person_id", sa.Uuid(), nullable=True),
        _words("sent_on_by", nullable=True),
        _moment("asked_at", nullable=False),
        _moment("due_at", nullable=False),
        _moment("tell_lead_at", nullable=False),
        _words("state", default="open"),
        _words("answer", default=""),
        _words("answered_by", default=""),
        _moment("ended_at"),
        _moment("reminded_at"),
        _moment("lead_told_at"),
        sa.Column("mail_id", sa.Uuid(), nullable=True),
        _words("undelivered", nullable=True),
        sa.CheckConstraint(
            "state in ('open', 'answered', 'declined', 'withdrawn')", name=op.f("ck_loop_asking_state_is_known")
        ),
        sa.CheckConstraint("(state = 'open') = (ended_at is null)", name=op.f("ck_loop_asking_an_end_has_a_time")),
        *(
            sa.ForeignKeyConstraint(
                ["agency_id", column, "brand_id"],
                [f"{table}.agency_id", f"{table}.id", f"{table}.brand_id"],
                name=op.f(f"fk_loop_asking_agency_id_{column}_brand_id_{table}"),
            )
            for column, table in (("conversation_id", "conversation"), ("loop_id", "feedback_loop"))
        ),
    )
    op.create_index("ix_loop_asking_conversation", "loop_asking", ["agency_id", "conversation_id", "id"])
    for name, columns, where in (
        ("due", ["agency_id", "due_at", "id"], "state = 'open'"),
        ("brand_due", ["agency_id", "brand_id", "due_at", "id"], "state = 'open'"),
        ("ended", ["agency_id", "ended_at", "id"], "state <> 'open'"),
    ):
        op.create_index(f"ix_loop_asking_{name}", "loop_asking", columns, postgresql_where=sa.text(where))
