"""How many identities of a person an order to erase leaves: then nobody is told that nothing is held any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0033"


def upgrade() -> None:
    """Add a column with a constant default: of earlier orders nobody knows any more."""
    op.add_column("contact_erasure", sa.Column("left_count", sa.SmallInteger(), server_default="0", nullable=False))
