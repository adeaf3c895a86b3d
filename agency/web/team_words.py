"""How colleagues stand to their shifts, in words."""

from __future__ import annotations

from datetime import date, datetime

from babel.dates import format_date
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.inbox.hands import Unfound
from agency.inbox.team import Colleague
from agency.web import clocks
from agency.web.language import chosen_language, chosen_zone, per_language, time_of_day
from agency.web.looks import StateLook
from agency.web.rules_part import wants_words
from tenants.shifts import Standing, next_shift, shift_at


@per_language
def standing_looks() -> dict[Standing, StateLook]:
    """The look of each."""
    return {
        Standing.ON: StateLook("on-shift", _("On shift"), "check", "good"),
        Standing.ON_BREAK: StateLook("on-break", _("On a break"), "pause", "info"),
        Standing.OFF: StateLook("off-shift", _("Off shift"), "circle", "plain"),
        Standing.ABSENT: StateLook("absent", _("Absent"), "moon", "warn"),
        Standing.UNKNOWN: StateLook("no-shifts", _("No shifts written"), "circle", "plain"),
    }


@per_language
def absence_looks() -> dict[str, StateLook]:
    """The look of an absence's state."""
    return {
        "asked": StateLook("asked", _("Asked for"), "hourglass", "warn"),
        "agreed": StateLook("agreed", _("Agreed"), "check", "good"),
        "declined": StateLook("declined", _("Declined"), "cross", "plain"),
        "withdrawn": StateLook("withdrawn", _("Withdrawn"), "close", "plain"),
    }


def until_when(one: Colleague, now: datetime) -> str:
    """Until when somebody is on shift, or from when again."""
    runs = shift_at(one.work, now)
    if runs is not None:
        return _("until %(time)s", time=time_of_day(runs.end))
    ahead = next_shift(one.work, now)
    if ahead is not None:
        return _("again from %(time)s", time=time_of_day(ahead.start))
    today = one.work.week.local_day(now)
    away = [last for first, last in one.work.absences if first <= today <= last]
    return _("until the end of %(day)s", day=_day(max(away))) if away else ""


def unfound_words(one: Unfound) -> str:
    """“refunds”, Polish: 3 cases, the first since 20 Nov 2026, 09:40."""
    return ngettext(
        "%(wants)s: %(num)s case, since %(time)s",
        "%(wants)s: %(num)s cases, the first since %(time)s",
        one.cases,
        wants=wants_words(one.skill, one.language),
        time=clocks.full_exact(one.since, chosen_zone(), chosen_language()),
    )


def days_words(first: date, last: date) -> str:
    """21 Dec – 3 Jan 2027."""
    return _day(first) if first == last else f"{_day(first)} – {_day(last)}"


def _day(day: date) -> str:
    return str(format_date(day, "EEE d MMM y", locale=chosen_language()))
