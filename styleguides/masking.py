"""Personal data taken out of a text that leaves the conversation it was written in: lists, mails, notices, logs."""

from __future__ import annotations

import re
from typing import Final

from styleguides.personal_data import personal_data

MASK: Final = "•••"
"""Stands in for what was there; says nothing of its length or sort."""

_PASSES: Final = 4
"""Of two numbers that touch, the second may be seen only once the first is gone."""
_LONG_NUMBER = re.compile(r"\d{3,}")
_DIGIT = re.compile(r"\d", re.ASCII)
_FEWEST_DIGITS: Final = 6
"""Of the shortest number that is somebody's (three letters and six digits of a Polish identity card)."""


def masked(text: str) -> str:
    """The text with each mail address, phone, card, account and identity number replaced; again is the same. Linear."""
    if "@" not in text and len(_DIGIT.findall(text)) < _FEWEST_DIGITS:
        return text
    for _ in range(_PASSES):
        found = personal_data(text)
        if not found:
            return text
        parts: list[str] = []
        at = 0
        for one in found:
            parts += (text[at : one.start], MASK)
            at = one.end
        text = "".join((*parts, text[at:]))
    return _LONG_NUMBER.sub(MASK, text) if personal_data(text) else text  # numbers without end: better none of them
