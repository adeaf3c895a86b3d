"""Personal data taken out of a text that leaves the conversation it was written in: lists, mails, notices, logs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from styleguides.language import base_language, language_data, plain
from styleguides.names import first_name, name_places
from styleguides.personal_data import personal_data
from styleguides.tokens import specials, word_spans

MASK: Final = "•••"
"""Stands in for what was there; says nothing of its length or sort."""

_PASSES: Final = 4
"""Of two numbers that touch, the second may be seen only once the first is gone."""
_LONGEST_NAME: Final = 200
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


def masked_person(text: str, display_name: str | None, language: str | None = None, *, name: str = MASK) -> str:
    """The same, with `name` in the place of the words of a person's name, in all its forms in the language. Linear."""
    text = masked(text)
    first = first_name(display_name)
    named = {plain(word) for word in (display_name or "")[:_LONGEST_NAME].split() if len(word) > 1}
    if not named:
        return text
    spans = word_spans(text, specials(text))
    written = [text[start:end] for start, end in spans]
    inflected = language is None or language_data(base_language(language)).names_inflect
    places = set(name_places(written, first, inflected)) if first is not None else set()
    places |= {place for place, word in enumerate(written) if word[0].isupper() and plain(word) in named}
    parts: list[str] = []
    at = 0
    for place in sorted(places):
        start, end = spans[place]
        if parts and not text[at:start].strip():
            at = end  # the words of one name are masked as one
            continue
        parts += (text[at:start], name)
        at = end
    return "".join((*parts, text[at:]))


def masked_people(text: str, names: Iterable[str], language: str | None = None, *, name: str = MASK) -> str:
    """The same for several names: who was written to may have had another one then, or others may stand in the text."""
    text = masked(text)
    for one in dict.fromkeys(names):
        text = masked_person(text, one, language, name=name)
    return text
