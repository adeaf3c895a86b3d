"""The keys Google signs tokens with: RS256, served as a JWK set, exchanged now and then.

The key pair is made when it is first needed and kept in the sandbox's memory. It opens nothing anywhere else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from agency.sandbox.store import Store

SETTING = "google keys"
KEY_BITS = 2048
# Google's certificates are good for some hours; readers go by Cache-Control.
CACHE_SECONDS = 3600


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _number(value: int) -> str:
    return _base64url(value.to_bytes((value.bit_length() + 7) // 8))


def _fresh_key() -> dict[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return {"kid": hashlib.sha256(pem.encode()).hexdigest()[:40], "pem": pem}


def _keys(store: Store) -> list[dict[str, str]]:
    """Newest first; the first one signs."""
    with store.transaction():
        known: list[dict[str, str]] = store.setting(SETTING, [])
        if not known:
            known = [_fresh_key()]
            store.set_setting(SETTING, known)
    return known


def rotate(store: Store, *, forget_old: bool = False) -> list[str]:
    """Sign with a new key from now on. The old one is still served, unless forgotten; answers the ids, newest first."""
    with store.transaction():
        known = [_fresh_key(), *([] if forget_old else _keys(store)[:1])]
        store.set_setting(SETTING, known)
    return [key["kid"] for key in known]


@lru_cache(maxsize=8)
def _private(pem: str) -> RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    assert isinstance(key, RSAPrivateKey)
    return key


def key_set(store: Store) -> dict[str, Any]:
    """The JWK set (RFC 7517) as Google serves it."""
    served = []
    for key in _keys(store):
        numbers = _private(key["pem"]).public_key().public_numbers()
        facts = {"kid": key["kid"], "kty": "RSA", "use": "sig", "alg": "RS256"}
        served.append({**facts, "n": _number(numbers.n), "e": _number(numbers.e)})
    return {"keys": served}


def signed(store: Store, claims: dict[str, Any], *, unknown_key: bool = False, algorithm: str = "RS256") -> str:
    """A JWT (RFC 7519). `unknown_key` signs with a key that is served nowhere; algorithm `none` signs nothing."""
    key = _fresh_key() if unknown_key else _keys(store)[0]
    header = {"alg": algorithm, "kid": key["kid"], "typ": "JWT"}
    text = ".".join(_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    if algorithm == "none":
        return text + "."
    return text + "." + _base64url(_private(key["pem"]).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))
