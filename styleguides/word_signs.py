"""The signs of each word of a language, by everything the language's file lists."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from styleguides.address import may_mark
from styleguides.health import person_words
from styleguides.language import plain, stems
from styleguides.negatives import first_words
from styleguides.promises import time_words
from styleguides.remembered import Remembered
from styleguides.sign import Sign
from styleguides.word_lists import word_list

LISTED = {"sales_talk": Sign.SALES_TALK, "promises": Sign.PROMISES, "health": Sign.HEALTH}
"""List of a language file -> the sign of words by which its entries are found."""


@cache
def signs_of(code: str) -> Callable[[str], int]:
    """Word as written -> its signs."""
    firsts, rarest = first_words(code)
    times, persons, keys = time_words(code), person_words(code), stems(code)
    listed = [(word_list(code, name).anchors, sign) for name, sign in LISTED.items()]

    def signs(written: str) -> int:
        word, key = plain(written), keys[written]
        found = 0
        for holds, sign in (
            (written.isupper(), Sign.CAPITALS),
            (may_mark(code, written), Sign.ADDRESS),
            (word in firsts, Sign.NEGATIVE_FIRST),
            (word in rarest, Sign.NEGATIVE),
            (word in times.alone.anchors, Sign.TIME),
            (word in times.after, Sign.BEFORE_TIME),
            (times.speaks_of_future(word), Sign.FUTURE),
            (word in persons, Sign.PERSON),
            *((key in anchors, sign) for anchors, sign in listed),
        ):
            if holds:
                found |= sign
        return found

    return Remembered(signs).__getitem__
