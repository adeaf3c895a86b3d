"""A case is kept for whoever has a skill or reads a language, until somebody is found who can take it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0101"
down_revision = "0098"

_WANTS = ("wants_skill", "wants_language")


def upgrade() -> None:
    """Columns that are empty in every row, and an index of none of them."""
    for table in ("kept_case", "triage_deed"):
        for name in _WANTS:
            op.add_column(table, sa.Column(name, sa.Text(), nullable=True))
    op.alter_column("kept_case", "person_id", nullable=True)
    op.alter_column("kept_case", "person_name", nullable=True)
    op.create_check_constraint(
        op.f("ck_kept_case_whoever_it_is_for_has_a_name"), "kept_case", "(person_id is null) = (person_name is null)"
    )
    op.create_check_constraint(
        op.f("ck_kept_case_it_is_for_somebody"),
        "kept_case",
        "coalesce(person_id::text, wants_skill, wants_language) is not null",
    )
    op.add_column("triage_deed", sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("triage_deed", sa.Column("kept_held", sa.Integer(), nullable=True))
    op.create_index(
        "ix_triage_deed_kept",
        "triage_deed",
        ["agency_id", "kept_for_id", "kept_at"],
        postgresql_where=sa.text("kept_at is not null"),
    )
