"""Google's access tokens from a refresh token (RFC 6749 section 6), kept in memory until shortly before they end.

A plain form POST through our own transport, not authlib's client: that one opens its own connections, and then the
rules of `transport` (hosts, time-outs, sizes, silence about tokens) would hold everywhere but here. Authlib remains for
the consent screen, where its state and PKCE handling is worth having.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from channels.errors import PlatformDown, RateLimited, Refused, TokenRevoked
from channels.protocol import Answer, Request, Secret
from channels.wire import Unreadable, decode, mapping, whole_number

SCOPE = "https://www.googleapis.com/auth/business.manage"
#: Google: about an hour; taken when an answer names no life.
DEFAULT_LIFE_SECONDS = 3_000
#: Renewed this long before the end; Google's advice is 60 to 300 s.
EARLY_SECONDS = 120
#: Tokens kept; the oldest leaves first.
CACHE_SIZE = 4_096

_PASSING = {"internal_failure", "server_error", "temporarily_unavailable"}


@dataclass(frozen=True, slots=True)
class AccessToken:
    """``life_seconds`` counts from the answer. ``refresh_token`` is set only when Google replaced it."""

    secret: Secret
    life_seconds: int
    refresh_token: Secret | None = None


def refresh_request(refresh_token: Secret, client_id: str, client_secret: Secret) -> Request:
    """The form POST to the token address."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token.reveal(),
        "client_id": client_id,
        "client_secret": client_secret.reveal(),
    }
    return Request("google_token", "POST", "", form=form)


def read_refresh(answer: Answer) -> AccessToken:
    """Raises `TokenRevoked` (invalid_grant), `RateLimited`, `Refused` (our own registration is wrong) or
    `PlatformDown`.
    """
    try:
        body = mapping(decode(answer.body)) or {}
    except Unreadable:
        body = {}
    error = body.get("error")
    name = error if isinstance(error, str) else ""
    if name == "invalid_grant":
        raise TokenRevoked("access_withdrawn")
    if answer.status == 429:
        raise RateLimited(60.0, "app")
    if answer.status in (408,) or answer.status >= 500 or name in _PASSING:
        raise PlatformDown(f"token service: HTTP {answer.status}")
    if name:
        raise Refused(name, "Google refused our registration")
    token = body.get("access_token")
    if not 200 <= answer.status < 300 or not isinstance(token, str) or not token or not token.isascii():
        raise PlatformDown(f"token service: HTTP {answer.status} without a token")
    renewed = body.get("refresh_token")
    return AccessToken(
        Secret(token),
        whole_number(body.get("expires_in")) or DEFAULT_LIFE_SECONDS,
        Secret(renewed) if isinstance(renewed, str) and renewed else None,
    )


class AccessTokens:
    """Access tokens by refresh token; one renewal at a time for each. Safe to share between threads."""

    def __init__(self, renew: Callable[[Secret], AccessToken], clock: Callable[[], float] = time.monotonic) -> None:
        self._renew = renew
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[bytes, tuple[Secret, float]] = {}
        self._renewing: dict[bytes, threading.Lock] = {}

    @staticmethod
    def _key(refresh_token: Secret) -> bytes:
        return hashlib.sha256(refresh_token.reveal().encode("utf-8", "replace")).digest()

    def get(self, refresh_token: Secret) -> Secret:
        """A token with at least `EARLY_SECONDS` of life. Raises what `read_refresh` raises."""
        key = self._key(refresh_token)
        with self._lock:
            own = self._renewing.setdefault(key, threading.Lock())
        with own:
            with self._lock:
                kept = self._kept.get(key)
            if kept is not None and kept[1] > self._clock():
                return kept[0]
            fresh = self._renew(refresh_token)
            ends = self._clock() + max(1, fresh.life_seconds - EARLY_SECONDS)
            with self._lock:
                self._kept[key] = (fresh.secret, ends)
                while len(self._kept) > CACHE_SIZE:
                    oldest = next(iter(self._kept))
                    del self._kept[oldest]
                    self._renewing.pop(oldest, None)
            return fresh.secret

    def forget(self, refresh_token: Secret, used: Secret) -> None:
        """Drops a token Google no longer takes, unless it was renewed meanwhile."""
        key = self._key(refresh_token)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == used:
                del self._kept[key]
