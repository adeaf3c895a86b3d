"""How much of one text is another: by the pairs of words that follow each other. Linear in both.

For the check while somebody types; `styleguides.wording` makes what is stored and looked up among many.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from styleguides.language import plain
from styleguides.tokens import WORD

_PLACE = re.compile(r"\{[^{}\n]{0,60}\}")


def words_to_compare(text: str, name: str | None = None) -> list[str]:
    """The plain words of a text without places to fill (`{name}`) and without the customer's name."""
    leave_out = plain(name) if name else None
    found = map(plain, WORD.findall(_PLACE.sub(" ", text) if "{" in text else text))
    return [word for word in found if word != leave_out]


def likeness_percent(one: Sequence[str], other: Sequence[str]) -> int:
    """100 for the same words in the same order, 0 where no two words follow each other in both. Rounded down."""
    if not one or not other:
        return 0
    pairs, others = _pairs(one), _pairs(other)
    shared = (pairs & others).total()
    return 200 * shared // (pairs.total() + others.total())


def _pairs(words: Sequence[str]) -> Counter[tuple[str, str]]:
    return Counter(zip(("", *words), (*words, ""), strict=True))
