"""The team: who is on shift, and what a lead writes of each; to colleagues their own week and absences."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from babel.dates import get_day_names
from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import absences as absence_room
from agency.inbox import team as room
from agency.inbox.colleagues import Member, colleagues_of
from agency.inbox.hands import unfound
from agency.inbox.team import Colleague, held_by, team_at
from agency.inbox.team_models import Absence
from agency.web.contexts_team import AbsenceRow, MemberPage, TeamPage, TeamRow
from agency.web.guide_words import language_word
from agency.web.handover_page import handed_to_me
from agency.web.hours_page import over_midnight, spans_in, special_in, special_out, week_out
from agency.web.language import chosen_language, chosen_zone, time_of_day
from agency.web.looks import Choice, Notice
from agency.web.shell import brands_of_request, render_page, toast
from agency.web.team_words import absence_looks, days_words, standing_looks, unfound_words, until_when
from agency.web.who import actor_of_request
from styleguides.language import SUPPORTED_LANGUAGES, base_language
from tenants import clock
from tenants.brands import known_zones
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.permissions import Permission
from tenants.shifts import Standing, next_shift

team_page = Blueprint("team_page", __name__)

_LONGEST = 200
_LONGEST_TEXT = 10_000
_WORKS = (Standing.ON, Standing.ON_BREAK)


@team_page.get("/team")
def team() -> Response:
    """Everybody who works on cases, how they stand to their shifts now, and absences a lead is asked for."""
    actor, now = actor_of_request(), clock.now()
    leads = actor.may(Permission.TEAM_MANAGE)
    people, known = colleagues_of(actor), team_at(now)
    held = held_by() if leads else {}
    rows = tuple(
        _row(one, known.of(one.person_id), now, held=held.get(one.person_id, 0) if leads else None) for one in people
    )
    standings = [known.standing_of(one.person_id, now) for one in people]
    there, away = sum(one in _WORKS for one in standings), standings.count(Standing.ABSENT)
    asked = [one for one in absence_room.absences_of(actor) if one.state == "asked"] if leads else []
    page = TeamPage(
        rows=rows,
        counts=", ".join(
            (
                ngettext("%(num)s on shift", "%(num)s on shift", there),
                ngettext("%(num)s away", "%(num)s away", away),
            )
        ),
        asked=tuple(_absence(one) for one in asked),
        unfound=tuple(unfound_words(one) for one in unfound()),
        handed=handed_to_me(),
        handover_url=url_for("handover_page.mine"),
        handovers_url=url_for("handover_page.of_team") if leads else "",
    )
    return make_response(render_page("team/page.html", page))


@team_page.get("/team/<person_id>")
def member(person_id: str) -> Response:
    """One colleague: to a lead the form, to themselves what it says."""
    return _page(_member(person_id), 200)


@team_page.post("/team/<person_id>")
def change(person_id: str) -> AnyResponse:
    """Write when they work, what they speak and can, how many cases they hold."""
    one = _member(person_id)
    try:
        room.save_member(actor_of_request(), one.person_id, _typed(), based_on=_version())
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _page(_member(person_id), error.http_status, error=error, is_typed=isinstance(error, Invalid))
    toast(_("Changed"))
    return redirect(url_for("team_page.member", person_id=person_id), code=303)


@team_page.post("/team/<person_id>/absences")
def absence(person_id: str) -> AnyResponse:
    """Write that somebody is away, or ask for it."""
    one, form = _member(person_id), request.form
    try:
        stand_in = form.get("stand_in", "")
        made = absence_room.write_absence(
            actor_of_request(),
            one.person_id,
            _day(form.get("first_day", ""), "first_day"),
            _day(form.get("last_day", "") or form.get("first_day", ""), "last_day"),
            stand_in_id=_id(stand_in) if stand_in else None,
        )
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _page(_member(person_id), error.http_status, error=error)
    toast(_("The absence is written.") if made.state == "agreed" else _("A team lead is asked."))
    return redirect(url_for("team_page.member", person_id=person_id), code=303)


@team_page.post("/absences/<absence_id>")
def settle(absence_id: str) -> AnyResponse:
    """Agree, decline, or take it back."""
    said = {
        "agree": _("The absence is agreed."),
        "decline": _("The absence is declined."),
        "withdraw": _("The absence is withdrawn."),
    }
    deed = request.form.get("do", "")
    try:
        settled = absence_room.settle_absence(actor_of_request(), _id(absence_id), deed)
        toast(said[deed])
    except Conflict as refused:
        db.session.rollback()
        toast(_(refused.message), "warn")
        return redirect(url_for("team_page.team"), code=303)
    if request.form.get("back") == "team":
        return redirect(url_for("team_page.team"), code=303)
    return redirect(url_for("team_page.member", person_id=settled.person_id), code=303)


def _id(text: str) -> UUID:
    found = id_from(text)
    if found is None:
        raise NotFound()
    return found


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(
            "This is no day. Nothing was changed. Choose one, or write it as 2026-12-24.",
            errors={field: [_("is no day")]},
        ) from None


def _member(person_id: str) -> Member:
    """Of colleagues; to whoever does not lead, only themselves."""
    actor, wanted = actor_of_request(), _id(person_id)
    if wanted != actor.user_id and not actor.may(Permission.TEAM_MANAGE):
        raise NotFound()
    for one in colleagues_of(actor):
        if one.person_id == wanted:
            return one
    raise NotFound()


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _typed() -> dict[str, Any]:
    form = request.form
    most = form.get("most_cases", "").strip()
    return {
        "zone": form.get("zone", ""),
        "days": over_midnight([spans_in(form.get(f"day.{n}", "")[:_LONGEST]) for n in range(7)]),
        "special_days": special_in(form.get("special_days", "")[:_LONGEST_TEXT]),
        "languages": form.getlist("language"),
        "skills": [one for one in form.get("skills", "")[:_LONGEST_TEXT].replace("\n", ",").split(",") if one.strip()],
        "most_cases": None if not most else int(most) if most.isascii() and most.isdigit() and len(most) < 6 else -1,
    }


def _row(one: Member, known: Colleague, now: datetime, *, held: int | None) -> TeamRow:
    actor = actor_of_request()
    may_open = held is not None or one.person_id == actor.user_id
    return TeamRow(
        name=one.name,
        state=standing_looks()[known.standing(now)],
        until=until_when(known, now),
        languages=", ".join(language_word(code) for code in known.languages),
        skills=", ".join(known.skills),
        cases="" if held is None else _cases(held, known.most_cases),
        is_full=held is not None and known.most_cases is not None and held >= known.most_cases,
        url=url_for("team_page.member", person_id=one.person_id) if may_open else "",
    )


def _cases(held: int, most: int | None) -> str:
    return str(held) if most is None else _("%(held)s of %(most)s", held=held, most=most)


def _absence(one: Absence) -> AbsenceRow:
    actor = actor_of_request()
    leads = actor.may(Permission.TEAM_MANAGE)
    return AbsenceRow(
        name=one.person_name,
        days=days_words(one.first_day, one.last_day),
        state=absence_looks()[one.state],
        stand_in=one.stand_in_name or "",
        url=url_for("team_page.settle", absence_id=one.id),
        may_agree=leads and one.state == "asked",
        may_withdraw=one.person_id == actor.user_id or (leads and one.state == "agreed"),
    )


def _page(one: Member, status: int, *, error: AppError | None = None, is_typed: bool = False) -> Response:
    actor, now, form = actor_of_request(), clock.now(), request.form
    leads = actor.may(Permission.TEAM_MANAGE)
    known = team_at(now, [one.person_id]).of(one.person_id)
    errors = {field: _(said[0]) for field, said in error.fields.get("errors", {}).items()} if error else {}
    week, typed = known.work.week, _typed() if is_typed else {}
    zone = typed["zone"] if is_typed else week.hours.zone if known.version else str(chosen_zone())
    names = get_day_names("wide", "stand-alone", locale=chosen_language())
    shown = week_out(week.hours.days)
    special = special_out({day.isoformat(): spans for day, spans in week.special})
    spoken = form.getlist("language") if is_typed else known.languages
    spoken_by_brands = {base_language(brand.language) or "" for brand in brands_of_request()} - {""}
    codes = sorted({*SUPPORTED_LANGUAGES, *spoken_by_brands, *known.languages})
    ahead = next_shift(known.work, now)
    others = [other for other in colleagues_of(actor) if other.person_id != one.person_id]
    page = MemberPage(
        name=one.name,
        is_me=one.person_id == actor.user_id,
        row=_row(one, known, now, held=held_by([one.person_id]).get(one.person_id, 0)),
        back_url=url_for("team_page.team"),
        url=url_for("team_page.change", person_id=one.person_id) if leads else "",
        version=known.version,
        notice=Notice("bad", _(error.message)) if error is not None else None,
        next_shift=_("The next shift begins %(time)s.", time=time_of_day(ahead.start)) if ahead is not None else "",
        days=tuple(
            (
                names[n],
                form.get(f"day.{n}", "")[:_LONGEST] if is_typed else shown[n],
                errors.get(f"days.{n}", ""),
            )
            for n in range(7)
        ),
        zone=zone,
        zones=tuple(Choice(one, "", value=one, selected=one == zone) for one in sorted(known_zones())) if leads else (),
        special_days=form.get("special_days", "") if is_typed else special,
        languages=tuple(Choice(language_word(c), "", value=c, selected=c in spoken) for c in codes),
        skills=form.get("skills", "") if is_typed else ", ".join(known.skills),
        most_cases=form.get("most_cases", "") if is_typed else str(known.most_cases or ""),
        errors=errors,
        changed=known.changed_by_name,
        absences=tuple(_absence(each) for each in absence_room.absences_of(actor, one.person_id)),
        absence_url=url_for("team_page.absence", person_id=one.person_id),
        asks=not leads,
        stand_ins=(
            Choice(_("no one"), "", value="", selected=not form.get("stand_in")),
            *(
                Choice(o.name, "", value=str(o.person_id), selected=form.get("stand_in") == str(o.person_id))
                for o in others
            ),
        ),
        values={name: form.get(name, "") for name in ("first_day", "last_day")} if error is not None else {},
    )
    return make_response(render_page("team/member.html", page), status)
