"""Customers' names: which word of a display name to greet with, and whether a text does."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from styleguides.language import plain
from styleguides.tokens import WORD

_NOT_NAMES = frozenset(
    ("google", "facebook", "instagram", "user", "użytkownik", "usuário", "utilizador", "usuario", "customer", "guest")
)
_VOWELS = "aeiouyąęóáâãéêíõú"
_LONGEST_ENDING = 3


@lru_cache(4_000)
def first_name(display_name: str | None) -> str | None:
    """The word to greet with, or None where the display name is a handle, a placeholder or no name at all."""
    if not display_name or len(display_name) > 200:
        return None
    words = WORD.findall(display_name)
    if not words or any(char.isdigit() or char in "_@" for char in display_name):
        return None
    if any(plain(word) in _NOT_NAMES for word in words):
        return None
    first: str = words[0]
    if len(first) < 2 or first != first.lstrip() or first[0].islower():
        return None
    return first.capitalize() if first.isupper() and len(first) > 2 else first


def _without_accents(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))


@lru_cache(4_000)
def _beginnings(name: str) -> tuple[str, ...]:
    """What the forms of a Slavic first name begin with: Anna, Anno; Marek, Marku; Paweł, Pawle."""
    beginnings = [name[:-1] if name[-1] in _VOWELS and len(name) > 2 else name]
    if len(name) > 3 and name[-2] == "e" and name[-1] not in _VOWELS:
        beginnings.append(name[:-2] + name[-1])
    return tuple(dict.fromkeys([*beginnings, *(b[:-1] + "l" for b in beginnings if b.endswith("ł"))]))


def name_places(words: Sequence[str], name: str, inflected: bool) -> list[int]:
    """At which of the words the name stands, in any of its forms where the language inflects names."""
    wanted = plain(name)
    bare = _without_accents(wanted)
    beginnings = _beginnings(wanted) if inflected else ()
    places = []
    for place, word in enumerate(words):
        if not word[0].isupper() and word[0].lower() != word[0].upper():
            continue
        given = plain(word)
        same = given == wanted or (len(given) == len(bare) and _without_accents(given) == bare)
        if same or any(given.startswith(b) and len(given) - len(b) <= _LONGEST_ENDING for b in beginnings):
            places.append(place)
    return places
