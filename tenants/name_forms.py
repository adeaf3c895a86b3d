"""How a name looks inside a sentence: Polish names whose last letters change, scripts without blanks between words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

SHORTEST_LISTED: Final = 4
LONGEST_LISTED: Final = 30

_NOUN: Final = "a y i e o ę ą ie om ami ach"
_ADJECTIVE: Final = "a y i e ę ą ej ego emu ym ych ymi iej iego iemu im ich imi"
_MASCULINE: Final = "a u owi em iem ie i y e ów om ami ach"
_SOFTER: Final = (
    *(("st", "ście"), ("zd", "ździe"), ("sł", "śle"), ("sn", "śnie"), ("ch", "sze")),
    *(("k", "ce"), ("g", "dze"), ("r", "rze"), ("t", "cie"), ("d", "dzie"), ("ł", "le"), ("n", "nie")),
)
"""How a stem ends before the dative and locative, from the longest: Żabka, Żabce; Kora, Korze; Świt, Świcie."""
_FLEETING: Final = (("iec", "c"), ("ień", "ni"), ("ek", "k"), ("ec", "c"), ("eł", "ł"), ("er", "r"))
"""A vowel that only the first form has: Domek, Domku."""

_SCRIPTS: Final = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    r"\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fb-\u30ff\uff65\u31f0-\u31ff\uff66-\uff9f"  # kana
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
MIDDLE_DOT: Final = "・"
"""Between the words of a name in katakana, for whoever cares to write it."""
UNSPACED: Final = re.compile(rf"[{_SCRIPTS}][{_SCRIPTS}\u200b-\u200d\u2060\ufe00-\ufe0f]*")
"""A run of letters of scripts without blanks between words, with the unseen ones among them."""


@lru_cache(4_096)
def polish_forms(word: str) -> frozenset[str]:
    """The cases a short word of a name may stand in, in small letters with their accents; empty for other words.

    Names are invented words and nobody knows their declension, so all that may be are listed: as a noun and as an
    adjective, with the consonants that soften and the vowels that go.
    """
    plain = unicodedata.normalize("NFC", word).casefold()
    if not SHORTEST_LISTED <= len(plain) <= LONGEST_LISTED or not plain.isalpha():
        return frozenset()
    if plain[-1] in "ayioe":
        stem = plain[:-1]
        return frozenset({stem + ending for ending in f"{_NOUN} {_ADJECTIVE}".split()} | _softened(stem))
    stems = {plain, *(plain[: -len(end)] + short for end, short in _FLEETING if plain.endswith(end))}
    if plain[-2] == "ą":
        stems.add(f"{plain[:-2]}ę{plain[-1]}")  # Dąb, Dębu
    return frozenset(form for stem in stems for form in (*(stem + end for end in _MASCULINE.split()), *_softened(stem)))


def _softened(stem: str) -> set[str]:
    return next(({stem[: -len(end)] + soft} for end, soft in _SOFTER if stem.endswith(end)), set())


def set_apart(text: str) -> str:
    """The same text, as long, with blanks where such letters stand: what other scripts say between them."""
    return UNSPACED.sub(lambda found: " " * len(found.group()), text)
