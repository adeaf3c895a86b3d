"""A search in a small world: few places are rare, and walks are short."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agency.inbox import search_lookup, search_newest, search_page

_KEPT = (
    search_lookup.listed_by_rare,
    search_lookup.counted,
    search_lookup.having_all,
    search_lookup.surely_found,
    search_page._walk,
    search_page._end_of_walk,
    search_newest._of_word,
)


@contextmanager
def little_search(rare: int) -> Iterator[None]:
    """So many places are rare; statements kept before know other numbers, as those kept here do afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_lookup, "MOST_RARE", rare)
        patch.setattr(search_lookup, "NEXT_TO_NONE", rare // 4)
        patch.setattr(search_lookup, "PLACES_A_PROBE", 2)
        patch.setattr(search_lookup, "MOST_HELD_AGAINST", rare * 2)
        patch.setattr(search_page, "WALKED_AT_FIRST", 2)
        patch.setattr(search_page, "WALKED", 5)
        patch.setattr(search_newest, "STEPS", (2, 5))
        patch.setattr(search_newest, "MOST_BEGUN", rare)
        _forget()
        yield
    _forget()


def _forget() -> None:
    for one in _KEPT:
        one.cache_clear()
