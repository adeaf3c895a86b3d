"""What an open inbox asks every few seconds: has anything moved that I may see, and if so, what.

Two lone statements (`tenants.lone_statements`): the first finds who asks and adds up the versions of the counters they
may see, the second, only where that sum is another than the browser's, counts and names the rows that changed. Both
bind row-level security to the asker's own scope, and nothing about anybody is kept between two questions: a session
that was ended is refused by the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from agency.inbox.models import CHANGED_KEPT
from agency.inbox.queries import MOST_COUNTED, first_id_after
from tenants import clock
from tenants.lone_statements import BOUND_SCOPE, Lone, for_scope, rows
from tenants.sessions import GLANCE_COLUMNS, Glance, glance_of, glance_values, glance_words

SLACK_MS = 15_000
"""A change is stamped before it is committed: so much earlier ones are told again, and the browser knows which it has
heard. As long as a statement may take (`tenants.base_app.STATEMENT_TIMEOUT_MS`)."""


LATEST_MS = 32_503_680_000_000
"""The year 3000: what a browser may say is a number and no more."""


class Asker(NamedTuple):
    """Who asks, the versions of all counters they may see, and the brand of the case they have open."""

    glance: Glance
    versions: int
    at_ms: int
    """The database's clock at the question."""
    case_brand_id: UUID | None


class News(NamedTuple):
    """Counts as `queries.queue_state` has them, and the changed conversations with the millisecond of their change."""

    open_count: int
    held_count: int
    awaiting_approval_count: int
    mine: int
    late: int
    newer: int
    changed: list[tuple[UUID, int]]
    is_part: bool
    """More changed than the counters remember: whoever shows rows asks for all of them."""


_CASE = "(select c.brand_id from conversation c where c.agency_id = who.agency_id and c.id = %(case_id)s)"


@lru_cache(maxsize=2)
def _who_asks(with_case: bool) -> bytes:
    sql = f"""
with who as materialized ({glance_words()})
select who.*, (select coalesce(sum(q.version), 0)::bigint from queue_counter q where q.agency_id = who.agency_id),
    (extract(epoch from now()) * 1000)::bigint,
    {_CASE if with_case else "null::uuid"}
from who
"""
    return sql.encode()


def who_asks(connection: Lone, token: str, case_id: UUID | None) -> Asker | None:
    """Whoever holds this token and has chosen an agency; None where nobody does."""
    values = glance_values(token)
    if values is None:
        return None
    if case_id is not None:
        values["case_id"] = case_id
    found = connection.execute(_who_asks(case_id is not None), values).fetchone()
    if found is None:
        return None
    return Asker(glance_of(found), *found[GLANCE_COLUMNS + 1 :])


# Everything hangs on `bound` laterally, so that it is bound before anything is read; and no plan sees its values, or it
# would be made anew for each (`agency.inbox.queries._unseen`).
_NEWS = f"""
with bound as materialized (
    {BOUND_SCOPE}, %(me)s::uuid as me, %(now)s::timestamptz as now, %(since)s::timestamptz as since,
    %(first_new)s::uuid as first_new, %(brands)s::uuid[] as brands
)
select counted.*, mine.n, late.n, newer.n, changed.*
from bound
cross join lateral (
    select coalesce(sum(q.open_count), 0)::int, coalesce(sum(q.held_count), 0)::int,
        coalesce(sum(q.awaiting_approval_count), 0)::int
    from queue_counter q join brand b on b.agency_id = q.agency_id and b.id = q.brand_id
    where q.agency_id = bound.agency_id and b.archived_at is null
        and (bound.brands is null or q.brand_id = any (bound.brands))
) counted
cross join lateral (select count(*) as n from (
    select from conversation c where c.agency_id = bound.agency_id and c.holder_id = bound.me and c.status = 'open'
        and (bound.brands is null or c.brand_id = any (bound.brands)) limit {MOST_COUNTED + 1}) few) mine
cross join lateral (select count(*) as n from (
    select from conversation c where c.agency_id = bound.agency_id and c.due_at < bound.now and c.status = 'open'
        and (bound.brands is null or c.brand_id = any (bound.brands)) limit {MOST_COUNTED + 1}) few) late
cross join lateral (select count(*) as n from (
    select from conversation c where c.agency_id = bound.agency_id and c.id > bound.first_new and c.status = 'open'
        and (bound.brands is null or c.brand_id = any (bound.brands))
    order by c.id desc limit {MOST_COUNTED + 1}) few) newer
cross join lateral (
    select array_agg(one.id), array_agg((extract(epoch from one.at) * 1000)::bigint),
        coalesce(bool_or(q.changed_at[{CHANGED_KEPT}] > bound.since), false)
    from queue_counter q cross join lateral unnest(q.changed_ids, q.changed_at) as one (id, at)
    where q.agency_id = bound.agency_id and q.changed_at[1] > bound.since and one.at > bound.since
) changed
"""


def news(
    connection: Lone, asker: Asker, *, since_ms: int, made_at: datetime, brand_ids: Sequence[UUID] | None = None
) -> News:
    """What changed since a millisecond the browser was told, and what came after the list was made.

    `brand_ids` narrows the counts, as on the page.
    """
    actor = asker.glance.actor
    values = {
        **for_scope(actor.scope),
        "me": actor.user_id,
        "now": clock.now(),
        "since": _moment(since_ms - SLACK_MS),
        "first_new": first_id_after(made_at),
        "brands": list(brand_ids) if brand_ids else None,
    }
    (found,) = rows(connection, _NEWS, values)
    opened, held, waiting, mine, late, newer, ids, times, is_part = found
    changed = list(zip(ids or (), times or (), strict=True))
    return News(opened, held, waiting, mine, late, newer, changed, is_part)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(min(max(milliseconds, 0), LATEST_MS) / 1000, UTC)
