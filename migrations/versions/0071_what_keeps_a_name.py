"""What an erasing found under the person's name among what colleagues keep: how many views went, and what is left.

Orders of before have looked for nothing: they say so by having none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0071"
down_revision = "0066"


def upgrade() -> None:
    """Two columns with defaults."""
    op.add_column("contact_erasure", sa.Column("views_gone", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("contact_erasure", sa.Column("left_things", postgresql.JSONB(), nullable=False, server_default="[]"))
