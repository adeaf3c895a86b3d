"""Which rules a customer's words fulfil. Pure, and not one rule after the other: a thousand cost hardly more than ten.

Every rule has a bit. For each thing a condition may ask of (a platform, a star, an hour) one number says which rules
are content with it, so that a text's answer is a handful of numbers put together. Words are found by stem, one look-up
a word for all rules, as those of guidelines are (`styleguides.scenarios`). The order is that of the rules; one that
stops ends it.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import time
from typing import Any, Final, NamedTuple
from uuid import UUID

from agency.inbox.triage.terms import PRIVATE, PUBLIC, Conditions, Phrase, Terms
from styleguides.language import StemCache, base_language, stems
from styleguides.tokens import WORD, Normalised

LONGEST_READ: Final = 10_000
"""Characters of a text that are looked at."""
SPANS_KEPT: Final = 5
"""Places of words that are told with a hit, the first ones."""
PRIVATE_KIND: Final = "message"

Span = tuple[int, int]
Keys = tuple[str, ...]
"""A phrase by the stems of its words."""


class Rule(NamedTuple):
    """A rule that is on, as it is matched."""

    id: UUID
    version: int
    name: str
    terms: Terms
    stops: bool = False


class Facts(NamedTuple):
    """What is known of a customer's words. `weekday` (1 is Monday) and `minute` of the day are by the brand's clock."""

    text: str
    platform: str
    kind: str
    language: str | None = None
    stars: int | None = None
    sentiment: str | None = None
    act: str | None = None
    topics: frozenset[str] = frozenset()
    is_vip: bool = False
    weekday: int = 1
    minute: int = 0


class Hit(NamedTuple):
    """A rule that holds. `spans`: where its words stand in the text, at most SPANS_KEPT; `taken`: no rule before it
    said that it is the last.
    """

    rule: Rule
    spans: tuple[Span, ...]
    taken: bool


class _Words:
    """The phrases of all rules for texts of one language."""

    __slots__ = ("cache", "keys", "sizes", "unwanted", "wanted")

    def __init__(self, rules: Sequence[Rule], language: str | None) -> None:
        self.cache = stems(language)
        self.wanted: dict[Keys, int] = {}
        self.unwanted: dict[Keys, int] = {}
        self.keys: list[tuple[Keys, ...]] = []
        for number, rule in enumerate(rules):
            conditions = rule.terms.conditions
            for keys in self._keys_of(conditions.without, language):
                self.unwanted[keys] = self.unwanted.get(keys, 0) | 1 << number
            self.keys.append(self._keys_of(conditions.words, language))
            for keys in self.keys[-1]:
                self.wanted[keys] = self.wanted.get(keys, 0) | 1 << number
        self.sizes: dict[str, tuple[int, ...]] = {}
        for keys in sorted({*self.wanted, *self.unwanted}, key=len):
            known = self.sizes.get(keys[0], ())
            self.sizes[keys[0]] = known if len(keys) in known else (*known, len(keys))

    def _keys_of(self, phrases: Iterable[Phrase], language: str | None) -> tuple[Keys, ...]:
        return tuple({keys_of(one, self.cache): None for one in phrases if is_spoken(one.language, language)})

    def said(self, given: Normalised) -> dict[Keys, list[Span]]:
        """What of all phrases the text says, and where it stands first."""
        words = list(WORD.finditer(given.text))
        keys = [self.cache[word.group()] for word in words]
        found: dict[Keys, list[Span]] = {}
        for at, key in enumerate(keys):
            for size in self.sizes.get(key, ()):
                here = tuple(keys[at : at + size])
                if len(here) == size and (here in self.wanted or here in self.unwanted):
                    spans = found.setdefault(here, [])
                    if len(spans) < SPANS_KEPT:
                        spans.append(given.given_span(words[at].start(), words[at + size - 1].end()))
        return found

    def spans_of(self, number: int, said: dict[Keys, list[Span]]) -> tuple[Span, ...]:
        """Where the words of a rule stand, in the order of the text."""
        return tuple(sorted(span for keys in self.keys[number] for span in said.get(keys, ()))[:SPANS_KEPT])


class Rulebook:
    """Rules in their order, made ready. Threads may share it; the words of a language are read at its first text."""

    __slots__ = ("_asked", "_hours", "_hours_from", "_indexes", "_lock", "_wordless", "rules")

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._indexes: dict[str, _Words] = {}
        self._lock = threading.Lock()
        self._wordless = self._bits(lambda one: not one.words)
        self._asked = {name: self._mask(takes) for name, takes in _TAKES.items()}
        windows = [(number, _window(rule.terms.conditions)) for number, rule in enumerate(self.rules)]
        edges = sorted({edge for _, spans in windows for span in spans for edge in span} | {0})
        self._hours_from = edges
        self._hours = [
            sum(1 << number for number, spans in windows if any(start <= edge < end for start, end in spans))
            for edge in edges
        ]

    def __len__(self) -> int:
        return len(self.rules)

    def _bits(self, holds: Callable[[Conditions], bool]) -> int:
        return sum(1 << number for number, rule in enumerate(self.rules) if holds(rule.terms.conditions))

    def _mask(self, takes: Callable[[Conditions], Any]) -> dict[Any, int]:
        """Value → the rules content with it; under None those that do not ask, which any other value has."""
        whatever, masks = 0, dict[Any, int]()
        for number, rule in enumerate(self.rules):
            values = takes(rule.terms.conditions)
            if not values:
                whatever |= 1 << number
            for value in values:
                masks[value] = masks.get(value, 0) | 1 << number
        return {None: whatever, **{value: mask | whatever for value, mask in masks.items()}}

    def _words(self, language: str | None) -> _Words:
        key = language or ""
        known = self._indexes.get(key)
        if known is None:
            with self._lock:
                known = self._indexes.get(key)
                if known is None:
                    known = _Words(self.rules, language)
                    if len(self._indexes) < MOST_LANGUAGES:
                        self._indexes[key] = known
        return known

    def hits(self, facts: Facts) -> list[Hit]:
        """The rules that hold, in their order."""
        language = base_language(facts.language)
        left = self._hours[bisect_right(self._hours_from, facts.minute) - 1]
        for name, mask in self._asked.items():
            left &= _content(mask, _VALUES[name](facts, language))
        if not left:
            return []
        words = self._words(language)
        said = words.said(Normalised(facts.text[:LONGEST_READ]))
        wanted, unwanted = self._wordless, 0
        for keys in said:
            wanted |= words.wanted.get(keys, 0)
            unwanted |= words.unwanted.get(keys, 0)
        hits, taken = list[Hit](), True
        for number in _numbers(left & wanted & ~unwanted):
            rule = self.rules[number]
            hits.append(Hit(rule, words.spans_of(number, said), taken))
            taken = taken and not rule.stops
        return hits


MOST_LANGUAGES: Final = 64
"""Languages whose words a book keeps ready; a text in one more is read by words made for it."""


def keys_of(phrase: Phrase, cache: StemCache) -> Keys:
    """The stems of a phrase in a language."""
    return tuple(cache[word] for word in WORD.findall(Normalised(phrase.words).text))


def is_spoken(of_phrase: str, of_text: str | None) -> bool:
    """Whether a phrase of a language is looked for in a text of one; where nobody could tell, every phrase is."""
    return not of_phrase or of_text is None or of_phrase == of_text


def _window(conditions: Conditions) -> tuple[Span, ...]:
    """Minutes of the day, each span up to its end."""
    if conditions.from_time is None or conditions.until_time is None:
        return ((0, _DAY),)
    start, end = _minutes(conditions.from_time), _minutes(conditions.until_time)
    return ((start, end),) if start < end else ((start, _DAY), (0, end))


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _stars(one: Conditions) -> Sequence[int]:
    if one.stars_from is None and one.stars_to is None:
        return ()
    return range(one.stars_from or 1, (one.stars_to or 5) + 1)


_DAY: Final = 24 * 60
_TAKES: Final[dict[str, Callable[[Conditions], Any]]] = {
    "platform": lambda one: one.platforms,
    "kind": lambda one: one.kinds,
    "seen_by": lambda one: (one.seen_by,) if one.seen_by else (),
    "language": lambda one: one.languages,
    "stars": _stars,
    "sentiment": lambda one: one.sentiments,
    "act": lambda one: one.acts,
    "topic": lambda one: one.topics,
    "vip": lambda one: (True,) if one.vip else (),
    "weekday": lambda one: one.weekdays,
}
"""What a condition asks of; nothing where it does not."""
_VALUES: Final[dict[str, Callable[[Facts, str | None], Any]]] = {
    "platform": lambda facts, _: facts.platform,
    "kind": lambda facts, _: facts.kind,
    "seen_by": lambda facts, _: PRIVATE if facts.kind == PRIVATE_KIND else PUBLIC,
    "language": lambda _, language: language,
    "stars": lambda facts, _: facts.stars,
    "sentiment": lambda facts, _: facts.sentiment,
    "act": lambda facts, _: facts.act,
    "topic": lambda facts, _: facts.topics,
    "vip": lambda facts, _: facts.is_vip,
    "weekday": lambda facts, _: facts.weekday,
}


def _content(mask: dict[Any, int], value: Any) -> int:
    if isinstance(value, frozenset):
        bits = mask[None]
        for one in value:
            bits |= mask.get(one, 0)
        return bits
    return mask.get(value, mask[None])


def _numbers(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
