"""Billing periods: calendar steps from an anchor, in seconds since 1970, UTC."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta

DAY_SECONDS = 86_400
HOUR_SECONDS = 3_600


def step(anchor: int, times: int, interval: str, count: int = 1) -> int:
    """`times` intervals after the anchor. A month's step keeps the anchor's day, or takes the last one there is."""
    moment = datetime.fromtimestamp(anchor, UTC)
    if interval in ("day", "week"):
        return int((moment + timedelta(days=times * count * (7 if interval == "week" else 1))).timestamp())
    months = moment.year * 12 + moment.month - 1 + times * count * (12 if interval == "year" else 1)
    year, month = divmod(months, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return int(moment.replace(year=year, month=month + 1, day=day).timestamp())


def period_at(anchor: int, at: int, interval: str, count: int = 1) -> tuple[int, int]:
    """Start and end of the period that holds `at`; a boundary belongs to the period it begins."""
    length = step(anchor, 1, interval, count) - anchor
    turn = (at - anchor) // length
    while step(anchor, turn, interval, count) > at:
        turn -= 1
    while step(anchor, turn + 1, interval, count) <= at:
        turn += 1
    return step(anchor, turn, interval, count), step(anchor, turn + 1, interval, count)
