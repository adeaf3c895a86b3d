"""What Stripe may make us do: keep the id of an event."""

from __future__ import annotations

import hashlib
import hmac
import time

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from tenants.settings import Settings
from tests.api.calls_from_outside import events
from tests.factories import Agency


def _stripe(body: bytes, secret: str, at: float | None = None) -> dict[str, str]:
    moment = int(time.time() if at is None else at)
    signed = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={moment},v0=00,v1={signed}"}


def test_stripe_is_not_there_without_a_secret(client: FlaskClient, ana: Agency) -> None:
    assert client.post("/webhooks/stripe", data=b"{}").status_code == 404


def test_stripe_events_are_kept_once(
    client: FlaskClient, whole_app: Flask, settings_values: dict[str, str], ana: Agency, superuser: Engine
) -> None:
    before = whole_app.extensions["onbrand_settings"]
    whole_app.extensions["onbrand_settings"] = Settings.from_environment(
        {**settings_values, "STRIPE_WEBHOOK_SECRET": "whsec_new, whsec_old"}
    )
    try:
        body = b'{"id": "evt_1", "type": "invoice.paid", "data": {}}'
        for secret in ("whsec_old", "whsec_new"):
            assert client.post("/webhooks/stripe", data=body, headers=_stripe(body, secret)).status_code == 200
        assert events(superuser) == [("stripe", "invoice.paid")]
        for headers in (
            {},
            {"Stripe-Signature": ""},
            {"Stripe-Signature": "t=x,v1=y"},
            _stripe(body, "whsec_other"),
            _stripe(body, ""),
            _stripe(body + b" ", "whsec_new"),
            _stripe(body, "whsec_new", time.time() - 301),
            _stripe(body, "whsec_new", time.time() + 400),
        ):
            assert client.post("/webhooks/stripe", data=body, headers=headers).status_code == 401
        for odd in (b"{", b"[]", b"{}", b'{"id": 5, "type": "x"}'):
            assert client.post("/webhooks/stripe", data=odd, headers=_stripe(odd, "whsec_new")).status_code == 400
        assert len(events(superuser)) == 1
    finally:
        whole_app.extensions["onbrand_settings"] = before
