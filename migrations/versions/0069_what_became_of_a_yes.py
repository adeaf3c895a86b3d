"""Whether somebody who said yes was mailed what became of it.

Who said yes before now is told nothing: the default of a moment holds for the rows that are there alone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0067"

UNTOLD = "outcome_told_at is null and decision in ('approved', 'step_approved')"


def upgrade() -> None:
    """Two columns and an index of few rows."""
    moment = sa.Column("outcome_told_at", sa.DateTime(timezone=True), nullable=True, server_default=sa.func.now())
    op.add_column("approval", moment)
    op.alter_column("approval", "outcome_told_at", server_default=None)
    op.add_column("approval", sa.Column("outcome_mail_id", sa.Uuid(), nullable=True))
    op.create_index("ix_approval_untold", "approval", ["agency_id", "id"], postgresql_where=sa.text(UNTOLD))
