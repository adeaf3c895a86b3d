"""Ids as they come from outside: text that may or may not be one."""

from __future__ import annotations

from uuid import UUID


def id_from(text: str) -> UUID | None:
    """The id written in its one usual form; None for anything else, so that no id has two spellings."""
    try:
        value = UUID(text)
    except (ValueError, AttributeError, TypeError):
        return None
    return value if str(value) == text else None
