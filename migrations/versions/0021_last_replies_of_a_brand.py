"""The last replies of a brand are found without reading those of the agency's other brands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0013"


def upgrade() -> None:
    """Add an index of what left its writer's hands."""
    op.create_index(
        "ix_reply_of_brand",
        "reply",
        ["agency_id", "brand_id", "id"],
        unique=False,
        postgresql_where=sa.text("state not in ('draft', 'dropped')"),
    )
