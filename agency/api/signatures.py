"""Proofs that a call comes from who it says, each over the raw bytes and compared in constant time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from typing import Any

STRIPE_TOLERANCE_SECONDS = 300
"""Stripe's own default: an older signature may be a replay."""
_HEX = re.compile(r"[0-9a-f]{64}")
_STRIPE_TIME = re.compile(r"[0-9]{1,12}")


def _digest(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def is_meta_signature(header: str, body: bytes, secrets: Iterable[str]) -> bool:
    """Whether `X-Hub-Signature-256` was made with one of the app secrets. Empty secrets match nothing."""
    given = header.removeprefix("sha256=")
    if given == header or not _HEX.fullmatch(given):
        return False
    return _matches(bytes.fromhex(given), body, secrets)


def is_stripe_signature(header: str, body: bytes, secrets: Iterable[str], now_seconds: float) -> bool:
    """Whether `Stripe-Signature` (`t=…,v1=…`) was made with one of the secrets within the last five minutes."""
    parts = [part.strip().partition("=") for part in header.split(",")[:20]]
    times = [value for name, _, value in parts if name == "t"]
    if len(times) != 1 or not _STRIPE_TIME.fullmatch(times[0]):
        return False
    if abs(now_seconds - int(times[0])) > STRIPE_TOLERANCE_SECONDS:
        return False
    signed = times[0].encode() + b"." + body
    given = [bytes.fromhex(value) for name, _, value in parts if name == "v1" and _HEX.fullmatch(value)]
    known = list(secrets)
    return any(_matches(one, signed, known) for one in given)


def signed_request(value: str, secrets: Iterable[str]) -> dict[str, Any] | None:
    """The payload of Meta's `signed_request`, None when it was not signed with one of the app secrets."""
    signature, dot, payload = value.partition(".")
    try:
        if not dot or not _matches(_unpadded(signature), payload.encode("ascii"), secrets):
            return None
        data = json.loads(_unpadded(payload))
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or str(data.get("algorithm", "")).upper() != "HMAC-SHA256":
        return None
    return data


def _matches(given: bytes, body: bytes, secrets: Iterable[str]) -> bool:
    return any(hmac.compare_digest(given, _digest(secret, body)) for secret in secrets if secret)


def _unpadded(value: str) -> bytes:
    try:
        raw = value.encode("ascii")
        return base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
