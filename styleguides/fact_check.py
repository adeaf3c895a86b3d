"""What a draft says otherwise than the brand's facts. Pure; linear in the text for each fact it speaks of.

A fact is spoken of where one of its subjects stands, in any form; another value of its kind in the same sentence
contradicts it, unless the right one stands there, too, or the value belongs to another fact of the same sentence. For
yes and no it is the same part of a sentence, between commas: `we are not sure, but dogs are welcome`.
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final
from uuid import UUID

from styleguides import fact_values
from styleguides.explain import LONGEST_QUOTE, Findings, message_language
from styleguides.fact_values import Amount, said_number, said_value
from styleguides.language import SUPPORTED_LANGUAGES, base_language, detect_language, language_data, plain, stems
from styleguides.reading import Reading
from styleguides.rule_kinds import CheckContext, Finding, Rule
from styleguides.tokens import WORD, Span
from styleguides.word_lists import WordList

FACT: Final = Rule(id="fact-sheet", level="warn")
MOST_FINDINGS: Final = 20
_PART = re.compile(r"[^,;:()–—]+")


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. `subjects` are (language or None for any, words); `value` as `fact_values.written_value` keeps it."""

    id: UUID
    name: str
    kind: str
    value: str
    subjects: tuple[tuple[str | None, str], ...]
    valid_until: date | None = None

    def subject_in(self, language: str | None) -> str:
        """How it is called in a language, else by its name."""
        spoken = (words for code, words in self.subjects if base_language(code) == language)
        return next(spoken, self.name)

    def said(self, language: str | None) -> str:
        """Subject and value in a language."""
        return f"{self.subject_in(language)}: {said_value(self.kind, self.value, language)}"


class Facts(Sequence[Fact]):
    """A brand's facts made ready. What a language needs is built when it is first asked for; threads may share it."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._facts = tuple(facts)
        self._lock = threading.Lock()
        self._by_language: dict[str, tuple[WordList, dict[tuple[str, ...], list[int]]]] = {}

    def __len__(self) -> int:
        return len(self._facts)

    def __getitem__(self, place: Any) -> Any:
        return self._facts[place]

    def spoken_of(self, keys: Sequence[str], code: str) -> list[tuple[int, Fact]]:
        """Word at which a subject begins, and its fact; `keys` are stems of a language."""
        found, facts = self._by_language.get(code) or self._build(code)
        hits = found.hits(keys)
        return [(place, self._facts[at]) for place, size in hits for at in facts[tuple(keys[place : place + size])]]

    def _build(self, code: str) -> tuple[WordList, dict[tuple[str, ...], list[int]]]:
        cache = stems(code)
        by_keys: dict[tuple[str, ...], list[int]] = {}
        for at, fact in enumerate(self._facts):
            for language, words in fact.subjects:
                if language is None or base_language(language) == code or code not in SUPPORTED_LANGUAGES:
                    keys = tuple(cache[word] for word in WORD.findall(words))
                    if keys and at not in by_keys.setdefault(keys, []):
                        by_keys[keys].append(at)
        made = WordList(by_keys), by_keys
        with self._lock:
            return self._by_language.setdefault(code, made)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Where the normalised text says otherwise than a fact, and in which words; `suggestion` goes in its place."""

    start: int
    end: int
    fact: Fact
    quote: str
    suggestion: str | None = None


def fact_findings(facts: Facts, text: str, context: CheckContext, today: date) -> list[Finding]:
    """A finding for each fact that holds today and that `text` contradicts, in order of place."""
    if not facts:
        return []
    language = base_language(context.language) or detect_language(text) or base_language(context.brand_language)
    reading = Reading(text, language_data(language), stems(language), context)
    found = contradictions(facts, reading, today)
    if not found:
        return []
    out = Findings(reading.normalised, language, context)
    said_in = message_language(language, context.brand_language)
    for one in found[:MOST_FINDINGS]:
        out.add(FACT, -1, "fact", one.start, one.end, one.suggestion, quote=one.quote, fact=one.fact.said(said_in))
    return out.in_order()


def contradictions(facts: Facts, reading: Reading, today: date) -> list[Contradiction]:
    """Where the text says otherwise than facts that hold today."""
    code = reading.language.code
    spoken: dict[tuple[Span, str], dict[UUID, tuple[int, Fact]]] = {}
    for place, fact in facts.spoken_of(reading.keys, code):
        if fact.kind == "text" or (fact.valid_until is not None and fact.valid_until < today):
            continue
        start, _ = reading.span(place)
        for stretch in _around(start, fact.kind, reading):
            spoken.setdefault((stretch, fact.kind), {}).setdefault(fact.id, (start, fact))
    found: list[Contradiction] = []
    for (stretch, kind), named in spoken.items():
        found += _in_stretch(reading, stretch, kind, list(named.values()))
    return sorted(found, key=lambda one: (one.start, one.end, one.fact.name))


def _around(start: int, kind: str, reading: Reading) -> Iterator[Span]:
    sentence = reading.sentences[bisect_right(reading.sentences, (start, len(reading.text))) - 1]
    if kind == "yes_no" and reading.text[sentence[1] - 1] in "?？":
        return
    if kind != "yes_no":
        yield sentence
        return
    for match in _PART.finditer(reading.text, *sentence):
        if match.start() <= start < match.end():
            yield match.span()


def _in_stretch(reading: Reading, stretch: Span, kind: str, named: list[tuple[int, Fact]]) -> Iterator[Contradiction]:
    values = list(_values(reading, stretch, kind))
    foreign = [(span, value) for span, value in values if not any(agrees(fact, value) for _, fact in named)]
    for at, fact in named:
        if not foreign or any(agrees(fact, value) for _, value in values):
            continue
        (start, end), value = min(foreign, key=lambda one: abs(one[0][0] - at))
        quote = reading.text[start:end][:LONGEST_QUOTE]
        if kind == "amount" and fact.value.split()[1] in value.currencies:
            number = said_number(fact.value.split()[0], message_language(reading.language.code))
            yield Contradiction(*_moved(value.number, stretch), fact, quote, number)
        else:
            yield Contradiction(start, end, fact, quote)


def _values(reading: Reading, stretch: Span, kind: str) -> Iterator[tuple[Span, Any]]:
    text, code = reading.text[slice(*stretch)], reading.language.code
    if kind == "yes_no":
        words = fact_values.fact_words(code)
        said = [(match.span(), plain(match.group())) for match in WORD.finditer(text)]
        refused = next((span for span, word in said if word in words.no), None)
        allowed = next((span for span, word in said if word in words.yes), None)
        if refused or allowed:
            yield _moved(refused or allowed or (0, 0), stretch), "no" if refused else "yes"
        return
    if kind == "link":
        for special in reading.links:
            if stretch[0] <= special.start < stretch[1]:
                yield (special.start, special.end), reading.text[special.start : special.end]
        return
    readers: dict[str, Any] = {
        "amount": fact_values.amounts,
        "hours": partial(fact_values.hours, code=code),
        "span": partial(fact_values.time_spans, code=code),
        "day": partial(fact_values.days, code=code),
    }
    for span, value in readers[kind](text):
        yield _moved(span, stretch), value


def _moved(span: Span, by: Span) -> Span:
    return span[0] + by[0], span[1] + by[0]


def agrees(fact: Fact, value: Any) -> bool:
    """Whether a value read in a text is the fact's."""
    if fact.kind == "amount":
        number, currency = fact.value.split()
        return bool(value.agrees(Amount(type(value.value)(number), (currency,))))
    if fact.kind == "hours":
        return fact_values.hours_agree(value, fact.value)
    if fact.kind == "span":
        count, unit = fact.value.split()
        return fact_values.span_minutes(*value) == fact_values.span_minutes(int(count), unit)
    if fact.kind == "day":
        kept = date.fromisoformat(fact.value)
        return any((month, day) == (kept.month, kept.day) and year in (None, kept.year) for month, day, year in value)
    if fact.kind == "link":
        return fact_values.same_page(value, fact.value)
    return bool(value == fact.value)
