"""Items for tests, as an adapter would hand them over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from channels.items import Author, IncomingItem, OwnReply, Page

DAY = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """So many minutes into the test's day."""
    return DAY + timedelta(minutes=minutes)


def comment(
    number: int | str, text: str = "Where is my order?", *, under: int | str | None = None, **more: Any
) -> IncomingItem:
    """A Meta comment: no time of change, a person with an id."""
    external_id = f"post_{number}"
    parent = None if under is None else f"post_{under}"
    values: dict[str, Any] = {
        "external_id": external_id,
        "thread_external_id": parent or external_id,
        "parent_external_id": parent,
        "kind": "comment",
        "author": Author(f"person-{number}", f"Customer {number}"),
        "text": text,
        "created_at": at(number if isinstance(number, int) else 0),
        "updated_at": None,
        "stars": None,
        "permalink": None,
        "from_us": False,
    }
    return IncomingItem(**values | more)


def review(number: int, text: str = "Cold food and a rude waiter.", stars: int = 1, **more: Any) -> IncomingItem:
    """A Google review: dated changes, a person without an id."""
    values: dict[str, Any] = {
        "external_id": f"reviews/{number}",
        "thread_external_id": f"reviews/{number}",
        "parent_external_id": None,
        "kind": "review",
        "author": Author(None, f"Guest {number}"),
        "text": text,
        "created_at": at(number),
        "updated_at": at(number),
        "stars": stars,
        "permalink": None,
        "from_us": False,
    }
    return IncomingItem(**values | more)


def answer(text: str, minutes: float, state: Any = "published") -> OwnReply:
    """What a review carries of ours."""
    return OwnReply(text, at(minutes), state)


def page(*items: IncomingItem, **more: Any) -> Page:
    """A page that ends its poll."""
    return Page(**{"items": items, "set_aside": (), "next_cursor": "{}", "complete": True} | more)
