"""Who works when, speaks and can what, and who is away.

Both belong to the agency: a person works one week, for however many brands.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0088"
down_revision = "0096"


def _owned(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f(f"fk_{table}_agency_id_agency")),
    )


def upgrade() -> None:
    """Two tables."""
    json = postgresql.JSONB(astext_type=sa.Text())
    op.create_table(
        "team_member",
        *_owned("team_member"),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("days", json, server_default="[[],[],[],[],[],[],[]]", nullable=False),
        sa.Column("special_days", json, server_default="{}", nullable=False),
        sa.Column("languages", json, server_default="[]", nullable=False),
        sa.Column("skills", json, server_default="[]", nullable=False),
        sa.Column("most_cases", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by_name", sa.Text(), nullable=False),
        sa.UniqueConstraint("agency_id", "person_id", name=op.f("uq_team_member_agency_id_person_id")),
        sa.CheckConstraint("jsonb_array_length(days) = 7", name=op.f("ck_team_member_a_week_has_seven_days")),
        sa.CheckConstraint("most_cases > 0", name=op.f("ck_team_member_a_limit_leaves_room")),
    )
    op.create_table(
        "absence",
        *_owned("absence"),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("stand_in_id", sa.Uuid(), nullable=True),
        sa.Column("stand_in_name", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("settled_by_name", sa.Text(), nullable=True),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_absence_ends_after_it_begins")),
        sa.CheckConstraint(
            "state in ('asked', 'agreed', 'declined', 'withdrawn')", name=op.f("ck_absence_state_is_known")
        ),
        sa.CheckConstraint("stand_in_id <> person_id", name=op.f("ck_absence_somebody_else_stands_in")),
    )
    op.create_index("ix_absence_last_day", "absence", ["agency_id", "last_day", "person_id"])
    op.create_index("ix_absence_person", "absence", ["agency_id", "person_id", "first_day"])
