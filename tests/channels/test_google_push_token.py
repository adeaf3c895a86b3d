"""Whose push it is: only a fresh token, signed by Google, for our audience, of our own push service account."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwk, jwt

from channels.google_business.push_token import NotGoogle, UnknownKey, check
from tests.channels.stand_ins import START, minutes

AUDIENCE, SENDER = "https://onbrand.example/webhooks/google", "push@project.example"
KEY = jwk.RSAKey.generate_key(2048, parameters={"kid": "k1"})
OTHER = jwk.RSAKey.generate_key(2048, parameters={"kid": "k2"})
NOW = int(START.timestamp())


def key_set(*keys: Any) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def token(key: jwk.RSAKey = KEY, header: dict[str, Any] | None = None, **changes: Any) -> str:
    claims = {
        "iss": "https://accounts.google.com",
        "aud": AUDIENCE,
        "azp": "113",
        "sub": "113",
        "email": SENDER,
        "email_verified": True,
        "iat": NOW - 60,
        "exp": NOW + 3540,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": "k1", "typ": "JWT", **(header or {})}, kept, key)


def believed(text: str, keys: Any = None, *, audience: str = AUDIENCE, sender: str = SENDER, now: Any = START) -> bool:
    try:
        check(text, key_set(OTHER, KEY) if keys is None else keys, audience=audience, sender=sender, now=now)
    except NotGoogle:
        return False
    return True


@pytest.mark.parametrize("issuer", ["https://accounts.google.com", "accounts.google.com"])
def test_googles_own_push_is_believed(issuer: str) -> None:
    assert believed(token(iss=issuer))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://accounts.example"},
        {"iss": None},
        {"aud": "https://other.example"},
        {"aud": [AUDIENCE, "https://other.example"]},
        {"aud": None},
        {"email": "someone@project.example"},
        {"email": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
        {"exp": None},
        {"iat": None},
        {"exp": "soon"},
        {"iat": NOW + 600, "exp": NOW + 4200},
    ],
)
def test_any_other_claim_is_not(changes: dict[str, Any]) -> None:
    assert not believed(token(**changes))


def test_a_token_ends_with_a_minute_of_grace() -> None:
    assert believed(token(), now=START + minutes(59.9))
    assert not believed(token(), now=START + minutes(61))


def test_another_key_under_a_known_name_signs_nothing() -> None:
    assert not believed(token(OTHER))


def test_an_unknown_key_is_worth_asking_for_the_keys_anew() -> None:
    with pytest.raises(UnknownKey):
        check(token(), key_set(OTHER), audience=AUDIENCE, sender=SENDER, now=START)
    assert not issubclass(NotGoogle, UnknownKey)


@pytest.mark.parametrize(
    "keys", [5, {}, {"keys": None}, {"keys": [None, 5, {}]}, {"keys": [{"kid": "k1", "kty": "RSA"}]}, []]
)
def test_a_damaged_key_set_believes_nobody(keys: Any) -> None:
    assert not believed(token(), keys)


def test_a_signature_that_anybody_can_make_is_none() -> None:
    """No algorithm at all, and a secret one whose secret is the public key."""
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"k1"}').decode().rstrip("=")
    signed = f"{head}.{token().split('.')[1]}"
    mac = hmac.new(KEY.as_pem(private=False), signed.encode(), "sha256").digest()
    assert not believed(f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}")
    head, body, _ = token().split(".")
    assert not believed(f"{head}.{body}.")


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_small_key_is_not_used() -> None:
    small = jwk.RSAKey.generate_key(1024, parameters={"kid": "k1"})
    assert not believed(token(small), key_set(small))


def test_without_a_sender_or_an_audience_nobody_is_believed() -> None:
    assert not believed(token(email=""), sender="")
    assert not believed(token(aud=""), audience="")


@settings(deadline=None)
@given(text=st.text(max_size=60) | st.from_regex(r"[\w-]{0,20}\.[\w-]{0,20}\.[\w-]{0,20}", fullmatch=True))
def test_any_text_is_no_token(text: str) -> None:
    assert not believed(text)


@settings(deadline=None)
@given(header=st.dictionaries(st.sampled_from(["alg", "kid", "crit", "b64", "jku"]), st.none() | st.text(max_size=5)))
def test_any_header_is_survived(header: dict[str, Any]) -> None:

    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    assert not believed(f"{encoded}.{token().split('.')[1]}.{token().split('.')[2]}")
