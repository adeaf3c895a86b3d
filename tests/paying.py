"""An installation that takes money, for tests: the key is set and nothing asks Stripe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Flask

from tenants import clock
from tenants.database import db
from tenants.models import Subscription
from tests.factories import Agency


@contextmanager
def billing_on(app: Flask, **settings: str) -> Iterator[None]:
    """A Stripe key is set."""
    before = app.extensions["onbrand_settings"]
    app.extensions["onbrand_settings"] = replace(before, **{"stripe_secret_key": "sk_test_none", **settings})
    try:
        yield
    finally:
        app.extensions["onbrand_settings"] = before


def pay(agency: Agency, **values: Any) -> None:
    """The agency's subscription: the smallest plan, paid, unless the values say otherwise."""
    given = {
        "state": "active",
        "plan": "start",
        "extra_brands": 0,
        "extra_staff_seats": 0,
        "extra_light_seats": 0,
        "stripe_id": f"sub_{agency.id}",
        "period_ends_at": clock.now() + timedelta(days=20),
        **values,
    }
    with agency.entered():
        db.session.merge(Subscription(agency_id=agency.id, id=agency.id, **given))
