"""Which of a brand's scenarios fit a case, the best first, each with the reasons it was picked. Pure.

A condition that a scenario names must hold: its words (one of them), stars, case, kind, platform, language. What is not
known of a case (its language, the stars of a comment) contradicts nothing and counts for nothing. A scenario that names
no condition is found by the words of its title, so that one written in prose alone is of use, too.

Points order what fits: what says more about a case counts more. Ties stand by title, then by id. Words are found by
stem, in the language of the case; the words of all scenarios stand in one dictionary, so that a text costs a look-up a
word however many scenarios there are.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from styleguides.language import StemCache, base_language, plain, stems
from styleguides.tokens import WORD, Normalised

CASE_KINDS: Final = ("urgent", "complaint", "question", "praise")
"""What a case may be, by its stars and words; one may be several."""
KINDS: Final = ("comment", "review", "post", "mention", "message")
PLATFORMS: Final = ("facebook", "instagram", "google_business")

PartOfCase = Literal["words", "title", "stars", "case", "kind", "platform", "language"]

WORD_POINTS: Final = 8
"""For each phrase of the scenario that the customer says, and half as many for each further word of a phrase."""
MOST_COUNTED: Final = 3
"""Phrases beyond these add nothing: who lists fifty synonyms knows no better."""
TITLE_POINTS: Final = 3
CONDITION_POINTS: Final[dict[PartOfCase, int]] = {"case": 5, "stars": 4, "kind": 3, "platform": 2, "language": 1}
LONGEST_READ: Final = 10_000
"""Characters of a case's words that are looked at."""

_LITTLE = (
    "about after also been before being case cases could customer customers does down each from have here into just "
    "like more most much other over question some somebody than that their them then there these they this those very "
    "want wants were what when where which while with would your "
    "albo bardzo było były gdzie gość goście gościa jest jeśli kiedy klient klienta które który mają może niż oraz "
    "pyta przed przez przy sprawie takie tego temu tylko żeby "
    "alguém como cliente clientes depois esta este isso mais muito não para pela pelo pergunta porque quando quem "
    "sobre também uma você vocês alguien cuando desde donde hasta pero quien también"
)
LITTLE_WORDS: Final = frozenset(_LITTLE.split())
"""Words of titles that tell no case from another."""
_FEWEST_LETTERS = 4


@dataclass(frozen=True, slots=True)
class Scenario:
    """When a guideline applies. Empty and None mean: whatever it is."""

    id: UUID
    title: str
    words: tuple[str, ...] = ()
    case_kinds: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    min_stars: int | None = None
    max_stars: int | None = None

    @property
    def has_conditions(self) -> bool:
        """Whether anything says when it applies."""
        stars = self.min_stars is not None or self.max_stars is not None
        return stars or any((self.words, self.case_kinds, self.kinds, self.platforms, self.languages))


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What is known of a case. `words` are the customer's; `language` is ISO 639-1, None where nobody could tell."""

    words: str
    language: str | None = None
    stars: int | None = None
    case_kinds: frozenset[str] = frozenset()
    kind: str | None = None
    platform: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a scenario was picked: a part of the case, and what was found there.

    `words` and `title`: the words as the customer wrote them; `stars`: the least and the most, each empty where there
    is none; the others: the codes that fit.
    """

    part: PartOfCase
    found: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picked:
    """A scenario that fits. Reasons stand in the order words, title, stars, case, kind, platform, language."""

    id: UUID
    points: int
    reasons: tuple[Reason, ...]


class _Phrase:
    """Words of a scenario by stem. `place` is the scenario's place in the order of ties."""

    __slots__ = ("is_title", "keys", "number", "place")

    def __init__(self, keys: tuple[str, ...], place: int, number: int, *, is_title: bool) -> None:
        self.keys = keys
        self.place = place
        self.number = number
        self.is_title = is_title


class _Index:
    """The words of all scenarios for texts of one language. A phrase is found by all its stems at once, so that a text
    costs no more where thousands of phrases begin alike.
    """

    __slots__ = ("by_keys", "cache", "signs", "sizes")

    def __init__(self, scenarios: Sequence[Scenario], cache: StemCache) -> None:
        self.cache = cache
        self.by_keys: dict[tuple[str, ...], list[_Phrase]] = {}
        self.signs: dict[str, list[_Phrase]] = {}
        for place, scenario in enumerate(scenarios):
            for number, written in enumerate(scenario.words):
                keys = tuple(cache[word] for word in WORD.findall(Normalised(written).text))
                phrase = _Phrase(keys, place, number, is_title=False)
                if keys:
                    self.by_keys.setdefault(keys, []).append(phrase)
                elif written.strip():  # an emoji: looked for as it is written
                    self.signs.setdefault(plain(Normalised(written.strip()).text), []).append(phrase)
            if not scenario.has_conditions:
                for number, word in enumerate(telling_words(scenario.title)):
                    phrase = _Phrase((cache[word],), place, number, is_title=True)
                    self.by_keys.setdefault(phrase.keys, []).append(phrase)
        self.sizes: dict[str, tuple[int, ...]] = {}
        for keys in sorted(self.by_keys, key=len):
            known = self.sizes.get(keys[0], ())
            self.sizes[keys[0]] = known if len(keys) in known else (*known, len(keys))

    def said(self, text: str) -> dict[int, dict[int, tuple[_Phrase, str]]]:
        """By scenario, by phrase: the phrase and the words as they stand in the text, where they stand first."""
        words = WORD.findall(text)
        keys = [self.cache[word] for word in words]
        found: dict[int, dict[int, tuple[_Phrase, str]]] = {}
        seen: set[tuple[str, ...]] = set()
        for at, key in enumerate(keys):
            for size in self.sizes.get(key, ()):
                here = tuple(keys[at : at + size])
                if here not in seen and here in self.by_keys:
                    seen.add(here)
                    said = " ".join(words[at : at + size])
                    for phrase in self.by_keys[here]:
                        found.setdefault(phrase.place, {})[phrase.number] = (phrase, said)
        lowered = plain(text) if self.signs else ""
        for sign, phrases in self.signs.items():
            if sign in lowered:
                for phrase in phrases:
                    found.setdefault(phrase.place, {})[phrase.number] = (phrase, sign)
        return found


class Scenarios:
    """A brand's scenarios made ready. Threads may share it; the words of a language are read at its first case."""

    __slots__ = ("_conditions", "_indexes", "_lock", "_scenarios", "_without_words")

    def __init__(self, scenarios: Iterable[Scenario]) -> None:
        self._scenarios = tuple(sorted(scenarios, key=lambda one: (one.title.casefold(), one.title, one.id)))
        self._indexes: dict[str | None, _Index] = {}
        self._lock = threading.Lock()
        numbers: dict[tuple[object, ...], int] = {}
        self._conditions = [numbers.setdefault(_conditions(one), len(numbers)) for one in self._scenarios]
        """By scenario, the number of its conditions: many share them, so that each is looked at once a case."""
        self._without_words: dict[int, list[int]] = {}
        for place, one in enumerate(self._scenarios):
            if not one.words and one.has_conditions:
                self._without_words.setdefault(self._conditions[place], []).append(place)

    def __len__(self) -> int:
        return len(self._scenarios)

    def _index(self, language: str | None) -> _Index:
        cache = stems(language)
        key = language if cache is not stems(None) else None
        known = self._indexes.get(key)
        if known is None:
            with self._lock:
                known = self._indexes.get(key)
                if known is None:
                    known = self._indexes[key] = _Index(self._scenarios, cache)
        return known

    def pick(self, case: CaseFacts, most: int = 3) -> list[Picked]:
        """At most `most` that fit, the best first. Time grows with the text and with what fits, not with the rest."""
        text = Normalised(case.words[:LONGEST_READ]).text
        said = self._index(base_language(case.language)).said(text)
        known: dict[int, tuple[Reason, ...] | None] = {}

        def conditions(place: int) -> tuple[Reason, ...] | None:
            number = self._conditions[place]
            if number not in known:
                known[number] = _reasons(self._scenarios[place], case)
            return known[number]

        fitting: list[tuple[int, int]] = []
        for place, phrases in said.items():
            reasons = conditions(place)
            if reasons is not None:
                fitting.append((-_points(reasons) - _points_of_words(phrases), place))
        for places in self._without_words.values():
            reasons = conditions(places[0])
            if reasons:
                fitting.extend((-_points(reasons), place) for place in places[:most])
        return [
            Picked(
                self._scenarios[place].id,
                -points,
                (*((_words(said[place]),) if place in said else ()), *(conditions(place) or ())),
            )
            for points, place in heapq.nsmallest(most, fitting)
        ]


def telling_words(title: str) -> list[str]:
    """The words of a title that may tell its case from others, each once."""
    words = dict.fromkeys(WORD.findall(Normalised(title).text))
    return [word for word in words if len(word) >= _FEWEST_LETTERS and plain(word) not in LITTLE_WORDS]


def _conditions(one: Scenario) -> tuple[object, ...]:
    return one.case_kinds, one.kinds, one.platforms, one.languages, one.min_stars, one.max_stars


def _words(phrases: dict[int, tuple[_Phrase, str]]) -> Reason:
    """What was said, in the order the scenario lists it."""
    in_order = [phrases[number] for number in sorted(phrases)]
    return Reason("title" if in_order[0][0].is_title else "words", tuple(dict.fromkeys(said for _, said in in_order)))


def _points_of_words(phrases: dict[int, tuple[_Phrase, str]]) -> int:
    each = [TITLE_POINTS if phrase.is_title else _phrase_points(len(phrase.keys)) for phrase, _ in phrases.values()]
    return sum(each) if len(each) <= MOST_COUNTED else sum(heapq.nlargest(MOST_COUNTED, each))


def _phrase_points(size: int) -> int:
    return WORD_POINTS + max(0, size - 1) * (WORD_POINTS // 2)


def _points(reasons: Iterable[Reason]) -> int:
    return sum(CONDITION_POINTS[reason.part] for reason in reasons)


def _reasons(one: Scenario, case: CaseFacts) -> tuple[Reason, ...] | None:
    """The conditions that hold; None where one is contradicted. What is not known is neither."""
    found: list[Reason] = []
    if (one.min_stars is not None or one.max_stars is not None) and case.stars is not None:
        if case.stars < (one.min_stars or 1) or case.stars > (one.max_stars or 5):
            return None
        found.append(Reason("stars", (str(one.min_stars or ""), str(one.max_stars or ""))))
    if one.case_kinds:
        fitting = tuple(kind for kind in CASE_KINDS if kind in one.case_kinds and kind in case.case_kinds)
        if not fitting:
            return None
        found.append(Reason("case", fitting))
    places: tuple[tuple[PartOfCase, tuple[str, ...], str | None], ...] = (
        ("kind", one.kinds, case.kind),
        ("platform", one.platforms, case.platform),
        ("language", one.languages, base_language(case.language)),
    )
    for part, wanted, here in places:
        if wanted and here is not None:
            if here not in wanted:
                return None
            found.append(Reason(part, (here,)))
    return tuple(found)
