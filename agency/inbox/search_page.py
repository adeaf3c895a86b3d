"""The rows a page of a search may hold, in the order of its list."""

from __future__ import annotations

from collections.abc import Callable
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
from agency.inbox.searching import has_each, shape_of, values_of
from tenants.kept_select import KeptSelect

WALKED_AT_FIRST: Final = 1_000
WALKED: Final = 10_000
"""Rows of a list that are asked for common words: at first, where several might meet rarely, and at most before the
page ends."""

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
    among: Callable[[dict[str, Any], bool], Rows],
) -> Sought:
    """Look for `wanted.q`: one word by time from its newest place on; else all that the rare words name, or where every
    word is common the next of the list.

    `columns` begin with the id. `among` reads the rows of known ids, `values["among"]`, behind `values["place"]` where
    it is told so. Raises Invalid for a cursor that is damaged or of another order.
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
            behind = place_cursor(order, *newest.place) if newest.place else None
            return Sought(search, newest.rows, newest.surely, behind)
    by = (bool(search.whole), search.number is not None, in_brands)
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
    if len(shape) > 1:
        rows = _walk(*walk, limit + 1, WALKED_AT_FIRST).rows(values)
        if len(rows) > limit:
            return Sought(search, rows, surely)
        together = _together(shape, in_brands, values)
        if together is not None:
            return Sought(search, among(values | {"among": [*together, *surely]}, begin is not None), surely)
    rows = _walk(*walk, limit + 1, WALKED).rows(values)
    ends = [] if len(rows) > limit else _end_of_walk(*walk[1:-1], WALKED).rows(values)
    return Sought(search, rows, surely, place_cursor(order, *ends[0]) if ends else None)


def _together(shape: tuple[int, ...], in_brands: bool, values: dict[str, Any]) -> list[UUID] | None:
    """Those that have several common words, where one of these is not too common and they meet rarely; else None."""
    (counts,) = search_lookup.counted(shape, in_brands).rows(values)
    least = min(range(len(shape)), key=lambda place: int(counts[place]))
    if counts[least] > search_lookup.MOST_HELD_AGAINST:
        return None
    held = tuple(place for place, count in enumerate(counts) if count <= search_lookup.MOST_HELD_AGAINST)
    found = [row[0] for row in search_lookup.having_all(shape, least, held, in_brands).rows(values)]
    return found if len(found) <= search_lookup.MOST_RARE else None


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
