"""The words of a question that tell what it is about, and which of many answered questions are near to it. Pure.

A word counts by its stem, in the language of the question. Rare stems count more: what hardly anybody asked about says
what a question is about. Recent answers count more: what was said last is what a customer can hold against the brand.
Time grows linearly with the text, and with the postings looked at.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from styleguides.language import base_language, language_data, plain, stems
from styleguides.masking import masked
from styleguides.scenarios import LITTLE_WORDS, LONGEST_READ
from styleguides.tokens import Normalised, specials, word_spans

MOST_WORDS: Final = 32
"""Stems of one question that count, in the order they are said: who writes more has said by then what it is about."""
_FEWEST_LETTERS: Final = 3
_LONGEST_WORD: Final = 40
NEAR: Final = 0.34
"""The least share of what a question's words weigh that another must have to be near, with two of its words."""
NEAR_BY_ONE: Final = 0.6
"""The same where they share one word only."""
HALF_LIFE_DAYS: Final = 90
_LEAST_FRESHNESS: Final = 0.5


def question_words(text: str, language: str | None, but: frozenset[str] = frozenset()) -> dict[str, str]:
    """Stem -> word as it is written first, of what tells: at most MOST_WORDS, in order.

    Left out: personal data, links, handles, whatever has a digit, words that are in every question, `but` for these. An
    unknown language has whole words in place of stems.
    """
    read = Normalised(masked(text[:LONGEST_READ])).text
    code = base_language(language)
    cache_of, little = stems(code), little_words(code or "") - but
    found: dict[str, str] = {}
    for start, end in word_spans(read, specials(read)):
        if end - start > _LONGEST_WORD:
            continue
        word = read[start:end]
        bare = plain(word)
        if len(bare) < (_FEWEST_LETTERS if bare.isascii() else 2) or bare in little or any(map(str.isdigit, bare)):
            continue
        found.setdefault(cache_of[word], word)
        if len(found) == MOST_WORDS:
            break
    return found


def stem_number(stem: str, key: bytes) -> int:
    """A stem as it is stored: a hash keyed by the brand's own key, signed 64 bits."""
    digest = hashlib.blake2b(stem.encode("utf-8", "surrogatepass"), key=key[:64], digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class Posting(NamedTuple):
    """That an answered question has a stem."""

    stem: int
    reply_id: UUID
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class NearQuestion:
    """An answered question that is near: what it shares with the one asked, the rarest first."""

    reply_id: UUID
    answered_at: datetime
    points: float
    stems: tuple[int, ...]


def weight(answers: int, with_stem: int) -> float:
    """What a stem counts that stands in `with_stem` of `answers` questions (inverse document frequency, in bits)."""
    with_stem = max(1, with_stem)
    return math.log2(1 + max(answers, with_stem) / with_stem)


def nearest(postings: Iterable[Posting], weights: Mapping[int, float], now: datetime, most: int) -> list[NearQuestion]:
    """The nearest, the best first: by points, then the newest, then by id. `weights`: of the stems asked for."""
    shared: dict[UUID, set[int]] = {}
    answered: dict[UUID, datetime] = {}
    for one in postings:
        if one.stem in weights:
            shared.setdefault(one.reply_id, set()).add(one.stem)
            answered[one.reply_id] = max(one.answered_at, answered.get(one.reply_id, one.answered_at))
    whole = math.fsum(weights.values())
    found = []
    for reply_id, found_stems in shared.items():
        share = math.fsum(weights[stem] for stem in found_stems) / whole
        if share >= (NEAR if len(found_stems) > 1 else NEAR_BY_ONE):
            in_order = tuple(sorted(found_stems, key=lambda stem: (-weights[stem], stem)))
            points = share * _freshness(answered[reply_id], now)
            found.append(NearQuestion(reply_id, answered[reply_id], points, in_order))
    found.sort(key=lambda one: (-one.points, -one.answered_at.timestamp(), one.reply_id))
    return found[:most]


def _freshness(answered_at: datetime, now: datetime) -> float:
    days = max(0.0, (now - answered_at).total_seconds() / 86_400)
    half: float = 0.5 ** (days / HALF_LIFE_DAYS)
    return _LEAST_FRESHNESS + (1 - _LEAST_FRESHNESS) * half


@cache
def little_words(code: str) -> frozenset[str]:
    """Words of a language that are in every question."""
    listed = language_data(code).section("questions").get("little", "")
    return LITTLE_WORDS | frozenset(map(plain, listed.split()))
