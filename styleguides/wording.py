"""How alike two texts are in their wording, whoever they were written to. Pure; linear in the text.

What differs from customer to customer is left out before anything is compared: the customer's name, numbers, links,
capitals, punctuation. What remains is compared as a set of pairs of neighbouring words (Jaccard: shared pairs of all
pairs). `NEAR` means about one word in seven changed in an answer of forty. Near ones are found among many by bands:
two texts share a band with a probability of 1 - (1 - likeness²)⁶, that is 0.99 at 0.75, 0.93 at 0.6, 0.22 at 0.2
(min-hashing, Broder 1997); whoever looks them up compares `features` afterwards. All of it is stored: the numbers below
may not change while rows made with them live.
"""

from __future__ import annotations

import hashlib
import struct
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from styleguides.language import plain
from styleguides.names import first_name, name_places
from styleguides.tokens import specials, word_spans

NEAR: Final = 0.6
BANDS: Final = 6
_IN_A_BAND: Final = 2
KEYS: Final = 4
_IN_A_KEY: Final = 6
_MOST_WORDS: Final = 2_000
_FEWEST_WORDS_OF_A_KEY: Final = 8
_PRIME: Final = (1 << 61) - 1


def _number(of: str) -> int:
    return int.from_bytes(hashlib.blake2b(of.encode(), digest_size=8).digest(), "big")


_FACTORS: Final = tuple(
    (_number(f"wording factor {n}") % (_PRIME - 1) + 1, _number(f"wording addend {n}") % _PRIME)
    for n in range(max(BANDS * _IN_A_BAND, KEYS * _IN_A_KEY))
)


@dataclass(frozen=True, slots=True)
class Wording:
    """`exact`: 32 bytes, the same for the same words in the same order. `features`: the pairs of words, four bytes
    each, in order. `bands`: signed 64-bit numbers, of which near-equal wordings share one.
    """

    exact: bytes
    features: bytes
    bands: tuple[int, ...]


def wording_of(text: str, customer_name: str | None = None) -> Wording:
    """The wording of a text. `customer_name` as the platform shows it: its words do not count."""
    words = _words(text, customer_name)
    features = _features(words)
    least = _least(features, BANDS * _IN_A_BAND)
    return Wording(
        exact=hashlib.sha256(" ".join(words).encode()).digest(),
        features=struct.pack(f">{len(features)}I", *sorted(features)),
        bands=tuple(
            int.from_bytes(_joined(least[at : at + _IN_A_BAND]), "big", signed=True)
            for at in range(0, BANDS * _IN_A_BAND, _IN_A_BAND)
        ),
    )


def likeness(one: bytes, other: bytes) -> float:
    """Shared pairs of all pairs of two wordings' `features`, from 0 to 1."""
    first, second = _unpacked(one), _unpacked(other)
    together = len(first | second)
    return len(first & second) / together if together else 1.0


def fingerprint_keys(text: str) -> set[str]:
    """Keys of which two texts that are nearly the same share one: with 0.99 at a likeness of 0.95, 0.7 at 0.8, 0.06 at
    0.5. Texts of fewer than eight words have none: half the world says the same in so few.
    """
    words = _words(text, None)
    if len(words) < _FEWEST_WORDS_OF_A_KEY:
        return set()
    least = _least(_features(words), KEYS * _IN_A_KEY)
    return {f"s:{_joined(least[at : at + _IN_A_KEY]).hex()}" for at in range(0, KEYS * _IN_A_KEY, _IN_A_KEY)}


def _words(text: str, customer_name: str | None) -> list[str]:
    text = unicodedata.normalize("NFC", text)
    written = [text[start:end] for start, end in word_spans(text, specials(text))][:_MOST_WORDS]
    left_out: set[int] = set()
    first = first_name(customer_name)
    if first is not None:
        left_out.update(name_places(written, first, True))
    named = {plain(word) for word in (customer_name or "")[:200].split()}
    words = []
    for place, word in enumerate(written):
        bare = plain(word)
        if place in left_out or bare in named or not bare:
            continue
        words.append("0" if any(char.isdigit() for char in bare) else bare)
    return words or [char for char in text if not char.isspace()][:_MOST_WORDS]


def _features(words: list[str]) -> set[int]:
    pairs = zip(["", *words], [*words, ""], strict=True)
    return {
        int.from_bytes(hashlib.blake2b(f"{one} {other}".encode(), digest_size=4).digest(), "big")
        for one, other in pairs
    }


def _least(features: Iterable[int], count: int) -> list[int]:
    known = tuple(features)
    return [min((factor * one + addend) % _PRIME for one in known) for factor, addend in _FACTORS[:count]]


def _joined(numbers: list[int]) -> bytes:
    return hashlib.blake2b(struct.pack(f">{len(numbers)}Q", *numbers), digest_size=8).digest()


def _unpacked(features: bytes) -> set[int]:
    return set(struct.unpack(f">{len(features) // 4}I", features))
