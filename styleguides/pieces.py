"""A text between its spaces. What a piece holds is remembered, so that most of a reply costs two look-ups a piece.

No word, link, emoji or end of a sentence stands across a space: what is true of the pieces is true of the text.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, compress
from operator import not_
from typing import Final

from styleguides.remembered import Remembered
from styleguides.tokens import WORD, may_hold_emoji, may_hold_specials

APART: Final = 1
"""Perhaps a link, a mail address, a handle or a hashtag."""
EMOJI: Final = 2
DIGIT: Final = 4
UNPRINTABLE: Final = 8
END: Final = 16
"""A mark that may end a sentence."""


def _holds(piece: str) -> int:
    return (
        (APART if may_hold_specials(piece) else 0)
        | (EMOJI if may_hold_emoji(piece) else 0)
        | (DIGIT if any("0" <= char <= "9" for char in piece) else 0)
        | (0 if piece.isprintable() else UNPRINTABLE)
        | (END if any(mark in piece for mark in ".!?\n") else 0)
    )


def _only_word(piece: str) -> str:
    """The word of a piece; empty where it holds none or several."""
    words: list[str] = WORD.findall(piece)
    return words[0] if len(words) == 1 else ""


_HOLDS: Final = Remembered(_holds).__getitem__
_ONLY_WORD: Final = Remembered(_only_word).__getitem__


class Pieces:
    """`holds` is what any of the pieces holds; `words` are those of the whole text, links and the like included."""

    __slots__ = ("_apart", "_firsts", "_held", "_offsets", "_starts", "all", "holds")

    def __init__(self, text: str) -> None:
        self.all: list[str] = text.split(" ")
        held = list(map(_HOLDS, self.all))
        self._held = list(compress(enumerate(held), held))
        self.holds = 0
        for one in {one for _, one in self._held}:
            self.holds |= one
        self._offsets: list[int] | None = None
        # Of pieces that hold no word or several: the place of their first word, which piece it is, how many they hold.
        self._firsts: list[int] = []
        self._apart: list[tuple[int, int]] = []
        self._starts: dict[int, list[int]] = {}

    def words(self) -> list[str]:
        """As `WORD.findall` finds them. To be called once, before `word_start`."""
        words = list(map(_ONLY_WORD, self.all))
        if "" not in words:
            return words
        joined: list[str] = []
        after = 0
        for at in compress(range(len(words)), map(not_, words)):
            joined += words[after:at]
            found = WORD.findall(self.all[at])
            self._firsts.append(len(joined))
            self._apart.append((at, len(found)))
            joined += found
            after = at + 1
        joined += words[after:]
        return joined

    def holding(self, wanted: int) -> list[int]:
        """Which pieces hold it."""
        return [at for at, held in self._held if held & wanted] if self.holds & wanted else []

    def lengths_before(self) -> list[int]:
        """By piece, the length of all before it; with as many spaces it begins there."""
        if self._offsets is None:
            self._offsets = list(accumulate(map(len, self.all), initial=0))
        return self._offsets

    def word_start(self, place: int, word: str) -> int:
        """Where the word of this place, which is `word`, begins in the text."""
        at = place
        last = bisect_right(self._firsts, place) - 1
        if last >= 0:
            piece, size = self._apart[last]
            within = place - self._firsts[last]
            if within < size:
                if piece not in self._starts:
                    self._starts[piece] = [match.start() for match in WORD.finditer(self.all[piece])]
                return self.lengths_before()[piece] + piece + self._starts[piece][within]
            at = piece + 1 + within - size
        # What stands before a piece's only word holds nothing a word can begin with: looking for it finds its place.
        return self.lengths_before()[at] + at + self.all[at].find(word)
