"""A brand's business time: when it is open, and how much of that lies between two moments. Pure.

Spans are read off the wall (`tenants.opening_hours`), exactly also where clocks are put forward or back. A day is
closed where it is a public holiday of the brand's country; a special day has spans of its own and wins over both. What
goes on over midnight belongs to the day it began on (`end_of_business_day`).

A brand's spans are worked out once a month of the calendar and kept, so what is asked again costs microseconds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

from tenants.opening_hours import DAY_MINUTES, Hours, Span
from tenants.public_holidays import public_holidays

FIRST_YEAR, LAST_YEAR = 2000, 2098
"""What lies outside is told by nobody's clock: no due time comes of it."""
MOST_MONTHS: Final = 120
"""How far ahead is looked: 336 hours, the most a rule may say, are seven years of a brand open an hour a week."""
TAIL_MINUTES: Final = 12 * 60
"""A span that begins at midnight and goes on from the evening before is that evening's, where it ends by noon."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)
_MINUTE_TICKS: Final = 60_000_000
_MONTHS_KEPT: Final = 2_048
"""About 10 kB each with two spans a day."""


@dataclass(frozen=True, slots=True)
class BusinessTime:
    """A week's hours, days that are otherwise (dates in order, each with its spans, none: closed), and whose public
    holidays are kept: a country by its two letters and a part of it, `""` for none.
    """

    hours: Hours
    special: tuple[tuple[date, tuple[Span, ...]], ...] = ()
    country: str = ""
    part: str = ""

    @property
    def never_open(self) -> bool:
        """No day of any week has a span; special days alone make no business time."""
        return self.hours.never_open

    def local_day(self, moment: datetime) -> date:
        """Which day it is there at an aware moment."""
        return moment.astimezone(ZoneInfo(self.hours.zone)).date()

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """When it is open on that day, by the clock on the wall there."""
        for one, spans in self.special:
            if one == day:
                return spans
        if self.country and day in public_holidays(self.country, self.part, day.year):
            return ()
        return self.hours.days[day.weekday()]


def due_after(moment: datetime, wanted: timedelta, times: BusinessTime) -> datetime | None:
    """The first moment by which it was open for so long since an aware moment, in UTC; that one itself for no time.

    None where it is never open, or not for so long within MOST_MONTHS.
    """
    at, left = _ticks(moment), wanted // _TICK
    if left <= 0:
        return moment.astimezone(UTC)
    for month in _months_from(moment, times):
        passed = month.open_until(at)
        if passed + left <= month.total:
            found = bisect_left(month.open_after, passed + left)
            return _moment(month.ends[found] - (month.open_after[found] - passed - left))
        left -= month.total - passed
    return None


def business_time_between(start: datetime, end: datetime, times: BusinessTime) -> timedelta:
    """How long it was open from one aware moment until another, nothing where that is earlier. Counts MOST_MONTHS."""
    first, last = _ticks(start), _ticks(end)
    passed = 0
    for month in _months_from(start, times) if last > first else ():
        passed += month.open_until(last) - month.open_until(first)
        if not month.ends or month.ends[-1] < last:
            continue
        break
    return passed * _TICK


def next_open(times: BusinessTime, moment: datetime) -> datetime | None:
    """The first moment from this one on at which it is open, in UTC; None where that is not within MOST_MONTHS."""
    found = next(_spans_from(moment, times), None)
    return None if found is None else _moment(max(found[0], _ticks(moment)))


def open_spans(times: BusinessTime, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When it is open from an aware moment on, in order and in UTC, the first cut off there; a span over midnight in
    two. Within MOST_MONTHS.
    """
    at = _ticks(moment)
    for start, end in _spans_from(moment, times):
        yield _moment(max(start, at)), _moment(end)


def end_of_business_day(moment: datetime, times: BusinessTime) -> datetime | None:
    """When the business day of an aware moment is over, in UTC: that of the next opening where it is closed then.

    None as of `next_open`.
    """
    zone = ZoneInfo(times.hours.zone)
    spans = _spans_from(moment, times)
    found = next(spans, None)
    if found is None:
        return None
    opens = _moment(max(found[0], _ticks(moment))).astimezone(zone)
    day, over = opens.date(), found[1]
    if _is_tail(times, day) and opens.hour * 60 + opens.minute < times.spans_on(day)[0][1]:
        day -= _DAY  # begun the evening before
    for start, end in spans:
        of = _moment(start).astimezone(zone)
        goes_on = of.date() == day + _DAY and _is_tail(times, of.date()) and of.hour * 60 + of.minute < TAIL_MINUTES
        if of.date() != day and not (goes_on and start == over):
            break
        over = end
    return _moment(over)


def _is_tail(times: BusinessTime, day: date) -> bool:
    """Whether that day's first span is the end of one that began on the evening before."""
    spans, before = times.spans_on(day), times.spans_on(day - _DAY)
    return bool(spans and before) and spans[0][0] == 0 and spans[0][1] <= TAIL_MINUTES and before[-1][1] == DAY_MINUTES


@dataclass(frozen=True, slots=True)
class _Month:
    """The spans of the days of a month, in microseconds since 1970; `open_after` adds up how long it was open by each
    span's end.
    """

    starts: list[int]
    ends: list[int]
    open_after: list[int]

    @property
    def total(self) -> int:
        return self.open_after[-1] if self.open_after else 0

    def open_until(self, at: int) -> int:
        """For how long of the month it was open before that moment."""
        found = bisect_right(self.ends, at)
        if found == len(self.ends):
            return self.total
        return self.open_after[found] - (self.ends[found] - max(at, self.starts[found]))


def _months_from(moment: datetime, times: BusinessTime) -> Iterator[_Month]:
    """The months from that of a moment on, as the clock there tells it."""
    if times.never_open or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return
    local = moment.astimezone(ZoneInfo(times.hours.zone))
    for number in range(local.year * 12 + local.month - 1, local.year * 12 + local.month - 1 + MOST_MONTHS):
        if number // 12 > LAST_YEAR:
            return
        yield _month(times, number // 12, number % 12 + 1)


def _spans_from(moment: datetime, times: BusinessTime) -> Iterator[tuple[int, int]]:
    at = _ticks(moment)
    for month in _months_from(moment, times):
        first = bisect_right(month.ends, at)
        yield from zip(month.starts[first:], month.ends[first:], strict=True)


@lru_cache(maxsize=_MONTHS_KEPT)
def _month(times: BusinessTime, year: int, month: int) -> _Month:
    zone, day = ZoneInfo(times.hours.zone), date(year, month, 1)
    begins = _midnight(day, zone)
    found: list[tuple[int, int]] = []
    while day.month == month:
        ends = _midnight(day + _DAY, zone)
        spans = times.spans_on(day)
        if spans:
            for start, end in _pieces(begins, ends, zone):
                found.extend(_clipped(day, spans, start, end, zone))
        day, begins = day + _DAY, ends
    starts, stops = [one for one, _ in found], [one for _, one in found]
    return _Month(starts, stops, list(accumulate(end - start for start, end in found)))


def _pieces(begins: datetime, ends: datetime, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """A day in parts between which its zone's clock is put forward or back; nearly always one."""
    if begins.astimezone(zone).utcoffset() == (ends - _TICK).astimezone(zone).utcoffset():
        return [(begins, ends)]
    change = _clocks_change(zone, begins, ends - _TICK)
    return [(begins, change), (change, ends)]


def _clocks_change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """When between these moments the zone's clock is put forward or back."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _clipped(
    day: date, spans: tuple[Span, ...], begins: datetime, ends: datetime, zone: ZoneInfo
) -> Iterator[tuple[int, int]]:
    offset = begins.astimezone(zone).utcoffset() or timedelta()
    first, last = _ticks(begins), _ticks(ends)
    midnight = _ticks(datetime(day.year, day.month, day.day, tzinfo=UTC) - offset)
    for start, end in spans:
        opens, closes = max(first, midnight + start * _MINUTE_TICKS), min(last, midnight + end * _MINUTE_TICKS)
        if opens < closes:
            yield opens, closes


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """When that day begins there; where a change of clocks leaves out its midnight, when the clock is put forward."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _ticks(moment: datetime) -> int:
    return (moment - _EPOCH) // _TICK


def _moment(ticks: int) -> datetime:
    return _EPOCH + ticks * _TICK
