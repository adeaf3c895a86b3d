"""Times as people read them: how long ago, how long left, and the exact time beside it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Literal

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from flask_babel import gettext

from agency.web.looks import Clock, ClockLevel

Unit = Literal["minute", "hour", "day", "week"]

MINUTE_SECONDS = 60
HOUR_SECONDS = 3600
DAY_SECONDS = 86400
WEEK_SECONDS = 7 * DAY_SECONDS
SOON_SECONDS = 3600
"""A clock with less than this left is shown as soon due (`interface.md`: what goes wrong in the next hour)."""


@lru_cache(maxsize=4096)
def span_words(seconds: int, locale: str) -> str:
    """A length of time in its largest whole unit: 40 min, 2 h, 3 d. Seconds are told as less than a minute: `0 min`."""
    seconds = abs(seconds)
    if seconds < HOUR_SECONDS:
        shown = seconds // MINUTE_SECONDS * MINUTE_SECONDS
        return format_timedelta(shown, granularity="minute", threshold=60, format="short", locale=locale)
    unit: Unit = "hour" if seconds < 2 * DAY_SECONDS else "day"
    size = HOUR_SECONDS if unit == "hour" else DAY_SECONDS
    return format_timedelta(seconds // size * size, granularity=unit, threshold=10_000, format="short", locale=locale)


def _rounded(seconds: float) -> int:
    """Whole minutes below an hour, whole hours below two days, else whole days: few distinct values, cached well."""
    size = MINUTE_SECONDS if abs(seconds) < HOUR_SECONDS else HOUR_SECONDS
    size = DAY_SECONDS if abs(seconds) >= 2 * DAY_SECONDS else size
    return int(abs(seconds) // size * size)


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC).isoformat()[:19]}Z"


def row_exact(at: datetime, zone: tzinfo) -> str:
    """The exact time for a queue row, where fifty are printed: `2026-11-22 12:04 CET`."""
    local = at.astimezone(zone)
    return f"{local.isoformat(' ', 'minutes')[:16]} {local.tzname()}"


@lru_cache(maxsize=4096)
def _day_words(day: date, locale: str) -> str:
    return format_date(day, "d MMM y", locale=locale)


def full_exact(at: datetime, zone: tzinfo, locale: str) -> str:
    """The exact time in the reader's language and zone, to the second."""
    local = at.astimezone(zone)
    return f"{format_datetime(local, 'd MMMM y, HH:mm:ss', locale=locale)} {local.tzname()}"


def age(at: datetime, now: datetime, zone: tzinfo, locale: str) -> Clock:
    """How long ago `at` was; up to a week relative, then the date."""
    seconds = (now - at).total_seconds()
    rounded = 0 if seconds < MINUTE_SECONDS else WEEK_SECONDS if seconds >= WEEK_SECONDS else _rounded(seconds)
    return _age(at, rounded, zone, locale)


@lru_cache(maxsize=8192)
def _age(at: datetime, seconds: int, zone: tzinfo, locale: str) -> Clock:
    # Kept by locale, which is the one gettext speaks in this request; so are the others below.
    if seconds == WEEK_SECONDS:
        words = _day_words(at.astimezone(zone).date(), locale)
    else:
        words = span_words(seconds, locale) if seconds else gettext("now")
    return Clock(words, "plain", _iso(at), row_exact(at, zone))


def due(at: datetime, now: datetime, zone: tzinfo, locale: str) -> Clock:
    """How long is left until `at`, or how late it is."""
    left = (at - now).total_seconds()
    return _due(at, _rounded(left), "late" if left < 0 else "soon" if left < SOON_SECONDS else "plain", zone, locale)


@lru_cache(maxsize=8192)
def _due(at: datetime, seconds: int, level: ClockLevel, zone: tzinfo, locale: str) -> Clock:
    span = span_words(seconds, locale)
    words = gettext("late by %(span)s", span=span) if level == "late" else gettext("due in %(span)s", span=span)
    return Clock(words, level, _iso(at), row_exact(at, zone))


def left(at: datetime, now: datetime, zone: tzinfo, locale: str) -> Clock:
    """How long something is open until `at`: 15 h left."""
    seconds = max(0.0, (at - now).total_seconds())
    words = gettext("%(span)s left", span=span_words(_rounded(seconds), locale))
    return Clock(words, "soon" if seconds < SOON_SECONDS else "plain", _iso(at), row_exact(at, zone))


def moment(at: datetime, zone: tzinfo, locale: str) -> Clock:
    """The exact time in full, for receipts and messages."""
    words = format_datetime(at.astimezone(zone), "d MMM y, HH:mm", locale=locale)
    return Clock(words, "plain", _iso(at), full_exact(at, zone, locale))


def until_words(at: datetime, zone: tzinfo, locale: str, day: str = "d MMM y") -> str:
    """Until when, by a clock, the day as `day` says it. One that is over at midnight is called by its own name, not by
    that of the next: `20 Nov 2026, 24:00`.
    """
    local = at.astimezone(zone)
    if (local.hour, local.minute) != (0, 0):
        return str(format_datetime(local, f"{day}, HH:mm", locale=locale))
    return str(format_datetime(local - timedelta(minutes=1), f"{day}, '24:00'", locale=locale))


def reading_words(seconds: int, locale: str) -> str:
    """How long a text takes to read: 24 s read."""
    return gettext("%(seconds)s s read", seconds=format_decimal(seconds, locale=locale))
