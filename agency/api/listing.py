"""One page of a short list that a room gives whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from agency.api.bearer import NOBODY, id_or_nobody
from tenants.errors import Invalid

Row = TypeVar("Row")


def bad_cursor() -> Invalid:
    """For a cursor this list never gave."""
    sentence = "This cursor is not one this list gave. Nothing was changed. Start again without a cursor."
    return Invalid(sentence, code="bad_cursor", errors={"cursor": ["is not one this list gave"]})


def id_after(cursor: str | None) -> UUID | None:
    """The id a cursor names; None without one. Raises Invalid `bad_cursor`."""
    if cursor is None:
        return None
    found = id_or_nobody(cursor)
    if found == NOBODY:
        raise bad_cursor()
    return found


def page_by_id(rows: Iterable[Row], query: Mapping[str, Any], id_of: Callable[[Row], UUID]) -> dict[str, Any]:
    """Rows by id, that is by age, from behind the cursor."""
    after = id_after(query["cursor"])
    ordered = sorted((row for row in rows if after is None or id_of(row) > after), key=id_of)
    return page_of(ordered, query["limit"], lambda row: str(id_of(row)))


def page_of(rows: list[Row], limit: int, cursor_of: Callable[[Row], str]) -> dict[str, Any]:
    """The first `limit` rows; a cursor when there are more."""
    shown = rows[:limit]
    return {"items": shown, "next_cursor": cursor_of(shown[-1]) if len(rows) > limit else None}
