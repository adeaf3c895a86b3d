"""What is worked out of a word once and asked for again with every text: dictionaries that fill themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

LONGEST_REMEMBERED: Final = 40
"""Code points; what is longer is no word anybody writes twice."""
MOST_REMEMBERED: Final = 20_000
"""Entries of one dictionary; a full one begins anew."""

Known = TypeVar("Known")
_all: list[dict[str, Any]] = []


class Remembered(dict[str, Known]):
    """Word as written -> what `make` says of it. Bounded; safe to share between threads."""

    def __init__(self, make: Callable[[str], Known]) -> None:
        super().__init__()
        self._make = make
        _all.append(self)

    def __missing__(self, word: str) -> Known:
        made = self._make(word)
        if len(word) <= LONGEST_REMEMBERED:
            if len(self) >= MOST_REMEMBERED:
                self.clear()
            self[word] = made
        return made


def forget_words() -> None:
    """Empty all of them, as in a process that has just begun."""
    for remembered in _all:
        remembered.clear()
