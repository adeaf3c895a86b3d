"""Forms of address: which words of a text speak to somebody as a friend, and which formally.

Pronouns and verbs are listed, with endings that only the second person has (and the words that merely look so).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from styleguides.language import language_data, plain, plain_of
from styleguides.sign import Sign
from styleguides.word_lists import plain_words

if TYPE_CHECKING:
    from styleguides.reading import Reading

WRONG_IN: Final = {
    "formal": frozenset({"familiar", "voce"}),
    "informal": frozenset({"formal", "voce", "distant"}),
    "voce": frozenset({"familiar", "formal"}),
}
"""Form a brand asks for -> the registers of the language files that break it."""

_ENDS_SENTENCE: Final = ".!?…\n:"


@dataclass(frozen=True, slots=True)
class Mark:
    """`size` words from `place` on, that speak in `register`; `instead` may stand in their place."""

    place: int
    size: int
    register: str
    instead: str | None


@dataclass(frozen=True, slots=True)
class _Register:
    name: str
    endings: tuple[str, ...]
    besides: frozenset[str]
    capital: frozenset[str]
    instead: tuple[tuple[str, str], ...]
    tolerated: dict[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class _Registers:
    all: tuple[_Register, ...]
    words: dict[str, _Register]
    openings: dict[str, _Register]
    phrases: dict[str, tuple[tuple[tuple[str, ...], _Register], ...]]
    endings: tuple[str, ...]
    capital: frozenset[str]


@cache
def _registers(code: str) -> _Registers:
    everything: list[_Register] = []
    words: dict[str, _Register] = {}
    openings: dict[str, _Register] = {}
    phrases: dict[str, list[tuple[tuple[str, ...], _Register]]] = {}
    for name, entry in language_data(code).section("address").items():
        register = _Register(
            name,
            tuple(entry.get("endings", "").split()),
            frozenset(map(plain, entry.get("besides", "").split())),
            frozenset(entry.get("capital", "").split()),
            tuple((ending, instead) for ending, instead in entry.get("instead", ())),
            {variant: frozenset(listed.split()) for variant, listed in entry.get("tolerated", {}).items()},
        )
        everything.append(register)
        words.update({plain(word): register for word in entry.get("words", "").split()})
        openings.update({plain(word): register for word in entry.get("openings", "").split()})
        for phrase in map(plain_words, entry.get("phrases", ())):
            phrases.setdefault(phrase[-1], []).append((phrase, register))
    return _Registers(
        tuple(everything),
        words,
        openings,
        {first: tuple(sorted(found, key=lambda one: -len(one[0]))) for first, found in phrases.items()},
        tuple(ending for register in everything for ending in register.endings),
        frozenset().union(*(register.capital for register in everything)),
    )


def marks(reading: Reading) -> Iterator[Mark]:
    """Every word that speaks to somebody in one register, in order."""
    registers = _registers(reading.language.code)
    if not registers.all:
        return
    free = 0
    for place in reading.places(Sign.ADDRESS):
        if place < free:
            continue
        word = plain_of(reading.words[place])
        found = _phrase(registers, reading, place, free, word) or _word(registers, reading, place, word)
        if found is None:
            continue
        register, size = found
        place -= size - 1
        if size == 1 and word in register.tolerated.get(reading.tag, ()):
            continue
        free = place + size
        yield Mark(place, size, register.name, _instead(register, reading.words[place]) if size == 1 else None)


def may_mark(code: str, written: str) -> bool:
    """Whether this word may be a mark at all: for most words that is all there is to know."""
    word, registers = plain(written), _registers(code)
    return (
        word in registers.words
        or word in registers.openings
        or word in registers.phrases
        or written in registers.capital
        or word.endswith(registers.endings)
    )


def _phrase(registers: _Registers, reading: Reading, place: int, free: int, word: str) -> tuple[_Register, int] | None:
    """A phrase that ends here: its last word is the rarer one."""
    for phrase, register in registers.phrases.get(word, ()):
        start = place - len(phrase) + 1
        if start >= free and tuple(reading.plain_words[start : place + 1]) == phrase:
            return register, len(phrase)
    return None


def _word(registers: _Registers, reading: Reading, place: int, word: str) -> tuple[_Register, int] | None:
    register = registers.words.get(word)
    if register is not None:
        return register, 1
    written = reading.words[place]
    if word.endswith(registers.endings):
        # A word with a capital inside a sentence is a name that only ends so.
        named = written[:1].isupper() and not written.isupper() and not _begins_sentence(reading, place)
        for register in registers.all:
            if not named and word.endswith(register.endings) and word not in register.besides:
                return register, 1
    register = registers.openings.get(word)
    if register is not None and _begins_sentence(reading, place):
        return register, 1
    if written in registers.capital and not _name_follows(reading, place):
        return next(register for register in registers.all if written in register.capital), 1
    return None


def _begins_sentence(reading: Reading, place: int) -> bool:
    if place == 0:
        return True
    (_, before), (after, _) = reading.spans(place - 1, 2)
    between = reading.text[before:after]
    return between != " " and any(mark in between for mark in _ENDS_SENTENCE)


def _name_follows(reading: Reading, place: int) -> bool:
    """`Pan Marek z serwisu` speaks of somebody, not to them."""
    if place + 1 >= len(reading.words) or not reading.words[place + 1][:1].isupper():
        return False
    (_, before), (after, _) = reading.spans(place, 2)
    return reading.text[before:after].isspace() and "\n" not in reading.text[before:after]


def _instead(register: _Register, written: str) -> str | None:
    word = plain_of(written)
    for ending, instead in register.instead:
        if not word.endswith(ending):
            continue
        if word != ending:
            # An apostrophe of the text is one character, straight or not: what stands before the ending is kept.
            return written[: len(written) - len(ending)] + instead if len(written) == len(word) else None
        if not instead.startswith(" "):
            return instead[0].upper() + instead[1:] if written[:1].isupper() else instead
    return None
