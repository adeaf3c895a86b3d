"""Drafts that are given up, and answers written elsewhere that ours take the place of, knowingly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"

STATES = "draft awaiting_approval approved declined publishing published refused outcome_unknown dropped"


def upgrade() -> None:
    """One more state, one more column. The check is made anew without reading the table under its lock."""
    op.add_column("reply", sa.Column("replaces_text", sa.Text(), nullable=True))
    states = ", ".join(f"'{state}'" for state in STATES.split())
    op.execute("alter table reply drop constraint ck_reply_state_is_known")
    op.execute(f"alter table reply add constraint ck_reply_state_is_known check (state in ({states})) not valid")
    op.execute("alter table reply validate constraint ck_reply_state_is_known")
