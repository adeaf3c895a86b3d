"""A search in a small world: few places are rare, and walks are short."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agency.inbox import search_lookup, search_newest, search_page, search_together

_KEPT = (
    search_lookup.listed_by_rare,
    search_lookup.surely_found,
    search_page._walk,
    search_page._end_of_walk,
    search_newest._of_word,
    search_newest._words_begun,
    search_together._measured,
    search_together._newest,
    search_together._end,
    search_together._open,
)


@contextmanager
def little_search(rare: int) -> Iterator[None]:
    """So many places are rare; statements kept before know other numbers, as those kept here do afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_lookup, "MOST_RARE", rare)
        patch.setattr(search_together, "MOST_RARE", rare)
        patch.setattr(search_lookup, "NEXT_TO_NONE", rare // 4)
        patch.setattr(search_lookup, "PLACES_A_PROBE", 2)
        patch.setattr(search_lookup, "MOST_OPENED", rare)
        patch.setattr(search_together, "PLACES_A_PROBE", 2)
        patch.setattr(search_together, "MEASURED", min(rare, 4))
        patch.setattr(search_together, "MOST_BEGUN", min(rare, 6))
        patch.setattr(search_together, "MOST_MERGED", rare * 2 + 2)
        patch.setattr(search_together, "MOST_ASKED", rare * 2 + 2)
        patch.setattr(search_page, "WALKED", 5)
        patch.setattr(search_newest, "STEPS", (2, 5))
        patch.setattr(search_newest, "STEPS_OF_MANY", (2, 5))
        patch.setattr(search_newest, "MOST_WORDS", rare)
        patch.setattr(search_newest, "MOST_BEGUN", rare)
        _forget()
        yield
    _forget()


def _forget() -> None:
    for one in _KEPT:
        one.cache_clear()
