"""Health told of a person: a word of illness in a sentence that speaks to somebody or of somebody."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from styleguides.language import language_data, plain
from styleguides.promises import in_sentences_with
from styleguides.sign import Sign
from styleguides.word_lists import Hit

if TYPE_CHECKING:
    from styleguides.reading import Reading


@cache
def person_words(code: str) -> frozenset[str]:
    """Words that speak to somebody or of somebody."""
    return frozenset(map(plain, language_data(code).section("health").get("person", "").split()))


def health_words(reading: Reading) -> list[Hit]:
    """Where they stand. Linear in the text."""
    hits = reading.hits("health")
    return in_sentences_with(reading, hits, Sign.PERSON) if hits else []
