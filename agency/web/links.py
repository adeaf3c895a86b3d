"""Doors opened by a mailed link: a new password, an invitation. Opening shows; only posting does something."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.notices import approver_changes
from agency.notices.mail import ask_for_password_reset
from agency.web.contexts_account import ForgottenPage, NewPasswordPage
from agency.web.errors import link_no_longer_works
from agency.web.looks import Notice
from agency.web.shell import render_page, role_words
from agency.web.sign_in import LONGEST_FIELD, too_many_tries
from agency.web.who import close_session, throttle
from tenants import passwords
from tenants.api_tokens import count_of
from tenants.database import db
from tenants.errors import Invalid, TooMany
from tenants.invitations import open_invitation
from tenants.models import Person
from tenants.people import reset_password
from tenants.throttle import LINK_ADDRESS, RESET_ACCOUNT, RESET_ADDRESS, address_key
from tenants.tokens import Purpose, peek, redeem

links = Blueprint("links", __name__)


@links.get("/forgotten")
def forgotten() -> Response:
    """Ask for a new password."""
    return _forgotten_form(200)


@links.post("/forgotten")
def send_reset() -> AnyResponse:
    """Promise a mail to whoever has the address, and say the same whether anybody has."""
    email = request.form.get("email", "")[:LONGEST_FIELD].strip().lower()
    wait_seconds = throttle().count((RESET_ACCOUNT, email), (RESET_ADDRESS, address_key(request.remote_addr)))
    if wait_seconds is not None:
        return too_many_tries(_forgotten_form, wait_seconds)
    ask_for_password_reset(email.replace("\x00", ""))
    told = Notice(
        "good",
        _("If somebody here has this address, a mail is on its way."),
        _("Your present password works until you choose a new one."),
        _("Open the link in the mail within one hour."),
    )
    return _forgotten_form(200, notice=told, is_done=True)


@links.get("/reset/<path:token>")
def reset(token: str) -> Response:
    """The form for a new password. Looking at it uses nothing up: mail scanners look too."""
    _count_try()
    if peek(Purpose.PASSWORD_RESET, token) is None:
        return link_no_longer_works()
    return _reset_form(token, 200)


@links.post("/reset/<path:token>")
def set_password(token: str) -> AnyResponse:
    """Use the link up, keep the new password, end every session and API token."""
    _count_try()
    person_id = peek(Purpose.PASSWORD_RESET, token)
    person = db.session.get(Person, person_id) if person_id is not None else None
    if person is None or person.disabled_at is not None:
        return link_no_longer_works()
    password = request.form.get("password", "")[:LONGEST_FIELD]
    try:
        passwords.check_new_password(password, about=(person.name, person.email))
    except Invalid as error:
        return _reset_form(token, 422, errors=_first_words(error))
    if redeem(Purpose.PASSWORD_RESET, token) != person.id:
        return link_no_longer_works()
    tokens_ended = reset_password(person.id, password)
    notice = "changed_tokens_ended" if tokens_ended else "changed"
    answer = redirect(url_for("sign_in.sign_in", notice=notice), code=303)
    close_session(answer)
    return answer


@links.get("/invitation/<path:token>")
def invitation(token: str) -> Response:
    """What the invitation offers."""
    _count_try()
    return _invitation_form(token, 200)


@links.post("/invitation/<path:token>")
def accept_invitation(token: str) -> AnyResponse:
    """Join."""
    _count_try()
    name, password = request.form.get("name", "")[:LONGEST_FIELD], request.form.get("password", "")[:LONGEST_FIELD]
    try:
        person_id = approver_changes.accept_invitation(token, name, password)
    except Invalid as error:
        return _invitation_form(token, 422, name=name, errors=_first_words(error))
    if person_id is None:
        return link_no_longer_works()
    answer = redirect(url_for("sign_in.sign_in", notice="ready"), code=303)
    close_session(answer)
    return answer


def _count_try() -> None:
    wait_seconds = throttle().count((LINK_ADDRESS, address_key(request.remote_addr)))
    if wait_seconds is not None:
        raise TooMany(
            "Too many links were tried from here. Nothing was changed. Wait a little and try again.",
            retry_after_seconds=wait_seconds,
        )


def _first_words(error: Invalid) -> dict[str, str]:
    return {field: _(sentences[0]) for field, sentences in error.fields.get("errors", {}).items()}


def _forgotten_form(status: int, *, notice: Notice | None = None, is_done: bool = False) -> Response:
    page = ForgottenPage(
        url=url_for("links.send_reset"), back_url=url_for("sign_in.sign_in"), notice=notice, is_done=is_done
    )
    return make_response(render_page("doors/forgotten.html", page), status)


def _reset_form(token: str, status: int, *, errors: dict[str, str] | None = None) -> Response:
    person_id = peek(Purpose.PASSWORD_RESET, token)
    if person_id is not None and count_of(person_id):
        lead = _("It replaces the present one. You are signed out everywhere, and your API tokens end.")
    else:
        lead = _("It replaces the present one, and you are signed out everywhere.")
    page = NewPasswordPage(
        url=url_for("links.set_password", token=token),
        title=_("Choose a new password"),
        lead=lead,
        button=_("Keep the new password"),
        errors=errors or {},
    )
    return make_response(render_page("doors/new_password.html", page), status)


def _invitation_form(token: str, status: int, *, name: str = "", errors: dict[str, str] | None = None) -> Response:
    offered = open_invitation(token)
    if offered is None:
        return link_no_longer_works()
    role = role_words()[offered.role]
    if offered.is_known_person:
        lead = _("You join as: %(role)s. Your present account and password stay as they are.", role=role)
    else:
        lead = _("You join as: %(role)s. Choose a name others see and a password.", role=role)
    page = NewPasswordPage(
        url=url_for("links.accept_invitation", token=token),
        title=_("Work with %(agency)s", agency=offered.agency_name),
        lead=lead,
        button=_("Accept the invitation"),
        asks_name=not offered.is_known_person,
        asks_password=not offered.is_known_person,
        name=name,
        email=offered.email,
        errors=errors or {},
    )
    return make_response(render_page("doors/new_password.html", page), status)
