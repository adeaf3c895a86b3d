"""Promises with a date in what we sent: `we will write by Friday`, `odezwiemy się w ciągu 24 godzin`, `até amanhã`.

Found sentence by sentence and, within it, clause by clause. A time counts where its clause says what will be done, or
stands apart from one that does; it does not where the clause speaks of what was, of opening hours, of what the customer
may do, of a condition, or says no (`never` of a language's table `due`). What is vague ("soon", "in a few days") has no
date. In doubt nothing is found: a promise that nobody made would be reported as broken. Linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from styleguides.days_ahead import Calendar
from styleguides.due_words import DueWords, due_words, folded, time_words
from styleguides.language import language_data
from styleguides.named_days import FARTHEST
from styleguides.named_times import NamedTime, TimeReader
from styleguides.tokens import sentence_spans

MOST_FOUND: Final = 10
"""Of a text, and looked at of a sentence: nobody promises more."""
_MOST_WORDS_APART: Final = 5
"""A clause of so few words besides its time ("By Friday, …") belongs to the one beside it."""

_TOKEN = re.compile(r"\d+(?:[.:/h–-]\d+)*[^\W\d_]{0,3}\.?|[^\W\d_]+(?:['’][^\W\d_]+)*")
_TURNS = ";:()\n—"
_CLAUSE_END = re.compile(r"[,;:()\n—]|\s[–-]\s")


@dataclass(frozen=True, slots=True)
class PromisedMoment:
    """Where the time stands in the text, in code points, and when it is over, in UTC."""

    start: int
    end: int
    due_at: datetime


def promised_moments(text: str, language: str, said_at: datetime, calendar: Calendar) -> list[PromisedMoment]:
    """What a text in this language, said at an aware moment, promises with a date: in order of place, ten at most.

    Nothing for a language we do not know. Times of the day that are over are those of the next day.
    """
    words = due_words(language)
    if words is None:
        return []
    data = language_data(language)
    found: list[PromisedMoment] = []
    for start, end in sentence_spans(text, data.abbreviations, data.late_abbreviations):
        if not text.endswith("?", start, end):
            found.extend(_Sentence(text, start, end, words).promised(said_at, calendar))
        if len(found) >= MOST_FOUND:
            break
    return found[:MOST_FOUND]


def may_name_a_time(text: str) -> bool:
    """Whether it is worth asking of which language a text is; False is sure. A tenth of what recognising that costs."""
    known = time_words()
    return any(word[0].isdigit() or folded(word).rstrip(".") in known for word in _TOKEN.findall(text))


class _Sentence:
    def __init__(self, text: str, start: int, end: int, words: DueWords) -> None:
        self.known = words
        self.text = text
        self.spans = [match.span() for match in _TOKEN.finditer(text, start, end)]
        self.marked = [text[a:b].lower() for a, b in self.spans]
        self.words = [folded(word).rstrip(".") for word in self.marked]
        self.apart = [
            place > 0
            and (
                word in words.apart
                or _CLAUSE_END.search(text, self.spans[place - 1][1], self.spans[place][0]) is not None
            )
            for place, word in enumerate(self.words)
        ]

    def promised(self, said_at: datetime, calendar: Calendar) -> Iterator[PromisedMoment]:
        """The times of the sentence that are promised."""
        times = list(islice(TimeReader(self.known, self.words, self.apart).times(said_at, calendar), MOST_FOUND))
        if not times:
            return
        clauses, told = self._clauses(times), set[datetime]()
        conditional = self._conditional(clauses)
        for time, following in zip(times, [*times[1:], None], strict=True):
            at = next(number for number, clause in enumerate(clauses) if clause[0] <= time.first < clause[1])
            if conditional[at] or not self._is_promised(time, at, clauses, times):
                continue
            if following is not None and following.first == time.after and following.strong and not time.strong:
                continue  # on Thursday, on Friday at the latest
            due_at = time.over_at(said_at, calendar)
            if due_at is not None and due_at not in told and said_at < due_at <= said_at + FARTHEST:
                told.add(due_at)
                start, (_, end) = self.spans[time.first][0], self.spans[time.after - 1]
                yield PromisedMoment(start, end - self.text.endswith(".", start, end), due_at)

    def _clauses(self, times: Sequence[NamedTime]) -> list[tuple[int, int]]:
        within = {place for time in times for place in range(time.first + 1, time.after)}
        starts = [0, *(place for place, apart in enumerate(self.apart) if apart and place not in within)]
        return list(zip(starts, [*starts[1:], len(self.words)], strict=True))

    def _conditional(self, clauses: Sequence[tuple[int, int]]) -> list[bool]:
        """Which clauses say what is done only where something else comes first: the clause that names it, where it
        begins so, and what follows until the sentence turns.
        """
        found, holds = [], False
        for start, end in clauses:
            first = start + (start < end and self.words[start] in self.known.apart and end - start > 1)
            if first < end and self._turns_at(start):
                holds = False
            if end - start > 1 and self.known.conditions.at(self.words, first)[0] == "condition":
                holds = True
            found.append(holds)
        return found

    def _turns_at(self, place: int) -> bool:
        """Whether another thought begins there."""
        between = self.text[self.spans[place - 1][1] : self.spans[place][0]] if place else ""
        return self.words[place] in self.known.turns or any(mark in between for mark in _TURNS)

    def _besides(self, clause: tuple[int, int], times: Sequence[NamedTime]) -> list[int]:
        taken = {place for time in times for place in range(time.first, time.after)}
        return [place for place in range(*clause) if place not in taken]

    def _is_promised(
        self, time: NamedTime, at: int, clauses: Sequence[tuple[int, int]], times: Sequence[NamedTime]
    ) -> bool:
        besides = self._besides(clauses[at], times)
        will, never, us = self._says(besides)
        if never:
            return False
        we_do = any(
            self.known.says_we_do(self.words[place]) if time.ahead else self._we_do_now(place) for place in besides
        )
        if will or we_do or (us and time.strong):
            return True
        if us or len(besides) > _MOST_WORDS_APART:
            return False
        beside = [clauses[near] for near in (at + 1, at - 1, at + 2) if 0 <= near < len(clauses)]
        says = [self._says(self._besides(clause, times)) for clause in beside]
        return any((will or (us and time.strong)) and not never for will, never, us in says)

    def _we_do_now(self, place: int) -> bool:
        """`te devolvemos`: a verb that cannot mean that we did, and for whom."""
        known = self.known
        return place > 0 and known.says_we_do_now(self.words[place]) and self.words[place - 1] in known.to_you

    def _says(self, places: Sequence[int]) -> tuple[bool, bool, bool]:
        """Whether these words say that something will be done, that it is no promise, and whether they speak of us."""
        known, words = self.known, [self.words[place] for place in places]
        expected = any(known.expect.at(words, place)[1] for place in range(len(words)))
        will = (
            expected
            or any(map(known.speaks_of_future, words))
            or any(known.is_marked_future(self.marked[place]) for place in places)
            or any(known.will_phrases.at(words, place)[1] for place in range(len(words)))
        )
        never = any(known.never_at_all.at(words, place)[0] for place in range(len(words))) or (
            not expected and any(known.never.at(words, place)[0] for place in range(len(words)))
        )
        return will, never, any(map(known.speaks_of_us, words))
