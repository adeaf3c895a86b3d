"""Saved replies with their versions and uses, which one a draft began from, and the wordings that were sent to whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0018"

BANDS = tuple(f"band_{number}" for number in range(1, 7))


def _owned(*, or_agency: bool = False) -> list[sa.Column[object]]:
    """The columns every brand's row begins with; the agency's own row bears the agency's id as its brand."""
    brand_of = [sa.Column("of_brand_id", sa.Uuid(), sa.Computed("nullif(brand_id, agency_id)", persisted=True))]
    return [
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        *(brand_of if or_agency else []),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def upgrade() -> None:
    """Five tables, two columns that may be empty."""
    op.create_table(
        "saved_reply",
        *_owned(or_agency=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("texts", JSONB(), nullable=False),
        sa.Column("words", JSONB(), nullable=False),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by_name", sa.Text(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_saved_reply_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["agency_id", "of_brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_saved_reply_agency_id_of_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_saved_reply")),
    )
    op.create_index("ix_saved_reply_title", "saved_reply", ["agency_id", "title", "id", "brand_id"])
    op.create_index("ix_saved_reply_brand", "saved_reply", ["agency_id", "brand_id", "title", "id"])
    op.create_index("ix_saved_reply_stamp", "saved_reply", ["agency_id", "brand_id", "version"])
    op.create_table(
        "saved_reply_version",
        *_owned(),
        sa.Column("saved_reply_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("texts", JSONB(), nullable=False),
        sa.Column("words", JSONB(), nullable=False),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_by_name", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "deed in ('written', 'changed', 'archived', 'restored')", name=op.f("ck_saved_reply_version_deed_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "saved_reply_id", "brand_id"],
            ["saved_reply.agency_id", "saved_reply.id", "saved_reply.brand_id"],
            name=op.f("fk_saved_reply_version_agency_id_saved_reply_id_brand_id_saved_reply"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_saved_reply_version")),
        sa.UniqueConstraint(
            "agency_id",
            "saved_reply_id",
            "number",
            "brand_id",
            name=op.f("uq_saved_reply_version_agency_id_saved_reply_id_number_brand_id"),
        ),
    )
    op.create_table(
        "saved_reply_use",
        *_owned(),
        sa.Column("saved_reply_id", sa.Uuid(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f("fk_saved_reply_use_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_saved_reply_use")),
        sa.UniqueConstraint(
            "agency_id",
            "saved_reply_id",
            "brand_id",
            name=op.f("uq_saved_reply_use_agency_id_saved_reply_id_brand_id"),
        ),
    )
    op.create_table(
        "wording",
        *_owned(),
        sa.Column("exact", sa.LargeBinary(), nullable=False),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        *(sa.Column(band, sa.BigInteger(), nullable=False) for band in BANDS),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"], ["brand.agency_id", "brand.id"], name=op.f("fk_wording_agency_id_brand_id_brand")
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_wording")),
        sa.UniqueConstraint("agency_id", "brand_id", "exact", name=op.f("uq_wording_agency_id_brand_id_exact")),
    )
    for band in BANDS:
        op.create_index(f"ix_wording_{band}", "wording", ["agency_id", "brand_id", band])
    op.create_table(
        "sent_wording",
        *_owned(),
        sa.Column("wording_id", sa.Uuid(), nullable=False),
        sa.Column("reply_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_reply_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agency_id", "wording_id", "brand_id"],
            ["wording.agency_id", "wording.id", "wording.brand_id"],
            name=op.f("fk_sent_wording_agency_id_wording_id_brand_id_wording"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "reply_id", "brand_id"],
            ["reply.agency_id", "reply.id", "reply.brand_id"],
            name=op.f("fk_sent_wording_agency_id_reply_id_brand_id_reply"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_sent_wording")),
        sa.UniqueConstraint(
            "agency_id", "reply_id", "brand_id", name=op.f("uq_sent_wording_agency_id_reply_id_brand_id")
        ),
    )
    op.create_index("ix_sent_wording_wording", "sent_wording", ["agency_id", "wording_id", "sent_at"])
    op.create_index("ix_sent_wording_brand", "sent_wording", ["agency_id", "brand_id", "sent_at"])
    op.add_column("reply", sa.Column("saved_reply_id", sa.Uuid(), nullable=True))
    op.add_column("reply", sa.Column("began_with", sa.Text(), nullable=True))
