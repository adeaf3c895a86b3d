"""A small app with our templates and static files and nothing behind them, for tests of looks."""

from __future__ import annotations

from flask import Flask, Response
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect

from agency.web.templating import CONTENT_SECURITY_POLICY, prepare_templates


def pages_app() -> Flask:
    """`/parts`, `/theme` and `/static/` under the product's content security policy."""
    app = Flask("pages", static_folder=None)
    app.config.update(SECRET_KEY="only for tests of looks, never for people", TESTING=True)
    Babel(app)
    CSRFProtect(app)
    prepare_templates(app, local=True)

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return response

    return app
