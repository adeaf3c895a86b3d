"""The stand-in alone, without the platforms: what tests of billing speak to."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from agency.sandbox.stripe import doors
from agency.sandbox.stripe.world import StripeWorld


def create_stripe_app(clock: Callable[[], float]) -> Flask:
    """In memory; events are listed and sent nowhere. `stripe_world` and `stripe_api` are among its extensions."""
    app = Flask(__name__)
    world = StripeWorld(clock)
    api = doors.Api(world)
    app.extensions["stripe_world"], app.extensions["stripe_api"] = world, api
    app.register_blueprint(doors.blueprint(world, api))
    return app
