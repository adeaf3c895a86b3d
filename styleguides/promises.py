"""Times promised: in a sentence that says what we will do, a moment by which it is done."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from styleguides.language import language_data, plain
from styleguides.moments import moments
from styleguides.sign import Sign
from styleguides.word_lists import Hit, WordList, plain_words

if TYPE_CHECKING:
    from styleguides.reading import Reading


@dataclass(frozen=True, slots=True)
class TimeWords:
    """What a language says of times promised; all words plain."""

    will: frozenset[str]
    will_endings: tuple[str, ...]
    will_besides: frozenset[str]
    after: frozenset[str]
    alone: WordList

    def speaks_of_future(self, word: str) -> bool:
        return word in self.will or (word.endswith(self.will_endings) and word not in self.will_besides)


@cache
def time_words(code: str) -> TimeWords:
    """Those of a language; none of an unknown one."""
    section = language_data(code).section("promises")
    will, endings, besides, after = (
        section.get(name, "").split() for name in ("will", "will_endings", "will_besides", "dated_after")
    )
    return TimeWords(
        frozenset(map(plain, will)),
        tuple(endings),
        frozenset(besides),
        frozenset(after),
        WordList(map(plain_words, section.get("dated_alone", ()))),
    )


def times_promised(reading: Reading) -> list[Hit]:
    """Where a time is promised: `by Friday`, `within 24 hours`, `tomorrow`. Linear in the text."""
    kept: list[Hit] = []
    if not reading.shows(Sign.TIME | Sign.BEFORE_TIME):
        return kept
    code, words = reading.language.code, reading.plain_words
    times = moments(code)
    found = dict(time_words(code).alone.hits(words, reading.places(Sign.TIME)))
    for place in reading.places(Sign.BEFORE_TIME):
        after = times.after(words, place + 1)
        if after > place + 1:
            found[place] = max(found.get(place, 0), after - place)
    if not found:
        return kept
    for place, size in sorted(in_sentences_with(reading, list(found.items()), Sign.FUTURE)):
        if (not kept or place >= sum(kept[-1])) and not reading.broken(place, size):
            kept.append((place, size))
    return kept


def in_sentences_with(reading: Reading, hits: list[Hit], wanted: int) -> list[Hit]:
    """Those hits in whose sentence a word of this sign stands."""
    sentences = reading.sentences_showing(wanted)
    return [hit for hit in hits if reading.sentence_of(hit[0]) in sentences] if sentences else []
