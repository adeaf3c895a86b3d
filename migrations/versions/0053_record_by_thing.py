"""The record is searched by the thing alone, too: an id is enough to find its lines."""

from __future__ import annotations

from alembic import op

revision = "0053"
down_revision = "0050"


def upgrade() -> None:
    """One index takes the other's place: a thing has few lines, so brand and kind need none of its columns."""
    op.create_index("ix_brand_audit_thing", "brand_audit", ["agency_id", "subject_id", "id"])
    op.drop_index("ix_brand_audit_subject", "brand_audit")
