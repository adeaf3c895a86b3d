"""Brand settings, Hours: when a brand answers, holidays and days that are otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from unicodedata import normalize
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, get_day_names
from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.web.brand_address import brand_at, look_of
from agency.web.contexts_setup import HoursPage
from agency.web.language import chosen_language, time_of_day
from agency.web.looks import Choice, Notice
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from tenants import clock
from tenants.brand_hours import kept_hours, set_hours, times_of
from tenants.brands import known_zones
from tenants.business_time import BusinessTime, due_after, next_open
from tenants.database import db
from tenants.errors import Invalid
from tenants.models import Brand
from tenants.opening_hours import DAY_MINUTES
from tenants.permissions import Permission
from tenants.public_holidays import countries, parts_of

hours_page = Blueprint("hours_page", __name__)

_SPAN = re.compile(r"([0-9]{1,2})(?:[:.h]([0-9]{2}))?\s*(?:-|–|—|to)\s*([0-9]{1,2})(?:[:.h]([0-9]{2}))?")
_LONGEST = 200
_LONGEST_SPECIAL = 10_000
_NIGHT_ENDS = 6 * 60
"""Until when `22-2` is a night; `17-9` is a mistake."""
_SHOWN_HOLIDAYS = 4
_LOOKED_AHEAD_DAYS = 366
_ASKED_AT = time(16, 30)


@hours_page.get("/brands/<brand_id>/hours")
def hours(brand_id: str) -> Response:
    """When it answers."""
    return _page(brand_at(brand_id, Permission.BRAND_READ), 200)


@hours_page.post("/brands/<brand_id>/hours")
def change(brand_id: str) -> AnyResponse:
    """Say so."""
    brand, form = brand_at(brand_id, Permission.BRAND_MANAGE), request.form
    typed = [form.get(f"day.{n}", "")[:_LONGEST] for n in range(7)]
    try:
        set_hours(
            actor_of_request(),
            brand.id,
            days=over_midnight([spans_in(one) for one in typed]),
            zone=form.get("zone", ""),
            sends_in_hours=form.get("sends_in_hours") == "1",
            country=form.get("country", ""),
            part=form.get("part", "") if form.get("part", "") in parts_of(form.get("country", "")) else "",
            special_days=special_in(form.get("special_days", "")[:_LONGEST_SPECIAL]),
        )
    except Invalid as error:
        db.session.rollback()
        return _page(brand_at(brand_id, Permission.BRAND_MANAGE), error.http_status, error=error, typed=typed)
    toast(_("Changed"))
    return redirect(url_for("hours_page.hours", brand_id=brand_id), code=303)


def spans_in(typed: str) -> list[list[Any]]:
    """A day as people write it, `9-12, 13:00-17:30`; what is no span stays what it is, to be refused."""
    spans: list[list[Any]] = []
    for part in re.split(r"[,;\n]", typed):
        if not part.strip():
            continue
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            return [[part]]
        hour, minute, until_hour, until_minute = (int(one or 0) for one in found.groups())
        if max(minute, until_minute) > 59:
            return [[part]]
        spans.append([hour * 60 + minute, until_hour * 60 + until_minute])
    return spans


def over_midnight(days: list[list[list[Any]]]) -> list[list[list[Any]]]:
    """A week whose spans over midnight (22-2) go on in the day after, as they are kept."""
    split: list[list[list[Any]]] = [[] for _day in days]
    for number, spans in enumerate(days):
        for span in spans:
            if len(span) == 2 and span[1] < span[0] < DAY_MINUTES and span[1] <= _NIGHT_ENDS:
                split[number].append([span[0], DAY_MINUTES])
                if span[1]:
                    split[(number + 1) % len(days)].insert(0, [0, span[1]])
            else:
                split[number].append(span)
    return split


def week_out(days: Sequence[Sequence[Sequence[int]]]) -> list[str]:
    """A week as people write it: what goes on over midnight stands whole on the day it begins on."""
    shown = [[(start, end) for start, end in spans] for spans in days]
    for number, spans in enumerate(days):
        following = (number + 1) % len(days)
        if not spans or not days[following] or spans[-1][1] != DAY_MINUTES:
            continue
        (begins, _end), (midnight, ends) = spans[-1], days[following][0]
        if midnight == 0 and ends <= _NIGHT_ENDS and ends < begins:
            shown[number][-1] = (begins, ends)
            shown[following].remove((midnight, ends))
    return [spans_out(spans) for spans in shown]


def special_in(typed: str) -> dict[str, list[list[Any]]]:
    """Days that are otherwise, a line each: `2026-12-24 9-12`, or the date alone where it is closed."""
    lines = [line.strip().partition(" ") for line in typed.splitlines() if line.strip()]
    return {day: spans_in(spans) for day, _space, spans in lines}


def special_out(days: Mapping[str, Any]) -> str:
    """The other way round."""
    return "\n".join(f"{day} {spans_out(days[day])}".strip() for day in sorted(days))


def spans_out(spans: Any) -> str:
    """The other way round."""
    return ", ".join(f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in spans)


def _page(brand: Brand, status: int, *, error: Invalid | None = None, typed: list[str] | None = None) -> Response:
    """One statement beside finding the person and the frame's brands."""
    actor, row, form = actor_of_request(), kept_hours(brand.id), request.form
    may = actor.may(Permission.BRAND_MANAGE)
    errors = {field: _(said[0]) for field, said in error.fields.get("errors", {}).items()} if error else {}
    kept = row.days if row is not None else [[]] * 7
    zone = form.get("zone") if typed is not None else None
    zone = zone or (row.zone if row is not None else brand.time_zone)
    country = form.get("country", "") if typed is not None else row.country if row is not None else ""
    part = form.get("part", "") if typed is not None else row.part if row is not None else ""
    special = special_out(row.special_days) if row is not None else ""
    names = get_day_names("wide", "stand-alone", locale=chosen_language())
    page = HoursPage(
        brand=look_of(brand),
        back_url=url_for("brands_page.brand", brand_id=brand.id),
        url=url_for("hours_page.change", brand_id=brand.id) if may else "",
        notice=Notice("bad", _(error.message)) if error is not None else None,
        days=tuple(
            (names[n], typed[n] if typed is not None else spans_out(kept[n]), errors.get(f"days.{n}", ""))
            for n in range(7)
        ),
        zones=tuple(Choice(one, "", value=one, selected=one == zone) for one in sorted(known_zones())) if may else (),
        zone=zone,
        countries=_countries(country) if may else (),
        country=_country_name(country) if country else "",
        parts=_parts(country, part) if may and country else (),
        part=part,
        special_days=form.get("special_days", "") if typed is not None else special,
        sends_in_hours=form.get("sends_in_hours") == "1" if typed is not None else bool(row and row.sends_in_hours),
        errors=errors,
        preview=_preview(times_of(row)) if row is not None else (),
        agency_url=url_for("agency_page.agency") if may and actor.brand_ids is None else "",
    )
    return make_response(render_page("brands/hours.html", page), status)


def _countries(chosen: str) -> tuple[Choice, ...]:
    """Those whose holidays are known, by name."""
    spelt = ((_country_name(code), code) for code in countries())
    named = sorted(spelt, key=lambda one: normalize("NFKD", one[0]).casefold())
    return (
        Choice(_("none"), "", value="", selected=not chosen),
        *(Choice(name, "", value=code, selected=code == chosen) for name, code in named),
    )


def _country_name(code: str) -> str:
    return str(Locale.parse(chosen_language()).territories.get(code, code))


def _parts(country: str, chosen: str) -> tuple[Choice, ...]:
    parts = parts_of(country)
    if not parts:
        return ()
    return (
        Choice(_("the whole country"), "", value="", selected=not chosen),
        *(Choice(name, "", value=code, selected=code == chosen) for code, name in parts.items()),
    )


def _preview(times: BusinessTime) -> tuple[str, ...]:
    """What these hours come to: when they next begin, what half an hour before a weekend becomes, holidays to come."""
    now = clock.now()
    opens = next_open(times, now)
    if opens is None:
        return ()
    zone, locale = ZoneInfo(times.hours.zone), chosen_language()
    today = now.astimezone(zone).date()
    friday = today + timedelta(days=(4 - today.weekday()) % 7)
    comes = datetime.combine(friday, _ASKED_AT, tzinfo=zone)
    said = [_("They next begin %(time)s.", time=time_of_day(opens))]
    due = due_after(comes, timedelta(hours=1), times)
    if due is not None:
        written = (format_datetime(at.astimezone(zone), "EEEE, d MMMM, HH:mm", locale=locale) for at in (comes, due))
        said.append(_("One hour of them from %(start)s is over on %(end)s.", start=next(written), end=next(written)))
    days = [today + timedelta(days=n) for n in range(_LOOKED_AHEAD_DAYS)]
    shut = [day for day in days if times.hours.days[day.weekday()] and not times.spans_on(day)][:_SHOWN_HOLIDAYS]
    if shut:
        said.append(_("Closed besides: %(days)s.", days=", ".join(_day(day, locale) for day in shut)))
    return tuple(said)


def _day(day: date, locale: str) -> str:
    return str(format_date(day, "d MMM y", locale=locale))
