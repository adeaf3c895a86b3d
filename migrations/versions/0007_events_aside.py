"""Events set aside are counted without looking through all the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add an index of the few that are set aside."""
    aside = sa.text("outcome in ('unknown', 'failed')")
    op.create_index("ix_raw_event_aside", "raw_event", ["agency_id", "kind"], postgresql_where=aside)
