"""One text as the checker reads it: words, their keys and everything that is counted, each worked out at most once."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import compress
from typing import Any, Generic, TypeVar

from styleguides import pieces, tokens
from styleguides.address import Mark, marks
from styleguides.blame import blames
from styleguides.health import health_words
from styleguides.language import LanguageData, StemCache, plain_of, sure_ends
from styleguides.negatives import Negative, negatives
from styleguides.pieces import Pieces
from styleguides.promises import times_promised
from styleguides.rule_kinds import CheckContext
from styleguides.sign import Sign
from styleguides.tokens import Normalised, Span, Special
from styleguides.word_lists import Hit, word_list
from styleguides.word_signs import LISTED, signs_of

_BREAK = re.compile(r"[.!?;\n…]")
_Made = TypeVar("_Made")


class once(Generic[_Made]):
    """`functools.cached_property` without its lock, dear beside such short work: one thread reads a text."""

    def __init__(self, make: Callable[[Any], _Made]) -> None:
        self._make = make
        self._name = make.__name__

    def __get__(self, reading: Any, owner: type | None = None) -> _Made:
        made = reading.__dict__[self._name] = self._make(reading)
        return made


class Reading:
    """Positions in here are those of `text`, the normalised text; `normalised` leads back to the text as given."""

    def __init__(self, given: str, language: LanguageData, stem_cache: StemCache, context: CheckContext) -> None:
        self.normalised = Normalised(given)
        self.text = text = self.normalised.text
        self.language = language
        self.context = context
        self.tag = language.code
        """The language, with its variant where that matters and is known."""
        self.pieces = Pieces(text)
        self.holds = self.pieces.holds
        """What the text holds at all (`styleguides.pieces`): most of what is looked for stands in few texts."""
        self.specials: list[Special] = tokens.specials(text) if self.holds & pieces.APART else []
        self._starts: list[int] | None = None
        self._hits: dict[str, list[Hit]] = {}
        self._showing: dict[int, frozenset[int]] = {}
        self.words: list[str]
        if self.specials:
            spans = tokens.word_spans(text, self.specials)
            self._starts = [start for start, _ in spans]
            self.words = [text[start:end] for start, end in spans]
        else:
            self.words = self.pieces.words()
        self.keys: list[str] = list(map(stem_cache.__getitem__, self.words))

    def span(self, place: int, size: int = 1) -> Span:
        """Where `size` words from `place` on stand."""
        start = self._start(place)
        if size == 1:
            return start, start + len(self.words[place])
        last = min(place + size, len(self.words)) - 1
        return start, self._start(last) + len(self.words[last])

    def spans(self, place: int, size: int) -> list[Span]:
        """Where each of `size` words from `place` on stands."""
        words = self.words[place : place + max(size, 0)]
        return [(start := self._start(at), start + len(word)) for at, word in enumerate(words, place)]

    def _start(self, place: int) -> int:
        """Where a word begins."""
        if self._starts is not None:
            return self._starts[place]
        return self.pieces.word_start(place, self.words[place])

    @once
    def plain_words(self) -> list[str]:
        return list(map(plain_of, self.words))

    @once
    def _signed(self) -> list[tuple[int, int]]:
        """Words that have signs, by place."""
        signs = list(map(signs_of(self.language.code), self.words))
        return list(compress(enumerate(signs), signs))

    @once
    def _shown(self) -> int:
        shown = 0
        for signs in {signs for _, signs in self._signed}:
            shown |= signs
        return shown

    def shows(self, wanted: int) -> bool:
        """Whether any word has one of these signs."""
        return self._shown & wanted != 0

    def places(self, wanted: int) -> list[int]:
        """Which words have one of these signs."""
        return [place for place, signs in self._signed if signs & wanted] if self._shown & wanted else []

    def broken(self, place: int, size: int) -> bool:
        """Whether a sentence ends among `size` words from `place` on."""
        start, end = self.span(place, size)
        return _BREAK.search(self.text, start, end) is not None

    @once
    def _ends(self) -> list[int]:
        """Where a sentence certainly ends."""
        found: list[int] = []
        holding = self.pieces.holding(pieces.END)
        if not holding:
            return found
        text, before, ends = self.pieces.all, self.pieces.lengths_before(), sure_ends(self.language.code)
        last = len(text) - 1
        for at in holding:
            if at == last:  # no space follows
                within = tuple(match.start() for match in self.language.sure_end.finditer(text[at]))
            else:
                within = ends(text[at])
            for place in within:
                found.append(before[at] + at + place)
        return found

    def sentence_of(self, place: int) -> int:
        """Which of the stretches between certain ends a word stands in: its sentence, seldom more."""
        return bisect_right(self._ends, self._start(place))

    def sentences_showing(self, wanted: int) -> frozenset[int]:
        """The stretches in which a word of this sign stands, be it within a link."""
        found = self._showing.get(wanted)
        if found is None:
            if self.specials:
                signs = signs_of(self.language.code)
                starts = [word.start() for word in tokens.WORD.finditer(self.text) if signs(word.group()) & wanted]
            else:
                starts = list(map(self._start, self.places(wanted)))
            found = self._showing[wanted] = frozenset(bisect_right(self._ends, start) for start in starts)
        return found

    def hits(self, name: str) -> list[Hit]:
        """Where words of the language's list of this name stand; worked out once, however many rules ask."""
        if not self._shown & LISTED[name]:
            return []
        if name not in self._hits:
            self._hits[name] = word_list(self.language.code, name).hits(self.keys, self.places(LISTED[name]))
        return self._hits[name]

    @once
    def address_marks(self) -> list[Mark]:
        return list(marks(self)) if self._shown & Sign.ADDRESS else []

    @once
    def negatives(self) -> list[Negative]:
        return list(negatives(self)) if self._shown & Sign.NEGATIVE else []

    @once
    def blames(self) -> list[Hit]:
        return blames(self)

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
        return tokens.emoji_spans(self.text) if self.holds & pieces.EMOJI else []

    @once
    def sentences(self) -> list[Span]:
        return tokens.sentence_spans(self.text, self.language.abbreviations, self.language.late_abbreviations)

    def may_hold_sentence_beyond(self, words: int) -> bool:
        """A quick no for most replies: whether between two certain ends of sentences there are more words than that."""
        text, start = self.text, 0
        for end in (*self._ends, len(text)):
            if end - start > 2 * words and len(text[start:end].split()) > words:
                return True
            start = end
        return False

    @once
    def links(self) -> list[Special]:
        return [special for special in self.specials if special.what == "link"]

    @once
    def capitals(self) -> list[int]:
        """Which words stand in capitals."""
        return self.places(Sign.CAPITALS)
