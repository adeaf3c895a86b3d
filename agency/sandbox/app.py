"""The sandbox as a Flask application."""

from __future__ import annotations

import time
from pathlib import Path

from flask import Flask, Response, jsonify, request

from agency.sandbox import (
    control,
    customers,
    faults,
    google_control,
    google_doors,
    google_login,
    google_pages,
    google_push,
    google_replies,
    graph_batch,
    media,
    meta_dialogs,
    meta_events,
    pages,
    talks_page,
)
from agency.sandbox.addresses import addresses
from agency.sandbox.scenario import Player
from agency.sandbox.store import Clock, Store
from agency.sandbox.stripe import doors as stripe_doors
from agency.sandbox.stripe import pages as stripe_pages
from agency.sandbox.stripe.keeping import StoreKeeper
from agency.sandbox.stripe.world import StripeWorld
from agency.sandbox.world import AppKeys, World

__all__ = ["addresses", "create_sandbox_app"]

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAX_BODY_BYTES = 32 * 1024 * 1024


def create_sandbox_app(
    data_folder: Path, *, clock: Clock = time.time, keys: AppKeys | None = None, durable: bool = True
) -> Flask:
    """The platforms on top of `data_folder`, which is made if missing. `clock` tells seconds since 1970.

    `durable=False` gives up safety at power loss for speed, for tests.
    The sandbox's own clock starts as `clock` and is moved by `POST /sandbox/clock`.
    The world is at `app.extensions["sandbox"]`, the scenario player, not yet playing, at `["sandbox_player"]`.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY_BYTES
    world = World(Store(data_folder, clock, durable=durable), keys or AppKeys.from_environment())
    meta_events.listen(world)
    player = Player(world)
    app.extensions["sandbox"] = world
    app.extensions["sandbox_player"] = player
    app.before_request(_only_from_here)
    app.before_request(lambda: setattr(world, "base_url", request.host_url.rstrip("/")))
    app.register_blueprint(graph_batch.blueprint(world))
    app.register_blueprint(google_doors.blueprint(world))
    app.register_blueprint(google_login.blueprint(world))
    app.register_blueprint(google_control.blueprint(world))
    app.register_blueprint(google_pages.blueprint(world))
    google_push.listen(world)
    google_replies.listen(world)
    stripe = StripeWorld(world.clock, keeper=StoreKeeper(world.store), deliver=world.deliveries.deliver)
    app.extensions["stripe_world"] = stripe
    app.register_blueprint(stripe_doors.blueprint(stripe))
    app.register_blueprint(stripe_pages.blueprint(stripe))
    app.register_blueprint(meta_dialogs.blueprint(world))
    app.register_blueprint(control.blueprint(world, player))
    app.register_blueprint(customers.blueprint(world))
    app.register_blueprint(media.blueprint(world))
    app.register_blueprint(pages.blueprint(world, player))
    app.register_blueprint(faults.blueprint(world))
    app.register_blueprint(talks_page.blueprint(world))
    app.jinja_env.filters["shown"] = pages.shown
    app.jinja_env.filters["moment"] = pages.short_time
    app.after_request(_shield_pages)

    @app.get("/favicon.ico")
    def no_icon() -> tuple[str, int]:
        return "", 204

    @app.get("/healthz")
    def healthz() -> Response:
        world.store.setting("health")
        return jsonify({"state": "ok", "parts": {"store": "ok"}, "accounts": world.store.count_accounts()})

    return app


def _shield_pages(response: Response) -> Response:
    """Customers write what they like: nothing on these pages may run, load or be framed."""
    if response.mimetype == "text/html":
        policy = CONTENT_SECURITY_POLICY
        if request.blueprint in ("meta_dialogs", "google_login", "stripe_pages"):
            # The form of a permission dialog ends in a redirect to the application, which is another origin.
            policy = policy.replace("form-action 'self'", "form-action 'self' http: https:")
        response.headers["Content-Security-Policy"] = policy
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _only_from_here() -> tuple[Response, int] | None:
    """A web page somewhere else must not reach a program on this machine, by a name of its own or by a form."""
    host = request.host.rsplit(":", 1)[0].strip("[]")
    if host not in LOOPBACK_NAMES:
        return jsonify({"error": "The sandbox answers on this machine only. Use http://127.0.0.1."}), 403
    origin = request.headers.get("Origin")
    if request.method not in ("GET", "HEAD") and origin is not None and origin != request.host_url.rstrip("/"):
        return jsonify({"error": "The sandbox takes no forms from other sites. Use its own pages."}), 403
    return None
