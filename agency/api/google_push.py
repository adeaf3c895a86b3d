"""Google's push: who sent it (a signed token of our own push service account) and which location it is about."""

from __future__ import annotations

import base64
import binascii
import json
import threading
import time
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from agency.api.error_shape import Problem
from channels.google_business.requests import LOCATION_NAME
from channels.transport import checked_base
from tenants.settings import Settings

ISSUERS = ["https://accounts.google.com", "accounts.google.com"]
LEEWAY_SECONDS = 60
KEYS_LIVE_SECONDS = 3_600
KEYS_ASKED_EVERY_SECONDS = 60
"""A token with an unknown key asks for the keys anew, but no stranger can make us ask more often than this."""
FETCH_SECONDS = 5.0
LARGEST_KEY_SET_BYTES = 200_000
LONGEST_TOKEN = 8_000


class PushKeys:
    """The key set at one address, kept for an hour. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        self._url = checked_base(url)
        self._lock = threading.Lock()
        self._keys: KeySet | None = None
        self._fetched_at = float("-inf")
        self._asked_at = float("-inf")

    def get(self, *, unknown_key: bool = False) -> KeySet:
        """The keys; fetched when they are old, or when a key was unknown. Raises Problem 503 when there are none."""
        with self._lock:
            now = time.monotonic()
            is_old = now - self._fetched_at > KEYS_LIVE_SECONDS
            if (is_old or unknown_key) and now - self._asked_at > KEYS_ASKED_EVERY_SECONDS:
                self._asked_at = now
                fetched = self._fetch()
                if fetched is not None:
                    self._keys, self._fetched_at = fetched, now
            if self._keys is None:
                raise Problem(503, retry_after_seconds=KEYS_ASKED_EVERY_SECONDS)
            return self._keys

    def _fetch(self) -> KeySet | None:
        try:
            with (
                httpx2.Client(timeout=FETCH_SECONDS, follow_redirects=False, trust_env=False) as client,
                client.stream("GET", self._url) as response,
            ):
                body = b""
                for part in response.iter_bytes():
                    body += part
                    if len(body) > LARGEST_KEY_SET_BYTES:
                        return None
                if response.status_code != 200:
                    return None
            return KeySet.import_key_set(json.loads(body))
        except (httpx2.HTTPError, OSError, ValueError, TypeError, KeyError, JoseError, RecursionError):
            return None


def is_from_google(authorization: str, keys: PushKeys, settings: Settings) -> bool:
    """Whether the bearer token is Google's, for us, from the push service account, and still good.

    Without GOOGLE_PUBSUB_SENDER nothing is: anybody with a Google project can have tokens made for any audience.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= LONGEST_TOKEN or not settings.google_pubsub_sender:
        return False
    try:
        claims = _claims(token, keys)
        jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "values": ISSUERS},
            aud={"essential": True, "value": settings.google_pubsub_audience or settings.base_url + "/webhooks/google"},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(claims)
    except (JoseError, ValueError, TypeError, RecursionError):
        return False
    return claims.get("email") == settings.google_pubsub_sender and claims.get("email_verified") is True


def _claims(token: str, keys: PushKeys) -> dict[str, Any]:
    try:
        return dict(jwt.decode(token, keys.get(), algorithms=["RS256"]).claims)
    except (JoseError, ValueError):
        return dict(jwt.decode(token, keys.get(unknown_key=True), algorithms=["RS256"]).claims)


def location_of(body: bytes) -> tuple[str, str] | None:
    """The message's id and the location it names; None for anything that names none."""
    try:
        message = json.loads(body)["message"]
        message_id = message.get("messageId") or message.get("message_id")
        data = json.loads(base64.b64decode(message["data"], validate=True))
        named = data.get("location") or data.get("locationName") or data.get("location_name")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error):
        return None
    if not isinstance(named, str) or not LOCATION_NAME.match(named):
        return None
    if not isinstance(message_id, str) or not 0 < len(message_id) <= 200 or not message_id.isprintable():
        return None
    return message_id, named
