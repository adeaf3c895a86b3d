"""What two answers to near questions say otherwise: amounts, hours, lengths of time, days, yes and no. Pure.

A hint for somebody who knows more, so it is silent where it cannot be sure. Two values differ where each text has one
of the kind, or where their sentences speak of the same; a value that the other text has, too, differs from nothing. Yes
and no count where a part of a sentence is that word alone or speaks of what was asked; who says both says neither.
Swapped texts give swapped differences. Time grows linearly with the texts: at most MOST_VALUES of a kind are compared.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from styleguides import fact_values
from styleguides.fact_values import Amount, Clock, Hours
from styleguides.language import LanguageData, base_language, language_data, plain, stems
from styleguides.questions import little_words
from styleguides.scenarios import LONGEST_READ
from styleguides.tokens import WORD, Normalised, Span, sentence_spans

ValueKind = Literal["yes_no", "amount", "hours", "span", "day"]
VALUE_KINDS: Final[tuple[ValueKind, ...]] = ("yes_no", "amount", "hours", "span", "day")
MOST_VALUES: Final = 12
LONGEST_SAID: Final = 80
_PART = re.compile(r"[^,;:()–—.!\n]+")
_FEW_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class Told:
    """A value in a text: `said` as it is written, `about` the stems of its sentence, the place in the text as given."""

    kind: ValueKind
    value: Any
    said: str
    start: int
    end: int
    about: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Difference:
    """What one text says of a kind, and what the other."""

    kind: ValueKind
    here: tuple[Told, ...]
    there: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Contrast:
    """What several texts say of a kind that is not the same: by each text's place among them."""

    kind: ValueKind
    sides: tuple[tuple[int, tuple[Told, ...]], ...]


def told_in(text: str, language: str | None, asked: Collection[str] = ()) -> list[Told]:
    """Values in the order of VALUE_KINDS, then of place. `asked`: stems of the question."""
    normalised = Normalised(text[:LONGEST_READ])
    data = language_data(base_language(language))
    read, code = normalised.text, data.code
    sentences = sentence_spans(read, data.abbreviations, data.late_abbreviations)
    cache_of, little = stems(code), little_words(code)
    words = [
        (match.start(), cache_of[match.group()])
        for match in WORD.finditer(read)
        if len(plain(match.group())) > 2 and not match.group()[0].isdigit() and plain(match.group()) not in little
    ]
    starts = [start for start, _ in words]

    def about(start: int, end: int) -> frozenset[str]:
        return frozenset(stem for _, stem in words[bisect_right(starts, start - 1) : bisect_right(starts, end - 1)])

    found: list[Told] = []
    matter = frozenset(asked)
    answer = _yes_or_no(read, data, sentences, lambda span: about(*span) & matter)
    if answer is not None:
        value, (start, end), of = answer
        found.append(Told("yes_no", value, _quote(read[start:end]), *normalised.given_span(start, end), of or matter))
    seen: dict[tuple[ValueKind, Any], int] = {}
    for kind, (start, end), value in _values(read, code):
        if seen.setdefault((kind, value), start) != start or sum(one == kind for one, _ in seen) > MOST_VALUES:
            continue
        place = max(0, bisect_right(sentences, (start, len(read))) - 1)
        of = about(*sentences[place]) if sentences else frozenset()
        said = _quote(read[start:end])
        found.append(Told(kind, value, said, *normalised.given_span(start, end), of))
    return sorted(found, key=lambda one: (VALUE_KINDS.index(one.kind), one.start, one.end))


def differences(here: Sequence[Told], there: Sequence[Told]) -> list[Difference]:
    """What two texts say otherwise, in the order of VALUE_KINDS; empty where nothing is sure."""
    found = []
    for kind in VALUE_KINDS:
        ours = [one for one in here if one.kind == kind]
        theirs = [one for one in there if one.kind == kind]
        alone = len(ours) == len(theirs) == 1 and kind != "yes_no"
        left = [one for one in ours if not any(_same(one, other) for other in theirs)]
        right = [one for one in theirs if not any(_same(one, other) for other in ours)]
        pairs = [
            (one, other)
            for one in left
            for other in right
            if _comparable(one, other) and (alone or not one.about.isdisjoint(other.about))
        ]
        if pairs:
            ones, others = {id(one) for one, _ in pairs}, {id(other) for _, other in pairs}
            found.append(
                Difference(
                    kind,
                    tuple(one for one in left if id(one) in ones),
                    tuple(other for other in right if id(other) in others),
                )
            )
    return found


def contrasts(texts: Sequence[Sequence[Told]]) -> list[Contrast]:
    """Of several texts each pair held against each other: what is not the same, by kind, in the order of the texts."""
    sides: dict[ValueKind, dict[int, dict[int, Told]]] = {}
    for first in range(len(texts)):
        for second in range(first + 1, len(texts)):
            for one in differences(texts[first], texts[second]):
                of_kind = sides.setdefault(one.kind, {})
                for place, told in ((first, one.here), (second, one.there)):
                    of_kind.setdefault(place, {}).update((each.start, each) for each in told)
    return [
        Contrast(
            kind,
            tuple((place, tuple(told[start] for start in sorted(told))) for place, told in sorted(sides[kind].items())),
        )
        for kind in VALUE_KINDS
        if kind in sides
    ]


def _values(text: str, code: str) -> Iterator[tuple[ValueKind, Span, Any]]:
    amounts = list(fact_values.amounts(text))
    taken = sorted(span for span, _ in amounts)
    yield from (("amount", span, Amount(one.value, one.currencies)) for span, one in amounts)
    yield from (("hours", span, value) for span, value in fact_values.hours(text, code))
    yield from (("span", span, value) for span, value in fact_values.time_spans(text, code))
    for span, value in fact_values.days(text, code):
        before = bisect_right(taken, (span[1], 0)) - 1
        if before < 0 or taken[before][1] <= span[0]:
            yield "day", span, value


def _same(one: Told, other: Told) -> bool:
    """Whether two values of a kind can stand beside each other."""
    first, second = one.value, other.value
    if one.kind == "amount":
        return bool(first.agrees(second))
    if one.kind == "hours":
        return _hours_agree(first, second) is True
    if one.kind == "span":
        return fact_values.span_minutes(*first) == fact_values.span_minutes(*second)
    if one.kind == "day":
        return any(a[:2] == b[:2] and (a[2] is None or b[2] is None or a[2] == b[2]) for a in first for b in second)
    return bool(first == second)


def _comparable(one: Told, other: Told) -> bool:
    """Whether two values that are not the same contradict each other at all."""
    if one.kind == "amount":
        return not set(one.value.currencies).isdisjoint(other.value.currencies)
    if one.kind == "hours":
        return _hours_agree(one.value, other.value) is False
    if one.kind == "span":
        return fact_values.span_minutes(*one.value)[1] == fact_values.span_minutes(*other.value)[1]
    return True


def _hours_agree(one: Hours, other: Hours) -> bool | None:
    """None where nothing can be compared: a moment beside a stretch, a beginning beside an end."""
    if (one.opens is one.closes) != (other.opens is other.closes):
        return None
    sides = [
        (first, second)
        for first, second in ((one.opens, other.opens), (one.closes, other.closes))
        if first is not None and second is not None
    ]
    if not sides:
        return None
    return all(not _minutes(first).isdisjoint(_minutes(second)) for first, second in sides)


def _minutes(clock: Clock) -> set[int]:
    return {clock.minutes % 1440, (clock.minutes + 720) % 1440} if clock.either else {clock.minutes % 1440}


@dataclass(frozen=True, slots=True)
class _AnswerWords:
    first_yes: frozenset[str]
    first_no: frozenset[str]
    yes: frozenset[str]
    negations: frozenset[str]
    refusals: frozenset[str]
    unsure: frozenset[str]
    idioms: re.Pattern[str] | None


@cache
def _answer_words(code: str) -> _AnswerWords:
    section = language_data(code).section("answers")

    def listed(name: str) -> frozenset[str]:
        return frozenset(map(plain, section.get(name, "").split()))

    idioms = sorted(section.get("idioms", ()), key=len, reverse=True)
    said = "|".join(re.escape(idiom).replace(r"\ ", r"\s").replace("'", "['’]") for idiom in idioms)
    return _AnswerWords(
        listed("first_yes"),
        listed("first_no"),
        listed("yes"),
        listed("not"),
        listed("but_not"),
        listed("if"),
        re.compile(rf"(?<!\w)(?:{said})(?!\w)", re.IGNORECASE) if said else None,
    )


_Answer = tuple[str, Span, frozenset[str]]


def _yes_or_no(
    text: str, data: LanguageData, sentences: Sequence[Span], matter_of: Callable[[Span], frozenset[str]]
) -> _Answer | None:
    """What the text answers, the part that says so, and of what (empty: whatever was asked). None where it says neither
    or both.
    """
    words = _answer_words(data.code)
    if words.idioms is not None:  # as long as before, so that places stay
        text = words.idioms.sub(lambda match: "\u00a0" * len(match.group()), text)
    found: dict[str, _Answer] = {}
    for start, end in sentences:
        if text[start:end].rstrip("\"'”»’)]")[-1:] in "?？؟":
            continue
        for part in _PART.finditer(text, start, end):
            said = [plain(match.group()) for match in WORD.finditer(text, *part.span())]
            alone = len(said) <= _FEW_WORDS
            if alone and said and {said[0], said[-1]} & words.first_yes:
                found.setdefault("yes", ("yes", part.span(), frozenset()))
            elif alone and said and {said[0], said[-1]} & words.first_no:
                found.setdefault("no", ("no", part.span(), frozenset()))
            elif (of := matter_of(part.span())) and words.unsure.isdisjoint(said):
                is_negated = not words.negations.isdisjoint(said)
                is_refused = not words.refusals.isdisjoint(said)
                if is_negated and is_refused:
                    return None  # not forbidden, not only closed: nobody can say
                if is_negated or is_refused:
                    found.setdefault("no", ("no", part.span(), of))
                elif not words.yes.isdisjoint(said):
                    found.setdefault("yes", ("yes", part.span(), of))
    return next(iter(found.values())) if len(found) == 1 else None


def _quote(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= LONGEST_SAID else said[: LONGEST_SAID - 1] + "…"
