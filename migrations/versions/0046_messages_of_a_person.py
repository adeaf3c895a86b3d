"""What a person wrote is found by their identity: to give it out or to erase it every message was read until now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    """Customers' messages alone: answers of ours bear no identity."""
    op.create_index(
        "ix_message_contact", "message", ["agency_id", "contact_id"], postgresql_where=sa.text("direction = 'in'")
    )
