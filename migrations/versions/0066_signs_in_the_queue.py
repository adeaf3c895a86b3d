"""What the queue's rows say besides their state: whoever writes is a VIP, nobody answered in time, it goes out later.

The three are bits of one small number, carried by the indexes that the queue is read from (docs/decisions/0051). The
VIP follows from the reasons of the rank, and whoever writes these keeps it; the others follow from the reply, by a
trigger that runs only where one of them changes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0063"

SHOWN = (
    *("status", "platform", "kind", "closed_reason", "excerpt", "author_name", "language", "stars", "act", "sentiment"),
    *("message_count", "reply_state", "last_message_at", "last_customer_at", "due_at", "holder_id", "holder_name"),
    *("held_until", "looked_at", "version", "label_ids", "signs"),
)
QUEUE = ("rank desc", "id desc")
MADE: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str], ...] = (
    ("queue", QUEUE, ("brand_id",), "status = 'open'"),
    ("brand_queue", ("brand_id", *QUEUE), (), "status = 'open'"),
    ("due", ("due_at", "id"), ("brand_id", "rank"), "status = 'open'"),
    ("holder", ("holder_id", *QUEUE), ("brand_id",), "holder_id is not null"),
    ("reply", ("reply_state", *QUEUE), ("brand_id",), "status = 'open' and reply_state is not null"),
)
"""Name, columns behind the agency, what is carried before SHOWN, and of which rows."""

BITS = (
    "case when {r}.state = 'approved' and {r}.not_before is not null and {r}.not_before_because <> 'undo' then 4"
    " when {r}.state = 'awaiting_approval' and {r}.waits_clock ->> 'fell_at' is not null then 2 else 0 end"
)
TRIGGER = f"""
create function reply_shows_in_queue() returns trigger language plpgsql
set search_path = public, pg_temp as $$
begin
    update conversation c set signs = (c.signs & 1) | ({BITS.format(r="new")}), version = c.version + 1
    where c.agency_id = new.agency_id and c.brand_id = new.brand_id
        and c.id in (new.conversation_id, (select p.merged_into_id from conversation p
            where p.agency_id = new.agency_id and p.brand_id = new.brand_id and p.id = new.conversation_id));
    return null;
end $$;
create trigger reply_shows_in_queue after update on reply for each row
when (({BITS.format(r="old")}) <> ({BITS.format(r="new")})) execute function reply_shows_in_queue();
"""


def upgrade() -> None:
    """Add the number, work it out for what is there, and make the indexes anew."""
    op.add_column("conversation", sa.Column("signs", sa.SmallInteger(), server_default="0", nullable=False))
    # The owner is under the policies, too: without this it would see no row. A sign moves no counter.
    op.execute("alter table conversation no force row level security, disable trigger user")
    op.execute("alter table reply no force row level security")
    op.execute(
        f"""
        update conversation c set signs = found.signs from (
            select k.agency_id, k.id, k.brand_id,
                (k.rank_reasons @> '[{{"part": "vip"}}]')::int
                | coalesce((select bit_or({BITS.format(r="r")}) from reply r
                    where r.agency_id = k.agency_id and r.brand_id = k.brand_id and r.conversation_id = k.id
                        and r.state in ('approved', 'awaiting_approval')), 0) as signs
            from conversation k) found
        where found.signs <> 0 and c.agency_id = found.agency_id and c.id = found.id and c.brand_id = found.brand_id
        """
    )
    op.execute("alter table reply force row level security")
    op.execute("alter table conversation force row level security, enable trigger user")
    for name, columns, carried, where in MADE:
        op.drop_index(f"ix_conversation_{name}", "conversation")
        op.create_index(
            f"ix_conversation_{name}",
            "conversation",
            ["agency_id", *map(sa.text, columns)],
            postgresql_include=[*carried, *(one for one in SHOWN if one not in columns)],
            postgresql_where=sa.text(where),
        )
    op.execute(TRIGGER)
