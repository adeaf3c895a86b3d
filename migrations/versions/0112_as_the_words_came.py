"""Who wrote a customer's words is kept with them as when they came; changed words of a week are found by an index.

So that a rule tried on last week does what it would have done. Of the last eight days it is taken as it is now.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from tenants.database import first_id_of

revision = "0112"
down_revision = "0111"


def upgrade() -> None:
    """An index of changed words, and who wrote those of the last days."""
    op.create_index(
        "ix_message_changed",
        "message",
        ["agency_id", "edited_at"],
        postgresql_where=sa.text("edited_at is not null and direction = 'in'"),
    )
    op.execute("alter table message no force row level security, disable trigger user")
    op.execute("alter table contact no force row level security")
    op.execute(
        sa.text(
            """
            update message m set reading = m.reading || jsonb_build_object('came', jsonb_strip_nulls(jsonb_build_object(
                'vip', case when c.is_vip then true end,
                'spam', case when c.spam_since is not null and (m.stars is null or c.spam_stars) then true end)))
            from contact c
            where m.id >= :since and m.direction = 'in' and m.reading is not null and c.agency_id = m.agency_id
                and c.id = m.contact_id and c.brand_id = m.brand_id
                and (c.is_vip or (c.spam_since is not null and (m.stars is null or c.spam_stars)))
            """
        ).bindparams(since=first_id_of(datetime.now(UTC) - timedelta(days=8)))
    )
    op.execute("alter table contact force row level security")
    op.execute("alter table message force row level security, enable trigger user")
