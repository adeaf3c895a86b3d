"""The queue is read from its indexes alone (docs/decisions/0023): they carry what a row shows and is filtered by.

New are an index of what has a reply on its way, one of each brand's due times, and lists by time of every status and of
each brand.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0041"

SHOWN = (
    *("status", "platform", "kind", "closed_reason", "excerpt", "author_name", "language", "stars", "act", "sentiment"),
    *("message_count", "reply_state", "last_message_at", "last_customer_at", "due_at", "holder_id", "holder_name"),
    *("held_until", "looked_at", "version", "label_ids"),
)
AUTHOR_CHARACTERS = 100
QUEUE = ("rank desc", "id desc")
PAST = ("status", "last_message_at desc", "id desc")
GONE = ("queue", "brand_queue", "due", "holder", "past", "open_past")
MADE: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str], ...] = (
    ("queue", QUEUE, ("brand_id",), "status = 'open'"),
    ("brand_queue", ("brand_id", *QUEUE), (), "status = 'open'"),
    ("due", ("due_at", "id"), ("brand_id", "rank"), "status = 'open'"),
    ("holder", ("holder_id", *QUEUE), ("brand_id",), "holder_id is not null"),
    ("reply", ("reply_state", *QUEUE), ("brand_id",), "status = 'open' and reply_state is not null"),
)
"""Name, columns behind the agency, what is carried before SHOWN, and of which rows."""
SETTINGS = {
    # An index can be read alone where the vacuum has been since a page of the table last changed, so it comes by the
    # changes of a two-hundredth, not of a fifth; what each change pays for that stays the same in a house of any size.
    "autovacuum_vacuum_scale_factor": "0.005",
    "autovacuum_vacuum_threshold": "500",
    "autovacuum_vacuum_insert_scale_factor": "0.005",
    "autovacuum_vacuum_insert_threshold": "500",
    # Left to itself it spares the indexes while few pages hold what is dead; those pages then stay unread by them.
    "vacuum_index_cleanup": "on",
}


def upgrade() -> None:
    """Shorten the longest names, as intake does now, and make the indexes anew."""
    # The owner reads no row under its own policies, and a name that is only cut moves no counter.
    op.execute("alter table conversation no force row level security, disable trigger user")
    op.execute(
        f"update conversation set author_name = left(author_name, {AUTHOR_CHARACTERS})"
        f" where char_length(author_name) > {AUTHOR_CHARACTERS}"
    )
    op.execute("alter table conversation force row level security, enable trigger user")
    for name in GONE:
        op.drop_index(f"ix_conversation_{name}", "conversation")
    for name, columns, carried, where in MADE:
        op.create_index(
            f"ix_conversation_{name}",
            "conversation",
            ["agency_id", *map(sa.text, columns)],
            postgresql_include=[*carried, *(one for one in SHOWN if one not in columns)],
            postgresql_where=sa.text(where),
        )
    op.create_index(
        "ix_conversation_brand_due",
        "conversation",
        ["agency_id", "brand_id", "due_at", "id"],
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index("ix_conversation_past", "conversation", ["agency_id", *map(sa.text, PAST)])
    op.create_index("ix_conversation_brand_past", "conversation", ["agency_id", "brand_id", *map(sa.text, PAST)])
    settings = ", ".join(f"{name} = {value}" for name, value in SETTINGS.items())
    op.execute(f"alter table conversation set ({settings})")
