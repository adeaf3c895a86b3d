"""Times promised: in a sentence that says what we will do, a moment by which it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from styleguides.language import language_data, plain, plain_of
from styleguides.moments import moments
from styleguides.tokens import WORD, Span
from styleguides.word_lists import Hit, WordList, places_of, plain_words

if TYPE_CHECKING:
    from styleguides.reading import Reading


@dataclass(frozen=True, slots=True)
class _Signs:
    will: frozenset[str]
    will_endings: tuple[str, ...]
    will_besides: frozenset[str]
    after: frozenset[str]
    alone: WordList

    def speaks_of_future(self, word: str) -> bool:
        return word in self.will or (word.endswith(self.will_endings) and word not in self.will_besides)


@cache
def _signs(code: str) -> _Signs:
    section = language_data(code).section("promises")
    will, endings, besides, after = (
        section.get(name, "").split() for name in ("will", "will_endings", "will_besides", "dated_after")
    )
    return _Signs(
        frozenset(map(plain, will)),
        tuple(endings),
        frozenset(besides),
        frozenset(after),
        WordList(map(plain_words, section.get("dated_alone", ()))),
    )


def times_promised(reading: Reading) -> list[Hit]:
    """Where a time is promised: `by Friday`, `within 24 hours`, `tomorrow`. Linear in the text."""
    code, words = reading.language.code, reading.plain_words
    signs, times = _signs(code), moments(code)
    distinct = reading.distinct_words
    found = dict(signs.alone.hits(words, distinct))
    for place in places_of(signs.after & distinct, words):
        after = times.after(words, place + 1)
        if after > place + 1:
            found[place] = max(found.get(place, 0), after - place)
    kept: list[Hit] = []
    if not found:
        return kept
    for place, size in sorted(in_sentences_with(reading, list(found.items()), signs.speaks_of_future)):
        if (not kept or place >= sum(kept[-1])) and not reading.broken(place, size):
            kept.append((place, size))
    return kept


def in_sentences_with(reading: Reading, hits: list[Hit], wanted: Callable[[str], bool]) -> list[Hit]:
    """Those hits in whose sentence a wanted word stands; each sentence is looked through once."""
    known: dict[Span, bool] = {}
    kept: list[Hit] = []
    for hit in hits:
        sentence = reading.stretch(hit[0])
        if sentence not in known:
            words = map(plain_of, WORD.findall(reading.text, *sentence))
            known[sentence] = any(map(wanted, words))
        if known[sentence]:
            kept.append(hit)
    return kept
