"""The second factor: asked for after the password, set up and switched off by the person."""

from __future__ import annotations

import segno
from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from agency.web.contexts import SecondFactorPage
from agency.web.contexts_account import RecoveryCodesPage, SecondFactorSetUpPage
from agency.web.looks import Notice
from agency.web.shell import render_page
from agency.web.sign_in import too_many_tries
from agency.web.theme import local_path
from agency.web.who import cookie_name, open_session, set_session_cookie, signed_in, throttle
from tenants import audit, clock, sessions
from tenants import second_factor as factor
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.errors import Forbidden, TooMany
from tenants.logs import get_logger
from tenants.models import Agency, SignInSession
from tenants.throttle import SECOND_FACTOR_PERSON

second_factor = Blueprint("second_factor", __name__)

log = get_logger("sign_in")


@second_factor.get("/sign-in/code")
def ask() -> AnyResponse:
    """The form for the code, for somebody who gave the right password."""
    if sessions.load_half(_cookie()) is None:
        return redirect(url_for("sign_in.sign_in"))
    return _code_form(200, wanted=local_path(request.args.get("next", "/")))


@second_factor.post("/sign-in/code")
def answer() -> AnyResponse:
    """Check the code and open the real session under a new token."""
    wanted = local_path(request.form.get("next", "/"))
    half = sessions.load_half(_cookie())
    if half is None:
        return redirect(url_for("sign_in.sign_in", next=wanted), code=303)
    session_id, person_id = half
    wait_seconds = throttle().count((SECOND_FACTOR_PERSON, str(person_id)))
    if wait_seconds is not None:
        log.warning("second_factor_throttled", person_id=str(person_id))
        return too_many_tries(_code_form, wait_seconds, wanted=wanted)
    if not factor.is_right(person_id, request.form.get("code", "")):
        log.info("second_factor_refused", person_id=str(person_id))
        return _code_form(422, wanted=wanted, notice=_wrong_code())
    throttle().forget((SECOND_FACTOR_PERSON, str(person_id)))
    agency_id = db.session.execute(
        select(SignInSession.agency_id).where(SignInSession.id == session_id)
    ).scalar_one_or_none()
    opened = redirect(wanted, code=303)
    open_session(opened, person_id, agency_id=agency_id, second_factor_at=clock.now())
    log.info("signed_in", person_id=str(person_id), with_second_factor=True)
    return opened


@second_factor.get("/account/second-factor")
def set_up() -> AnyResponse:
    """A new secret as a square code, kept by the form until its first code proves it."""
    person = signed_in()
    if person.has_second_factor:
        return redirect(url_for("account_page.account"))
    return _set_up_form(200, factor.begin(person.person_id))


@second_factor.post("/account/second-factor")
def confirm() -> AnyResponse:
    """Switch the second factor on, end all other sessions, show the recovery codes once."""
    person = signed_in()
    if person.has_second_factor:
        return redirect(url_for("account_page.account"), code=303)
    _count_try()
    offered = request.form.get("offered", "")
    codes = factor.turn_on(person.person_id, offered, request.form.get("code", ""))
    if codes is None:
        return _set_up_form(422, offered, notice=_wrong_code())
    sessions.end_all(person.person_id, but=person.session_id)
    token = sessions.change_token(person.session_id, second_factor_at=clock.now())
    _record("person.second_factor_on")
    shown = _codes_page(codes)
    set_session_cookie(shown, token)
    return shown


@second_factor.post("/account/second-factor/codes")
def new_recovery_codes() -> AnyResponse:
    """Ten new recovery codes for a present code."""
    person = signed_in()
    _check_code()
    _record("person.recovery_codes_renewed")
    return _codes_page(factor.new_recovery_codes(person.person_id))


@second_factor.post("/account/second-factor/off")
def turn_off() -> AnyResponse:
    """Switch it off for a present code, unless the agency demands it of this role."""
    person = signed_in()
    _check_code()
    if is_demanded():
        raise Forbidden(
            "Your agency asks for a second factor in your role. Nothing was changed. "
            "Under People an agency admin sets which roles need one."
        )
    factor.turn_off(person.person_id)
    sessions.end_all(person.person_id, but=person.session_id)
    _record("person.second_factor_off")
    return redirect(url_for("account_page.account", notice="second_factor_off"), code=303)


def is_demanded() -> bool:
    """Whether the agency demands a second factor of this person's role."""
    actor = signed_in().actor
    if actor is None:
        return False
    roles = db.session.execute(
        select(Agency.roles_needing_second_factor).where(Agency.id == actor.agency_id)
    ).scalar_one()
    return actor.role.value in roles


def _cookie() -> str:
    return request.cookies.get(cookie_name(settings_of_app()), "")


def _count_try() -> None:
    wait_seconds = throttle().count((SECOND_FACTOR_PERSON, str(signed_in().person_id)))
    if wait_seconds is not None:
        raise TooMany(
            "This was tried too often. Nothing was changed. Wait a little and try again.",
            retry_after_seconds=wait_seconds,
        )


def _check_code() -> None:
    """Raise Forbidden unless the form holds a code that is right now: an open browser is not proof enough."""
    _count_try()
    if not factor.is_right(signed_in().person_id, request.form.get("code", "")):
        raise Forbidden("This code is wrong or was used already. Nothing was changed. Wait for the next one.")


def _record(action: str) -> None:
    person = signed_in()
    if person.actor is not None:
        audit.record(person.actor, action, "person", person.person_id)
    log.info(action.replace(".", "_"), person_id=str(person.person_id))


def _wrong_code() -> Notice:
    return Notice(
        "bad",
        _("This code is wrong or was used already."),
        _("Nothing was changed."),
        _("Wait for the next one, and check your phone's clock."),
    )


def _code_form(status: int, *, wanted: str = "/", notice: Notice | None = None) -> Response:
    wants_recovery = request.args.get("recovery") == "1"
    page = SecondFactorPage(
        url=url_for("second_factor.answer", recovery="1") if wants_recovery else url_for("second_factor.answer"),
        next=wanted,
        notice=notice,
        recovery=wants_recovery,
        other_url=url_for("second_factor.ask", next=wanted, recovery=None if wants_recovery else "1"),
    )
    return make_response(render_page("sign_in/second_factor.html", page), status)


def _set_up_form(status: int, offered: str, *, notice: Notice | None = None) -> Response:
    person = signed_in()
    secret = factor.secret_offered(person.person_id, offered)
    code = segno.make(factor.address_for_app(secret, person.email), error="m")
    picture = code.svg_inline(scale=5, border=4, dark="#000000", light="#ffffff", omitsize=False)
    page = SecondFactorSetUpPage(
        url=url_for("second_factor.confirm"),
        picture=Markup(picture),
        secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        offered=offered,
        is_demanded=person.must_set_up_second_factor,
        notice=notice,
        back_url="" if person.must_set_up_second_factor else url_for("account_page.account"),
    )
    return make_response(render_page("account/second_factor.html", page), status)


def _codes_page(codes: list[str]) -> Response:
    page = RecoveryCodesPage(codes=tuple(codes), next_url="/")
    return make_response(render_page("account/recovery_codes.html", page))
