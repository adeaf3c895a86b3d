"""What a language says of times by which something is done, from the table `due` of its file: phrases and meanings.

Words are folded: small letters, no marks above or through them, because people leave those out when they hurry.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from babel.dates import get_month_names

from styleguides.fact_values import UNITS
from styleguides.language import SUPPORTED_LANGUAGES, language_data

_FOLDED = str.maketrans({"ł": "l", "ß": "ss", "’": "'"})

DAYS = ("today", "tomorrow", "after_tomorrow", "end_of_day", "this_week", "next_week", "this_month", "next_month")
"""Phrases that name a day, or a stretch of days of which the end counts."""
DAY_PARTS = ("morning", "noon", "afternoon", "evening", "midnight")
LEADS = ("by", "before", "on", "at", "within", "next", "between", "between_and", "latest")


def folded(word: str) -> str:
    """Small letters without marks; straight apostrophes."""
    if word.isascii():
        return word.lower()
    apart = unicodedata.normalize("NFD", word.lower().translate(_FOLDED))
    return "".join(mark for mark in apart if not unicodedata.combining(mark))


class Phrases:
    """Phrases, each with a meaning. How many there are makes no difference to the time that looking for one takes."""

    def __init__(self, meanings: Mapping[str, Iterable[str]]) -> None:
        self._meaning: dict[tuple[str, ...], str] = {}
        self._longest: dict[str, int] = {}
        for meaning, phrases in meanings.items():
            for phrase in phrases:
                words = tuple(folded(phrase).split())
                if words:
                    self._meaning.setdefault(words, meaning)
                    self._longest[words[0]] = max(self._longest.get(words[0], 0), len(words))

    def longest_words(self) -> frozenset[str]:
        """One of each, the longest: where none of these stands, no phrase does."""
        return frozenset(max(words, key=len) for words in self._meaning)

    def at(self, words: Sequence[str], place: int) -> tuple[str, int]:
        """The meaning of the longest phrase that begins there and how many words it has; `("", 0)` for none."""
        longest = self._longest.get(words[place])
        if longest is None:  # of nearly every word
            return "", 0
        for size in range(min(longest, len(words) - place), 0, -1):
            meaning = self._meaning.get(tuple(words[place : place + size]))
            if meaning is not None:
                return meaning, size
        return "", 0


@dataclass(frozen=True, slots=True)
class DueWords:
    """All words folded. `numbers` by value, `tens` (and a few besides) by theirs, before which and `tens_and` a number
    below ten may follow, `months` by number, `hours` by the hour, `units` to one of `UNITS`.

    `never`, `never_at_all` and `conditions` give phrases that only look like one of their own the meaning "". What
    `expect` names stands in spite of `never`, not of `never_at_all`. `marked_will_endings` keep their marks;
    `present_endings` are those of `we_endings` that never say what we did.
    """

    code: str
    weekdays: Mapping[str, int]
    weekday_endings: frozenset[str]
    ordinal_weekdays: frozenset[str]
    bare_weekdays: bool
    next_is_week_after: bool
    half_days: frozenset[str]
    days: Phrases
    day_parts: Phrases
    leads: Mapping[str, Phrases]
    numbers: Mapping[str, int]
    tens: Mapping[str, int]
    tens_and: str
    units: Mapping[str, str]
    hours: Mapping[str, int]
    ends: frozenset[str]
    lone_units: frozenset[str]
    days_and_nights: frozenset[str]
    months: Mapping[str, int]
    either: frozenset[str]
    working: frozenset[str]
    fillers: frozenset[str]
    will: frozenset[str]
    will_endings: tuple[str, ...]
    marked_will_endings: tuple[str, ...]
    will_phrases: Phrases
    we: frozenset[str]
    we_endings: tuple[str, ...]
    we_besides: frozenset[str]
    present_endings: tuple[str, ...]
    to_you: frozenset[str]
    expect: Phrases
    never: Phrases
    never_at_all: Phrases
    conditions: Phrases
    apart: frozenset[str]
    turns: frozenset[str]

    def speaks_of_future(self, word: str) -> bool:
        """Whether the word says that something will be done."""
        return word in self.will or (word.endswith(self.will_endings) and word not in self.we_besides)

    def is_marked_future(self, word: str) -> bool:
        """Whether a word with its marks is a form of the future that looks like other words without them."""
        return bool(self.marked_will_endings) and word.endswith(self.marked_will_endings)

    def speaks_of_us(self, word: str) -> bool:
        """Whether the word names us, or what we do."""
        return word in self.we or self.says_we_do(word)

    def says_we_do(self, word: str) -> bool:
        """Whether it is a verb that says that we do something."""
        return word.endswith(self.we_endings) and word not in self.we_besides

    def says_we_do_now(self, word: str) -> bool:
        """Whether it says so and cannot mean that we did."""
        return word.endswith(self.present_endings) and self.says_we_do(word)


@cache
def due_words(code: str) -> DueWords | None:
    """Those of a language; None of one we do not know."""
    if code not in SUPPORTED_LANGUAGES:
        return None
    data = language_data(code)
    due, facts, promises = data.section("due"), data.section("facts"), data.section("promises")
    units = {folded(word): unit for unit in UNITS for word in facts[unit].split()}
    units |= dict.fromkeys(_words(due["short_hours"]), "hour")
    return DueWords(
        code=code,
        weekdays={folded(form): number for number, forms in enumerate(due["weekdays"]) for form in forms.split()},
        weekday_endings=_words(due.get("weekday_endings", "")),
        ordinal_weekdays=_words(due.get("ordinal_weekdays", "")),
        bare_weekdays=due["bare_weekdays"],
        next_is_week_after=due["next_weekday"] == "week after",
        half_days=_words(due["half_days"]),
        days=Phrases({name: due[name] for name in DAYS}),
        day_parts=Phrases({name: due[name] for name in DAY_PARTS}),
        leads={name: Phrases({name: due.get(name, [])}) for name in LEADS},
        numbers={folded(form): count for count, forms in enumerate(due["numbers"], 1) for form in forms.split()},
        tens={folded(form): int(value) for value, forms in due.get("tens", {}).items() for form in forms.split()},
        tens_and=folded(due.get("tens_and", "")),
        units=units,
        hours={folded(form): hour for hour, forms in enumerate(due.get("hours", []), 1) for form in forms.split()},
        ends=_words(due["ends"]),
        lone_units=_words(due["lone_units"]),
        days_and_nights=_words(due.get("days_and_nights", "")),
        months=_months(code),
        either=_words(due["or"]),
        working=_words(due["working"]),
        fillers=_words(due["fillers"]),
        will=_words(due["will"]) | _words(promises["will"]),
        will_endings=tuple(_words(due.get("will_endings", ""))),
        marked_will_endings=tuple(due.get("marked_will_endings", "").split()),
        will_phrases=Phrases({"will": due.get("will_phrases", [])}),
        we=_words(due["we"]),
        we_endings=tuple(_words(due.get("we_endings", ""))),
        we_besides=_words(due.get("we_besides", "")) | _words(promises.get("will_besides", "")),
        present_endings=tuple(_words(due.get("present_endings", ""))),
        to_you=_words(due.get("to_you", "")),
        expect=Phrases({"expect": due["expect"]}),
        never=Phrases({"never": due["never"], "": due.get("never_besides", [])}),
        never_at_all=Phrases({"never": due["never_at_all"], "": due.get("never_besides", [])}),
        conditions=Phrases({"condition": due["conditions"], "": due.get("conditions_besides", [])}),
        apart=_words(due["apart"]),
        turns=_words(due["turns"]),
    )


@cache
def time_words() -> frozenset[str]:
    """Where no digit and none of these stands, no language names a time: each names a day, a part of one, or a unit."""
    found: set[str] = set()
    for code in SUPPORTED_LANGUAGES:
        words = due_words(code)
        assert words is not None
        found |= {*words.weekdays, *words.units, *words.lone_units, *words.days_and_nights, *words.hours}
        found |= words.days.longest_words() | words.day_parts.longest_words()
    return frozenset(found)


def _words(listed: str) -> frozenset[str]:
    return frozenset(folded(listed).split())


def _months(code: str) -> dict[str, int]:
    return {
        folded(name).rstrip("."): month
        for width in ("abbreviated", "wide")
        for context in ("stand-alone", "format")
        for month, name in get_month_names(width, context, code).items()
    }
