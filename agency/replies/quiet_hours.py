"""When a brand's approvers are left in peace, and hours counted around it. Pure.

Every moment handed in or back is aware; days and times of the clock are the brand's own. Where the clock is put
forward or back within a quiet time, it begins with the first moment the clock shows its beginning or later, and ends
with the last one that shows less than its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

WEEK_MINUTES: Final = 7 * 24 * 60
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Days of the week (1 is Monday) on which a quiet time begins, and its two times of the clock.

    An end that is no later than the beginning is of the next day: 20:00 to 08:00 is a night, 00:00 to 00:00 a day.
    """

    days: tuple[int, ...]
    from_time: time
    until_time: time

    @property
    def is_overnight(self) -> bool:
        """It ends on the day after it begins."""
        return self.until_time <= self.from_time


def quiet_until(quiet: Sequence[Quiet], zone: ZoneInfo, moment: datetime) -> datetime | None:
    """When the quiet this moment lies in ends, that of other quiet times without a pause between included; None where
    it lies in none.
    """
    end = None
    for begins, ends in _spans(quiet, zone, moment):
        if begins > (end or moment):
            break
        if ends > (end or moment):
            end = ends
    return end


def after_hours(
    quiet: Sequence[Quiet], zone: ZoneInfo, start: datetime, hours: int, *, awake_only: bool = False
) -> datetime:
    """So many hours after the start; with `awake_only`, only those outside the quiet times count. What would lie in a
    quiet time is its end.
    """
    left, at = timedelta(hours=hours), start.astimezone(UTC)
    if not awake_only:
        at += left
        return quiet_until(quiet, zone, at) or at
    for begins, ends in _spans(quiet, zone, start):
        if ends <= at:
            continue
        if begins - at > left:
            break
        left -= max(begins - at, timedelta())
        at = ends
    return at + left


def awake_minutes(quiet: Sequence[Quiet]) -> int:
    """Minutes of a week, one without a change of the clock, that lie in no quiet time."""
    covered = bytearray(WEEK_MINUTES)
    for one in quiet:
        begins, ends = _minute(one.from_time), _minute(one.until_time)
        length = ends - begins + (24 * 60 if one.is_overnight else 0)
        for day in one.days:
            for minute in range(length):
                covered[((day - 1) * 24 * 60 + begins + minute) % WEEK_MINUTES] = 1
    return WEEK_MINUTES - sum(covered)


def _spans(quiet: Sequence[Quiet], zone: ZoneInfo, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Each quiet time from the one the start may lie in on, by its beginning, in UTC; they never end."""
    if not quiet:
        return
    day = start.astimezone(zone).date() - 2 * _DAY
    while True:
        found = []
        for one in quiet:
            if day.isoweekday() in one.days:
                last = day + _DAY if one.is_overnight else day
                begins, ends = _first(zone, day, one.from_time), _after_last(zone, last, one.until_time)
                if ends > begins:
                    found.append((begins, ends))
        yield from sorted(found)
        day += _DAY


def _first(zone: ZoneInfo, day: date, at: time) -> datetime:
    """The first moment of the day at which the clock shows this time or a later one."""
    early, late = _both(zone, day, at)
    return early if early <= late else _put_forward(zone, late, early)


def _after_last(zone: ZoneInfo, day: date, at: time) -> datetime:
    """The moment from which on the clock shows this time or a later one for good."""
    early, late = _both(zone, day, at)
    return late if early <= late else _put_forward(zone, late, early)


def _both(zone: ZoneInfo, day: date, at: time) -> tuple[datetime, datetime]:
    wall = datetime.combine(day, at, tzinfo=zone)
    return wall.replace(fold=0).astimezone(UTC), wall.replace(fold=1).astimezone(UTC)


def _put_forward(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The moment between these at which the clock was put forward over a time that it never showed."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > _MINUTE:
        middle = before + (after - before) // 2 // _MINUTE * _MINUTE
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute
