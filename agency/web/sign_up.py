"""Opening an agency: asked for here, opened behind the link in a mail. Only where ONBRAND_SIGN_UP is `open`."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.clock_versions import begin_with_usual_rules
from agency.notices.mail import send_notice
from agency.web.contexts_doors import OpenAgencyPage, SignUpPage
from agency.web.errors import error_answer, link_no_longer_works, trouble
from agency.web.language import chosen_language
from agency.web.looks import Choice, Notice
from agency.web.shell import render_page
from agency.web.sign_in import LONGEST_FIELD, too_many_tries
from agency.web.who import close_session, open_session, person_or_none, set_session_cookie, throttle
from agency.web.zones import usual_zone, zones
from tenants import sessions, sign_ups
from tenants.errors import Conflict, Invalid, TooMany
from tenants.sessions import SignedIn
from tenants.sign_ups import FoundSignUp, Opened
from tenants.throttle import LINK_ADDRESS, SIGN_UP_ACCOUNT, SIGN_UP_ADDRESS, SIGN_UP_NAMES, address_key

sign_up = Blueprint("sign_up", __name__)

SIGN_UP = "/sign-up"
FIRST = "/brands"
"""Where a new agency begins: it has no brand yet, and nothing comes in before it has one."""


class _Stranger:
    """Whoever a mail to this address reaches: nothing they are said to be called is repeated to them."""

    def __init__(self, email: str, language: str) -> None:
        self.email, self.language, self.name = email, language, ""


@sign_up.get(SIGN_UP)
def form() -> Response:
    """What is asked: what the agency is called, who asks, where the link goes."""
    return _form(200)


@sign_up.post(SIGN_UP)
def ask() -> AnyResponse:
    """Promise a mail with the link, and say the same whether the address is anybody's here."""
    given = {name: request.form.get(name, "")[:LONGEST_FIELD] for name in ("agency", "name", "email")}
    account, address = given["email"].strip().lower(), address_key(request.remote_addr)
    wait_seconds = throttle().count((SIGN_UP_ACCOUNT, account), (SIGN_UP_ADDRESS, address))
    if wait_seconds is not None:
        return too_many_tries(_form, wait_seconds, **given)
    try:
        wish, token = sign_ups.ask(given["agency"], given["name"], given["email"], chosen_language())
    except Invalid as error:
        return _form(422, errors=_first_words(error), agency=given["agency"], name=given["name"], email=given["email"])
    send_notice("sign_up", _Stranger(wish.email, wish.language), path=f"{SIGN_UP}/{token}")
    told = Notice(
        "good",
        _("A mail is on its way to %(email)s.", email=wish.email),
        _("Nothing is opened until you press the button behind its link."),
        _("Open the link within two days. If nothing comes, look among unwanted mail, then ask again."),
    )
    return _form(200, notice=told, is_done=True)


@sign_up.get(f"{SIGN_UP}/<path:token>")
def confirm(token: str) -> AnyResponse:
    """What is about to be opened. Looking at it uses nothing up: mail scanners look too."""
    _count_try()
    found = sign_ups.find(token)
    return _ended(found) or _open_form(token, found, 200)


@sign_up.post(f"{SIGN_UP}/<path:token>")
def open_agency(token: str) -> AnyResponse:
    """Open it, with whoever holds the link as its admin."""
    _count_try()
    found = sign_ups.find(token)
    ended = _ended(found)
    if ended is not None or found is None:
        return ended or link_no_longer_works()
    person = person_or_none()  # before the new agency's scope: finding them binds the transaction to that of theirs
    given = {name: request.form.get(name, "")[:LONGEST_FIELD] for name in ("agency", "name", "time_zone")}
    if throttle().wait_seconds(SIGN_UP_NAMES, str(found.id)) is not None:
        raise _too_many()
    zone = given["time_zone"] if given["time_zone"] in zones() else usual_zone(found.language)
    try:
        opened = sign_ups.open_agency(
            token,
            given["agency"],
            given["name"],
            request.form.get("password", "")[:LONGEST_FIELD],
            time_zone=zone,
            begin=begin_with_usual_rules,
        )
    except Invalid as error:
        return _open_form(token, found, 422, errors=_first_words(error), **given)
    except Conflict as error:
        # A name that is taken says that somebody else is here, so few may be tried with one link.
        throttle().count((SIGN_UP_NAMES, str(found.id)))
        return _open_form(token, found, 409, errors=_first_words(error), **given)
    if opened is None:
        return _ended(sign_ups.find(token)) or link_no_longer_works()
    return _go_in(opened, person)


def _go_in(opened: Opened, person: SignedIn | None) -> AnyResponse:
    """Whoever just chose a password is in. Somebody who had one goes on where they are signed in, else signs in, with
    their second factor where they have one.
    """
    if opened.is_new_person:
        answer = redirect(FIRST, code=303)
        open_session(answer, opened.person_id, agency_id=opened.agency_id)
        return answer
    if person is not None and person.person_id == opened.person_id:
        answer = redirect(FIRST, code=303)
        set_session_cookie(answer, sessions.change_token(person.session_id, agency_id=opened.agency_id))
        return answer
    answer = redirect(url_for("sign_in.sign_in", notice="opened"), code=303)
    close_session(answer)
    return answer


def _ended(found: FoundSignUp | None) -> AnyResponse | None:
    """What to say of a link that opens nothing; None of one that does."""
    if found is None:
        return link_no_longer_works()
    if found.became is not None:
        return error_answer(
            trouble(
                409,
                _("This agency is open already."),
                _("Nothing was opened twice."),
                _("Sign in with the address the mail went to."),
                _("Sign in"),
                url_for("sign_in.sign_in"),
            )
        )
    if found.is_late:
        return error_answer(
            trouble(
                410,
                _("This link is older than two days and opens nothing any more."),
                _("No agency was opened."),
                _("Ask for a new link."),
                _("Open an agency"),
                SIGN_UP,
            )
        )
    return None


def _count_try() -> None:
    wait_seconds = throttle().count((LINK_ADDRESS, address_key(request.remote_addr)))
    if wait_seconds is not None:
        raise _too_many(wait_seconds)


def _too_many(wait_seconds: int = 900) -> TooMany:
    return TooMany(
        "This was tried too often from here. Nothing was opened. Wait a little and try again.",
        retry_after_seconds=wait_seconds,
    )


def _first_words(error: Invalid | Conflict) -> dict[str, str]:
    return {field: _(sentences[0]) for field, sentences in error.fields.get("errors", {}).items()}


def _form(
    status: int,
    *,
    notice: Notice | None = None,
    errors: dict[str, str] | None = None,
    is_done: bool = False,
    **given: str,
) -> Response:
    page = SignUpPage(
        url=SIGN_UP, back_url=url_for("sign_in.sign_in"), notice=notice, errors=errors or {}, is_done=is_done, **given
    )
    return make_response(render_page("doors/sign_up.html", page), status)


def _open_form(
    token: str, found: FoundSignUp | None, status: int, *, errors: dict[str, str] | None = None, **given: str
) -> Response:
    if found is None:
        return link_no_longer_works()
    wanted = given.get("time_zone") or usual_zone(found.language)
    page = OpenAgencyPage(
        url=f"{SIGN_UP}/{token}",
        agency=given.get("agency", found.agency_name),
        name=given.get("name", found.person_name),
        email=found.email,
        is_known=found.is_known_person,
        time_zones=tuple(Choice(zone, "", value=zone, selected=zone == wanted) for zone in zones()),
        errors=errors or {},
    )
    return make_response(render_page("doors/open_agency.html", page), status)
