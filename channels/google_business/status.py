"""Google's answers: the object, or the error it stands for (google.rpc.Status). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from channels.errors import (
    ChannelError,
    ItemGone,
    OutcomeUnknown,
    PlatformDown,
    RateLimited,
    Refused,
    TokenRevoked,
)
from channels.protocol import Answer
from channels.wire import Json, Unreadable, decode, mapping, retry_after_seconds, rows, whole_number

#: A pause when a 429 names none: the quota counts per minute.
DEFAULT_PAUSE_SECONDS = 60.0
_PASSING = {"INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED", "UNKNOWN"}


def read(answer: Answer, *, write: bool = False) -> Json:
    """Raises the error an answer stands for; for a write whatever proves nothing is `OutcomeUnknown`."""
    try:
        body = decode(answer.body)
    except Unreadable:
        body = None
    error = mapping(body.get("error")) if isinstance(body, dict) else None
    if error is not None:
        raise _classify(error, answer, write=write)
    if isinstance(body, dict) and 200 <= answer.status < 300:
        return body
    if answer.status == 429:
        raise RateLimited(retry_after_seconds(answer.headers) or DEFAULT_PAUSE_SECONDS, "app")
    raise _unclear(f"HTTP {answer.status}", write=write)


def _unclear(reason: str, *, write: bool) -> ChannelError:
    return OutcomeUnknown(reason) if write else PlatformDown(reason)


def _classify(error: Json, answer: Answer, *, write: bool) -> ChannelError:
    status = error.get("status") if isinstance(error.get("status"), str) else ""
    message = error.get("message") if isinstance(error.get("message"), str) else ""
    details = [detail for detail in rows(error.get("details")) if isinstance(detail, dict)]
    reasons = {str(detail.get("reason")) for detail in details}
    http = answer.status
    if http == 429 or status == "RESOURCE_EXHAUSTED":
        if _allows_nothing(_metadata(detail) for detail in details):
            # Not throttling: the project was never approved for this API, and waiting does not help.
            return Refused("quota_zero", "Google has not approved this project for the Business Profile API.")
        return RateLimited(retry_after_seconds(answer.headers) or DEFAULT_PAUSE_SECONDS, "app")
    if http >= 500 or status in _PASSING:
        return _unclear(f"HTTP {http} {status}".strip(), write=write)
    if http == 401 or status == "UNAUTHENTICATED":
        return TokenRevoked("invalid")
    if http == 403 or status == "PERMISSION_DENIED":
        if "SERVICE_DISABLED" in reasons:
            return Refused("service_disabled", str(message))
        if "RATE_LIMIT_EXCEEDED" in reasons:
            return RateLimited(DEFAULT_PAUSE_SECONDS, "app")
        scope = "ACCESS_TOKEN_SCOPE_INSUFFICIENT" in reasons
        return TokenRevoked("permission_missing" if scope else "access_lost")
    if http == 404 or status == "NOT_FOUND":
        return ItemGone()
    if 400 <= http < 500:
        return Refused(str(status or http), _violations(details) or str(message))
    return _unclear(f"HTTP {http} {status}".strip(), write=write)


def quota_of(answer: Answer) -> int | None:
    """Calls a minute the project is allowed, as a refusal names them; zero where it says that nothing is, None where it
    names no number.
    """
    if answer.status != 429:
        return None
    try:
        body = mapping(decode(answer.body)) or {}
    except Unreadable:
        return None
    told = [_metadata(detail) for detail in rows((mapping(body.get("error")) or {}).get("details")) if mapping(detail)]
    if _allows_nothing(told):
        return 0
    minutes = [
        whole_number(one.get("quota_limit_value")) for one in told if "minute" in str(one.get("quota_limit")).lower()
    ]
    return min((calls for calls in minutes if calls), default=None)


def _allows_nothing(told: Iterable[Json]) -> bool:
    return any(str(one.get("quota_limit_value")) == "0" for one in told)


def _metadata(detail: Json) -> Json:
    return mapping(detail.get("metadata")) or {}


def _violations(details: list[Any]) -> str:
    """The words of v4's own validation errors and of BadRequest, which say more than the message."""
    words = []
    for detail in details:
        for entry in (*rows(detail.get("errorDetails")), *rows(detail.get("fieldViolations"))):
            if isinstance(entry, dict):
                words.append(str(entry.get("message") or entry.get("description") or ""))
    return "; ".join(word for word in words if word)
