"""The whole product as one WSGI app: the ground, both doors, and one transaction a request."""

from __future__ import annotations

import secrets
import time
from importlib import import_module
from importlib.util import find_spec

from flask import Flask, Response, current_app, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars
from werkzeug.middleware.proxy_fix import ProxyFix

from agency.web import door as web_door
from agency.web.health import requests_of
from tenants.base_app import check_keys_of_app, create_base_app
from tenants.database import db
from tenants.logs import get_logger
from tenants.row_policies import catalogue_problems
from tenants.settings import Settings

MODELS = (
    "tenants.models",
    "channels.models",
    "styleguides.models",
    "agency.notices.models",
    "agency.inbox.models",
    "agency.inbox.contacts.models",
    "agency.inbox.loops.models",
    "agency.inbox.triage.models",
    "agency.inbox.incidents.models",
    "agency.replies.models",
    "agency.training.models",
    "agency.reports.models",
    "agency.billing.models",
)

UNLOGGED = frozenset({"files.static", "health.healthz", "health.metrics"})
UNLOGGED_WHEN_WELL = frozenset(
    {"api_webhooks.receive_meta", "api_webhooks.receive_instagram", "api_webhooks.receive_google"}
)
"""Hundreds a second; each accepted one is counted, and what it brought is a row."""

log = get_logger("request")


class CatalogueNotReady(Exception):
    """The database is not as the models say, so the product will not serve; the message holds the sentences."""


def create_app(settings: Settings | None = None) -> Flask:
    """The app with both doors, ready to serve.

    Raises SettingsError (also for keys that are not this database's), CatalogueNotReady, RouteWithoutPolicy, or
    sqlalchemy's OperationalError when the database cannot be reached.
    """
    settings = settings or Settings.from_environment()
    app = create_base_app(settings)
    check_catalogue(app)
    with app.app_context():
        check_keys_of_app()
    app.before_request(_begin)
    app.after_request(_commit)
    web_door.register(app)
    if find_spec("agency.api.door") is not None:
        import_module("agency.api.door").register(app)
    web_door.check_routes(app)
    # Around everything, the pulse included: whoever looks at a host sees the one the browser asked for.
    if settings.onbrand_proxy_hops:
        hops = settings.onbrand_proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def check_catalogue(app: Flask) -> None:
    """Raise CatalogueNotReady unless tables, row policies and the application's role are as the models say."""
    for name in MODELS:
        import_module(name)
    with app.app_context(), db.engine.connect() as connection:
        problems = catalogue_problems(connection)
    if problems:
        raise CatalogueNotReady("The database is not ready to serve. " + " ".join(problems))


def _begin() -> None:
    clear_contextvars()
    g.request_id = secrets.token_hex(8)
    g.began_at = time.perf_counter()
    bind_contextvars(request_id=g.request_id)


def _commit(response: Response) -> Response:
    """One request, one transaction. An error was rolled back by its handler, so that there is nothing to commit."""
    if db.session.registry.has():  # a webhook needs none, and making one to commit nothing costs more than its hash
        db.session.commit()
    endpoint, status = request.endpoint or "none", response.status_code
    taken_seconds = time.perf_counter() - g.get("began_at", time.perf_counter())
    requests_of(current_app).add(endpoint, request.method, status, taken_seconds)
    if endpoint not in UNLOGGED and not (status == 200 and endpoint in UNLOGGED_WHEN_WELL):
        log.info("answered", method=request.method, endpoint=endpoint, status=status, ms=round(taken_seconds * 1000, 1))
    return response
