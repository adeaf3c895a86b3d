"""Brand settings, Hours: when a brand answers."""

from __future__ import annotations

import re
from typing import Any

from babel.dates import get_day_names
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
from tenants.brand_hours import as_hours, kept_hours, set_hours
from tenants.brands import known_zones
from tenants.database import db
from tenants.errors import Invalid
from tenants.models import Brand
from tenants.opening_hours import next_open
from tenants.permissions import Permission

hours_page = Blueprint("hours_page", __name__)

_SPAN = re.compile(r"([0-9]{1,2})(?:[:.h]([0-9]{2}))?\s*(?:-|–|—|to)\s*([0-9]{1,2})(?:[:.h]([0-9]{2}))?")
_LONGEST = 200


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
            days=[spans_in(one) for one in typed],
            zone=form.get("zone", ""),
            sends_in_hours=form.get("sends_in_hours") == "1",
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
    names = get_day_names("wide", "stand-alone", locale=chosen_language())
    opens = next_open(as_hours(row.zone, row.days), clock.now()) if row is not None else None
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
        sends_in_hours=form.get("sends_in_hours") == "1" if typed is not None else bool(row and row.sends_in_hours),
        errors=errors,
        next_words="" if opens is None else _("They next begin %(time)s.", time=time_of_day(opens)),
        agency_url=url_for("agency_page.agency") if may and actor.brand_ids is None else "",
    )
    return make_response(render_page("brands/hours.html", page), status)
