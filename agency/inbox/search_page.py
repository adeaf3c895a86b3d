"""Which conversations a page of a search may hold, in the order of its list."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import any_, literal_column, or_, select

from agency.inbox.filters import ORDERED_BY, QueueFilter, conditions, cursor_of, read_cursor
from agency.inbox.kept_filters import PARAMETERS, bound_filter, in_order
from agency.inbox.models import STATUSES, Conversation
from agency.inbox.search_text import Search, read_search
from agency.inbox.searching import Narrowed, has_each, narrow, shape_of, values_of, walk
from tenants.kept_select import KeptSelect

Place = tuple[Any, UUID]


class Sought(NamedTuple):
    """What was found. `after`: the list is still to be read from there on;"""

    search: Search
    ids: list[UUID]
    surely: frozenset[UUID]
    after: Place | None
    next_cursor: str | None
    """Where looking goes on, if it ended before the list did."""


def seek(wanted: QueueFilter, order: str, after: str | None, limit: int, values: dict[str, Any]) -> Sought:
    """Look for `wanted.q`: all that the rare words name, or where every word is common the next of the list.

    Raises Invalid for a cursor that is damaged or of another order.
    """
    begin = read_cursor(after, order) if after else None
    search = read_search(wanted.q, notes=wanted.with_notes)
    narrowed = Narrowed([], frozenset()) if search.is_empty else narrow(search, wanted.brand_ids)
    if narrowed.ids is not None:
        return Sought(search, narrowed.ids, narrowed.surely, begin, None)
    # No index has everything by its time, but each status has one.
    states = STATUSES if wanted.status is None and order == "past" else (wanted.status,)
    lanes = [bound_filter(wanted._replace(status=status), values) for status in states]
    values |= values_of(search) | {"among": list(narrowed.surely)}
    shape = shape_of(search)

    def window(place: Place | None, rows: int) -> list[list[tuple[Place, bool]]]:
        given = values if place is None else values | {"place": place[0], "place_id": place[1]}
        kept = (_window(lane, order, place is not None, rows, shape) for lane in lanes)
        return [[((at, number), has) for number, at, has in one.rows(given)] for one in kept]

    walked = walk(window, begin, limit, descending=order != "due")
    next_cursor = place_cursor(order, *walked.place) if walked.place is not None else None
    return Sought(search, walked.ids, narrowed.surely, None, next_cursor)


def place_cursor(order: str, place: Any, conversation_id: UUID) -> str:
    """A place of a list as one word."""
    return cursor_of(order, place if order == "rank" else place.isoformat(), conversation_id)


@lru_cache(maxsize=256)
def _window(wanted: QueueFilter, order: str, is_continued: bool, rows: int, shape: tuple[int, ...]) -> KeptSelect:
    """Ids and places of the list behind a place, in its order, and whether each has the words."""
    column = ORDERED_BY[order]
    some = conditions(wanted, PARAMETERS["me"], PARAMETERS["now"])
    has = or_(has_each(shape), Conversation.id == any_(PARAMETERS["among"]))
    query: Any = select(Conversation.id, column, has).where(*some).limit(literal_column(str(rows)))
    return KeptSelect(in_order(query, (column, Conversation.id), is_continued, downwards=order != "due"))
