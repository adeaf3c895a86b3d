"""Lists of words of a language that kinds of rule look for by themselves, found in any of their forms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from styleguides.language import language_data, plain, stems
from styleguides.tokens import WORD

Hit = tuple[int, int]
"""First word, number of words."""


class WordList:
    """Phrases by the key of their first word. One a language and list, shared by all guides."""

    __slots__ = ("_by_first", "_first")

    def __init__(self, phrases: Iterable[Sequence[str]]) -> None:
        by_first: dict[str, set[tuple[str, ...]]] = {}
        for keys in phrases:
            if keys:
                by_first.setdefault(keys[0], set()).add(tuple(keys))
        self._by_first = {first: tuple(sorted(found, key=lambda keys: -len(keys))) for first, found in by_first.items()}
        self._first = frozenset(self._by_first)

    def hits(self, keys: Sequence[str], distinct: frozenset[str]) -> list[Hit]:
        """Where phrases stand among these keys, the longest at each place, none inside another."""
        if self._first.isdisjoint(distinct):
            return []
        found: list[Hit] = []
        after = 0
        for place, key in enumerate(keys):
            if place < after or key not in self._by_first:
                continue
            for phrase in self._by_first[key]:
                size = len(phrase)
                if size == 1 or tuple(keys[place : place + size]) == phrase:
                    found.append((place, size))
                    after = place + size
                    break
        return found


@cache
def word_list(code: str, name: str) -> WordList:
    """The list of a language file's section `name`, by stems; empty where the language has none."""
    cache = stems(code)
    entries = language_data(code).section(name).get("words", ())
    return WordList([cache[word] for word in WORD.findall(entry)] for entry in entries)


def plain_words(entry: str) -> tuple[str, ...]:
    """The words of an entry as they are compared where forms are listed and not worked out."""
    return tuple(map(plain, WORD.findall(entry)))
