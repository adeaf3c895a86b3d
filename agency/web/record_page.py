"""The record searched: by who, what, when, which thing and brand; and the same as a file."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, make_response, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from agency.web.clocks import moment
from agency.web.contexts_record import RecordLine, RecordPage
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice
from agency.web.record_words import action_words, actions_known, area_words
from agency.web.shell import render_page
from agency.web.spreadsheet_cells import cell
from agency.web.who import actor_of_request
from tenants.audit_search import Search, export, search
from tenants.database import db
from tenants.errors import NotFound
from tenants.ids import id_from
from tenants.models import Brand
from tenants.people import members_of

record_page = Blueprint("record_page", __name__)

PAGE_ROWS = 50
SYSTEM = "system"
LONGEST_THING = 200
LONGEST_VALUE = 300
"""Characters of one fact on the page; the file has all."""
PAGES = {"conversation": ("conversation.page", "conversation_id"), "reply": ("receipts.receipt", "reply_id")}


@record_page.get("/record")
def record() -> Response:
    """Fifty lines at a time, the newest first."""
    actor, brands = actor_of_request(), _brands()
    wanted, problem = _wanted()
    given = request.args.get("before", "")
    before = _id(given) if given else None
    rows = [] if problem else search(actor, wanted, before=before, limit=PAGE_ROWS + 1)
    kept = {name: request.args.get(name, "") for name in ("brand", "who", "what", "since", "until", "thing")}
    page = RecordPage(
        url=url_for("record_page.record"),
        brands=(
            Choice(_("All brands and the agency"), "", selected=wanted.brand_id is None),
            *(Choice(name, str(one), selected=one == wanted.brand_id) for one, name in brands.items()),
        ),
        people=_people(wanted),
        actions=_actions(wanted.action),
        since=kept["since"],
        until=kept["until"],
        thing=wanted.subject_id or "",
        is_narrowed=any(kept.values()),
        rows=tuple(_line(row, brands) for row in rows[:PAGE_ROWS]),
        next_url=_url(**kept, before=str(rows[PAGE_ROWS - 1].id)) if len(rows) > PAGE_ROWS else "",
        first_url=_url(**kept) if given else "",
        file_url=_url("record_page.record_file", **kept),
        problem=problem,
    )
    return make_response(render_page("record/page.html", page))


@record_page.get("/record.csv")
def record_file() -> Response:
    """What the page finds, at most MOST_EXPORTED lines, the newest first."""
    wanted, problem = _wanted()
    if problem:
        raise NotFound()
    brands, out = _brands(), io.StringIO()
    table = csv.writer(out)
    table.writerow(
        [_("When"), _("Who"), _("What"), _("Action"), _("Brand"), _("Kind"), _("Id"), _("Facts"), _("Words")]
    )
    for row in export(actor_of_request(), wanted):
        cells = (
            *(row.created_at.astimezone(UTC).isoformat(timespec="seconds"), row.actor_name, action_words(row.action)),
            *(row.action, brands.get(row.brand_id, ""), row.subject_type, row.subject_id, row.facts_text),
            row.words_text or (_("erased") if row.erased_at else ""),
        )
        table.writerow(map(cell, cells))
    answer = Response(out.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename="record.csv")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _line(row: Any, brands: dict[UUID, str]) -> RecordLine:
    zone, locale = chosen_zone(), chosen_language()
    found = PAGES.get(row.subject_type)
    thing = id_from(row.subject_id)
    values: dict[str, Any] = {found[1]: thing} if found else {}
    return RecordLine(
        at=moment(row.created_at, zone, locale),
        who=_("The system") if row.actor_id is None else row.actor_name,
        what=action_words(row.action),
        brand=brands.get(row.brand_id, ""),
        place=_("Line %(number)s", number=row.number),
        thing=row.subject_id,
        thing_url=_url(thing=row.subject_id),
        page_url=url_for(found[0], **values) if found and thing else "",
        facts=_told(row.facts),
        words=_told(row.words or {}),
        erased=moment(row.erased_at, zone, locale).words if row.erased_at else "",
    )


def _told(facts: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.replace("_", " "), _short(value)) for name, value in facts.items() if value not in (None, "", [])
    )


def _short(value: Any) -> str:
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return said if len(said) <= LONGEST_VALUE else f"{said[:LONGEST_VALUE]}…"


def _brands() -> dict[UUID, str]:
    """Those of the actor's scope, by name."""
    return {one.id: one.name for one in db.session.execute(select(Brand.id, Brand.name).order_by(Brand.name))}


def _people(wanted: Search) -> tuple[Choice, ...]:
    members = members_of(actor_of_request())
    known = [Choice(one.name, str(one.person_id), selected=one.person_id == wanted.actor_id) for one in members]
    if wanted.actor_id is not None and not any(one.selected for one in known):
        known.append(Choice(_("Somebody who has left"), str(wanted.actor_id), selected=True))
    return (
        Choice(_("Everybody"), "", selected=wanted.actor_id is None and not wanted.by_system),
        Choice(_("The system"), SYSTEM, selected=wanted.by_system),
        *known,
    )


def _actions(chosen: str | None) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    groups: dict[str, list[Choice]] = {}
    for action in actions_known():
        words = action_words(action)
        area = area_words(action)
        groups.setdefault(area, []).append(Choice(words, action, selected=action == chosen))
    ordered = sorted(groups.items())
    return tuple((area, tuple(sorted(some, key=lambda one: one.label))) for area, some in ordered)


def _wanted() -> tuple[Search, str]:
    """What the address asks for, and what of it cannot be read. Raises NotFound for ids that are none."""
    given = {name: request.args.get(name, "").strip() for name in ("brand", "who", "what", "since", "until", "thing")}
    what, thing = given["what"], given["thing"]
    if (what and what not in actions_known()) or len(thing) > LONGEST_THING or "\0" in thing:
        raise NotFound()
    try:
        since, until = _day(given["since"]), _day(given["until"], timedelta(days=1))
    except (ValueError, OverflowError):
        return Search(), _("A day is written like 2026-11-23. Nothing was searched. Choose the days again.")
    return (
        Search(
            brand_id=_id(given["brand"]) if given["brand"] else None,
            actor_id=_id(given["who"]) if given["who"] not in ("", SYSTEM) else None,
            by_system=given["who"] == SYSTEM,
            action=what or None,
            subject_id=thing or None,
            since=since,
            until=until,
        ),
        "",
    )


def _day(written: str, later: timedelta = timedelta()) -> datetime | None:
    """When this day begins where the reader is. Raises ValueError, OverflowError."""
    if not written:
        return None
    day = date.fromisoformat(written)
    if not 1971 <= day.year <= 9000:
        raise ValueError(written)
    return datetime.combine(day + later, time(), chosen_zone())


def _id(text: str) -> UUID:
    found = id_from(text)
    if found is None:
        raise NotFound()
    return found


def _url(endpoint: str = "record_page.record", **parts: str) -> str:
    query = urlencode({name: value for name, value in parts.items() if value})
    return url_for(endpoint) + (f"?{query}" if query else "")
