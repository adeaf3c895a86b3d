"""Hours of a week by a zone's clock: open at a moment or not, and when next. Pure.

A span is read off the wall: it is open while the clock on the wall there says so. Where clocks are put back it is open
in both hours of that name; where they are put forward, what the clock leaves out is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

DAY_MINUTES: Final = 24 * 60
MOST_SPANS: Final = 6
"""A day's spans: breaks lie between them."""
_LOOKED_AHEAD: Final = timedelta(days=15)
"""A span comes every week; one that a change of clocks leaves out, the week after."""
_MINUTE: Final = timedelta(minutes=1)

Span = tuple[int, int]
"""From the first minute of a day, 0 to 1439, until before another, 1 to 1440."""


@dataclass(frozen=True, slots=True)
class Hours:
    """`days` are seven, Monday first, each with its spans in order, none touching the next; `zone` is whose clock."""

    zone: str
    days: tuple[tuple[Span, ...], ...] = ((),) * 7

    @property
    def never_open(self) -> bool:
        """No day has a span."""
        return not any(self.days)


def is_open(hours: Hours, moment: datetime) -> bool:
    """Whether a span is open at an aware moment."""
    local = moment.astimezone(ZoneInfo(hours.zone))
    minute = local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in hours.days[local.weekday()])


def next_open(hours: Hours, moment: datetime) -> datetime | None:
    """The first moment from this one on at which a span is open, in UTC; None where no day has any."""
    if hours.never_open:
        return None
    zone, at = ZoneInfo(hours.zone), moment.astimezone(UTC)
    until = at + _LOOKED_AHEAD
    while at < until:
        if is_open(hours, at):
            return at
        local = at.astimezone(zone)
        passed = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        starts = [start for start, _end in hours.days[local.weekday()] if start * _MINUTE > passed]
        then = at + min([*starts, DAY_MINUTES]) * _MINUTE - passed
        if then.astimezone(zone).utcoffset() != local.utcoffset():
            then = clocks_change(zone, at, then)
        at = then
    return None


def clocks_change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """When between these moments the zone's clock is put forward or back."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def days_from(data: Sequence[Any]) -> tuple[tuple[Span, ...], ...]:
    """Seven days as somebody gave them, in order, spans that touch made one. Raises ValueError naming what is wrong."""
    if len(data) != 7:
        raise ValueError("needs seven days")
    return tuple(_day_from(day) for day in data)


def _day_from(given: Any) -> tuple[Span, ...]:
    spans: list[Span] = []
    for pair in given if isinstance(given, list | tuple) else [given]:
        if not isinstance(pair, list | tuple) or len(pair) != 2 or any(type(one) is not int for one in pair):
            raise ValueError("needs pairs of whole minutes")
        spans.append((pair[0], pair[1]))
    joined: list[Span] = []
    for start, end in sorted(spans):
        if not 0 <= start < end <= DAY_MINUTES:
            raise ValueError("ends before it begins")
        if joined and start < joined[-1][1]:
            raise ValueError("overlaps")
        if joined and start == joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    if len(joined) > MOST_SPANS:
        raise ValueError("has too many spans")
    return tuple(joined)
