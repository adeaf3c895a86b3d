"""Times as a sentence names them: `within 24 hours`, `by Friday at 11:00`, `do 15 marca`. By a language's table `due`.

Whether somebody promises them is for `styleguides.promised_moments` to say. Every word is looked at a bounded number of
times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from styleguides.days_ahead import DAY, Calendar, weekday_after
from styleguides.due_words import DueWords
from styleguides.named_days import coming, date_of, named_day, numbered_day, span_over

DAY_PART_ENDS: Final = {"morning": 12 * 60, "noon": 12 * 60, "afternoon": 18 * 60, "evening": 22 * 60, "midnight": 1440}
"""When a part of the day is over, in minutes after midnight."""
_MOST_PARTS: Final = 5
_ENDS: Final = ("end_of_day", "this_week", "next_week", "this_month", "next_month")
_AHEAD: Final = ("tomorrow", "after_tomorrow", "next_week", "next_month")

_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?(h|hs|hrs|am|pm)?\.?")
_DAY_OF_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th|o|a)?\.?")
_NUMBERED = re.compile(r"(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}|\d{2}))?\.?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_COUNT = re.compile(r"(\d{1,3})(?:[/–-](\d{1,3}))?(h|hs|hr|hrs)?")


@dataclass(slots=True)
class NamedTime:
    """What is known of day and hour; words `first` to before `after`. `strong`: words of a deadline led to it. `ahead`:
    it can be no time that is past. `whole_day`: its end was named before the day, `end of day Friday`.
    """

    first: int
    after: int
    strong: bool = False
    before: bool = False
    ahead: bool = False
    whole_day: bool = False
    day: date | None = None
    minute: int | None = None
    due_at: datetime | None = None

    def over_at(self, said_at: datetime, calendar: Calendar) -> datetime | None:
        """When it is over, in UTC, if it was said at that moment; None where nothing is known of it."""
        if self.due_at is not None:
            return self.due_at
        today = calendar.local(said_at).date()
        if self.minute is not None:
            due_at = calendar.at(self.day or today, self.minute)
            return calendar.at(today + DAY, self.minute) if self.day is None and due_at <= said_at else due_at
        if self.day is None:
            return None
        day = calendar.day_before(self.day, today) if self.before else self.day
        due_at = calendar.over(day)
        return calendar.at(day, 24 * 60) if due_at <= said_at else due_at


class TimeReader:
    """Reads the times of one sentence: its words folded, `apart` which of them begin a clause."""

    def __init__(self, known: DueWords, words: Sequence[str], apart: Sequence[bool]) -> None:
        self.known = known
        self.words = words
        self.apart = apart

    def times(self, said_at: datetime, calendar: Calendar) -> Iterator[NamedTime]:
        """Those that stand in it, in order, none within another."""
        place = 0
        while place < len(self.words):
            time = self._time_at(place, said_at, calendar)
            if time is None:
                place += 1
            else:
                yield time
                place = time.after

    def _time_at(self, place: int, said_at: datetime, calendar: Calendar) -> NamedTime | None:
        return self._span_at(place, said_at, calendar) or self._moment_at(
            place, calendar.local(said_at).date(), calendar
        )

    def _lead(self, name: str, place: int) -> int:
        return self.known.leads[name].at(self.words, place)[1] if place < len(self.words) else 0

    def _span_at(self, place: int, said_at: datetime, calendar: Calendar) -> NamedTime | None:
        """`within 24 hours`, `w ciągu dwóch dni roboczych`."""
        known, size = self.known, self._lead("within", place)
        if not size:
            return None
        at = self._past_fillers(place + size)
        count, at = self._count(at)
        working = at < len(self.words) and self.words[at] in known.working
        at = self._past_fillers(at + working)
        if at >= len(self.words):
            return None
        word = self.words[at]
        if count is None:
            match = _COUNT.fullmatch(word)
            if match is not None and match[3]:  # 24h
                count, unit = int(match[2] or match[1]), "hour"
            elif word in known.days_and_nights:
                count, unit = 24, "hour"
            elif word in known.lone_units and not self._lead("by", place):
                count, unit = 1, known.units.get(word, "")
            else:
                return None
        elif word in known.days_and_nights:
            count, unit = 24 * count, "hour"
        else:
            unit = known.units.get(word, "")
        at += 1
        if at < len(self.words) and self.words[at] in known.working:
            working, at = True, at + 1
        due_at = span_over(count, unit, working, said_at, calendar)
        return None if due_at is None else NamedTime(place, at, strong=True, due_at=due_at)

    def _past_fillers(self, at: int) -> int:
        while at < len(self.words) and self.words[at] in self.known.fillers:
            at += 1
        return at

    def _count(self, at: int) -> tuple[int | None, int]:
        """A number, the larger of two, and the place behind it."""
        count, after = self._number(at)
        if count is not None and after < len(self.words) and (self.words[after] in self.known.either):
            other, behind = self._number(after + 1)
            if other is not None:
                return max(count, other), behind
        if count is not None and after < len(self.words):  # two-three days
            other, behind = self._number(after)
            if other is not None:
                return max(count, other), behind
        return count, after

    def _number(self, at: int) -> tuple[int | None, int]:
        if at >= len(self.words):
            return None, at
        number = self.known.numbers.get(self.words[at])
        if self.words[at] in self.known.tens:
            return self._tens(at)
        if number is None:
            match = _COUNT.fullmatch(self.words[at])
            if match is None or match[3]:
                return None, at
            number = max(int(match[1]), int(match[2] or 0))
        return number, at + 1

    def _tens(self, at: int) -> tuple[int, int]:
        """`forty`, `forty-eight`, `quarenta e oito`."""
        tens, after = self.known.tens[self.words[at]], at + 1
        if self.known.tens_and and after < len(self.words) and self.words[after] == self.known.tens_and:
            after += 1
        ones = self.known.numbers.get(self.words[after], 0) if after < len(self.words) else 0
        return (tens + ones, after + 1) if tens % 10 == 0 and 0 < ones < 10 else (tens, at + 1)

    def _moment_at(self, place: int, today: date, calendar: Calendar) -> NamedTime | None:
        """`by Friday at 5 pm`, `tomorrow morning`, `do 15 marca`: parts that follow one another."""
        time, at, parts = NamedTime(place, place), place, 0
        while at < len(self.words) and parts < _MOST_PARTS:
            after = self._part_at(at, time, today, calendar, first=parts == 0)
            if not after or (parts and self._broken(at)):
                break
            time.after = at = after
            parts += 1
        latest = self._lead("latest", at) if parts else 0
        if latest and not self._begins_another(at + latest):
            time.after, time.strong = at + latest, True
        return time if parts and (time.day is not None or time.minute is not None) else None

    def _begins_another(self, at: int) -> bool:
        """`jutro, najpóźniej w piątek`: what follows is another time, to which the words lead."""
        return at < len(self.words) and any(self._lead(name, at) for name in ("by", "before", "on", "at", "next"))

    def _broken(self, at: int) -> bool:
        return self.apart[at] and self.words[at] in self.known.apart

    def _part_at(self, place: int, time: NamedTime, today: date, calendar: Calendar, *, first: bool) -> int:
        """The place behind a day, hour or part of the day with what leads to it; 0 for none. Notes it in `time`."""
        at, strong, before = place, False, False
        for _ in range(3):
            for name in ("by", "before"):
                size = self._lead(name, at)
                if size and name == "before" and self.known.day_parts.at(self.words, at)[1]:  # przed południem
                    strong = True
                elif size:
                    at, strong, before = at + size, True, before or name == "before"
                    break
            else:
                break
        if at >= len(self.words):
            return 0
        meaning, size = self.known.days.at(self.words, at)
        if meaning == "end_of_day" and time.day is not None:
            after, before = at + size, False
        elif meaning in _ENDS and before:
            meaning, before = self._not_before(meaning, at), False
            after = self._named(time, meaning, at + size, today, calendar)
        else:
            after = self._day_at(at, time, today, calendar, led=strong) if time.day is None or time.whole_day else 0
            if not after and time.day is not None and not strong:  # Thursday 11 March
                day, after = self._date_at(at, today)
                time.day = day or time.day
            if not after and time.minute is None:
                after = self._between(at, time) or self._hour_at(at, time, led=strong)
        if after:
            time.strong |= strong
            time.before |= before
        return after

    def _not_before(self, meaning: str, at: int) -> str:
        """What is done `before the end of the week` is done in it; `before next week`, in this one."""
        if self.words[at] in self.known.ends:
            return meaning
        return {"next_week": "this_week", "next_month": "this_month"}.get(meaning, meaning)

    def _day_at(self, place: int, time: NamedTime, today: date, calendar: Calendar, *, led: bool) -> int:
        known, words = self.known, self.words
        meaning, size = known.days.at(words, place)
        if size:
            return self._named(time, meaning, place + size, today, calendar)
        at, is_next = place, False
        for name in ("next", "on"):
            size = self._lead(name, at)
            if size and at + size < len(words):
                at, is_next, led = at + size, name == "next", True
                break
        meaning, size = known.days.at(words, at)
        if size and at > place:
            return self._named(time, meaning, at + size, today, calendar)
        weekday = known.weekdays.get(words[at])
        if weekday is not None and (led or known.bare_weekdays) and self._is_weekday(at):
            is_today = weekday == today.weekday()
            time.day = weekday_after(today, weekday, week_after=is_next and (known.next_is_week_after or is_today))
            time.whole_day = False
            at += 1
            return at + 1 if at < len(words) and words[at] in known.weekday_endings else at
        day, after = self._date_at(at, today)
        if day is not None:
            time.day, time.whole_day = day, False
        return after

    def _named(self, time: NamedTime, meaning: str, after: int, today: date, calendar: Calendar) -> int:
        time.day, time.whole_day = named_day(meaning, today, calendar), meaning == "end_of_day"
        time.ahead = meaning in _AHEAD
        return after

    def _is_weekday(self, at: int) -> bool:
        """Not `na segunda vez`: where days are called by ordinals, nothing else is counted by it."""
        known, words = self.known, self.words
        if words[at] not in known.ordinal_weekdays or at + 1 >= len(words) or self.apart[at + 1]:
            return True
        following = words[at + 1]
        leads = any(self._lead(name, at + 1) for name in ("by", "on", "at", "next", "between"))
        leads = leads or known.speaks_of_us(following) or known.speaks_of_future(following)
        return following in known.weekday_endings or leads or bool(known.day_parts.at(words, at + 1)[1])

    def _date_at(self, at: int, today: date) -> tuple[date | None, int]:
        """`15 March`, `March 15th, 2027`, `15.03`, `2027-03-15`."""
        known, words = self.known, self.words
        word = words[at]
        if match := _ISO.fullmatch(word):
            day = date_of(int(match[1]), int(match[2]), int(match[3]))
            return day, at + 1 if day else 0
        if match := _NUMBERED.fullmatch(word):
            day = numbered_day(match, known.code, today)
            return day, at + 1 if day else 0
        if match := _DAY_OF_MONTH.fullmatch(word):
            after = at + 1
            while after < len(words) and words[after] in ("of", "de"):
                after += 1
            month = known.months.get(words[after]) if after < len(words) else None
            if month is not None:
                return self._year_at(after + 1, month, int(match[1]), today)
        month = known.months.get(word)
        if month is not None and at + 1 < len(words) and (match := _DAY_OF_MONTH.fullmatch(words[at + 1])):
            return self._year_at(at + 2, month, int(match[1]), today)
        return None, 0

    def _year_at(self, at: int, month: int, day: int, today: date) -> tuple[date | None, int]:
        after = at + 1 if at < len(self.words) and self.words[at] in ("de", "do", "del") else at
        if after < len(self.words) and re.fullmatch(r"20\d\d", self.words[after]):
            found = date_of(int(self.words[after]), month, day)
            return found, after + 1 if found else 0
        found = coming(month, day, today)
        return found, at if found else 0

    def _hour_at(self, place: int, time: NamedTime, *, led: bool) -> int:
        known, words = self.known, self.words
        meaning, size = known.day_parts.at(words, place)
        if size and (led or time.day is not None or self._names_today(place, size)):
            time.minute = DAY_PART_ENDS[meaning]
            return place + size
        size = self._lead("at", place)
        at = place + size
        match = _CLOCK.fullmatch(words[at]) if at < len(words) else None
        if at >= len(words) or not (size or led or (time.day is not None and match and (match[2] or match[3]))):
            return 0
        if match is None or (after := self._clock(match, at, time)) == 0:
            if words[at] in known.hours and (size or led):
                time.minute = known.hours[words[at]] * 60
                return at + 1
            meaning, more = known.day_parts.at(words, at)
            if size and more and meaning in ("noon", "midnight"):
                time.minute = DAY_PART_ENDS[meaning]
                return at + more
            return 0
        return after

    def _between(self, place: int, time: NamedTime) -> int:
        """The place behind two hours of which the later counts: `between 9 and 12`, `od 9 do 12`."""
        known, words = self.known, self.words
        at = place + self._lead("between", place)
        if at == place or at >= len(words) or (first := _CLOCK.fullmatch(words[at])) is None:
            return 0
        at += 1
        while at < len(words) and (words[at] in known.half_days or words[at] in ("h", "hs", "horas")):
            at += 1
        size = self._lead("between_and", at)
        match = _CLOCK.fullmatch(words[at + size]) if size and at + size < len(words) else None
        if match is None or not (time.day is not None or first[2] or first[3] or match[2] or match[3]):
            return 0
        return self._clock(match, at + size, time, led=True)

    def _names_today(self, place: int, size: int) -> bool:
        """`tonight`, `esta tarde`, `this morning`: of today without another word."""
        said = " ".join(self.words[place : place + size])
        return said.startswith(("this ", "esta ", "tonight"))

    def _clock(self, match: re.Match[str], at: int, time: NamedTime, *, led: bool = False) -> int:
        """The place behind a time of the day; 0 where it is none."""
        known, words = self.known, self.words
        hour, minute, mark = int(match[1]), int(match[2] or 0), match[3] or ""
        after = at + 1
        following = words[after] if after < len(words) else ""
        if following in known.half_days and mark not in ("am", "pm"):
            mark, after = following, after + 1
        elif following in ("h", "hs", "hrs", "horas") and not mark:
            after += 1
        elif following in known.units or following in known.months or following in known.working:
            return 0
        elif not (match[2] or mark or led or self._lead("at", at - 1) or self._ends_with_at(at)):
            return 0  # a bare number after `by` is hardly a time of the day
        meaning, size = known.day_parts.at(words, after) if after < len(words) else ("", 0)
        if size:
            after += size
        if hour > 24 or minute > 59:
            return 0
        late = mark.startswith("p") or meaning in ("afternoon", "evening")
        early = mark.startswith("a") or meaning == "morning"
        if late and hour < 12:
            hour += 12
        elif early and hour == 12:
            hour = 0
        elif not (late or early) and known.code == "en" and 1 <= hour <= 6 and match[1][0] != "0":
            hour += 12  # nobody promises 5 in the morning
        time.minute = hour * 60 + minute
        return after

    def _ends_with_at(self, at: int) -> bool:
        """Whether words that lead to a time of the day end before a place."""
        return any(self._lead("at", at - size) == size for size in (1, 2, 3) if at >= size)
