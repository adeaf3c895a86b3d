"""Which identities are one person and what proves it, notes on a person, and erasings under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0037"
down_revision = "0030"

DATED = sa.text("now()")


def upgrade() -> None:
    """Add four columns with constant defaults, and three tables. `name_key` of earlier contacts is filled by upkeep."""
    op.add_column("contact", sa.Column("group_id", sa.Uuid(), nullable=True))
    op.add_column("contact", sa.Column("own_vip", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("contact", sa.Column("own_weight", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_contact_own_weight_is_bounded"), "contact", "own_weight between 0 and 10")
    op.add_column("contact", sa.Column("name_key", sa.Text(collation="C"), nullable=True))
    op.create_index(
        "ix_contact_group",
        "contact",
        ["agency_id", "group_id"],
        unique=False,
        postgresql_where=sa.text("group_id is not null"),
    )
    op.create_index("ix_contact_name", "contact", ["agency_id", "brand_id", "name_key", "id"], unique=False)
    op.create_index(
        "ix_contact_unkeyed",
        "contact",
        ["agency_id", "id"],
        unique=False,
        postgresql_where=sa.text("name_key is null and name is not null"),
    )
    _links()
    _notes()
    _erasures()


def _owned() -> list[sa.Column[object]]:
    return [
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=DATED, nullable=False),
    ]


def _of_contact(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["agency_id", column, "brand_id"],
        ["contact.agency_id", "contact.id", "contact.brand_id"],
        name=op.f(f"fk_{table}_agency_id_{column}_brand_id_contact"),
    )


def _links() -> None:
    op.create_table(
        "contact_link",
        *_owned(),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reply_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_by_name", sa.Text(), nullable=True),
        sa.Column("confirmed_message_id", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.Column("undone_by_name", sa.Text(), nullable=True),
        sa.Column("undo_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("contact_id < other_id", name=op.f("ck_contact_link_smaller_first")),
        sa.CheckConstraint(
            "kind in ('private_reply', 'same_handle', 'staff')", name=op.f("ck_contact_link_kind_is_known")
        ),
        sa.CheckConstraint(
            "case kind when 'private_reply' then reply_id is not null"
            " when 'same_handle' then message_id is not null and words <> '' else reason <> '' end",
            name=op.f("ck_contact_link_has_a_proof"),
        ),
        _of_contact("contact_link", "contact_id"),
        _of_contact("contact_link", "other_id"),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_contact_link")),
    )
    op.create_index("ix_contact_link_contact", "contact_link", ["agency_id", "contact_id"], unique=False)
    op.create_index("ix_contact_link_other", "contact_link", ["agency_id", "other_id"], unique=False)
    op.create_index(
        "uq_contact_link_standing",
        "contact_link",
        ["agency_id", "contact_id", "other_id", "brand_id"],
        unique=True,
        postgresql_where=sa.text("undone_at is null"),
    )
    op.create_index(
        "uq_contact_link_reply",
        "contact_link",
        ["agency_id", "reply_id", "brand_id"],
        unique=True,
        postgresql_where=sa.text("reply_id is not null"),
    )


def _notes() -> None:
    op.create_table(
        "contact_note",
        *_owned(),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edited_by_name", sa.Text(), nullable=True),
        sa.Column("earlier", JSONB(), server_default="[]", nullable=False),
        _of_contact("contact_note", "contact_id"),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_contact_note")),
    )
    op.create_index("ix_contact_note_contact", "contact_note", ["agency_id", "contact_id", "created_at"], unique=False)


def _erasures() -> None:
    op.create_table(
        "contact_erasure",
        *_owned(),
        sa.Column("contact_ids", JSONB(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_by_name", sa.Text(), nullable=False),
        sa.Column("message_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('waiting', 'running', 'done')", name=op.f("ck_contact_erasure_state_is_known")),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_contact_erasure_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_contact_erasure")),
    )
    op.create_index("ix_contact_erasure_brand", "contact_erasure", ["agency_id", "brand_id", "id"], unique=False)
    op.create_index(
        "ix_contact_erasure_open",
        "contact_erasure",
        ["agency_id", "id"],
        unique=False,
        postgresql_where=sa.text("state <> 'done'"),
    )
