"""What staff may give: limits, an append-only ledger, running totals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0025"

KIND_IS_KNOWN = "kind in ('case', 'customer_month', 'person_day', 'person_month', 'brand_day', 'brand_month')"


def _owned(table: str, *, is_dated: bool = True) -> list[sa.schema.SchemaItem]:
    """The columns and keys every brand's row has."""
    made = [sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)]
    return [
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        *(made if is_dated else []),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["brand.agency_id", "brand.id"],
            name=op.f(f"fk_{table}_agency_id_brand_id_brand"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f(f"pk_{table}")),
    ]


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    """A key to another row of the same brand."""
    return sa.ForeignKeyConstraint(
        ["agency_id", column, "brand_id"],
        [f"{other}.agency_id", f"{other}.id", f"{other}.brand_id"],
        name=op.f(f"fk_{table}_agency_id_{column}_brand_id_{other}"),
    )


def upgrade() -> None:
    """Add four tables."""
    op.create_table(
        "empowerment",
        *_owned("empowerment"),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by_name", sa.Text(), nullable=False),
        sa.UniqueConstraint("agency_id", "brand_id", name=op.f("uq_empowerment_agency_id_brand_id")),
    )
    op.create_table(
        "empowerment_limit",
        *_owned("empowerment_limit"),
        sa.Column("guideline_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        _of("empowerment_limit", "guideline_id", "guideline"),
        sa.CheckConstraint(KIND_IS_KNOWN, name=op.f("ck_empowerment_limit_kind_is_known")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_empowerment_limit_amount_is_whole")),
        sa.CheckConstraint(
            "guideline_id is null or kind <> 'case'", name=op.f("ck_empowerment_limit_case_is_the_guidelines")
        ),
    )
    op.create_index(
        "uq_empowerment_limit_kind",
        "empowerment_limit",
        ["agency_id", "brand_id", "guideline_id", "kind"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "ledger_line",
        *_owned("ledger_line"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_by_name", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("guideline_id", sa.Uuid(), nullable=True),
        sa.Column("scenario", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("reply_id", sa.Uuid(), nullable=True),
        sa.Column("takes_back_id", sa.Uuid(), nullable=True),
        sa.Column("over_reason", sa.Text(), nullable=True),
        sa.Column("limits", JSONB(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=True),
        _of("ledger_line", "conversation_id", "conversation"),
        _of("ledger_line", "contact_id", "contact"),
        _of("ledger_line", "guideline_id", "guideline"),
        _of("ledger_line", "reply_id", "reply"),
        _of("ledger_line", "takes_back_id", "ledger_line"),
        sa.UniqueConstraint("agency_id", "brand_id", "number", name=op.f("uq_ledger_line_agency_id_brand_id_number")),
        sa.UniqueConstraint(
            "agency_id", "takes_back_id", "brand_id", name=op.f("uq_ledger_line_agency_id_takes_back_id_brand_id")
        ),
        sa.UniqueConstraint(
            "agency_id",
            "brand_id",
            "made_by",
            "request_key",
            name=op.f("uq_ledger_line_agency_id_brand_id_made_by_request_key"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_ledger_line_amount_is_positive")),
        sa.CheckConstraint("deed in ('given', 'taken_back')", name=op.f("ck_ledger_line_deed_is_known")),
        sa.CheckConstraint(
            "(deed = 'taken_back') = (takes_back_id is not null)", name=op.f("ck_ledger_line_taken_back_names_its_line")
        ),
        sa.CheckConstraint(
            "over_reason is null or (deed = 'given' and over_reason <> '')",
            name=op.f("ck_ledger_line_over_has_a_reason"),
        ),
    )
    op.create_index("ix_ledger_line_made", "ledger_line", ["agency_id", "brand_id", "made_on", "number"])
    op.create_index("ix_ledger_line_conversation", "ledger_line", ["agency_id", "conversation_id", "number"])
    op.create_index("ix_ledger_line_contact", "ledger_line", ["agency_id", "contact_id", "number"])
    op.create_index(
        "ix_ledger_line_over",
        "ledger_line",
        ["agency_id", "brand_id", "given_on"],
        postgresql_where=sa.text("over_reason is not null"),
    )
    op.create_table(
        "ledger_total",
        *_owned("ledger_total", is_dated=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scenario_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("given_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(KIND_IS_KNOWN, name=op.f("ck_ledger_total_kind_is_known")),
        sa.CheckConstraint("given_minor >= 0", name=op.f("ck_ledger_total_never_below_nothing")),
    )
    op.create_index(
        "uq_ledger_total_bucket",
        "ledger_total",
        ["agency_id", "brand_id", "kind", "subject_id", "period", "scenario_id"],
        unique=True,
    )
    op.create_index(
        "ix_ledger_total_period",
        "ledger_total",
        ["agency_id", "brand_id", "kind", "period", "scenario_id", "given_minor"],
    )
