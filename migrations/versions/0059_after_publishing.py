"""What becomes of an answer after it was published is read again now and then, and each change is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0061"

_STATES = (
    "'pending', 'visible', 'hidden', 'edited', 'rejected', 'removed', 'gone_along', 'not_seen', 'replaced', 'withdrawn'"
)


def upgrade() -> None:
    """Add the table and the due column; answers of the last month are read once more, spread over a day."""
    op.create_table(
        "live_change",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reply_id", sa.Uuid(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("seen_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("text_hash", sa.Text(), nullable=True),
        sa.CheckConstraint(f"to_state in ({_STATES})", name=op.f("ck_live_change_to_state_is_known")),
        sa.CheckConstraint(
            "seen_by in ('look', 'sweep', 'poll', 'event', 'us')", name=op.f("ck_live_change_seen_by_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "reply_id", "brand_id"],
            ["reply.agency_id", "reply.id", "reply.brand_id"],
            name=op.f("fk_live_change_agency_id_reply_id_brand_id_reply"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", "brand_id", name=op.f("pk_live_change")),
    )
    op.create_index("ix_live_change_reply", "live_change", ["agency_id", "reply_id", "id"])
    op.add_column("reply", sa.Column("live_due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_reply_live_due",
        "reply",
        ["agency_id", "live_due_at"],
        postgresql_where=sa.text("live_due_at is not null"),
    )
    # The owner reads no row under its own policies.
    op.execute("alter table reply no force row level security")
    op.execute(
        "update reply set live_due_at = now() + random() * interval '1 day' where state = 'published'"
        " and published_at > now() - interval '30 days' and deed in ('reply', 'edit') and kind <> 'message'"
        " and not private and platform_id is not null"
    )
    op.execute("alter table reply force row level security")
