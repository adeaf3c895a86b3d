"""Blame put on whoever complains: `you should have read`, `if you had asked`, `your own mistake`."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from styleguides.language import language_data, plain
from styleguides.moments import moments
from styleguides.negatives import Pattern, by_first_words, matched, pattern_of
from styleguides.word_lists import Hit, places_of

if TYPE_CHECKING:
    from styleguides.reading import Reading

_MARK: Final = re.compile(r"[^\w\s'’-]")
_NEAR: Final = 3
"""How many words before blame `not` undoes it where no mark stands between: `it was not really your own fault`."""


@cache
def _patterns(code: str) -> tuple[dict[tuple[str, str], tuple[Pattern, ...]], frozenset[str], frozenset[str]]:
    """By their first two words; all first words; words that undo them."""
    section = language_data(code).section("blame")
    patterns = by_first_words(pattern_of(says) for says in section.get("says", ()))
    return patterns, frozenset(first for first, _ in patterns), frozenset(map(plain, section.get("unless", "").split()))


def blames(reading: Reading) -> list[Hit]:
    """Where blame stands, none inside another. Linear in the text."""
    code, words = reading.language.code, reading.plain_words
    patterns, firsts, undo = _patterns(code)
    found: list[Hit] = []
    free = 0
    for place in places_of(firsts, words):
        if place < free or place + 1 == len(words):
            continue
        for pattern in patterns.get((words[place], words[place + 1]), ()):
            hit = matched(pattern, words, place, moments(code))
            if hit is None or reading.broken(place, hit.size):
                continue
            start = reading.span(place)[0]
            if not any(
                words[before] in undo and _MARK.search(reading.text, reading.span(before)[0], start) is None
                for before in range(max(0, place - _NEAR), place)
            ):
                found.append((place, hit.size))
                free = place + hit.size
            break
    return found
