"""Until when a case may be put off, in the reader's own zone, and what falls due before."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from babel.dates import format_datetime, format_time
from flask import request
from flask_babel import gettext as _

from agency.web.contexts_bulk import SnoozeLook, SnoozeOption
from agency.web.language import chosen_language, chosen_zone
from tenants import clock
from tenants.errors import Invalid, worded

MORNING_HOUR = 9
LATER_HOURS = 3
LATEST_TODAY_HOUR = 20
"""So many hours from now, on the full hour; not offered where that is later in the day than this."""


def snooze_look(due_at: datetime | None = None) -> SnoozeLook:
    """The moments to choose from; `due_at` is when an answer to the case is owed."""
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    due = due_at if due_at is not None and due_at > now else None
    options = tuple(
        SnoozeOption(
            label=label,
            value=at.isoformat(),
            at=_moment(at, now, zone, locale),
            warning=_before(due, at, now, zone, locale),
        )
        for label, at in moments(now, zone)
    )
    own = (now.astimezone(zone) + timedelta(days=1)).replace(hour=MORNING_HOUR, minute=0)
    return SnoozeLook(
        options=options,
        own=own.strftime("%Y-%m-%dT%H:%M"),
        zone=str(zone),
        due=_("due %(time)s", time=_moment(due, now, zone, locale)) if due is not None else "",
    )


def moments(now: datetime, zone: tzinfo) -> list[tuple[str, datetime]]:
    """Label and moment of each, in their order, none twice. Days are the reader's, so a clock change moves none."""
    here = now.astimezone(zone)
    hour = here.replace(minute=0, second=0, microsecond=0)
    morning = hour.replace(hour=MORNING_HOUR)
    later = (hour + timedelta(hours=LATER_HOURS + (here > hour))).astimezone(zone)
    found = []
    if later.date() == here.date() and later.hour <= LATEST_TODAY_HOUR:
        found.append((_("Later today"), later))
    tomorrow = morning + timedelta(days=1)
    found.append((_("Tomorrow morning"), tomorrow))
    monday = morning + timedelta(days=7 - here.weekday())
    if monday != tomorrow:
        found.append((_("Monday"), monday))
    week = morning + timedelta(days=7)
    if week != monday:
        found.append((_("In a week"), week))
    return found


def chosen_moment() -> datetime:
    """What the form says: one of the moments, or `own`, which is of the reader's zone. Raises Invalid."""
    given = request.form.get("until", "")
    try:
        if given:
            return datetime.fromisoformat(given)
        return datetime.fromisoformat(request.form.get("own", "")).replace(tzinfo=chosen_zone())
    except (ValueError, OverflowError) as error:
        raise Invalid("Choose until when. Nothing was changed.", errors={"until": [worded("is no time")]}) from error


def when_words(at: datetime) -> str:
    """A moment ahead, for `Put off until …`."""
    return _moment(at, clock.now(), chosen_zone(), chosen_language())


def _before(due: datetime | None, at: datetime, now: datetime, zone: tzinfo, locale: str) -> str:
    if due is None or due > at:
        return ""
    return _("due %(time)s, before that", time=_moment(due, now, zone, locale))


def _moment(at: datetime, now: datetime, zone: tzinfo, locale: str) -> str:
    local = at.astimezone(zone)
    days = (local.date() - now.astimezone(zone).date()).days
    if days == 0:
        return str(format_time(local, "short", locale=locale))
    return str(format_datetime(local, "EEE HH:mm" if 0 < days < 7 else "d MMM HH:mm", locale=locale))
