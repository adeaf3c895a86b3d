"""Google's push: the keys its tokens are checked with, fetched and kept; `push_token` does the checking."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import httpx2

from agency.api.error_shape import Problem
from channels.google_business.push_token import NotGoogle, UnknownKey, check
from channels.transport import checked_base
from tenants import clock
from tenants.logs import get_logger
from tenants.settings import Settings

KEYS_LIVE_SECONDS = 3_600
KEYS_ASKED_EVERY_SECONDS = 60
"""A token with an unknown key asks for the keys anew, but no stranger can make us ask more often than this."""
FETCH_SECONDS = 5.0
LARGEST_KEY_SET_BYTES = 200_000

log = get_logger("google_push")


class PushKeys:
    """The key set at one address, kept for an hour. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        self._url = checked_base(url)
        self._lock = threading.Lock()
        self._keys: dict[str, Any] | None = None
        self._fetched_at = float("-inf")
        self._asked_at = float("-inf")

    def get(self, *, unknown_key: bool = False) -> dict[str, Any]:
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

    def _fetch(self) -> dict[str, Any] | None:
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
            found = json.loads(body)
        except (httpx2.HTTPError, OSError, ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) and isinstance(found.get("keys"), list) else None


def is_from_google(authorization: str, keys: PushKeys, settings: Settings) -> bool:
    """Whether the bearer token is Google's, for us, from the push service account, and still good."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not settings.google_pubsub_sender:
        return False
    audience = settings.google_pubsub_audience or settings.base_url + "/webhooks/google"
    try:
        try:
            check(token, keys.get(), audience=audience, sender=settings.google_pubsub_sender, now=clock.now())
        except UnknownKey:
            again = keys.get(unknown_key=True)
            check(token, again, audience=audience, sender=settings.google_pubsub_sender, now=clock.now())
    except NotGoogle as refusal:
        log.info("push_refused", reason=str(refusal))
        return False
    return True
