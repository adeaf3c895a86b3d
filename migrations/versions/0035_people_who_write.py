"""What staff set of a person who writes: whether they are a VIP, why and by whom, and how much their words count."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0028"


def upgrade() -> None:
    """Add five columns with constant defaults, and an index of the few who are VIPs."""
    op.add_column("contact", sa.Column("is_vip", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("contact", sa.Column("vip_note", sa.Text(), server_default="", nullable=False))
    op.add_column("contact", sa.Column("vip_by_name", sa.Text(), nullable=True))
    op.add_column("contact", sa.Column("vip_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("contact", sa.Column("weight", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_contact_weight_is_bounded"), "contact", "weight between 0 and 10")
    op.create_index(
        "ix_contact_vip",
        "contact",
        ["agency_id", "brand_id", sa.text("id desc")],
        unique=False,
        postgresql_where=sa.text("is_vip"),
    )
