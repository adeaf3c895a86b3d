"""The rows a page of a search may hold, in the order of its list."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import any_, literal_column, or_, select, union_all

from agency.inbox import search_lookup, search_newest
from agency.inbox.filters import ORDERED_BY, QueueFilter, conditions, cursor_of, read_cursor
from agency.inbox.kept_filters import PARAMETERS, bound_filter, in_order
from agency.inbox.kept_values import unseen_list
from agency.inbox.models import STATUSES, Conversation
from agency.inbox.search_text import Search, read_search
from agency.inbox.search_together import newest_together, open_together, planned
from agency.inbox.searching import has_each, shape_of, values_of
from tenants.kept_select import KeptSelect

WALKED: Final = 10_000
"""Rows of a list that are asked for common words before the page ends."""

Rows = list[tuple[Any, ...]]


class Sought(NamedTuple):
    """What was found; one row more than the page holds where there is more, or where looking goes on."""

    search: Search
    rows: Rows
    surely: frozenset[UUID]
    """Of the rows those that a number or an address leads to."""
    next_cursor: str | None = None
    """Where looking goes on, if it ended before the list did."""


def seek(
    wanted: QueueFilter,
    order: str,
    after: str | None,
    limit: int,
    values: dict[str, Any],
    columns: tuple[Any, ...],
) -> Sought:
    """Look for `wanted.q`: one word by time from its newest place on, several together; else all that a rare word
    names, or where too many have it the next of the list.

    `columns` begin with the id. Raises Invalid for a cursor that is damaged or of another order.
    """
    begin = read_cursor(after, order) if after else None
    search = read_search(wanted.q, notes=wanted.with_notes)
    if search.is_empty:
        return Sought(search, [], frozenset())
    shape, in_brands = shape_of(search), wanted.brand_ids is not None
    bound = bound_filter(wanted, values)
    values |= values_of(search) | {"whole": list(search.whole), "number": search.number}
    if wanted.brand_ids is not None:
        values["brands"] = list(wanted.brand_ids)
    if begin is not None:
        values["place"], values["place_id"] = begin
    if search.number is not None:
        named = search_lookup.listed_by_number(columns, bound, order, begin is not None, limit + 1).rows(values)
        if named:
            return Sought(search, named, frozenset(row[0] for row in named))
    if order == "past" and len(shape) <= 1:
        values["keys"] = [*values.get("keys_0", ()), *search.whole]
        goes = (begin is not None, in_brands)
        newest = search_newest.newest(columns, bound, sum(shape), goes, limit, values)
        if newest is not None:
            return _by_time(search, newest)
    is_open = order != "past"
    plan = planned(shape, (in_brands, is_open), values) if len(shape) > 1 and not search.whole else None
    if plan is not None:
        goes = (begin is not None, in_brands)
        if not is_open:
            return _by_time(search, newest_together(columns, bound, plan, goes, limit, values))
        rows = open_together(columns, bound, order, plan, goes, limit + 1, values)
        if rows is not None:
            return Sought(search, rows, frozenset())
    by = (bool(search.whole), search.number is not None, in_brands, is_open)
    kept = search_lookup.listed_by_rare(columns, bound, order, begin is not None, limit + 1, shape, by)
    looked = kept.rows(values)
    if looked[0][0]:
        rows = [row for row in looked if row[2] is not None]
        return Sought(search, [row[2:] for row in rows], frozenset(row[2] for row in rows if row[1]))
    surely = frozenset[UUID]()
    if by[0] or by[1]:
        surely = frozenset(row[0] for row in search_lookup.surely_found(by[0], by[1]).rows(values))
    values["among"] = list(surely)
    walk = (columns, bound, order, begin is not None, shape)
    rows = _walk(*walk, limit + 1, WALKED).rows(values)
    ends = [] if len(rows) > limit else _end_of_walk(*walk[1:-1], WALKED).rows(values)
    return Sought(search, rows, surely, place_cursor(order, *ends[0]) if ends else None)


def _by_time(search: Search, found: search_newest.Newest) -> Sought:
    behind = place_cursor("past", *found.place) if found.place else None
    return Sought(search, found.rows, found.surely, behind)


def place_cursor(order: str, place: Any, conversation_id: UUID) -> str:
    """A place of a list as one word."""
    return cursor_of(order, place if order == "rank" else place.isoformat(), conversation_id)


def _lanes(columns: tuple[Any, ...], wanted: QueueFilter, order: str, is_continued: bool, rows: int) -> Any:
    """The next rows of the list behind a place, of every state where all are asked for: each has an index by time."""
    keys = (ORDERED_BY[order], Conversation.id)
    is_down = order != "due"
    lanes = []
    for status in STATUSES if wanted.status is None and order == "past" else (wanted.status,):
        some = conditions(wanted._replace(status=status), PARAMETERS["me"], PARAMETERS["now"])
        lane = select(*columns, keys[0].label("place"), Conversation.id.label("number")).where(*some)
        lanes.append(in_order(lane, keys, is_continued, downwards=is_down).limit(literal_column(str(rows))))
    one = lanes[0].subquery() if len(lanes) == 1 else union_all(*lanes).subquery()
    places = (one.c.place.desc(), one.c.number.desc()) if is_down else (one.c.place, one.c.number)
    return select(one).order_by(*places).limit(literal_column(str(rows)))


@lru_cache(maxsize=256)
def _walk(
    columns: tuple[Any, ...],
    wanted: QueueFilter,
    order: str,
    is_continued: bool,
    shape: tuple[int, ...],
    limit: int,
    rows: int,
) -> KeptSelect:
    """Of the next `rows` of the list those that have the words, until the page is full."""
    named = tuple(one.label(f"c{n}") for n, one in enumerate(columns))
    some = _lanes((*named, Conversation.brand_id.label("brand_id")), wanted, order, is_continued, rows).subquery("some")
    has = or_(has_each(shape, some.c.number, some.c.brand_id), some.c.number == any_(unseen_list(PARAMETERS["among"])))
    found = select(*(some.c[f"c{n}"] for n in range(len(columns)))).where(has)
    return KeptSelect(found.limit(literal_column(str(limit))))


@lru_cache(maxsize=64)
def _end_of_walk(wanted: QueueFilter, order: str, is_continued: bool, rows: int) -> KeptSelect:
    """Place and id of the last row of a walk; none where the list ended before."""
    some = _lanes((), wanted, order, is_continued, rows).subquery()
    return KeptSelect(select(some.c.place, some.c.number).offset(literal_column(str(rows - 1))))
