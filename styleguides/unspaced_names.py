"""Names in scripts that put no blank between words (Han, kana, Thai, Lao, Burmese, Khmer), inside a text in them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from styleguides.tokens import WORD, Span
from tenants.brand_marks import UNSPACED_LETTERS, folded
from tenants.name_forms import MIDDLE_DOT, UNSPACED, set_apart

_BETWEEN: Final = r"\W{0,3}"
"""What may stand between the parts of a name or sign-off."""
_KATAKANA: Final = re.compile(r"[\u30a1-\u30fa\u30fc]")


def is_unspaced(name: str) -> bool:
    """Whether a name is written in such a script alone."""
    return not name.isascii() and UNSPACED.search(name) is not None and not WORD.search(set_apart(name))


@lru_cache(4_096)
def _pattern(name: str) -> re.Pattern[str] | None:
    runs = UNSPACED.findall(folded(name).replace(MIDDLE_DOT, ""))
    if max(map(len, runs), default=0) < UNSPACED_LETTERS[0]:
        return None
    # A word of katakana ends where another script begins: ロイ is no part of ロイヤル.
    before = rf"(?<!{_KATAKANA.pattern})" if _KATAKANA.match(runs[0][0]) else ""
    after = rf"(?!{_KATAKANA.pattern})" if _KATAKANA.match(runs[-1][-1]) else ""
    return re.compile(before + _BETWEEN.join(map(re.escape, runs)) + after)


class UnspacedText:
    """A text as names in such scripts are looked for in it."""

    def __init__(self, text: str) -> None:
        pieces, self._places = [], []
        for place, char in enumerate(text):
            piece = folded(char).replace(MIDDLE_DOT, "")
            pieces.append(piece)
            self._places += [place] * len(piece)
        self._folded = "".join(pieces)

    def places_of(self, name: str) -> list[Span]:
        """Where the name's letters stand together, in the text as it was given; none for a name of one letter."""
        pattern = _pattern(name)
        if pattern is None:
            return []
        return [
            (self._places[found.start()], self._places[found.end() - 1] + 1) for found in pattern.finditer(self._folded)
        ]
