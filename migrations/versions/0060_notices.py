"""Notices in the app and who wants which; whose mails come back; what an agency's mails look like."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0060"
down_revision = "0055"

_NOT_READ = "in_app and read_at is null and settled_at is null"
_TO_MAIL = "mail_due_at is not null and mailed_at is null"


def upgrade() -> None:
    """Add two tables and some columns, all of them empty."""
    op.add_column("agency", sa.Column("colour", sa.Text(), nullable=True))
    op.add_column("agency", sa.Column("answers_to", sa.Text(), nullable=True))
    op.add_column("person", sa.Column("mail_failed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("person", sa.Column("mail_failed_words", sa.Text(), nullable=True))
    op.add_column("outgoing_mail", sa.Column("person_id", sa.Uuid(), nullable=True))
    op.add_column("outgoing_mail", sa.Column("bounce_hash", sa.LargeBinary(), nullable=True))
    op.create_foreign_key(op.f("fk_outgoing_mail_person_id_person"), "outgoing_mail", "person", ["person_id"], ["id"])
    op.create_unique_constraint(op.f("uq_outgoing_mail_bounce_hash"), "outgoing_mail", ["bounce_hash"])
    op.create_table(
        "notice",
        *_owned("notice"),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("in_app", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=True)
            for name in ("read_at", "settled_at", "mail_due_at", "mailed_at")
        ),
        sa.Column("mail_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("path like '/%'", name=op.f("ck_notice_path_is_ours")),
    )
    op.create_index("ix_notice_person", "notice", ["agency_id", "person_id", "id"])
    op.create_index("ix_notice_unread", "notice", ["agency_id", "person_id"], postgresql_where=sa.text(_NOT_READ))
    op.create_index("ix_notice_subject", "notice", ["agency_id", "subject_id"])
    op.create_index(
        "ix_notice_to_mail", "notice", ["agency_id", "person_id", "kind"], postgresql_where=sa.text(_TO_MAIL)
    )
    op.create_table(
        "notice_choice",
        *_owned("notice_choice"),
        sa.Column("in_app", sa.Boolean(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
    )
    op.create_index(
        "uq_notice_choice",
        "notice_choice",
        ["agency_id", "person_id", "kind", sa.text("coalesce(of_brand_id, agency_id)")],
        unique=True,
    )


def _owned(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("of_brand_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f(f"fk_{table}_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["agency_id", "of_brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f(f"fk_{table}_agency_id_of_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f(f"pk_{table}")),
    ]
