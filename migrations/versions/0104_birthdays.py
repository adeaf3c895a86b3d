"""Birthdays that customers gave a brand: the day without the year, and why a case came back.

They wake at their next day by the brand's clock, so the day is kept and no moment.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0104"
down_revision = "0097"


def upgrade() -> None:
    """One table, a brand's setting, and a word at what comes back."""
    op.add_column("brand", sa.Column("keeps_birthdays", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("comeback", sa.Column("cause", sa.Text(), server_default="person", nullable=False))
    op.create_check_constraint(op.f("ck_comeback_cause_is_known"), "comeback", "cause in ('person', 'birthday')")
    op.create_table(
        "contact_birthday",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("day", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("noted_by", sa.Uuid(), nullable=False),
        sa.Column("noted_by_name", sa.Text(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.CheckConstraint("month between 1 and 12", name=op.f("ck_contact_birthday_month_is_one")),
        sa.CheckConstraint(
            "day between 1 and case when month = 2 then 29 when month in (4, 6, 9, 11) then 30 else 31 end",
            name=op.f("ck_contact_birthday_day_is_one"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "contact_id", "brand_id"],
            ["contact.agency_id", "contact.id", "contact.brand_id"],
            name=op.f("fk_contact_birthday_agency_id_contact_id_brand_id_contact"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_contact_birthday")),
        sa.UniqueConstraint(
            "agency_id", "contact_id", "brand_id", name=op.f("uq_contact_birthday_agency_id_contact_id_brand_id")
        ),
    )
    op.create_index("ix_contact_birthday_next", "contact_birthday", ["agency_id", "next_on", "id"])
    op.create_index("ix_contact_birthday_brand_next", "contact_birthday", ["agency_id", "brand_id", "next_on", "id"])
