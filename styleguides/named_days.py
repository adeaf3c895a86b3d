"""Which day, and which moment, the words for a time mean, counted from a day that is today. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final

from styleguides.days_ahead import DAY, Calendar, weekday_after

FARTHEST: Final = timedelta(days=366)
"""What lies further ahead is not a time somebody is kept waiting for."""
FARTHEST_WITHOUT_YEAR: Final = timedelta(days=183)
"""A day and month without a year that would come later than this is one that is past."""


def named_day(meaning: str, today: date, calendar: Calendar) -> date:
    """The day that a meaning of `DAYS` names, of a stretch its last working day."""
    if meaning in ("today", "end_of_day"):
        return today
    if meaning in ("tomorrow", "after_tomorrow"):
        return today + DAY * (1 if meaning == "tomorrow" else 2)
    if meaning == "this_week":
        return calendar.last_of_week(today)
    if meaning == "next_week":
        return calendar.last_of_week(weekday_after(today, 0, week_after=True))
    first = today if meaning == "this_month" else (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return calendar.last_of_month(first)


def span_over(count: int, unit: str, working: bool, said_at: datetime, calendar: Calendar) -> datetime | None:
    """When so much time is over: hours to the minute, days at the end of the day."""
    if count < 1 or not unit or unit == "year":
        return None
    if unit == "minute":
        return said_at + timedelta(minutes=count)
    if unit == "hour" and not working:
        return said_at + timedelta(hours=count)
    today = calendar.local(said_at).date()
    if working:
        days = {"day": count, "week": 5 * count, "hour": -(-count // 8)}.get(unit)
        return None if days is None or days > 250 else calendar.over(calendar.working_days_after(today, days))
    days = {"day": 1, "week": 7, "month": 30}[unit] * count
    return calendar.over(today + timedelta(days=days)) if days <= FARTHEST.days else None


def numbered_day(match: re.Match[str], code: str, today: date) -> date | None:
    """`15.03`, `22/03/2027` as the language orders them; None for what is no day ahead."""
    first, mark, second, year = int(match[1]), match[2], int(match[3]), match[4]
    if mark == "-" and year is None:  # 2-3 is a number of something
        return None
    orders = [(second, first), (first, second)] if code == "en" and mark == "/" else [(second, first)]
    if year is not None:
        told = int(year) + (2000 if len(year) == 2 else 0)
        days = [date_of(told, month, day) for month, day in orders]
    else:
        days = [coming(month, day, today) for month, day in orders]
    return min((day for day in days if day is not None and day >= today), default=None)


def coming(month: int, day: int, today: date) -> date | None:
    """The next such day, unless it lies so far ahead that the one before is meant."""
    for year in (today.year, today.year + 1):
        found = date_of(year, month, day)
        if found is not None and found >= today:
            return found if found - today <= FARTHEST_WITHOUT_YEAR else None
    return None


def date_of(year: int, month: int, day: int) -> date | None:
    """The day so numbered, if there is one."""
    try:
        return date(year, month, day)
    except ValueError:
        return None
