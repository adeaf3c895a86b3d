"""Every refusal in one shape, with a stable code and three sentences, and nothing of ours in it."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from agency.api import error_shape, strict_json
from agency.api.error_shape import WORDS, field_errors
from tenants import api_tokens
from tenants.database import db, new_id
from tenants.errors import TooMany, Unavailable
from tenants.scope import in_scope
from tests.api.calling import Caller, token_for
from tests.factories import Agency, Factory
from tests.stages import Apps


def _problem(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    body = response.get_json()
    assert response.mimetype == "application/problem+json"
    assert (response.status_code, body["status"], body["code"]) == (status, status, code), body
    assert body["type"] == "about:blank"
    assert body["detail"].count(".") >= 2, "what happened, what is safe, what to do"
    assert response.headers["Cache-Control"] == "no-store"
    return body


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic dTpw", "Bearer nope", "Bearer ob_" + "x" * 43]
)
def test_without_a_working_token_nothing_is_answered(whole_app: Flask, ana: Agency, header: str | None) -> None:
    caller = Caller(whole_app)
    headers = {} if header is None else {"Authorization": header}
    given = header is not None and len(header.split()) == 2 and header.startswith("Bearer")
    for method, path in (("GET", "/brands"), ("POST", "/brands"), ("DELETE", f"/accounts/{new_id()}")):
        refused = caller(method, path, headers=headers)
        _problem(refused, 401, "invalid_token" if given else "unauthorized")
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        assert ("invalid_token" in refused.headers["WWW-Authenticate"]) == given


def test_a_hostile_token_is_only_refused(whole_app: Flask, ana: Agency) -> None:
    for token in ("ob_" + "\u00e9" * 43, "ob_" + "a" * 8_000, "ob_'; drop table agency; --", "ob_%00"):
        refused = Caller(whole_app).get(
            "/brands", headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")}
        )
        _problem(refused, 401, "invalid_token")


def test_a_revoked_token_and_a_removed_member_are_out_at_once(whole_app: Flask, ana: Agency, superuser: Engine) -> None:
    caller = Caller(whole_app, token_for(whole_app, ana.staff))
    assert caller.get("/brands").status_code == 200
    with in_scope(whole_app, ana.scope):
        (token,) = api_tokens.tokens_of(ana.staff)
        api_tokens.revoke(ana.staff, token.id)
    _problem(caller.get("/brands"), 401, "invalid_token")
    caller = Caller(whole_app, token_for(whole_app, ana.staff))
    with superuser.begin() as connection:
        connection.execute(
            text("update membership set removed_at = now() where person_id = :id"), {"id": ana.staff.user_id}
        )
    _problem(caller.get("/brands"), 401, "invalid_token")


def test_a_cookie_is_no_token(whole_app: Flask, ana: Agency) -> None:
    client = whole_app.test_client()
    client.set_cookie("session", token_for(whole_app, ana.staff))
    assert client.get("/api/v1/brands").status_code == 401


def test_an_address_that_is_none(staff: Caller) -> None:
    for path in ("/nothing", "/brands/", "/", "", "/conversations/a/b/c", "/brands/%2e%2e"):
        body = _problem(staff.get(path), 404, "not_found")
        assert body["detail"] == WORDS[404][1]


def test_a_method_that_is_none(staff: Caller) -> None:
    for method, path, allowed in (
        ("PUT", "/brands", "GET, HEAD, POST"),
        ("DELETE", "/conversations", "GET, HEAD"),
        ("OPTIONS", "/brands", "GET, HEAD, POST"),
    ):
        refused = staff(method, path)
        _problem(refused, 405, "method_not_allowed")
        assert ", ".join(sorted(refused.headers["Allow"].split(", "))) == allowed


def test_a_role_that_may_not(owner: Caller, ana: Agency) -> None:
    body = _problem(owner.post("/brands", {"name": "Mine"}), 403, "forbidden")
    assert body["permission"] == "brand:manage"


def test_what_is_not_json(admin: Caller) -> None:
    for raw in (b"{", b"\xff\xfe{}", b'{"name": NaN}', b'{"name": "\\ud800"}', b"[" * 100_000, b'{"a":1e999}'):
        _problem(admin.post("/brands", raw=raw), 400, "malformed_json")
    twice = admin.post("/brands", raw=b'{"name": "One", "name": "Two"}')
    assert _problem(twice, 400, "malformed_json")["errors"] == {"body": ["names a field twice"]}
    deep = b'{"name":' + b'{"a":' * 40 + b"1" + b"}" * 41
    _problem(admin.post("/brands", raw=deep), 400, "malformed_json")
    digits = b'{"answer_due_hours": ' + b"9" * 5_000 + b"}"
    _problem(admin.post("/brands", raw=digits), 400, "malformed_json")


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"text"', b"1", b"true", b"[{}]"])
def test_what_is_not_an_object(admin: Caller, raw: bytes) -> None:
    body = _problem(admin.post("/brands", raw=raw), 422, "invalid")
    assert body["errors"] == {"body": ["must be an object"]}


def test_what_is_not_called_json(admin: Caller) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        _problem(
            admin.post("/brands", raw=b'{"name": "x"}', headers={"Content-Type": kind}), 415, "unsupported_media_type"
        )
    named = admin.post("/brands", raw=b'{"name": "Named"}', headers={"Content-Type": "application/json; charset=utf-8"})
    assert named.status_code == 201


def test_what_is_too_large(admin: Caller) -> None:
    raw = b'{"name": "' + b"x" * strict_json.LARGEST_BODY_BYTES + b'"}'
    _problem(admin.post("/brands", raw=raw), 413, "too_large")
    chunked = {"wsgi.input_terminated": True}
    headers = {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}
    for piece in (raw, raw[:-1] + b" " * 500_000 + b"}"):
        stream = io.BytesIO(piece)
        refused = admin("POST", "/brands", input_stream=stream, environ_overrides=chunked, headers=headers)
        _problem(refused, 413, "too_large")
    whole = io.BytesIO(b'{"name": "In pieces"}')
    made = admin("POST", "/brands", input_stream=whole, environ_overrides=chunked, headers=headers)
    assert made.status_code == 201


def test_each_field_is_explained(staff: Caller, make: Factory, ana: Agency) -> None:
    path = f"/conversations/{make.conversation(ana)}/replies"
    for body, field in (
        ({}, "text"),
        ({"text": None}, "text"),
        ({"text": 5}, "text"),
        ({"text": ["a"]}, "text"),
        ({"text": {"a": "b"}}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "x" * 20_001}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"text": "   "}, "text"),
        ({"text": "Hi.", "private": "yes"}, "private"),
        ({"text": "Hi.", "private": 1}, "private"),
        ({"text": "Hi.", "in_reply_to": {}}, "in_reply_to"),
        ({"text": "Hi.", "state": "approved"}, "state"),
    ):
        refused = _problem(staff.post(path, body), 422, "invalid")
        assert set(refused["errors"]) == {field}, body


def test_names_of_fields_that_strangers_choose_are_cut(admin: Caller) -> None:
    body = {"x" * 5_000: 1, **{f"field{number}": 1 for number in range(500)}}
    errors = _problem(admin.post("/brands", body), 422, "invalid")["errors"]
    assert len(errors) <= error_shape.MOST_FIELDS
    assert max(map(len, errors)) <= error_shape.LONGEST_FIELD_NAME


def test_nested_errors_are_flat() -> None:
    nested = {"a": {0: {"b": ["is wrong"]}}, "_schema": ["is odd"], "c": [["is worse"]]}
    assert field_errors(nested) == {"a.0.b": ["is wrong"], "body": ["is odd"], "c": ["is worse"]}


def test_a_bug_is_answered_without_its_details(whole_app: Flask) -> None:
    with whole_app.test_request_context("/api/v1/brands"):
        answer = error_shape.answer(RuntimeError("a secret of ours"))
        assert answer.status_code == 500
        assert json.loads(answer.get_data())["code"] == "internal_error"
        assert b"secret" not in answer.get_data()


def test_a_database_that_is_away_is_503_with_a_time(whole_app: Flask) -> None:
    with whole_app.test_request_context("/api/v1/brands"):
        for error in (OperationalError("select 1", {}, Exception("host 10.0.0.1")), Unavailable("Down. Safe. Wait.")):
            answer = error_shape.answer(error)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            assert b"10.0.0.1" not in answer.get_data()
        slow = error_shape.answer(TooMany("Slow down. Safe. Wait.", retry_after_seconds=17))
        assert (slow.status_code, slow.headers["Retry-After"]) == (429, "17")


def test_a_failed_request_leaves_nothing(staff: Caller, make: Factory, ana: Agency) -> None:
    conversation = make.conversation(ana)
    refused = staff.post(f"/conversations/{conversation}/replies", {"text": "Hi.", "in_reply_to": str(new_id())})
    assert refused.status_code == 422
    found = staff.get(f"/conversations/{conversation}").get_json()
    assert (found["holder"], found["replies"]) == (None, [])


@pytest.fixture
def without_database(whole_app: Flask, base_app: Flask, apps: Apps, superuser: Engine) -> Iterator[None]:
    """The database lets the application in no more."""
    with whole_app.app_context():
        role = db.engine.url.username
    with superuser.begin() as connection:
        connection.execute(text(f'alter role "{role}" nologin'))
        connection.execute(
            text("select pg_terminate_backend(pid) from pg_stat_activity where usename = :role"), {"role": role}
        )
    yield
    with superuser.begin() as connection:
        connection.execute(text(f'alter role "{role}" login'))
    for app in (whole_app, base_app):  # the other apps' kept connections were ended too; later tests use them
        with app.app_context():
            db.engine.dispose()
    apps.forget_connections()


@pytest.mark.usefixtures("without_database")
def test_while_the_database_is_away_nothing_is_taken(whole_app: Flask) -> None:
    caller = Caller(whole_app)
    for _ in range(2):
        refused = caller.get("/brands", headers={"Authorization": "Bearer ob_" + "x" * 43})
        _problem(refused, 503, "unavailable")
        assert refused.headers["Retry-After"] == "5"
    body = b'{"object": "page", "entry": [{"id": "1"}]}'
    signature = "sha256=" + hmac.new(b"test app secret", body, hashlib.sha256).hexdigest()
    hook = whole_app.test_client().post("/webhooks/meta", data=body, headers={"X-Hub-Signature-256": signature})
    assert (hook.status_code, hook.headers["Retry-After"]) == (503, "5")
