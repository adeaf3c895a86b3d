"""Which variant of a language a text is in: pt-BR or pt-PT, en-GB or en-US, es-ES or es-MX.

Told only by words and turns that the other variant does not have; where a text shows none, or shows both, nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from styleguides.language import base_language, language_data, plain
from styleguides.tokens import running_words


@dataclass(frozen=True, slots=True)
class _Signs:
    words: frozenset[str]
    endings: tuple[str, ...]
    turns: Mapping[str, tuple[tuple[str, ...], ...]]


@cache
def _signs(code: str) -> dict[str, _Signs]:
    found: dict[str, _Signs] = {}
    for variant, entry in language_data(code).section("variants").items():
        turns: dict[str, list[tuple[str, ...]]] = {}
        for turn in entry.get("pairs", ()):
            first, *rest = turn.split()
            turns.setdefault(first, []).append(tuple(rest))
        found[variant] = _Signs(
            frozenset(entry.get("words", "").split()),
            tuple(entry.get("endings", "").split()),
            {first: tuple(rests) for first, rests in turns.items()},
        )
    return found


def variants(code: str) -> tuple[str, ...]:
    """The variants of a language that are told apart."""
    return tuple(_signs(code))


@lru_cache(1_000)
def language_tag(code: str | None) -> str | None:
    """A language code with its variant where that is one we know: `pt_br` is `pt-BR`, `pt-AO` is `pt`."""
    base = base_language(code)
    if base is None or code is None:
        return None
    wanted = code.replace("_", "-").lower()
    return next((variant for variant in variants(base) if variant.lower() == wanted), base)


def variant_shown(code: str, words: Sequence[str]) -> str | None:
    """The variant that these plain words of a text in language `code` show, or None. Linear in the words."""
    shown = {variant for variant, signs in _signs(code).items() if _shows(signs, words)}
    return shown.pop() if len(shown) == 1 else None


def detect_variant(text: str, code: str) -> str | None:
    """The same for a text."""
    return variant_shown(code, [plain(word) for word in running_words(text).split()])


def _shows(signs: _Signs, words: Sequence[str]) -> bool:
    if not signs.words.isdisjoint(words):
        return True
    if signs.endings and any(word.endswith(signs.endings) for word in words):
        return True
    return any(
        _follows(rest, words[place + 1 : place + 1 + len(rest)])
        for place, word in enumerate(words)
        if word in signs.turns
        for rest in signs.turns[word]
    )


def _follows(turn: Sequence[str], words: Sequence[str]) -> bool:
    return len(turn) == len(words) and all(
        word.endswith(wanted[1:]) if wanted[0] == "*" else word == wanted
        for wanted, word in zip(turn, words, strict=True)
    )
