"""Quizzes on a brand's guide, and whether an agency asks for a pass."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0026"


def upgrade() -> None:
    """Add a table and a setting."""
    op.add_column("agency", sa.Column("quiz_gate", sa.Boolean(), server_default="false", nullable=False))
    op.create_table(
        "guide_quiz",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("questions", JSONB(), server_default="[]", nullable=False),
        sa.Column("answers", JSONB(), server_default="[]", nullable=False),
        sa.Column("asked", JSONB(), server_default="[]", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("right_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("passed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("passed_at is null or tries > 0", name=op.f("ck_guide_quiz_passed_by_a_try")),
        sa.ForeignKeyConstraint(
            ["agency_id", "version_id", "brand_id"],
            ["style_guide_version.agency_id", "style_guide_version.id", "style_guide_version.brand_id"],
            name=op.f("fk_guide_quiz_agency_id_version_id_brand_id_style_guide_version"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_guide_quiz")),
        sa.UniqueConstraint(
            "agency_id",
            "brand_id",
            "person_id",
            "version_id",
            name=op.f("uq_guide_quiz_agency_id_brand_id_person_id_version_id"),
        ),
    )
    op.create_index("ix_guide_quiz_person", "guide_quiz", ["agency_id", "person_id", "id"])
