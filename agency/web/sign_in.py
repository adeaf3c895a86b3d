"""Signing in and out, and choosing among several agencies. Every wrong pair gets the same answer at the same cost."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import returning
from agency.web.contexts import SignInPage
from agency.web.contexts_account import AgenciesPage
from agency.web.looks import Choice, Notice
from agency.web.shell import home_url, render_page, role_words
from agency.web.theme import local_path
from agency.web.who import (
    close_session,
    open_session,
    person_or_none,
    set_session_cookie,
    signed_in,
    throttle,
)
from tenants import passwords, sessions
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.errors import NotFound
from tenants.ids import id_from
from tenants.logs import get_logger
from tenants.models import InstallationFact, Membership, Person
from tenants.people import person_for_sign_in
from tenants.permissions import Permission, Role
from tenants.scope import enter_scope
from tenants.throttle import SIGN_IN_ACCOUNT, SIGN_IN_ADDRESS, SIGN_IN_PAIR, address_key

sign_in = Blueprint("sign_in", __name__)

LONGEST_FIELD = 500
DEMO_FACT = "demo_seeded"
"""The installation fact the demo leaves behind, with its agency's id. Only a local run shows whom it holds."""
MOST_HINTS = 20

log = get_logger("sign_in")


@sign_in.get("/")
def front() -> AnyResponse:
    """To where this person starts."""
    person = signed_in()
    if person.actor is None:
        return redirect(url_for("sign_in.agencies"))
    return redirect(home_url(person.actor))


@sign_in.get("/sign-in", endpoint="sign_in")
def show_form() -> AnyResponse:
    """The form; somebody signed in already goes on."""
    wanted = local_path(request.args.get("next", "/"))
    if person_or_none() is not None:
        return redirect(wanted)
    notice = None
    if request.args.get("notice") == "changed_tokens_ended":
        notice = Notice(
            "good",
            _("Your password is changed."),
            _("You were signed out everywhere, and your API tokens were ended."),
            _("Sign in with the new one, and make new tokens under Account for the programs that need them."),
        )
    elif request.args.get("notice") == "ready":
        notice = Notice("good", _("Your account is ready."), next=_("Sign in with your password."))
    elif request.args.get("notice") == "opened":
        notice = Notice("good", _("Your agency is open."), next=_("Sign in with your present password."))
    elif request.args.get("notice") == "changed":
        notice = Notice(
            "good", _("Your password is changed."), _("You were signed out everywhere."), _("Sign in with the new one.")
        )
    return _form(200, wanted=wanted, notice=notice)


@sign_in.post("/sign-in")
def sign_in_post() -> AnyResponse:
    """Check the pair and open a session, or a half one where a second factor is still to come."""
    email = request.form.get("email", "")[:LONGEST_FIELD]
    password = request.form.get("password", "")[:LONGEST_FIELD]
    wanted = local_path(request.form.get("next", "/"))
    account, address = email.strip().lower(), address_key(request.remote_addr)
    tries = ((SIGN_IN_PAIR, f"{account}|{address}"), (SIGN_IN_ACCOUNT, account), (SIGN_IN_ADDRESS, address))
    wait_seconds = throttle().count(*tries)
    if wait_seconds is not None:
        log.warning("sign_in_throttled")
        return too_many_tries(_form, wait_seconds, email=email, wanted=wanted)
    person = person_for_sign_in(email)
    if not passwords.verify(password, person.password_hash if person is not None else None) or person is None:
        log.info("sign_in_refused")
        wrong = Notice(
            "bad",
            _("Address and password do not belong together."),
            _("Nothing was changed."),
            _("Check both, or ask for a new password."),
        )
        return _form(422, email=email, wanted=wanted, notice=wrong)
    throttle().forget(*tries[:2])
    if person.password_hash is not None and passwords.needs_new_hash(person.password_hash):
        person.password_hash = passwords.hash_password(password)
    agencies = sessions.agencies_of(person.id)
    agency_id = agencies[0][0] if len(agencies) == 1 else None
    if person.totp_secret is not None:
        answer = redirect(url_for("second_factor.ask", next=wanted), code=303)
        open_session(answer, person.id, agency_id=agency_id, half=True)
        return answer
    answer = redirect(wanted, code=303)
    open_session(answer, person.id, agency_id=agency_id)
    log.info("signed_in", person_id=str(person.id))
    return answer


@sign_in.post("/sign-out")
def sign_out() -> AnyResponse:
    """End this browser's session."""
    answer = redirect(url_for("sign_in.sign_in"), code=303)
    _give_back_what_they_hold()
    close_session(answer)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def _give_back_what_they_hold() -> None:
    """Whoever signs out of their last browser holds nothing any more."""
    person = person_or_none()
    if person is None or person.actor is None or not person.actor.may(Permission.CONVERSATION_WORK):
        return
    enter_scope(db.session, person.actor.scope, already_bound=True)
    if len(sessions.sessions_of(person.person_id)) == 1:
        returning.give_back_all(person.actor, "signed out")


@sign_in.get("/agencies")
def agencies() -> AnyResponse:
    """The agencies this person is a member of."""
    person = signed_in()
    words = role_words()
    choices = tuple(
        Choice(name, "", value=str(agency_id), selected=agency_id == person.agency_id)
        for agency_id, name, _role in sessions.agencies_of(person.person_id)
    )
    roles = {str(agency_id): words[role] for agency_id, _name, role in sessions.agencies_of(person.person_id)}
    page = AgenciesPage(
        url=url_for("sign_in.choose_agency"),
        next=local_path(request.args.get("next", "/")),
        agencies=choices,
        roles=roles,
        sign_out_url=url_for("sign_in.sign_out"),
    )
    return make_response(render_page("doors/agencies.html", page))


@sign_in.post("/agencies")
def choose_agency() -> AnyResponse:
    """Work for another agency from now on, under a new session token."""
    person = signed_in()
    chosen: UUID | None = id_from(request.form.get("agency", ""))
    if chosen not in {agency_id for agency_id, _name, _role in sessions.agencies_of(person.person_id)}:
        raise NotFound()
    answer = redirect(local_path(request.form.get("next", "/")), code=303)
    set_session_cookie(answer, sessions.change_token(person.session_id, agency_id=chosen))
    return answer


def too_many_tries(form, wait_seconds: int, **fields: str) -> AnyResponse:  # type: ignore[no-untyped-def]
    """The form with the one answer to too many tries, whoever they were for."""
    minutes = max(1, round(wait_seconds / 60))
    notice = Notice(
        "warn",
        _("This was tried too often."),
        _("Nothing was changed."),
        _("Try again in %(minutes)s min.", minutes=minutes),
    )
    answer: Response = form(429, notice=notice, **fields)
    answer.headers["Retry-After"] = str(wait_seconds)
    return answer


def _form(status: int, *, email: str = "", wanted: str = "/", notice: Notice | None = None) -> Response:
    page = SignInPage(
        url=url_for("sign_in.sign_in_post"),
        next=wanted,
        email=email,
        notice=notice,
        forgotten_url=url_for("links.forgotten"),
        sign_up_url="/sign-up" if settings_of_app().onbrand_sign_up == "open" else "",
        demo_people=_demo_people(),
    )
    return make_response(render_page("sign_in/page.html", page), status)


def _demo_people() -> tuple[tuple[str, str], ...]:
    if not settings_of_app().is_local:
        return ()
    fact = db.session.get(InstallationFact, DEMO_FACT)
    if fact is None:
        return ()
    rows = db.session.execute(
        select(Membership.role, Person.email)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.agency_id == UUID(fact.value["agency_id"]), Membership.removed_at.is_(None))
        .order_by(Membership.created_at, Person.email)
        .limit(MOST_HINTS)
    )
    words = role_words()
    return tuple((words[Role(row.role)], row.email) for row in rows)
