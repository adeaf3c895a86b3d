"""When people work: who is on shift at a moment, when a shift ends and when the next one begins. Pure.

A week is read off the clock of the person's own zone, as a brand's hours are (`tenants.business_time`); days that are
otherwise win over it, an absence over both. What goes on over midnight belongs to the day it began on. Whose week
nobody wrote is neither on nor off: nothing is decided for them by a clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile
from typing import Final, NamedTuple

from tenants.business_time import TAIL_MINUTES, BusinessTime, open_spans
from tenants.opening_hours import DAY_MINUTES, Hours, Span

BREAK: Final = timedelta(hours=2)
"""Spans no further apart are one shift with a break between them."""
LONGEST_SHIFT: Final = timedelta(hours=24)
"""What goes on for longer counts as shift after shift."""
LOOKED_AHEAD: Final = timedelta(days=62)
"""So far ahead a next shift is looked for."""
_DAY: Final = timedelta(days=1)


class Standing(StrEnum):
    """How somebody stands to their shifts at a moment."""

    ON = "on"
    ON_BREAK = "on_break"
    OFF = "off"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    """Nobody wrote when they work."""


@dataclass(frozen=True, slots=True)
class WorkTimes:
    """A person's week with days that are otherwise, and their absences: first and last day, both included, by the
    clock of the week's zone.
    """

    week: BusinessTime
    absences: tuple[tuple[date, date], ...] = ()

    @property
    def is_known(self) -> bool:
        """Somebody wrote when they work."""
        return not self.week.never_open


class Shift(NamedTuple):
    """From a moment until before another, breaks included; both in UTC."""

    start: datetime
    end: datetime


def no_times(zone: str) -> WorkTimes:
    """Of whom nobody wrote anything."""
    return WorkTimes(BusinessTime(Hours(zone)))


def shifts_from(work: WorkTimes, moment: datetime) -> Iterator[Shift]:
    """The shifts that are not over at an aware moment, in order, one that runs among them with its true beginning."""
    begun: datetime | None = None
    until = moment
    for start, end in open_spans(_worked(work), moment - 2 * LONGEST_SHIFT):
        if begun is not None and (start - until > BREAK or start - begun >= LONGEST_SHIFT):
            if until > moment:
                yield Shift(begun, until)
            begun = None
        begun, until = begun or start, end
    if begun is not None and until > moment:
        yield Shift(begun, until)


def shift_at(work: WorkTimes, moment: datetime) -> Shift | None:
    """The shift that runs at that moment, a break in it included; None off shift and where none is written."""
    found = next(shifts_from(work, moment), None)
    return found if found is not None and found.start <= moment else None


def next_shift(work: WorkTimes, moment: datetime) -> Shift | None:
    """The first shift that begins after that moment, within LOOKED_AHEAD; None where there is none."""
    ahead = takewhile(lambda one: one.start <= moment + LOOKED_AHEAD, shifts_from(work, moment))
    return next((one for one in ahead if one.start > moment), None)


def standing_at(work: WorkTimes, moment: datetime) -> Standing:
    """How they stand to their shifts. Of absences only whole days count, by the clock of their zone."""
    today = work.week.local_day(moment)
    runs = shift_at(work, moment) if work.is_known else None
    if runs is not None:
        works = next(open_spans(_worked(work), moment), None)
        return Standing.ON if works is not None and works[0] == moment else Standing.ON_BREAK
    if any(first <= today <= last for first, last in work.absences):
        return Standing.ABSENT
    return Standing.OFF if work.is_known else Standing.UNKNOWN


def is_off(work: WorkTimes, moment: datetime) -> bool:
    """Known not to be at work: off shift or absent. A break is none of both."""
    return standing_at(work, moment) in (Standing.OFF, Standing.ABSENT)


def at_work_by(work: WorkTimes, moment: datetime) -> datetime | None:
    """That moment for whoever is on shift then, else when their next shift begins; None where that is not known."""
    if shift_at(work, moment) is not None:
        return moment
    ahead = next_shift(work, moment)
    return None if ahead is None else ahead.start


@lru_cache(maxsize=1_024)
def _worked(work: WorkTimes) -> BusinessTime:
    """The week without absences."""
    if not work.absences or work.week.never_open:
        return work.week
    away = {first + n * _DAY for first, last in work.absences for n in range((last - first).days + 1)}
    days = dict(work.week.special)
    for day in away | {one + _DAY for one in away}:
        tail, own = _parted(work.week, day)
        kept = () if day - _DAY in away else tail
        days[day] = kept if day in away else kept + own
    return BusinessTime(work.week.hours, tuple(sorted(days.items())), work.week.country, work.week.part)


def _parted(times: BusinessTime, day: date) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """A day's spans: the end of what began on the evening before, and its own."""
    spans, before = times.spans_on(day), times.spans_on(day - _DAY)
    goes_on = bool(spans and before) and spans[0][0] == 0 and before[-1][1] == DAY_MINUTES
    cut = 1 if goes_on and spans[0][1] <= TAIL_MINUTES else 0
    return spans[:cut], spans[cut:]
