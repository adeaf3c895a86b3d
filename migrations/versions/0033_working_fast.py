"""One press for many cases with its undo, spam by a person's mark, cases told within one another or set apart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0037"


def upgrade() -> None:
    """Add two tables and columns that are empty or have constant defaults."""
    for name, kind in (
        ("snoozed_by", sa.Uuid()),
        ("woke_at", sa.DateTime(timezone=True)),
        ("merged_into_id", sa.Uuid()),
        ("split_from_id", sa.Uuid()),
    ):
        op.add_column("conversation", sa.Column(name, kind, nullable=True))
    # Rows that stand there are held against the key by a statement of the owner, who is of no agency.
    op.execute("alter table conversation no force row level security")
    op.create_foreign_key(
        op.f("fk_conversation_agency_id_merged_into_id_brand_id_conversation"),
        "conversation",
        "conversation",
        ["agency_id", "merged_into_id", "brand_id"],
        ["agency_id", "id", "brand_id"],
    )
    op.execute("alter table conversation force row level security")
    op.create_index(
        "ix_conversation_merged",
        "conversation",
        ["agency_id", "merged_into_id"],
        postgresql_where=sa.text("merged_into_id is not null"),
    )
    op.add_column("message", sa.Column("set_apart", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("contact", sa.Column("spam_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("contact", sa.Column("spam_by_name", sa.Text(), nullable=True))
    op.add_column("contact", sa.Column("spam_stars", sa.Boolean(), server_default="false", nullable=False))
    op.create_index(
        "ix_contact_spam",
        "contact",
        ["agency_id", "brand_id", sa.text("id desc")],
        postgresql_where=sa.text("spam_since is not null"),
    )
    op.create_table(
        "bulk_deed",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("given", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("asked_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("more_left", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("restored_count", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_bulk_deed_agency_id_agency")),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_bulk_deed")),
    )
    op.create_index("ix_bulk_deed_person", "bulk_deed", ["agency_id", "person_id", "id"])
    op.create_table(
        "bulk_deed_case",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("bulk_deed_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", postgresql.JSONB(), nullable=True),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("version_after", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state in ('done', 'same', 'refused', 'restored', 'kept')", name=op.f("ck_bulk_deed_case_state_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_bulk_deed_case_agency_id_brand_id_brand"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "bulk_deed_id"],
            ["bulk_deed.agency_id", "bulk_deed.id"],
            name=op.f("fk_bulk_deed_case_agency_id_bulk_deed_id_bulk_deed"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_bulk_deed_case")),
    )
    op.create_index("ix_bulk_deed_case_deed", "bulk_deed_case", ["agency_id", "bulk_deed_id", "place"])
    op.create_index("ix_bulk_deed_case_conversation", "bulk_deed_case", ["agency_id", "conversation_id"])
