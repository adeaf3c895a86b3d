"""What Google may make us do, and how we know it is Google."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import Engine, text

from agency.api import google_push
from agency.web import health
from channels import raw_events as kept
from channels.google_business.deliveries import field_names
from jobs.upkeep import keep_up
from tenants.errors import AppError
from tenants.settings import Settings
from tests.api.calls_from_outside import events, external_id, promises, raw_events
from tests.factories import Agency, Factory


class KeyServer:
    """Serves a key set on loopback, as GOOGLE_CERTS_URL does."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, parameters={"kid": "k1"})
        self.asked = 0
        self.broken = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                body = json.dumps({"keys": [outer.key.as_dict(private=False)]}).encode()
                self.send_response(500 if outer.broken else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/certs"

    def token(self, key: RSAKey | None = None, header: dict[str, Any] | None = None, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": "https://accounts.google.com",
            "aud": "our audience",
            "email": "push@project.example",
            "email_verified": True,
            "iat": now,
            "exp": now + 3600,
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": "k1", **(header or {})}, claims, key or self.key)


@pytest.fixture(scope="module")
def key_server() -> Iterator[KeyServer]:
    server = KeyServer()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture
def google(
    whole_app: Flask, key_server: KeyServer, settings_values: dict[str, str]
) -> Iterator[Callable[..., dict[str, str]]]:
    """Headers of a push, with the app listening to this server's keys."""
    before = whole_app.extensions["onbrand_settings"]
    whole_app.extensions["onbrand_settings"] = Settings.from_environment(
        {
            **settings_values,
            "GOOGLE_CERTS_URL": key_server.url,
            "GOOGLE_PUBSUB_AUDIENCE": "our audience",
            "GOOGLE_PUBSUB_SENDER": "push@project.example",
        }
    )
    whole_app.extensions.pop("onbrand_google_push_keys", None)
    yield lambda **changes: {"Authorization": "Bearer " + key_server.token(**changes)}
    whole_app.extensions["onbrand_settings"] = before
    whole_app.extensions.pop("onbrand_google_push_keys", None)


def _push(location: str, message_id: str = "1") -> bytes:
    data = json.dumps({"type": "NEW_REVIEW", "location": location, "review": location + "/reviews/x"}).encode()
    message = {"data": base64.b64encode(data).decode(), "messageId": message_id, "attributes": {}}
    return json.dumps({"message": message, "subscription": "projects/p/subscriptions/s"}).encode()


def test_a_google_push_is_kept_once_with_its_tenant(
    client: FlaskClient, google: Callable[..., dict[str, str]], make: Factory, ana: Agency, superuser: Engine
) -> None:
    account = make.account(ana, platform="google_business")
    body = _push(external_id(superuser, account))
    for _ in range(2):
        assert client.post("/webhooks/google", data=body, headers=google()).status_code == 200
        assert raw_events(superuser) == [(account, "NEW_REVIEW")]
    again = _push(external_id(superuser, account), "2")
    assert client.post("/webhooks/google", data=again, headers=google()).status_code == 200
    assert (len(raw_events(superuser)), promises(superuser)) == (2, [str(account)] * 2)


def test_a_push_without_googles_word_is_refused(
    client: FlaskClient, google: Callable[..., dict[str, str]], make: Factory, ana: Agency, superuser: Engine
) -> None:
    account = make.account(ana, platform="google_business")
    body = _push(external_id(superuser, account))
    now = int(time.time())
    stolen = RSAKey.generate_key(2048, parameters={"kid": "k1"})
    shared = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    bad = [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": f"Bearer {shared}.e30."},
        {"Authorization": "Basic x"},
        {"Authorization": "Bearer " + "x" * 10_000},
        google(key=stolen),
        google(header={"kid": "other"}),
        google(aud="another"),
        google(aud=None),
        google(iss="https://evil.example"),
        google(iss=None),
        google(exp=now - 600),
        google(exp=None),
        google(exp="soon"),
        google(email="other@project.example"),
        google(email=None),
        google(email_verified=False),
        google(email_verified="true"),
    ]
    for headers in bad:
        refused = client.post("/webhooks/google", data=body, headers=headers)
        assert refused.status_code == 401, headers
    assert (raw_events(superuser), promises(superuser)) == ([], [])


def test_a_push_about_nothing_known_leaves_nothing(
    client: FlaskClient, google: Callable[..., dict[str, str]], ana: Agency, superuser: Engine
) -> None:
    for body in (
        _push("accounts/1/locations/404"),
        _push("x"),
        b"",
        b"{",
        b'{"message": 5}',
        b'{"message":{"data":"*"}}',
    ):
        assert client.post("/webhooks/google", data=body, headers=google()).status_code == 200
    assert (raw_events(superuser), promises(superuser)) == ([], [])


def _unnamed(data: Any, message_id: str | None = None) -> bytes:
    message = {"data": base64.b64encode(json.dumps(data).encode()).decode(), "messageId": message_id}
    return json.dumps({"message": message}).encode()


def test_a_push_that_names_nobody_is_counted_once_without_a_word_of_it(
    client: FlaskClient,
    whole_app: Flask,
    google: Callable[..., dict[str, str]],
    superuser: Engine,
) -> None:
    """Nobody can tell whose customers wrote what stands in it: it has no tenant, so its words may not be kept."""
    words = {"place": "Sun Street", "comment": "Horrible porridge", "horrible <porridge>": 1}
    for body in (_unnamed(words, "31"), _unnamed(words, "31"), _unnamed(words, "32"), _unnamed(words), b"[]", b"[]"):
        assert client.post("/webhooks/google", data=body, headers=google()).status_code == 200
    why = "the message names no location"
    assert events(superuser) == [("unnamed_push", why)] * 3 + [("unnamed_push", "not an object")]
    with superuser.connect() as connection:
        noted = connection.execute(text("select external_id || kind from received_event order by id")).scalars().all()
    assert noted[:2] == ["31" + why, "32" + why]
    assert field_names(_unnamed(words)) == ["comment", "place"], "all that the log says of it"
    assert (field_names(b"{"), field_names(b"[]"), field_names(_unnamed([1]))) == ([], [], [])
    with whole_app.app_context():
        assert kept.unnamed_by_reason() == {why: 3, "not an object": 1}
    health._figures.clear()
    assert f'onbrand_events_aside{{kind="{why}"}} 3.0' in client.get("/metrics").text
    with superuser.begin() as connection:
        old = "update received_event set created_at = now() - interval '31 days' where external_id = '31'"
        connection.execute(text(old))
    keep_up(whole_app)
    assert len(events(superuser)) == 3


def test_strangers_cannot_make_us_ask_for_keys_over_and_over(key_server: KeyServer) -> None:
    keys, before = google_push.PushKeys(key_server.url), key_server.asked
    for _ in range(5):
        keys.get(unknown_key=True)
    assert key_server.asked == before + 1


def test_without_keys_the_push_is_to_come_again(key_server: KeyServer) -> None:
    key_server.broken = True
    try:
        with pytest.raises(AppError) as refused:
            google_push.PushKeys(key_server.url).get()
    finally:
        key_server.broken = False
    assert refused.value.http_status == 503


def test_without_a_named_sender_every_push_is_refused(key_server: KeyServer, settings_values: dict[str, str]) -> None:
    settings = Settings.from_environment({**settings_values, "GOOGLE_PUBSUB_AUDIENCE": "our audience"})
    authorization = "Bearer " + key_server.token(email=None)
    assert not google_push.is_from_google(authorization, google_push.PushKeys(key_server.url), settings)
