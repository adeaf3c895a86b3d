"""What platforms may make us do: look at a known account sooner, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import Engine, text

from agency.api import google_push, signatures
from tenants.errors import AppError
from tenants.settings import Settings
from tests.factories import Agency, Factory

META, INSTAGRAM = "test app secret", "test instagram secret"


@pytest.fixture
def client(whole_app: Flask) -> FlaskClient:
    return whole_app.test_client(use_cookies=False)


def _signature(body: bytes, secret: str = META) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def _call(external_id: str, kind: str = "page") -> bytes:
    change = {"field": "feed", "value": {"item": "comment", "message": "\u00e4/"}}
    return json.dumps({"object": kind, "entry": [{"id": external_id, "time": 1, "changes": [change]}]}).encode()


def _external_id(superuser: Engine, account: UUID) -> str:
    with superuser.connect() as connection:
        statement = text("select external_id from account where id = :id")
        return str(connection.execute(statement, {"id": account}).scalar_one())


def _put_off(superuser: Engine) -> None:
    with superuser.begin() as connection:
        connection.execute(text("update poll_turn set due_at = now() + interval '1 hour'"))


def _due(superuser: Engine) -> set[UUID]:
    with superuser.connect() as connection:
        return set(connection.execute(text("select account_id from poll_turn where due_at <= now()")).scalars())


def _events(superuser: Engine) -> list[tuple[str, str]]:
    with superuser.connect() as connection:
        return [tuple(row) for row in connection.execute(text("select source, kind from received_event order by id"))]


@pytest.mark.parametrize("path", ["/webhooks/meta", "/webhooks/instagram"])
def test_verification_answers_the_bare_challenge(client: FlaskClient, path: str) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "test verify token"}
    answer = client.get(path, query_string=query)
    assert (answer.status_code, answer.get_data(), answer.mimetype) == (200, b"1158201444", "text/plain")
    for change in (
        {"hub.verify_token": "other"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "\u00e9"},
        {"hub.mode": "unsubscribe"},
        {"hub.challenge": "<script>"},
        {"hub.challenge": ""},
    ):
        refused = client.get(path, query_string={**query, **change})
        assert (refused.status_code, refused.mimetype) == (403, "application/problem+json")
        assert b"script" not in refused.get_data()


def test_a_known_page_is_polled_at_once_and_a_repeat_changes_nothing(
    client: FlaskClient, make: Factory, ana: Agency, superuser: Engine
) -> None:
    account, other = make.account(ana), make.account(ana)
    body = _call(_external_id(superuser, account))
    _put_off(superuser)
    assert client.post("/webhooks/meta", data=body, headers=_signature(body)).status_code == 200
    assert _due(superuser) == {account} != {other}
    assert _events(superuser) == [("meta", "page")]
    _put_off(superuser)
    assert client.post("/webhooks/meta", data=body, headers=_signature(body)).status_code == 200
    assert (_due(superuser), len(_events(superuser))) == (set(), 1)


def test_one_account_in_two_agencies_is_polled_for_both(
    client: FlaskClient, make: Factory, ana: Agency, stranger: Agency, superuser: Engine
) -> None:
    accounts = {make.account(ana, platform="instagram"), make.account(stranger, platform="instagram")}
    with superuser.begin() as connection:
        connection.execute(text("update account_directory set external_id = '99'"))
    _put_off(superuser)
    body = _call("99", "instagram")
    assert client.post("/webhooks/instagram", data=body, headers=_signature(body, INSTAGRAM)).status_code == 200
    assert _due(superuser) == accounts


def test_an_account_nobody_connected_leaves_nothing(client: FlaskClient, ana: Agency, superuser: Engine) -> None:
    for body in (
        _call("123"),
        _call("123", "permissions"),
        b"{}",
        b'{"object":"page","entry":{}}',
        b'{"object":["page"],"entry":[1,null,{"id":{}}]}',
        b'{"object":"page","entry":[{"id":"\\u0000"},{"id":"' + b"9" * 500 + b'"}]}',
    ):
        assert client.post("/webhooks/meta", data=body, headers=_signature(body)).status_code == 200
    assert _events(superuser) == []


@pytest.mark.parametrize("path", ["/webhooks/meta", "/webhooks/instagram"])
def test_a_wrong_or_missing_signature_is_refused_before_anything_is_read(
    client: FlaskClient, make: Factory, ana: Agency, superuser: Engine, path: str
) -> None:
    platform = "facebook" if path.endswith("meta") else "instagram"
    account = make.account(ana, platform=platform)
    body = _call(_external_id(superuser, account), "page" if platform == "facebook" else "instagram")
    _put_off(superuser)
    good = _signature(body)["X-Hub-Signature-256"]
    for header in (
        None,
        "",
        good.removeprefix("sha256="),
        good.upper(),
        good[:-1],
        good + "0",
        "sha1=" + good[7:47],
        _signature(body, "")["X-Hub-Signature-256"],
        _signature(body + b" ")["X-Hub-Signature-256"],
        _signature(body, "other")["X-Hub-Signature-256"],
    ):
        headers = {} if header is None else {"X-Hub-Signature-256": header}
        refused = client.post(path, data=body, headers=headers)
        assert (refused.status_code, refused.get_json()["code"]) == (401, "invalid_signature")
    assert (_due(superuser), _events(superuser)) == (set(), [])


def test_only_the_instagram_address_takes_the_instagram_secret(client: FlaskClient, ana: Agency) -> None:
    body = _call("1", "instagram")
    assert client.post("/webhooks/meta", data=body, headers=_signature(body, INSTAGRAM)).status_code == 401
    for secret in (META, INSTAGRAM):
        assert client.post("/webhooks/instagram", data=body, headers=_signature(body, secret)).status_code == 200


@pytest.mark.parametrize("path", ["meta", "instagram", "google"])
def test_a_body_over_one_megabyte_is_too_large(client: FlaskClient, ana: Agency, path: str) -> None:
    body = b" " * 1_048_577
    refused = client.post(f"/webhooks/{path}", data=body, headers=_signature(body))
    assert (refused.status_code, refused.mimetype) == (413, "application/problem+json")


def test_signed_rubbish_is_a_bad_request(client: FlaskClient, ana: Agency) -> None:
    for body in (b"", b"{", b"[]", b"\xff", b"[" * 100_000):
        refused = client.post("/webhooks/meta", data=body, headers=_signature(body))
        assert (refused.status_code, refused.get_json()["code"]) == (400, "malformed_json")


# ── Google ───────────────────────────────────────────────────────────────────────────────────────────────────────


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


def test_a_google_push_makes_its_location_due_once(
    client: FlaskClient, google: Callable[..., dict[str, str]], make: Factory, ana: Agency, superuser: Engine
) -> None:
    account = make.account(ana, platform="google_business")
    body = _push(_external_id(superuser, account))
    _put_off(superuser)
    assert client.post("/webhooks/google", data=body, headers=google()).status_code == 200
    assert (_due(superuser), _events(superuser)) == ({account}, [("google", "push")])
    _put_off(superuser)
    assert client.post("/webhooks/google", data=body, headers=google()).status_code == 200
    assert _due(superuser) == set()


def test_a_push_without_googles_word_is_refused(
    client: FlaskClient, google: Callable[..., dict[str, str]], make: Factory, ana: Agency, superuser: Engine
) -> None:
    account = make.account(ana, platform="google_business")
    body = _push(_external_id(superuser, account))
    _put_off(superuser)
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
    assert (_due(superuser), _events(superuser)) == (set(), [])


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
    assert _events(superuser) == []


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


# ── Stripe ───────────────────────────────────────────────────────────────────────────────────────────────────────


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
        assert _events(superuser) == [("stripe", "invoice.paid")]
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
        assert len(_events(superuser)) == 1
    finally:
        whole_app.extensions["onbrand_settings"] = before


# ── Meta's requests about a person ───────────────────────────────────────────────────────────────────────────────


def _signed_request(secret: str = META, algorithm: str = "HMAC-SHA256") -> str:
    def plain(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    payload = plain(json.dumps({"algorithm": algorithm, "issued_at": 1, "user_id": "218471"}).encode())
    return plain(hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest()) + "." + payload


def test_a_deletion_request_gets_a_code_that_can_be_followed(
    client: FlaskClient, ana: Agency, superuser: Engine
) -> None:
    answer = client.post("/meta/data-deletion", data={"signed_request": _signed_request()}).get_json()
    assert set(answer) == {"url", "confirmation_code"}
    assert client.post("/meta/data-deletion", data={"signed_request": _signed_request()}).get_json() == answer
    status = client.get(answer["url"].removeprefix("http://localhost"))
    assert (status.status_code, status.mimetype) == (200, "text/plain")
    assert b"was received" in status.get_data()
    assert _events(superuser) == [("meta_data_deletion", "data_deletion")]
    for code in ("0" * 32, "x", "é" * 32, "%00" * 32):
        assert client.get(f"/meta/data-deletion/{code}").status_code == 404


def test_a_deauthorisation_is_kept(client: FlaskClient, ana: Agency, superuser: Engine) -> None:
    for secret in (META, INSTAGRAM):
        answer = client.post("/meta/deauthorize", data={"signed_request": _signed_request(secret)})
        assert answer.status_code == 200
    assert _events(superuser) == [("meta_deauthorize", "deauthorize")] * 2


@pytest.mark.parametrize("path", ["/meta/deauthorize", "/meta/data-deletion"])
def test_an_unsigned_request_about_a_person_is_refused(
    client: FlaskClient, ana: Agency, superuser: Engine, path: str
) -> None:
    good = _signed_request()
    for value in (
        None,
        "",
        ".",
        good[1:],
        good.replace(".", ""),
        good.partition(".")[0] + ".",
        _signed_request("other"),
        _signed_request(""),
        _signed_request(algorithm="none"),
        "é.é",
    ):
        refused = client.post(path, data={} if value is None else {"signed_request": value})
        assert (refused.status_code, refused.get_json()["code"]) == (401, "invalid_signature"), value
    assert _events(superuser) == []


@given(st.text(max_size=200), st.binary(max_size=100))
def test_no_text_passes_for_a_signature(header: str, body: bytes) -> None:
    assert not signatures.is_meta_signature(header, body, ["secret"])
    assert not signatures.is_stripe_signature(header, body, ["secret"], 0.0)
    assert signatures.signed_request(header, ["secret"]) is None


@given(st.binary(max_size=300))
def test_any_body_of_a_push_is_read_or_left(body: bytes) -> None:
    assert google_push.location_of(body) is None
