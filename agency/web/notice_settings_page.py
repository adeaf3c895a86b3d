"""How a person wants to be told: the ways by kind, otherwise for one brand, and when mails come."""

from __future__ import annotations

from uuid import UUID

from babel.dates import format_date, get_day_names
from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.notices import bounces
from agency.notices.choices import Quiet, Ways, quiet_of, usual_ways
from agency.notices.choosing import choose_ways, chosen_ways, keep_quiet, kinds_of
from agency.web.contexts_notices import NoticeSettingsPage, WayField
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice
from agency.web.looks import Notice as Banner
from agency.web.notice_words import kind_words, way_words
from agency.web.shell import brand_looks, render_page, toast
from agency.web.who import actor_of_request, signed_in
from tenants.database import db
from tenants.errors import Invalid, NotFound
from tenants.ids import id_from
from tenants.models import Person

notice_settings_page = Blueprint("notice_settings_page", __name__)

WAYS = {"both": Ways(True, True), "app": Ways(True, False), "mail": Ways(False, True), "none": Ways(False, False)}
FIELD = "way_"


@notice_settings_page.get("/account/notices")
def settings() -> Response:
    """For all brands, or for the one chosen."""
    return _page(_brand(request.args.get("brand", "")))


@notice_settings_page.post("/account/notices")
def save_ways() -> AnyResponse:
    """Keep the ways."""
    actor, brand_id = actor_of_request(), _brand(request.form.get("brand", ""))
    sent = {name.removeprefix(FIELD): value for name, value in request.form.items() if name.startswith(FIELD)}
    wanted = {kind: WAYS.get(value) for kind, value in sent.items()}
    try:
        choose_ways(actor, brand_id, wanted)
    except Invalid as error:
        db.session.rollback()
        return _page(brand_id, wanted=wanted, error=error)
    toast(_("Saved"))
    return redirect(url_for("notice_settings_page.settings", brand=brand_id), code=303)


@notice_settings_page.post("/account/notices/quiet")
def save_quiet() -> AnyResponse:
    """Keep when mails come."""
    begin, end = (_minute(request.form.get(name, "")) for name in ("begin", "end"))
    days = frozenset(int(one) for one in request.form.getlist("day") if one in "0123456" and len(one) == 1)
    if begin is None or end is None or not days:
        sentence = _("Choose two times and at least one day. Nothing was changed.")
        return _page(None, errors={"begin": sentence})
    keep_quiet(actor_of_request(), Quiet(begin, end, days))
    toast(_("Saved"))
    return redirect(url_for("notice_settings_page.settings"), code=303)


@notice_settings_page.post("/account/notices/arrive")
def mails_arrive() -> AnyResponse:
    """The person says that mails arrive again."""
    bounces.mails_arrive(signed_in().person_id)
    toast(_("Saved"))
    return redirect(url_for("notice_settings_page.settings"), code=303)


def _failing() -> str:
    person = db.session.get_one(Person, signed_in().person_id)
    if person.mail_failed_at is None:
        return ""
    day = format_date(person.mail_failed_at.astimezone(chosen_zone()).date(), "d MMMM", locale=chosen_language())
    return _("Mails to you come back since %(day)s: %(words)s", day=day, words=person.mail_failed_words or "")


def _brand(given: str) -> UUID | None:
    if not given:
        return None
    found = id_from(given)
    if found is None or found not in brand_looks():
        raise NotFound()
    return found


def _minute(words: str) -> int | None:
    hours, colon, minutes = words.partition(":")
    if not colon or not (hours + minutes).isascii() or not (hours + minutes).isdigit() or len(words) > 5:
        return None
    return int(hours) * 60 + int(minutes) if int(hours) < 24 and int(minutes) < 60 else None


def _page(
    brand_id: UUID | None,
    *,
    wanted: dict[str, Ways | None] | None = None,
    error: Invalid | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    person, looks = signed_in(), brand_looks()
    shown = dict(errors or {})
    notice = None
    if error is not None:
        shown |= {f"{FIELD}{kind}": _(error.message) for kind in error.fields.get("errors", {})}
        notice = Banner("bad", _("Nothing was changed."))
    quiet = quiet_of(person.preferences)
    here = url_for("notice_settings_page.settings")
    page = NoticeSettingsPage(
        save_url=url_for("notice_settings_page.save_ways"),
        brands=(
            Choice(_("All brands"), here, value="", selected=brand_id is None),
            *(Choice(look.name, "", value=str(one), selected=one == brand_id) for one, look in looks.items()),
        ),
        brand_id=str(brand_id or ""),
        brand_name=looks[brand_id].name if brand_id is not None else "",
        ways=_ways(brand_id, wanted),
        quiet_url=url_for("notice_settings_page.save_quiet"),
        begin=f"{quiet.begin // 60:02}:{quiet.begin % 60:02}",
        end=f"{quiet.end // 60:02}:{quiet.end % 60:02}",
        days=tuple(
            Choice(name, "", value=str(day), selected=day in quiet.days)
            for day, name in sorted(get_day_names("wide", locale=chosen_language()).items())
        ),
        zone=person.time_zone,
        failing=_failing(),
        arrive_url=url_for("notice_settings_page.mails_arrive"),
        notice=notice,
        errors=shown,
    )
    return make_response(render_page("notices/settings.html", page), 422 if shown else 200)


def _ways(brand_id: UUID | None, wanted: dict[str, Ways | None] | None) -> tuple[WayField, ...]:
    actor = actor_of_request()
    for_all = chosen_ways(actor, None)
    chosen = for_all if brand_id is None else chosen_ways(actor, brand_id)
    words, names = way_words(), kind_words()
    fields = []
    for kind in kinds_of(actor):
        now = (wanted or chosen).get(kind.name)
        usual = usual_ways(kind.name) if brand_id is None else for_all.get(kind.name, usual_ways(kind.name))
        first = (
            _("As usual: %(way)s", way=words[usual])
            if brand_id is None
            else _("As for all brands: %(way)s", way=words[usual])
        )
        options = [Choice(first, "", value="", selected=now is None)]
        options += [Choice(words[ways], "", value=value, selected=ways == now) for value, ways in WAYS.items()]
        fields.append(
            WayField(
                name=f"{FIELD}{kind.name}",
                label=names.get(kind.name, kind.name),
                options=tuple(options),
                help=_("Mails can be switched off only where somebody else of the brand gets them.")
                if kind.needed
                else "",
            )
        )
    return tuple(fields)
