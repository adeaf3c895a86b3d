"""One text as the checker reads it: words, their keys and everything that is counted, each worked out at most once."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import compress, pairwise
from typing import Any, Generic, TypeVar

from styleguides import tokens
from styleguides.address import Mark, marks
from styleguides.health import health_words
from styleguides.language import LanguageData, StemCache, plain_of
from styleguides.negatives import Negative, negatives
from styleguides.promises import times_promised
from styleguides.rule_kinds import CheckContext
from styleguides.tokens import Normalised, Span, Special
from styleguides.word_lists import Hit, word_list

_BREAK = re.compile(r"[.!?;\n…]")
_Made = TypeVar("_Made")


class once(Generic[_Made]):
    """`functools.cached_property` without its lock, dear beside such short work: one thread reads a text."""

    def __init__(self, make: Callable[[Any], _Made]) -> None:
        self._make = make

    def __get__(self, reading: Any, owner: type | None = None) -> _Made:
        made = reading.__dict__[self._make.__name__] = self._make(reading)
        return made


_NO_WORD_GOES_ON = '(«„“"¡¿-–—/[*,.:;!?'
_MOST_LOOKED_UP = 8
_MOST_STEPS = 24


class Reading:
    """Positions in here are those of `text`, the normalised text; `normalised` leads back to the text as given."""

    def __init__(self, given: str, language: LanguageData, stem_cache: StemCache, context: CheckContext) -> None:
        self.normalised = Normalised(given)
        self.text = text = self.normalised.text
        self.language = language
        self.context = context
        self.tag = language.code
        """The language, with its variant where that matters and is known."""
        self.specials: list[Special] = tokens.specials(text)
        self._starts: list[int] | None = None
        self._looked_up = 0
        self._hits: dict[str, list[Hit]] = {}
        self.words: list[str]
        if self.specials:
            spans = tokens.word_spans(text, self.specials)
            self._starts = [start for start, _ in spans]
            self.words = [text[start:end] for start, end in spans]
        else:
            self.words = tokens.words_of(text)
        self.keys: list[str] = list(map(stem_cache.__getitem__, self.words))

    def span(self, place: int, size: int = 1) -> Span:
        """Where `size` words from `place` on stand."""
        if size == 1:
            start = self._start(place)
            return start, start + len(self.words[place])
        spans = self.spans(place, size)
        return spans[0][0], spans[-1][1]

    def spans(self, place: int, size: int) -> list[Span]:
        """Where each of `size` words from `place` on stands."""
        found: list[Span] = []
        if size <= 0:
            return found
        start = self._start(place)
        for word in self.words[place : place + size]:
            # What lies between two words holds nothing a word can begin with, so looking for the word finds its place;
            # links and the like, which are no words, are told apart when the text is read.
            start = self.text.find(word, start) if self._starts is None else self._starts[place + len(found)]
            found.append((start, start + len(word)))
            start += len(word)
        return found

    def _start(self, place: int) -> int:
        """Where a word begins. Most texts break few rules, so the first few are looked for one by one."""
        if self._starts is None:
            self._looked_up += 1
            start = self._nth(place) if self._looked_up <= _MOST_LOOKED_UP else None
            if start is not None:
                return start
            self._starts = [match.start() for match in tokens.WORD.finditer(self.text)]
        return self._starts[place]

    def _nth(self, place: int) -> int | None:
        """The same without placing all words; None where that would take long or is not sure."""
        text, word = self.text, self.words[place]
        before = 0 if self.words.index(word) == place else self.words[:place].count(word)
        start = -1
        for _ in range(_MOST_STEPS):
            start = text.find(word, start + 1)
            ahead = text[start - 1 : start]
            if ahead.isalnum():
                continue  # inside another word
            if ahead and not (ahead.isspace() or ahead in _NO_WORD_GOES_ON):
                return None
            match = tokens.WORD.match(text, start)
            if match is None or match.end() != start + len(word):
                continue
            if not before:
                return start
            before -= 1
        return None

    @once
    def plain_words(self) -> list[str]:
        return list(map(plain_of, self.words))

    @once
    def distinct_words(self) -> frozenset[str]:
        return frozenset(self.plain_words)

    @once
    def distinct_keys(self) -> frozenset[str]:
        return frozenset(self.keys)

    def broken(self, place: int, size: int) -> bool:
        """Whether a sentence ends among `size` words from `place` on."""
        start, end = self.span(place, size)
        return _BREAK.search(self.text, start, end) is not None

    @once
    def _ends(self) -> list[int]:
        return [match.start() for match in self.language.sure_end.finditer(self.text)]

    def stretch(self, place: int) -> Span:
        """Between which certain ends of sentences a word stands: its sentence, seldom more."""
        at = bisect_right(self._ends, self._start(place))
        return self._ends[at - 1] if at else 0, self._ends[at] if at < len(self._ends) else len(self.text)

    def hits(self, name: str) -> list[Hit]:
        """Where words of the language's list of this name stand; worked out once, however many rules ask."""
        if name not in self._hits:
            self._hits[name] = word_list(self.language.code, name).hits(self.keys, self.distinct_keys)
        return self._hits[name]

    @once
    def address_marks(self) -> list[Mark]:
        return list(marks(self))

    @once
    def negatives(self) -> list[Negative]:
        return list(negatives(self.language.code, self.plain_words, self.distinct_words, self.broken))

    @once
    def times_promised(self) -> list[Hit]:
        return times_promised(self)

    @once
    def health_words(self) -> list[Hit]:
        return health_words(self)

    @once
    def hashtags(self) -> list[Special]:
        """Those with a letter: `#1` is a number."""
        return [
            special
            for special in self.specials
            if special.what == "hashtag" and not self.text[special.start + 1 : special.end].isdigit()
        ]

    @once
    def emoji(self) -> list[Span]:
        return tokens.emoji_spans(self.text)

    @once
    def sentences(self) -> list[Span]:
        return tokens.sentence_spans(self.text, self.language.abbreviations, self.language.late_abbreviations)

    @once
    def longest_stretch(self) -> int:
        """Words between two certain ends of sentences, at most: no sentence has more. Much cheaper than sentences."""
        text, ends = self.text, self._ends
        return max([len(text[start:end].split()) for start, end in pairwise((0, *ends, len(text)))])

    @once
    def links(self) -> list[Special]:
        return [special for special in self.specials if special.what == "link"]

    @once
    def capitals(self) -> list[int]:
        """Which words stand in capitals."""
        words = self.words
        return list(compress(range(len(words)), map(str.isupper, words)))
