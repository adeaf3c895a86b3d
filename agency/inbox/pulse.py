"""What an open inbox asks every few seconds: has anything moved that I may see, and if so, what.

Lone statements (`tenants.lone_statements`): the first finds who asks and adds up the versions of the counters they may
see; only where that sum is another than the browser's it counts what they hold. The second counts and names what
changed in their scope, and is kept for a moment under that scope and that very sum: when something changes, hundreds of
browsers ask for the same. Both bind row-level security to the asker's own scope, and nothing about a person is kept
between two questions: a session that was ended is refused by the next one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from agency.inbox.models import CHANGED_KEPT
from agency.inbox.queries import MOST_COUNTED, first_id_after
from agency.notices.reading import MOST_COUNTED as MOST_NOTICES
from tenants import clock
from tenants.lone_statements import BOUND_SCOPE, Lone, for_scope, rows
from tenants.scope import Scope
from tenants.sessions import GLANCE_COLUMNS, Glance, glance_of, glance_values, glance_words

SLACK_MS = 15_000
"""A change is stamped before it is committed: so much earlier ones are told again, and the browser knows which it has
heard. As long as a statement may take (`tenants.lines.STATEMENT_TIMEOUT_MS`)."""


LATEST_MS = 32_503_680_000_000
"""The year 3000: what a browser may say is a number and no more."""

KEPT_SECONDS = 2.0
"""What moved in a scope is kept for so long at most, even where the sum stands still: late ones come by time alone."""
MOST_KEPT = 500
"""And no more than so many of these seconds: what is older serves nobody, and of many brands it is large."""
REACHES_BACK_MS = 120_000
"""What is kept tells of changes of so long: a hidden page asks once a minute. Who was told earlier asks alone."""
REACHES_BACK = timedelta(hours=12)
"""And of new cases of so long; a page left open for longer asks alone."""

CODE_LENGTH = 6


class Asker(NamedTuple):
    """Who asks, the versions of all counters they may see, the brand of the case they have open, and what they hold."""

    glance: Glance
    versions: int
    at_ms: int
    """The database's clock at the question."""
    case_brand_id: UUID | None
    mine: int | None
    """Open cases of theirs, up to MOST_COUNTED + 1; None where the versions are those they know."""
    unread: int | None
    """Unread notices of theirs, up to MOST_NOTICES + 1; None as before."""


class Moved(NamedTuple):
    """What stands in a scope, the same for everybody of it, and what moved there last."""

    open_count: int
    held_count: int
    awaiting_approval_count: int
    late: int
    newest: list[int]
    """Open conversations newest first, at most MOST_COUNTED + 1, as numbers: their ids begin with their time."""
    changed: dict[str, list[tuple[UUID, int]]]
    """The changed conversations and the millisecond of each one's last change, by their codes."""
    forgotten_ms: int
    """Up to here the counters may have forgotten changes of a brand."""


class News(NamedTuple):
    """Counts as `queries.queue_state` has them, and the changed conversations with the millisecond of their change."""

    open_count: int
    held_count: int
    awaiting_approval_count: int
    mine: int
    late: int
    newer: int
    changed: list[tuple[UUID, int]]
    forgotten_ms: int
    """More changed than the counters remember, up to then: whoever shows rows asks for all of them. 0 for no."""


_SHELVED = "array(select b.id from brand b where b.agency_id = {of}.agency_id and b.archived_at is not null)"
"""Nothing of these is counted (`agency.inbox.filters.conditions`)."""
_CASE = "(select c.brand_id from conversation c where c.agency_id = who.agency_id and c.id = %(case_id)s)"


@lru_cache(maxsize=2)
def _who_asks(with_case: bool) -> bytes:
    # What changes from one question to the next stands in `given`, where no plan sees it (`_MOVED`).
    sql = f"""
with who as materialized ({glance_words()}),
given as materialized (select %(known)s::bigint as known, %(brands)s::uuid[] as brands)
select who.*, moved.versions, (extract(epoch from now()) * 1000)::bigint, {_CASE if with_case else "null::uuid"},
    case when moved.versions is distinct from given.known then (select count(*) from (
        select from conversation c where c.agency_id = who.agency_id and c.holder_id = who.person_id
            and c.status = 'open' and (given.brands is null or c.brand_id = any (given.brands))
            and c.brand_id <> all ({_SHELVED.format(of="who")})
        limit {MOST_COUNTED + 1}) few) end,
    case when moved.versions is distinct from given.known then (select count(*) from (
        select from notice n where n.agency_id = who.agency_id and n.person_id = who.person_id
            and n.in_app and n.read_at is null and n.settled_at is null
        limit {MOST_NOTICES + 1}) few) end
from who cross join given cross join lateral (
    select coalesce(sum(q.version), 0)::bigint as versions from queue_counter q where q.agency_id = who.agency_id
) moved
"""
    return sql.encode()


def who_asks(
    connection: Lone, token: str, case_id: UUID | None, *, known: int = -1, brand_ids: Sequence[UUID] | None = None
) -> Asker | None:
    """Whoever holds this token and has chosen an agency; None where nobody does.

    `known` is the versions the browser was told; `brand_ids` narrows what is counted, as on the page.
    """
    values = glance_values(token)
    if values is None:
        return None
    values |= {"known": known, "brands": list(brand_ids) if brand_ids else None}
    if case_id is not None:
        values["case_id"] = case_id
    found = connection.execute(_who_asks(case_id is not None), values).fetchone()
    if found is None:
        return None
    return Asker(glance_of(found), *found[GLANCE_COLUMNS + 1 :])


# Everything hangs on `bound` laterally, so that it is bound before anything is read; and no plan sees its values, or it
# would be made anew for each (`agency.inbox.queries._unseen`). The newest are read backwards along the key and end
# where enough are open: behind `coalesce` no index of the open ones offers itself, which would read and sort them all.
_MOVED = f"""
with bound as materialized (
    {BOUND_SCOPE}, %(now)s::timestamptz as now, %(since)s::timestamptz as since, %(first_new)s::uuid as first_new,
    %(brands)s::uuid[] as brands
)
select counted.*, late.n, newest.ids, changed.*
from bound
cross join lateral (select {_SHELVED.format(of="bound")} as ids) shelved
cross join lateral (
    select coalesce(sum(q.open_count), 0)::int, coalesce(sum(q.held_count), 0)::int,
        coalesce(sum(q.awaiting_approval_count), 0)::int
    from queue_counter q join brand b on b.agency_id = q.agency_id and b.id = q.brand_id
    where q.agency_id = bound.agency_id and b.archived_at is null
        and (bound.brands is null or q.brand_id = any (bound.brands))
) counted
cross join lateral (select count(*) as n from (
    select from conversation c where c.agency_id = bound.agency_id and c.due_at < bound.now and c.status = 'open'
        and (bound.brands is null or c.brand_id = any (bound.brands)) and c.brand_id <> all (shelved.ids)
    limit {MOST_COUNTED + 1}) few) late
cross join lateral (select array_agg(few.id) as ids from (
    select c.id from conversation c where c.agency_id = bound.agency_id and c.id > bound.first_new
        and coalesce(c.status) = 'open' and (bound.brands is null or c.brand_id = any (bound.brands))
        and c.brand_id <> all (shelved.ids)
    order by c.id desc limit {MOST_COUNTED + 1}) few) newest
cross join lateral (
    select array_agg(one.id), array_agg((extract(epoch from one.at) * 1000)::bigint),
        (extract(epoch from max(q.changed_at[{CHANGED_KEPT}])) * 1000)::bigint
    from queue_counter q cross join lateral unnest(q.changed_ids, q.changed_at) as one (id, at)
    where q.agency_id = bound.agency_id and q.changed_at[1] > bound.since and one.at > bound.since
) changed
"""

_kept: dict[int, dict[tuple[Scope, tuple[UUID, ...], int], Moved]] = {}


def news(
    connection: Lone,
    asker: Asker,
    *,
    since_ms: int,
    made_at: datetime,
    shown: frozenset[str],
    brand_ids: Sequence[UUID] | None = None,
) -> News:
    """What changed since a millisecond the browser was told, and what came after the list was made.

    `shown` are the codes of what is on screen: of nothing else a change is told. `brand_ids` narrows the counts, as on
    the page.
    """
    since_ms, first_new = since_ms - SLACK_MS, first_id_after(made_at)
    moved = _moved(connection, asker, since_ms, first_new, tuple(brand_ids or ()))
    return News(
        moved.open_count,
        moved.held_count,
        moved.awaiting_approval_count,
        asker.mine or 0,
        moved.late,
        bisect_left(moved.newest, -first_new.int, key=int.__neg__),
        [(one, at) for code in shown & moved.changed.keys() for one, at in moved.changed[code] if at > since_ms],
        moved.forgotten_ms if moved.forgotten_ms > since_ms else 0,
    )


def _moved(connection: Lone, asker: Asker, since_ms: int, first_new: UUID, brand_ids: tuple[UUID, ...]) -> Moved:
    now = clock.now()
    earliest_ms, earliest_new = asker.at_ms - REACHES_BACK_MS, first_id_after(now - REACHES_BACK)
    if since_ms < earliest_ms or first_new < earliest_new:  # opened long ago, or asleep
        return _read(connection, asker, min(since_ms, earliest_ms), min(first_new, earliest_new), brand_ids)
    moment = int(now.timestamp() / KEPT_SECONDS)
    kept = _kept.get(moment)
    if kept is None or len(kept) >= MOST_KEPT:
        _kept.clear()
        kept = _kept[moment] = {}
    key = (asker.glance.actor.scope, brand_ids, asker.versions)
    found = kept.get(key)
    if found is None:
        found = kept[key] = _read(connection, asker, earliest_ms, earliest_new, brand_ids)
    return found


def _read(connection: Lone, asker: Asker, since_ms: int, first_new: UUID, brand_ids: tuple[UUID, ...]) -> Moved:
    values = {
        **for_scope(asker.glance.actor.scope),
        "now": clock.now(),
        "since": _moment(since_ms),
        "first_new": first_new,
        "brands": list(brand_ids) or None,
    }
    (found,) = rows(connection, _MOVED, values)
    opened, held, waiting, late, newest, ids, times, forgotten_ms = found
    latest: dict[UUID, int] = {}
    for one, at in zip(ids or (), times or (), strict=True):
        latest[one] = max(at, latest.get(one, 0))
    changed: dict[str, list[tuple[UUID, int]]] = {}
    for change in latest.items():
        changed.setdefault(code_of(change[0]), []).append(change)
    return Moved(opened, held, waiting, late, [one.int for one in newest or ()], changed, forgotten_ms or 0)


def code_of(one: UUID) -> str:
    """What names a row on screen: the end of its id, enough to leave out what is not there."""
    return one.hex[-CODE_LENGTH:]


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(min(max(milliseconds, 0), LATEST_MS) / 1000, UTC)
