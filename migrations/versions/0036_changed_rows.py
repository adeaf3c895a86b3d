"""The queue's counters remember which conversations changed last, so that an open inbox asks for those alone.

Beside each brand's counts stand the ids of the last sixteen whose row looks otherwise, and when that was. A statement
that changes many keeps the newest sixteen; whoever looked before the oldest of them asks for all it shows.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0034"

MOST = 16
COLUMNS = "agency_id, brand_id, status, holder_id, reply_state"
SHOWN = "version, status, excerpt, author_name, stars, due_at, label_ids"
"""`version` grows with what a person does; the others change by statements that let it be."""

COUNT_CHANGES = """
    insert into queue_counter as kept (agency_id, id, brand_id, open_count, held_count, awaiting_approval_count,
                                       snoozed_count, closed_count, version, changed_ids, changed_at)
    select agency_id, gen_random_uuid(), brand_id,
           coalesce(sum(sign) filter (where status = 'open'), 0),
           coalesce(sum(sign) filter (where status = 'open' and holder_id is not null), 0),
           coalesce(sum(sign) filter (where status = 'open' and reply_state = 'awaiting_approval'), 0),
           coalesce(sum(sign) filter (where status = 'snoozed'), 0),
           coalesce(sum(sign) filter (where status = 'closed'), 0),
           1, {ids}, {times}
    from ({changes}) changed
    group by agency_id, brand_id
    order by agency_id, brand_id
    on conflict (agency_id, brand_id) do update set
        open_count = kept.open_count + excluded.open_count,
        held_count = kept.held_count + excluded.held_count,
        awaiting_approval_count = kept.awaiting_approval_count + excluded.awaiting_approval_count,
        snoozed_count = kept.snoozed_count + excluded.snoozed_count,
        closed_count = kept.closed_count + excluded.closed_count,
        version = kept.version + 1
        {also}
"""
ALSO = f""",
        changed_ids = (excluded.changed_ids || kept.changed_ids)[1:{MOST}],
        changed_at = (excluded.changed_at || kept.changed_at)[1:{MOST}]"""
GONE = f"select -1 as sign, id, true as is_shown, {COLUMNS} from gone"
CAME = f"""
    select 1 as sign, came.id, ({", ".join(f"came.{name}" for name in SHOWN.split(", "))})
               is distinct from ({", ".join(f"gone.{name}" for name in SHOWN.split(", "))}) as is_shown,
           {", ".join(f"came.{name}" for name in COLUMNS.split(", "))}
    from came left join gone using (agency_id, id, brand_id)"""


def _counter_function(event: str, changes: str, shown: str) -> str:
    """The function of one trigger; `shown` says which rows' ids are kept, none for new conversations."""
    ids = times = "'{}'"
    if shown:
        ids = f"coalesce((array_agg(id) filter (where {shown}))[1:{MOST}], '{{}}')"
        times = f"array_fill(clock_timestamp(), array[least(count(*) filter (where {shown}), {MOST})::int])"
    body = COUNT_CHANGES.format(changes=changes, ids=ids, times=times, also=ALSO if shown else "")
    name = f"count_conversations_after_{event}"
    return (
        f"create or replace function {name}() returns trigger language plpgsql set search_path = public, pg_temp as "
        f"$$ begin {body}; return null; end $$"
    )


QUEUE_COUNTER_FUNCTIONS = [
    _counter_function("insert", f"select 1 as sign, {COLUMNS} from came", ""),
    _counter_function("update", f"{GONE} union all {CAME}", "sign > 0 and is_shown"),
    _counter_function("delete", GONE, "is_shown"),
]


def upgrade() -> None:
    op.add_column(
        "queue_counter", sa.Column("changed_ids", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False)
    )
    op.add_column(
        "queue_counter",
        sa.Column("changed_at", postgresql.ARRAY(sa.DateTime(timezone=True)), server_default="{}", nullable=False),
    )
    # Every change of a conversation writes its brand's row anew: with room beside it that touches no index.
    op.execute("alter table queue_counter set (fillfactor = 50)")
    for statement in QUEUE_COUNTER_FUNCTIONS:
        op.execute(statement)
