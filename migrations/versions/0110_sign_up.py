"""Agencies somebody wants to open: kept until the link in their mail is pressed, or a day after its end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0110"
down_revision = "0107"


def upgrade() -> None:
    """One table nobody owns."""
    op.create_table(
        "sign_up",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("agency_name", sa.Text(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_sign_up_email_is_lower_case")),
        sa.CheckConstraint("octet_length(token_hash) = 32", name=op.f("ck_sign_up_token_hash_is_whole")),
        sa.CheckConstraint("agency_id is null or used_at is not null", name=op.f("ck_sign_up_what_it_became_is_used")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_sign_up_agency_id_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_up_token_hash")),
    )
    op.create_index("ix_sign_up_email", "sign_up", ["email"])
    op.create_index("ix_sign_up_expires_at", "sign_up", ["expires_at"])
