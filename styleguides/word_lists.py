"""Lists of words of a language that kinds of rule look for by themselves, found in any of their forms."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from itertools import compress

from styleguides.language import language_data, plain, stems
from styleguides.tokens import WORD

Hit = tuple[int, int]
"""First word, number of words."""


def places_of(wanted: Collection[str], words: Sequence[str]) -> Iterable[int]:
    """Where any of the wanted words stands, in order."""
    return compress(range(len(words)), map(wanted.__contains__, words)) if wanted else ()


class WordList:
    """Phrases by the key of their longest word, which is the rarest. One a language and list, shared by all guides."""

    __slots__ = ("_by_anchor", "anchors")

    def __init__(self, phrases: Iterable[Sequence[str]]) -> None:
        by_anchor: dict[str, set[tuple[int, tuple[str, ...]]]] = {}
        for keys in phrases:
            if keys:
                offset = max(range(len(keys)), key=lambda at: len(keys[at]))
                by_anchor.setdefault(keys[offset], set()).add((offset, tuple(keys)))
        self._by_anchor = {anchor: tuple(sorted(found)) for anchor, found in by_anchor.items()}
        self.anchors = frozenset(self._by_anchor)

    def hits(self, keys: Sequence[str], places: Iterable[int] | None = None) -> list[Hit]:
        """Where phrases stand among these keys, the longest at each place, none inside another.

        `places` are those of the anchors, where they are known.
        """
        found: list[Hit] = []
        for place in places_of(self.anchors, keys) if places is None else places:
            for offset, phrase in self._by_anchor[keys[place]]:
                start, size = place - offset, len(phrase)
                if start >= 0 and (size == 1 or tuple(keys[start : start + size]) == phrase):
                    found.append((start, size))
        found.sort(key=lambda hit: (hit[0], -hit[1]))
        kept: list[Hit] = []
        for hit in found:
            if not kept or hit[0] >= sum(kept[-1]):
                kept.append(hit)
        return kept


@cache
def word_list(code: str, name: str) -> WordList:
    """The list of a language file's section `name`, by stems; empty where the language has none."""
    cache = stems(code)
    entries = language_data(code).section(name).get("words", ())
    return WordList([cache[word] for word in WORD.findall(entry)] for entry in entries)


def plain_words(entry: str) -> tuple[str, ...]:
    """The words of an entry as they are compared where forms are listed and not worked out."""
    return tuple(map(plain, WORD.findall(entry)))
