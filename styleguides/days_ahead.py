"""When a named time ahead is over, by a brand's calendar. Pure.

The last moment counts: somebody who was told Friday has been kept waiting when Friday is over, not when it begins.
Where a brand has hours, its day is over when its last span is: later nobody is there to keep the promise. On a day
without spans, and for a brand without hours, the day is over at midnight.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tenants.opening_hours import Hours, Span

WORKING_WEEK: Final = range(5)
"""Monday to Friday: working days of a brand that has said nothing of its hours."""
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """A brand's: whose clock, when it is open (None: it has not said), on which days it is closed besides, and which
    days are otherwise than their week says, each with its spans (none: closed).
    """

    zone: ZoneInfo
    hours: Hours | None = None
    closed: Container[date] = ()
    special: tuple[tuple[date, tuple[Span, ...]], ...] = ()

    def local(self, moment: datetime) -> datetime:
        """An aware moment by the brand's clock."""
        return moment.astimezone(self.zone)

    def works_on(self, day: date) -> bool:
        """Whether it is a working day of the brand."""
        if self.hours is None or self.hours.never_open:
            return day not in self.closed and day.weekday() in WORKING_WEEK
        return bool(self._spans(day))

    def over(self, day: date) -> datetime:
        """When that day is over, in UTC."""
        spans = self._spans(day)
        return self.at(day, spans[-1][1] if spans else 24 * 60)

    def _spans(self, day: date) -> tuple[Span, ...]:
        if self.hours is None:
            return ()
        for one, spans in self.special:
            if one == day:
                return spans
        return () if day in self.closed else self.hours.days[day.weekday()]

    def at(self, day: date, minute: int) -> datetime:
        """A minute after midnight (0 to 1440) of that day by the wall's clock, in UTC. What a change of clocks leaves
        out counts as the moment after it; of an hour that comes twice, the second.
        """
        if minute >= 24 * 60:
            day, minute = day + DAY, minute - 24 * 60
        wall = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=self.zone)
        return wall.replace(
            fold=1 if wall.replace(fold=1).utcoffset() != wall.utcoffset() and _is_there(wall) else 0
        ).astimezone(UTC)

    def day_before(self, day: date, today: date) -> date:
        """The last working day before a day that is not over; the day before it where there is none."""
        before = day - DAY
        while before >= today and day - before <= 7 * DAY:
            if self.works_on(before):
                return before
            before -= DAY
        return max(day - DAY, today)

    def working_days_after(self, day: date, count: int) -> date:
        """The last of so many working days that follow a day; `day` itself for none. Looks a year ahead at most."""
        last = day + timedelta(days=366)
        while count > 0 and day < last:
            day += DAY
            count -= self.works_on(day)
        return day

    def last_of_week(self, day: date) -> date:
        """The last working day of the week of a day that is not before it; its Sunday where none is left."""
        sunday = day + timedelta(days=6 - day.weekday())
        return self._last_working(day, sunday)

    def last_of_month(self, day: date) -> date:
        """The last working day of the month of a day that is not before it; its last day where none is left."""
        first_of_next = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return self._last_working(day, first_of_next - DAY)

    def _last_working(self, first: date, last: date) -> date:
        day = last
        while day >= first:
            if self.works_on(day):
                return day
            day -= DAY
        return last


def _is_there(wall: datetime) -> bool:
    """Whether the clock on the wall ever says so on that day."""
    return wall.astimezone(UTC).astimezone(wall.tzinfo).replace(tzinfo=None) == wall.replace(tzinfo=None)


def weekday_after(day: date, weekday: int, *, week_after: bool) -> date:
    """The next such day of the week, 0 for Monday, from `day` on; `week_after`: that of the next calendar week."""
    if week_after:
        return day + timedelta(days=7 - day.weekday() + weekday)
    return day + timedelta(days=(weekday - day.weekday()) % 7)
