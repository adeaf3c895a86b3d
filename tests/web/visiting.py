"""A person in front of the pages: signed in, with the form token a browser would send."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from agency.web.who import cookie_name
from tenants import sessions
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.permissions import Actor

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """One browser of one signed-in person."""

    def __init__(self, app: Flask, actor: Actor) -> None:
        self.client: FlaskClient = app.test_client()
        with app.app_context():
            token = sessions.start(
                actor.user_id,
                agency_id=actor.agency_id,
                user_agent="",
            )
            db.session.commit()
            self.client.set_cookie(cookie_name(settings_of_app()), token)
        self.form_token = ""

    def get(self, url: str, **headers: str) -> TestResponse:
        """Open a page."""
        answer = self.client.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
        found = _TOKEN.search(answer.text)
        self.form_token = found.group(1) if found else self.form_token
        return answer

    def post(self, url: str, data: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        """Send a form."""
        if not self.form_token:
            self.get("/inbox")
        return self.client.post(
            url,
            data={"csrf_token": self.form_token, **(data or {})},
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
