"""Whether a Pub/Sub push is Google's, for us, and from our own push service account. Pure: keys and time are given."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from joserfc import jwk, jws, jwt
from joserfc.errors import JoseError

ISSUERS = ["https://accounts.google.com", "accounts.google.com"]
ALGORITHM = "RS256"
#: How far Google's clock and ours may differ.
LEEWAY_SECONDS = 60
#: Google's tokens have about 1,000 bytes.
LONGEST_TOKEN = 8_000
_SMALLEST_KEY_BITS = 2_048


class NotGoogle(ValueError):
    """The push is not to be believed; the text is for logs and holds nothing of the token."""


class UnknownKey(NotGoogle):
    """The token names a key that the set does not hold: worth asking for the set anew, now and then."""


def check(token: str, key_set: Any, *, audience: str, sender: str, now: datetime) -> None:
    """Returns when the token is good. ``key_set`` is the JSON of Google's certs (JWK), ``sender`` the e-mail address of
    the push service account. Raises `NotGoogle`.

    Without a sender nothing is good: anybody with a Google project can have tokens made for any audience.
    """
    if not audience or not sender:
        raise NotGoogle("no audience or sender is configured")
    if not 0 < len(token) <= LONGEST_TOKEN or not token.isascii():
        raise NotGoogle("no token")
    try:
        # Read before it is verified, and used for nothing but to look the key up.
        key_id = jws.extract_compact(token.encode()).headers().get("kid")
        claims = jwt.decode(token, _key(key_set, key_id), algorithms=[ALGORITHM]).claims
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "values": ISSUERS},
            exp={"essential": True},
            iat={"essential": True},
        )
        registry.validate(claims)
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, NotGoogle):
            raise
        raise NotGoogle(f"the token is not good ({type(error).__name__})") from None
    if claims.get("aud") != audience:
        raise NotGoogle("the token is for somebody else")
    if claims.get("email") != sender or claims.get("email_verified") is not True:
        raise NotGoogle("the token is another sender's")


def _key(key_set: Any, key_id: object) -> jwk.RSAKey:
    if not isinstance(key_id, str) or not key_id:
        raise NotGoogle("the token names no key")
    keys = key_set.get("keys") if isinstance(key_set, dict) else None
    for raw in keys if isinstance(keys, list) else []:
        if isinstance(raw, dict) and raw.get("kid") == key_id and raw.get("kty") == "RSA":
            key = jwk.RSAKey.import_key(raw)
            if key.public_key.key_size < _SMALLEST_KEY_BITS:
                raise NotGoogle("the key is too small")
            return key
    raise UnknownKey("the token names a key we do not have")
