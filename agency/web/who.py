"""Who is asking: the cookie, flask-login's `current_user`, and typed ways to the person and the actor behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, Request, Response, current_app, g, has_request_context, request, session
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.wrappers import Response as AnyResponse

from tenants import sessions
from tenants.base_app import settings_of_app
from tenants.errors import Forbidden
from tenants.permissions import Actor
from tenants.sealed import purpose_key
from tenants.sessions import SignedIn
from tenants.settings import Settings
from tenants.throttle import Throttle


class CurrentPerson(UserMixin):
    """What `current_user` is while somebody is signed in: `.actor` and the person's fields, as of this request."""

    def __init__(self, signed_in: SignedIn) -> None:
        self.signed_in = signed_in

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["signed_in"], name)

    def get_id(self) -> str:
        """The person's id."""
        return str(self.signed_in.person_id)


def cookie_name(settings: Settings, word: str = "session") -> str:
    """The cookie's name: bound to this host by its prefix where there is TLS, else told apart by port.

    Cookies know no ports, so two local runs on one machine would otherwise sign each other out.
    """
    address = urlsplit(settings.base_url)
    return f"__Host-onbrand_{word}" if address.scheme == "https" else f"onbrand_{word}_{address.port or 80}"


def prepare_sign_in(app: Flask) -> None:
    """Make `current_user` work and set up the counters of tries."""
    settings: Settings = app.extensions["onbrand_settings"]
    app.config["REMEMBER_COOKIE_NAME"] = "onbrand_never_set"
    manager = LoginManager()
    manager.session_protection = None
    manager.request_loader(_load_person)
    # Without its context processor, which asks the database: the page that says it is away is a template, too.
    manager.init_app(app, add_context_processor=False)
    key = purpose_key(settings.onbrand_secret_key, "throttle")
    app.extensions["onbrand_throttle"] = Throttle(app.extensions.get("onbrand_redis"), key)


ASKED_BY_PAGES = frozenset({"incident_case_page.banner"})
"""What an open inbox asks for by itself, over and over, whether or not anybody sits before it."""


def _load_person(asked: Request) -> CurrentPerson | None:
    token = asked.cookies.get(cookie_name(settings_of_app()), "")
    found = sessions.load(token, is_work=asked.endpoint not in ASKED_BY_PAGES) if token else None
    if found is None:
        return None
    g.signed_in = found
    return CurrentPerson(found)


def person_or_none() -> SignedIn | None:
    """Whoever is signed in; looks at the database the first time in a request."""
    return cast(CurrentPerson, current_user).signed_in if current_user.is_authenticated else None


def person_of_request() -> SignedIn | None:
    """Whoever this request was already found to be from; never looks."""
    return g.get("signed_in") if has_request_context() else None


def signed_in() -> SignedIn:
    """The person, on a page that only signed-in people reach."""
    person = person_or_none()
    if person is None:
        raise Forbidden("Nobody is signed in. Nothing was changed. Sign in and try again.")
    return person


def actor_of_request() -> Actor:
    """The actor, on a page that only members reach."""
    actor = signed_in().actor
    if actor is None:
        raise Forbidden("No agency is chosen. Nothing was changed. Choose one and try again.")
    return actor


def throttle() -> Throttle:
    """The counters of tries."""
    return cast(Throttle, current_app.extensions["onbrand_throttle"])


def open_session(
    answer: AnyResponse,
    person_id: UUID,
    *,
    agency_id: UUID | None,
    half: bool = False,
    second_factor_at: datetime | None = None,
) -> None:
    """Begin a session in this answer: a fresh token in the cookie, whatever the browser brought along forgotten."""
    settings = settings_of_app()
    before = request.cookies.get(cookie_name(settings))
    if before:
        sessions.end_by_token(before)
    session.clear()
    token = sessions.start(
        person_id,
        agency_id=agency_id,
        half=half,
        second_factor_at=second_factor_at,
        ip_address=request.remote_addr,
        user_agent=request.user_agent.string,
    )
    set_session_cookie(answer, token)


def set_session_cookie(answer: AnyResponse, token: str) -> None:
    """The session's token, kept from scripts, other sites and, where there is TLS, plain connections."""
    settings = settings_of_app()
    answer.set_cookie(
        cookie_name(settings),
        token,
        max_age=int(sessions.ABSOLUTE.total_seconds()),
        path="/",
        secure=settings.base_url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )


def close_session(answer: Response | AnyResponse) -> None:
    """End the session and take its cookie back."""
    settings = settings_of_app()
    name = cookie_name(settings)
    sessions.end_by_token(request.cookies.get(name, ""))
    session.clear()
    answer.delete_cookie(name, path="/", secure=settings.base_url.startswith("https:"), httponly=True, samesite="Lax")
