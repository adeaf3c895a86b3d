"""A version of a guide is proposed to the client, who approves or answers; who moved it and why is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0014"

STATES = "draft proposed in_force retired"


def upgrade() -> None:
    """Columns with defaults, one more state, a table of steps."""
    op.add_column("brand", sa.Column("guide_needs_approval", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("style_guide_version", sa.Column("revision", sa.Integer(), server_default="1", nullable=False))
    op.add_column("style_guide_version", sa.Column("proposal_id", sa.Uuid(), nullable=True))
    states = ", ".join(f"'{state}'" for state in STATES.split())
    op.execute("alter table style_guide_version drop constraint ck_style_guide_version_state_is_known")
    op.execute(
        "alter table style_guide_version add constraint ck_style_guide_version_state_is_known "
        f"check (state in ({states})) not valid"
    )
    op.execute("alter table style_guide_version validate constraint ck_style_guide_version_state_is_known")
    op.create_check_constraint(
        op.f("ck_style_guide_version_proposed_by_a_step"),
        "style_guide_version",
        "(state = 'proposed') = (proposal_id is not null)",
    )
    op.create_index(
        "uq_style_guide_version_proposed",
        "style_guide_version",
        ["agency_id", "brand_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_table(
        "style_guide_step",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("against", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_by_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "version_id", "brand_id"],
            ["style_guide_version.agency_id", "style_guide_version.id", "style_guide_version.brand_id"],
            name=op.f("fk_style_guide_step_agency_id_version_id_brand_id_style_guide_version"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_style_guide_step")),
    )
    op.create_index("ix_style_guide_step_version", "style_guide_step", ["agency_id", "version_id", "id"], unique=False)
