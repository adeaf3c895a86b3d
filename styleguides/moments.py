"""Words that name a moment or a time from now: `tomorrow`, `the end of next week`, `24 hours`, `15:00`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from styleguides.language import language_data

_MOST_FILLERS = 3


@dataclass(frozen=True, slots=True)
class Moments:
    """What a language says of times; all words plain."""

    words: frozenset[str]
    fillers: frozenset[str]
    units: frozenset[str]
    numbers: frozenset[str]
    between: frozenset[str]

    def after(self, words: Sequence[str], place: int) -> int:
        """The place after the moment that begins at `place`; `place` itself where none does."""
        at = place
        while at < len(words) and at - place < _MOST_FILLERS and words[at] in self.fillers:
            at += 1
        if at >= len(words):
            return place
        word = words[at]
        if word in self.words:
            return at + 1
        if word[:1].isdigit():
            return self._unit_after(words, at + 1) or at + 1
        if word in self.numbers:
            return self._unit_after(words, at + 1) or place
        # `ciągu doby`, `próximas horas`: the unit alone, after a word that leads to it
        return at + 1 if at > place and word in self.units else place

    def _unit_after(self, words: Sequence[str], at: int) -> int:
        if at < len(words) and words[at] in self.between:
            at += 1
        if at < len(words) and (words[at] in self.units or words[at].isdigit()):
            return at + 1
        return 0


@cache
def moments(code: str) -> Moments:
    """The moments of a language; none of an unknown one."""
    section = language_data(code).section("times")
    return Moments(
        *(frozenset(section.get(name, "").split()) for name in ("words", "fillers", "units", "numbers", "between"))
    )
