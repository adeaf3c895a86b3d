"""Labels and which cases bear them, saved views, and where a person was last in each brand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0032"
down_revision = "0031"

COLOURS = "'grey', 'red', 'orange', 'yellow', 'green', 'teal', 'blue', 'violet', 'pink', 'brown'"

COPY = [
    "create function copy_place_to_labels() returns trigger language plpgsql set search_path = public, pg_temp as "
    "$$ begin update conversation_label set status = new.status, rank = new.rank, last_message_at = new.last_message_at"
    " where agency_id = new.agency_id and conversation_id = new.id; return null; end $$",
    "create trigger copy_place_to_labels after update of status, rank, last_message_at on conversation for each row"
    " when (new.label_ids <> '{}' and (old.status is distinct from new.status or old.rank is distinct from new.rank"
    " or old.last_message_at is distinct from new.last_message_at)) execute function copy_place_to_labels()",
]


def _owned(*, by_brand: bool = True, or_agency: bool = False, dated: bool = True) -> list[sa.Column[object]]:
    """The columns a row of an agency or a brand begins with."""
    brand_of = [sa.Column("of_brand_id", sa.Uuid(), sa.Computed("nullif(brand_id, agency_id)", persisted=True))]
    made = [sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)]
    return [
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *([sa.Column("brand_id", sa.Uuid(), nullable=False)] if by_brand else []),
        *(brand_of if or_agency else []),
        *(made if dated else []),
    ]


def upgrade() -> None:
    """Four tables, a column with a constant default, and the trigger that keeps the copies."""
    op.create_table(
        "label",
        *_owned(or_agency=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), server_default="grey", nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("changed_by_name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(f"colour in ({COLOURS})", name=op.f("ck_label_colour_is_known")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_label_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["agency_id", "of_brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_label_agency_id_of_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_label")),
        sa.UniqueConstraint("agency_id", "id", name=op.f("uq_label_agency_id_id")),
    )
    op.create_index(
        "uq_label_name",
        "label",
        ["agency_id", "brand_id", sa.text("lower(name)")],
        unique=True,
        postgresql_where=sa.text("archived_at is null"),
    )
    op.create_table(
        "conversation_label",
        *_owned(),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("label_id", sa.Uuid(), nullable=False),
        sa.Column("put_by", sa.Uuid(), nullable=True),
        sa.Column("put_by_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "conversation_id", "brand_id"],
            ["conversation.agency_id", "conversation.id", "conversation.brand_id"],
            name=op.f("fk_conversation_label_agency_id_conversation_id_brand_id_conversation"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "label_id"],
            ["label.agency_id", "label.id"],
            name=op.f("fk_conversation_label_agency_id_label_id_label"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_conversation_label")),
        sa.UniqueConstraint(
            "agency_id",
            "conversation_id",
            "label_id",
            "brand_id",
            name=op.f("uq_conversation_label_agency_id_conversation_id_label_id_brand_id"),
        ),
    )
    op.create_index(
        "ix_conversation_label_queue",
        "conversation_label",
        ["agency_id", "label_id", sa.text("rank desc"), sa.text("conversation_id desc")],
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_conversation_label_past",
        "conversation_label",
        ["agency_id", "label_id", "status", sa.text("last_message_at desc"), sa.text("conversation_id desc")],
        postgresql_where=sa.text("status <> 'open'"),
    )
    op.create_table(
        "saved_view",
        *_owned(by_brand=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filters", JSONB(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_saved_view_agency_id_agency")),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_saved_view")),
    )
    op.create_index("ix_saved_view_person", "saved_view", ["agency_id", "person_id", "position"])
    op.create_index(
        "ix_saved_view_shared", "saved_view", ["agency_id", "position"], postgresql_where=sa.text("is_shared")
    )
    op.create_table(
        "last_place",
        *_owned(by_brand=False, dated=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("brands", sa.Text(), nullable=False),
        sa.Column("filters", JSONB(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_last_place_agency_id_agency")),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_last_place")),
        sa.UniqueConstraint("agency_id", "person_id", "brands", name=op.f("uq_last_place_agency_id_person_id_brands")),
    )
    op.add_column("conversation", sa.Column("label_ids", ARRAY(sa.Uuid()), server_default="{}", nullable=False))
    for statement in COPY:
        op.execute(statement)
