"""What Meta may tell us: changes of known accounts, kept with their tenant; and its requests about a person."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json

import psycopg
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from agency.api import signatures
from agency.local.postgres import RunningPostgres
from tenants.outbox import BELL
from tests.api.calls_from_outside import due, events, external_id, promises, put_off, raw_events
from tests.factories import Agency, Factory

META, INSTAGRAM = "test app secret", "test instagram secret"


def _signature(body: bytes, secret: str = META) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def _call(external_id: str, kind: str = "page") -> bytes:
    change = {"field": "feed", "value": {"item": "comment", "message": "\u00e4/"}}
    return json.dumps({"object": kind, "entry": [{"id": external_id, "time": 1, "changes": [change]}]}).encode()


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


def test_a_change_of_a_known_page_is_kept_before_the_answer_and_a_repeat_adds_nothing(
    client: FlaskClient, make: Factory, ana: Agency, superuser: Engine
) -> None:
    account, _other = make.account(ana), make.account(ana)
    body = _call(external_id(superuser, account))
    put_off(superuser)
    assert client.post("/webhooks/meta", data=body, headers=_signature(body)).status_code == 200
    assert raw_events(superuser) == [(account, "feed")]
    assert promises(superuser) == [str(account)]
    assert due(superuser) == set()
    again = body.replace(b'"time": 1', b'"time": 2')  # sent again, stamped anew
    assert again != body
    for repeated in (body, again):
        assert client.post("/webhooks/meta", data=repeated, headers=_signature(repeated)).status_code == 200
    assert (len(raw_events(superuser)), len(promises(superuser))) == (1, 1)


def test_the_bell_rings_for_what_is_new_and_for_nothing_else(
    client: FlaskClient, make: Factory, ana: Agency, superuser: Engine, postgres: RunningPostgres
) -> None:
    known, nobody = _call(external_id(superuser, make.account(ana))), _call("404")
    with psycopg.connect(postgres.app_url, autocommit=True) as listening:
        for body, rings in ((known, True), (known, False), (nobody, False)):
            listening.execute(f"listen {BELL}")
            assert client.post("/webhooks/meta", data=body, headers=_signature(body)).status_code == 200
            assert bool(list(listening.notifies(timeout=10 if rings else 0.3, stop_after=1))) is rings


def test_changes_of_several_tenants_in_one_call_lie_with_their_own(
    client: FlaskClient, make: Factory, ana: Agency, stranger: Agency, superuser: Engine
) -> None:
    accounts = [make.account(ana), make.account(ana, brand=1), make.account(stranger)]
    entries = [json.loads(_call(external_id(superuser, account)))["entry"][0] for account in accounts]
    body = json.dumps({"object": "page", "entry": [*entries, {"id": "404", "changes": []}]}).encode()
    assert client.post("/webhooks/meta", data=body, headers=_signature(body)).status_code == 200
    assert {account for account, _ in raw_events(superuser)} == set(accounts)
    with superuser.connect() as connection:
        owners = connection.execute(text("select account_id, agency_id, brand_id from raw_event")).all()
    assert {tuple(row) for row in owners} == {
        (accounts[0], ana.id, ana.brand_ids[0]),
        (accounts[1], ana.id, ana.brand_ids[1]),
        (accounts[2], stranger.id, stranger.brand_ids[0]),
    }


def test_what_cannot_be_made_durable_is_asked_for_again(
    client: FlaskClient, make: Factory, ana: Agency, superuser: Engine
) -> None:
    body = _call(external_id(superuser, make.account(ana)))
    with superuser.begin() as connection:
        connection.execute(text("alter table raw_event rename to raw_event_away"))
    try:
        answer = client.post("/webhooks/meta", data=body, headers=_signature(body))
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    finally:
        with superuser.begin() as connection:
            connection.execute(text("alter table raw_event_away rename to raw_event"))
    assert client.post("/webhooks/meta", data=body, headers=_signature(body)).status_code == 200
    assert len(raw_events(superuser)) == 1


def test_one_account_in_two_agencies_is_told_to_both(
    client: FlaskClient, make: Factory, ana: Agency, stranger: Agency, superuser: Engine
) -> None:
    accounts = {make.account(ana, platform="instagram"), make.account(stranger, platform="instagram")}
    with superuser.begin() as connection:
        connection.execute(text("update account_directory set external_id = '99'"))
    body = _call("99", "instagram")
    assert client.post("/webhooks/instagram", data=body, headers=_signature(body, INSTAGRAM)).status_code == 200
    assert {account for account, _ in raw_events(superuser)} == accounts


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
    assert (raw_events(superuser), promises(superuser)) == ([], [])


@pytest.mark.parametrize("path", ["/webhooks/meta", "/webhooks/instagram"])
def test_a_wrong_or_missing_signature_is_refused_before_anything_is_read(
    client: FlaskClient, make: Factory, ana: Agency, superuser: Engine, path: str
) -> None:
    platform = "facebook" if path.endswith("meta") else "instagram"
    account = make.account(ana, platform=platform)
    body = _call(external_id(superuser, account), "page" if platform == "facebook" else "instagram")
    put_off(superuser)
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
    assert (due(superuser), raw_events(superuser)) == (set(), [])


def test_only_the_instagram_address_takes_the_instagram_secret(client: FlaskClient, ana: Agency) -> None:
    body = _call("1", "instagram")
    assert client.post("/webhooks/meta", data=body, headers=_signature(body, INSTAGRAM)).status_code == 401
    for secret in (META, INSTAGRAM):
        assert client.post("/webhooks/instagram", data=body, headers=_signature(body, secret)).status_code == 200


@pytest.mark.parametrize("path", ["/webhooks/meta", "/webhooks/instagram", "/webhooks/google", "/meta/deauthorize"])
def test_a_body_over_one_megabyte_is_too_large(client: FlaskClient, ana: Agency, path: str) -> None:
    body = b" " * 1_048_577
    refused = client.post(path, data=body, headers=_signature(body))
    assert (refused.status_code, refused.mimetype) == (413, "application/problem+json")
    chunked = {"wsgi.input_terminated": True}
    headers = {"Transfer-Encoding": "chunked", **_signature(body)}
    refused = client.post(path, input_stream=io.BytesIO(body), environ_overrides=chunked, headers=headers)
    assert refused.status_code == 413


def test_signed_rubbish_is_a_bad_request(client: FlaskClient, ana: Agency) -> None:
    for body in (b"", b"{", b"[]", b"\xff", b"[" * 100_000):
        refused = client.post("/webhooks/meta", data=body, headers=_signature(body))
        assert (refused.status_code, refused.get_json()["code"]) == (400, "malformed_json")


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
    assert (status.status_code, status.mimetype) == (200, "text/html")
    assert "It was received" in status.text
    with superuser.connect() as connection:
        assert connection.execute(text("select count(*) from deletion_request")).scalar() == 1
        assert connection.execute(text("select job_name from outbox_entry")).scalars().all() == ["delete_person"]
    for code in ("0" * 32, "x", "é" * 32, "%00" * 32):
        assert client.get(f"/data-deletion/{code}").status_code == 404


def test_a_deauthorisation_is_kept(client: FlaskClient, ana: Agency, superuser: Engine) -> None:
    for secret in (META, INSTAGRAM):
        answer = client.post("/meta/deauthorize", data={"signed_request": _signed_request(secret)})
        assert answer.status_code == 200
    assert events(superuser) == [("meta_deauthorize", "deauthorize")] * 2


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
    assert events(superuser) == []


@given(st.text(max_size=200), st.binary(max_size=100))
def test_no_text_passes_for_a_signature(header: str, body: bytes) -> None:
    assert not signatures.is_meta_signature(header, body, ["secret"])
    assert not signatures.is_stripe_signature(header, body, ["secret"], 0.0)
    assert signatures.signed_request(header, ["secret"]) is None
