"""A browser for page tests: keeps cookies, sends the form token, signs in as an actor without the form."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.test import TestResponse

from agency.web.who import cookie_name
from tenants import sessions
from tenants.database import db
from tenants.models import Person
from tenants.permissions import Actor

FORM_SEED = hashlib.sha1(b"a form token of the tests", usedforsecurity=False).hexdigest()


class Browser:
    """One browser against the whole app. `post` adds the form token; `client` is Flask's own test client."""

    def __init__(self, app: Flask, actor: Actor | None = None) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        if actor is not None:
            with app.app_context():
                token = sessions.start(actor.user_id, agency_id=actor.agency_id)
                db.session.commit()
            self.set_session(token)

    @property
    def cookie(self) -> str | None:
        """The session's token as the browser holds it."""
        cookie = self.client.get_cookie(self._name)
        return cookie.value if cookie is not None else None

    def set_session(self, token: str) -> None:
        """Hold this token."""
        self.client.set_cookie(self._name, token)

    def get(self, path: str, **named: Any) -> TestResponse:
        """Fetch a page, following nothing."""
        return self.client.get(path, **named)

    def post(self, path: str, data: dict[str, Any] | None = None, **named: Any) -> TestResponse:
        """Send a form with its token."""
        with self.client.session_transaction() as form:
            form["csrf_token"] = FORM_SEED
        token = URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps(FORM_SEED)
        return self.client.post(path, data={"csrf_token": token, **(data or {})}, **named)

    def forget_messages(self) -> None:
        """Lose what the next page would say and the form's seed; the session stays. Unread messages only pile up."""
        self.client.delete_cookie(self.app.config["SESSION_COOKIE_NAME"])

    def sign_in(self, email: str, password: str, **more: str) -> TestResponse:
        """Send the sign-in form."""
        return self.post("/sign-in", {"email": email, "password": password, **more})

    @property
    def is_signed_in(self) -> bool:
        """Whether a page for signed-in people opens."""
        return self.get("/account").status_code == 200

    @property
    def _name(self) -> str:
        return cookie_name(self.app.extensions["onbrand_settings"])


def email_of(app: Flask, actor: Actor) -> str:
    """The actor's address."""
    with app.app_context():
        return db.session.execute(select(Person.email).where(Person.id == actor.user_id)).scalar_one()


def words_of(answer: TestResponse) -> str:
    """A page without what differs from one answer to the next by design: form tokens and the reference."""
    text = re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text)
    return re.sub(r'<span class="code">[0-9a-f]{16}</span>', "", text)
