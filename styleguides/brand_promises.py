"""What words promise in a brand's name: by the language of the style check, and by the brand's clock and hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from styleguides.days_ahead import Calendar
from styleguides.language import base_language, detect_language
from styleguides.promised_moments import PromisedMoment, may_name_a_time, promised_moments
from tenants.brand_hours import times_beside
from tenants.business_time import BusinessTime

KeptHours = Sequence[Any] | None
"""Of a brand, as `tenants.brand_hours.hours_beside` reads them."""


def promised_in(text: str, said_at: datetime, language: str, zone: str, hours: KeptHours) -> list[PromisedMoment]:
    """What a text promises that a brand says at that moment. Its language is recognised, else the brand's; the zone is
    that of the brand's hours, else the brand's.
    """
    if not may_name_a_time(text):
        return []
    spoken = detect_language(text) or base_language(language)
    return [] if spoken is None else promised_moments(text, spoken, said_at, calendar_of(zone, hours))


def calendar_of(zone: str, hours: KeptHours) -> Calendar:
    """By which a brand's days are over."""
    times = None if hours is None else times_beside(hours)
    if times is None or times.never_open:
        return Calendar(ZoneInfo(zone))
    return Calendar(ZoneInfo(times.hours.zone), times.hours, _ClosedDays(times), times.special)


class _ClosedDays:
    """Days of the week's hours on which the brand is closed all the same: holidays, special days."""

    def __init__(self, times: BusinessTime) -> None:
        self._times = times

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and not self._times.spans_on(day)
