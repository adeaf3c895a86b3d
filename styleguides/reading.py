"""One text as the checker reads it: words, their keys and everything that is counted, each worked out at most once."""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress
from typing import Any, Generic, TypeVar

from styleguides import tokens
from styleguides.language import LanguageData, StemCache
from styleguides.rule_kinds import CheckContext
from styleguides.tokens import Normalised, Span, Special

_Made = TypeVar("_Made")


class once(Generic[_Made]):
    """`functools.cached_property` without its lock, dear beside such short work: one thread reads a text."""

    def __init__(self, make: Callable[[Any], _Made]) -> None:
        self._make = make

    def __get__(self, reading: Any, owner: type | None = None) -> _Made:
        made = reading.__dict__[self._make.__name__] = self._make(reading)
        return made


_MOST_LOOKED_UP = 8
_MOST_STEPS = 24


class Reading:
    """Positions in here are those of `text`, the normalised text; `normalised` leads back to the text as given."""

    def __init__(self, given: str, language: LanguageData, stem_cache: StemCache, context: CheckContext) -> None:
        self.normalised = Normalised(given)
        self.text = text = self.normalised.text
        self.language = language
        self.context = context
        self.specials: list[Special] = tokens.specials(text)
        self._starts: list[int] | None = None
        self._looked_up = 0
        self.words: list[str]
        if self.specials:
            spans = tokens.word_spans(text, self.specials)
            self._starts = [start for start, _ in spans]
            self.words = [text[start:end] for start, end in spans]
        else:
            self.words = (tokens.ASCII_WORD if text.isascii() else tokens.WORD).findall(text)
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
        before = self.words[:place].count(word)
        start = -1
        for _ in range(_MOST_STEPS):
            start = text.find(word, start + 1)
            ahead = text[start - 1 : start]
            if ahead.isalnum():
                continue  # inside another word
            if ahead and not ahead.isspace():
                return None
            match = tokens.WORD.match(text, start)
            if match is None or match.end() != start + len(word):
                continue
            if not before:
                return start
            before -= 1
        return None

    @once
    def emoji(self) -> list[Span]:
        return tokens.emoji_spans(self.text)

    @once
    def sentences(self) -> list[Span]:
        return tokens.sentence_spans(self.text, self.language.abbreviations, self.language.late_abbreviations)

    @once
    def longest_stretch(self) -> int:
        """Words between two certain ends of sentences, at most: no sentence has more. Much cheaper than sentences."""
        return max(map(len, map(str.split, self.language.sure_end.split(self.text))))

    @once
    def links(self) -> list[Special]:
        return [special for special in self.specials if special.what == "link"]

    @once
    def capitals(self) -> list[int]:
        """Which words stand in capitals."""
        words = self.words
        return list(compress(range(len(words)), map(str.isupper, words)))
