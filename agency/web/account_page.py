"""A person's own settings: name, language, password, signed-in browsers, second factor, API tokens."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import update
from werkzeug.wrappers import Response as AnyResponse

from agency.web.clocks import age, moment
from agency.web.contexts_account import AccountPage, SessionLook, TokenLook
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, Notice
from agency.web.second_factor import is_demanded
from agency.web.shell import brand_looks, render_page, toast
from agency.web.sign_in import LONGEST_FIELD
from agency.web.who import actor_of_request, set_session_cookie, signed_in, throttle
from agency.web.zones import zones
from tenants import api_tokens, audit, clock, passwords, sessions
from tenants.database import db
from tenants.errors import Invalid, NotFound, TooMany
from tenants.ids import id_from
from tenants.languages import LANGUAGES, known_language
from tenants.logs import get_logger
from tenants.models import Person
from tenants.people import change_password as keep_password
from tenants.people import clean_name
from tenants.throttle import SIGN_IN_ACCOUNT

account_page = Blueprint("account_page", __name__)

log = get_logger("account")


@account_page.get("/account")
def account() -> Response:
    """The page."""
    notice = None
    if request.args.get("notice") == "second_factor_off":
        notice = Notice("good", _("The second factor is switched off."), _("You were signed out everywhere else."))
    return _page(200, notice=notice)


@account_page.post("/account")
def save() -> AnyResponse:
    """Keep name, language, time zone and keys."""
    person = signed_in()
    try:
        name = clean_name(request.form.get("name", ""))
    except Invalid as error:
        return _page(422, errors={"name": _(error.message)})
    zone = request.form.get("time_zone", "")
    values = {
        "name": name,
        "language": known_language(request.form.get("language")),
        "time_zone": zone if zone in zones() else "UTC",
        "preferences": {**person.preferences, "keys_on": request.form.get("keys") == "1"},
    }
    db.session.execute(update(Person).where(Person.id == person.person_id).values(values))
    toast(_("Saved"))
    return redirect(url_for("account_page.account"), code=303)


@account_page.post("/account/password")
def change_password() -> AnyResponse:
    """Keep a new password for the present one; every other browser is signed out."""
    person = signed_in()
    wait_seconds = throttle().count((SIGN_IN_ACCOUNT, person.email))
    if wait_seconds is not None:
        raise TooMany(
            "This was tried too often. Nothing was changed. Wait a little and try again.",
            retry_after_seconds=wait_seconds,
        )
    stored = db.session.get_one(Person, person.person_id).password_hash
    if not passwords.verify(request.form.get("present", "")[:LONGEST_FIELD], stored):
        return _page(422, errors={"present": _("This is not your present password.")})
    try:
        keep_password(person.person_id, request.form.get("password", "")[:LONGEST_FIELD], but=person.session_id)
    except Invalid as error:
        return _page(422, errors={"password": _(error.message)})
    if person.actor is not None:
        audit.record(person.actor, "person.password_changed", "person", person.person_id)
    if api_tokens.count_of(person.person_id):
        toast(_("Password changed; other browsers are signed out, API tokens keep working"))
    else:
        toast(_("Password changed; other browsers are signed out"))
    answer = redirect(url_for("account_page.account"), code=303)
    set_session_cookie(answer, sessions.change_token(person.session_id))
    return answer


@account_page.post("/account/sessions/<session_id>/end")
def end_session(session_id: str) -> AnyResponse:
    """Sign one browser out."""
    wanted = id_from(session_id)
    if wanted is None or not sessions.end(signed_in().person_id, wanted):
        raise NotFound()
    toast(_("Signed out there"))
    return redirect(url_for("account_page.account"), code=303)


@account_page.post("/account/sessions/end-all")
def end_all_sessions() -> AnyResponse:
    """Sign every other browser out; programs keep their tokens unless asked for."""
    person = signed_in()
    sessions.end_all(person.person_id, but=person.session_id)
    if request.form.get("tokens") == "1":
        api_tokens.revoke_everywhere(person.person_id, "signed out everywhere")
        toast(_("Signed out everywhere else, and every API token ended"))
    elif api_tokens.count_of(person.person_id):
        toast(_("Signed out everywhere else; API tokens keep working"))
    else:
        toast(_("Signed out everywhere else"))
    return redirect(url_for("account_page.account"), code=303)


@account_page.post("/account/tokens")
def create_token() -> AnyResponse:
    """Make an API token and show it this once."""
    actor = actor_of_request()
    ticked = request.form.getlist("brand")
    only: list[UUID] | None = None
    if ticked:
        only = [brand_id for text in ticked if (brand_id := id_from(text)) is not None]
        if len(only) != len(ticked) or not set(only) <= set(brand_looks()):
            raise NotFound()
    try:
        token = api_tokens.create(actor.user_id, actor.agency_id, request.form.get("name", ""), only)
    except Invalid as error:
        return _page(422, errors={"token_name": _(error.message)})
    limited = "all" if only is None else sorted(map(str, only))
    audit.record(actor, "api_token.created", "person", actor.user_id, brands=limited)
    return _page(200, new_token=token)


@account_page.post("/account/tokens/<token_id>/revoke")
def revoke_token(token_id: str) -> AnyResponse:
    """End one API token."""
    wanted = id_from(token_id)
    if wanted is None:
        raise NotFound()
    api_tokens.revoke(actor_of_request(), wanted)
    toast(_("Token ended"))
    return redirect(url_for("account_page.account"), code=303)


def _page(
    status: int, *, errors: dict[str, str] | None = None, notice: Notice | None = None, new_token: str = ""
) -> Response:
    person = signed_in()
    page = AccountPage(
        save_url=url_for("account_page.save"),
        name=person.name,
        email=person.email,
        languages=tuple(
            Choice(word, "", value=code, selected=code == person.language) for code, word in LANGUAGES.items()
        ),
        time_zones=tuple(Choice(zone, "", value=zone, selected=zone == person.time_zone) for zone in zones()),
        keys_on=bool(person.preferences.get("keys_on", True)),
        password_url=url_for("account_page.change_password"),
        sessions=_session_looks(),
        end_all_url=url_for("account_page.end_all_sessions"),
        has_tokens=api_tokens.count_of(person.person_id) > 0,
        second_factor_on=person.has_second_factor,
        second_factor_demanded=is_demanded(),
        second_factor_url=url_for("second_factor.set_up"),
        second_factor_off_url=url_for("second_factor.turn_off"),
        recovery_codes_url=url_for("second_factor.new_recovery_codes"),
        tokens=_token_looks() if person.actor is not None else (),
        token_url=url_for("account_page.create_token") if person.actor is not None else "",
        new_token=new_token,
        agencies_url=url_for("sign_in.agencies") if len(sessions.agencies_of(person.person_id)) > 1 else "",
        errors=errors or {},
        notice=notice,
    )
    return make_response(render_page("account/page.html", page), status)


def _session_looks() -> tuple[SessionLook, ...]:
    person, now, zone, locale = signed_in(), clock.now(), chosen_zone(), chosen_language()
    return tuple(
        SessionLook(
            browser=browser_words(row.user_agent or ""),
            place=" · ".join(filter(None, (row.ip_address, row.agency_name))),
            began=moment(row.signed_in_at, zone, locale),
            seen=age(row.last_seen_at, now, zone, locale),
            is_this=row.id == person.session_id,
            end_url=url_for("account_page.end_session", session_id=row.id),
        )
        for row in sessions.sessions_of(person.person_id)
    )


def _token_looks() -> tuple[TokenLook, ...]:
    now, zone, locale = clock.now(), chosen_zone(), chosen_language()
    looks = brand_looks()

    def words(only: list[UUID] | None) -> str:
        if only is None:
            return _("Whatever you cover")
        return ", ".join(looks[brand_id].name for brand_id in only if brand_id in looks) or _("None")

    return tuple(
        TokenLook(
            name=token.name,
            made=moment(token.created_at, zone, locale),
            used=age(token.last_used_at, now, zone, locale) if token.last_used_at else None,
            brands=words(token.only_brand_ids),
            revoke_url=url_for("account_page.revoke_token", token_id=token.id),
        )
        for token in api_tokens.tokens_of(actor_of_request())
    )


def browser_words(user_agent: str) -> str:
    """A browser and a system as people know them; what it says itself where we cannot tell."""
    browsers = (
        ("Firefox/", "Firefox"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    browser = next((word for sign, word in browsers if sign in user_agent), "")
    system = next((word for sign, word in systems if sign in user_agent), "")
    return " · ".join(filter(None, (browser, system))) or user_agent[:60] or _("Unknown browser")
