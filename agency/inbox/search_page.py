"""Which conversations a page of a search may hold, in the order of its list."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, tuple_

from agency.inbox.filters import ORDERED_BY, QueueFilter, conditions, cursor_of, read_cursor
from agency.inbox.models import STATUSES, Conversation
from agency.inbox.search_text import Search, read_search
from agency.inbox.searching import Narrowed, narrow, walk

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
    streams = [partial(_places, wanted._replace(q="", status=status), order, values) for status in states]
    walked = walk(streams, search, narrowed.surely, begin, limit, descending=order != "due")
    next_cursor = place_cursor(order, *walked.place) if walked.place is not None else None
    return Sought(search, walked.ids, narrowed.surely, None, next_cursor)


def place_cursor(order: str, place: Any, conversation_id: UUID) -> str:
    """A place of a list as one word."""
    return cursor_of(order, place if order == "rank" else place.isoformat(), conversation_id)


def _places(wanted: QueueFilter, order: str, values: dict[str, Any], after: Place | None) -> Any:
    """Ids and places of the list behind a place, in its order."""
    column = ORDERED_BY[order]
    query: Any = select(Conversation.id, column).where(*conditions(wanted, values["me"], values["now"]))
    keys = (column, Conversation.id)
    if order == "due":
        query = query.order_by(*keys)
        return query.where(tuple_(*keys) > tuple_(*after)) if after else query
    query = query.order_by(*(key.desc() for key in keys))
    return query.where(tuple_(*keys) < tuple_(*after)) if after else query
