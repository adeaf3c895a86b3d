"""Hours of a week by a zone's clock, and the form in which they are kept. Pure.

A span is read off the wall: it is open while the clock on the wall there says so. Where clocks are put back it is open
in both hours of that name; where they are put forward, what the clock leaves out is left out. When that is says
`tenants.business_time`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

DAY_MINUTES: Final = 24 * 60
MOST_SPANS: Final = 6
"""A day's spans: breaks lie between them."""

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
