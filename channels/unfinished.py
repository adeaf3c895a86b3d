"""What a poll that gave way has still to ask, as JSON text that holds no secret. Pure.

Kept with the account for as long as its cursor stays where the poll left it, and for an hour at most: a platform's
places in its lists do not last. What cannot be taken up again is begun anew from the cursor, which loses nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast, get_args

from channels.protocol import ConnectedAccount, Request, Service, TokenKind, TokenReference
from channels.wire import instant, mapping, rows, whole_number

LIVES = timedelta(hours=1)
#: Ids a full sweep has seen so far; where there are more, the next sweep looks for what was deleted.
MOST_SEEN = 20_000


@dataclass
class Unfinished:
    """``seen``: ids the poll's rounds listed so far, None where they are not known any more; ``rounds``: how many."""

    requests: list[Request]
    rounds: int
    seen: set[str] | None


def dump(unfinished: Unfinished, account: ConnectedAccount, cursor: str | None, now: datetime) -> str | None:
    """None where a request speaks for somebody else than the account, or by more than words."""
    asked = [_plain(request, account) for request in unfinished.requests]
    if not asked or None in asked:
        return None
    seen = unfinished.seen
    return json.dumps(
        {
            "at": now.isoformat(),
            "place": _place(cursor),
            "rounds": unfinished.rounds,
            "ask": asked,
            "seen": None if seen is None or len(seen) > MOST_SEEN else sorted(seen),
        },
        separators=(",", ":"),
    )


def load(kept: str | None, account: ConnectedAccount, cursor: str | None, now: datetime) -> Unfinished | None:
    """None where there is nothing, or nothing that may be gone on with from this cursor."""
    if kept is None:
        return None
    try:
        raw = mapping(json.loads(kept)) or {}
    except (ValueError, RecursionError):
        return None
    at, seen = instant(raw.get("at")), raw.get("seen")
    if at is None or now - at > LIVES or raw.get("place") != _place(cursor):
        return None
    requests = [_request(mapping(one) or {}, account) for one in rows(raw.get("ask"))]
    found = [request for request in requests if request is not None]
    if not found or len(found) != len(requests):
        return None
    known = {str(one) for one in seen} if isinstance(seen, list) else None
    return Unfinished(found, max(1, whole_number(raw.get("rounds")) or 1), known)


def _place(cursor: str | None) -> str:
    return hashlib.blake2b((cursor or "").encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _plain(request: Request, account: ConnectedAccount) -> dict[str, Any] | None:
    token = request.token
    if request.is_write or request.form is not None or (token is not None and token.secret != account.credential):
        return None
    return {
        "service": request.service,
        "method": request.method,
        "path": request.path,
        "params": dict(request.params),
        "json": request.json,
        "token": None if token is None else token.kind,
        "in_query": token is not None and token.in_query,
        "purpose": dict(request.purpose),
        "asks_only": request.asks_only,
    }


def _request(raw: Mapping[str, Any], account: ConnectedAccount) -> Request | None:
    service, method, path, kind = (raw.get(name) for name in ("service", "method", "path", "token"))
    params, purpose = mapping(raw.get("params")), mapping(raw.get("purpose"))
    if not isinstance(service, str) or method not in ("GET", "POST") or not isinstance(path, str):
        return None
    if params is None or purpose is None or (kind is not None and kind not in get_args(TokenKind)):
        return None
    token = None if kind is None else TokenReference(kind, account.credential, raw.get("in_query") is True)
    request = Request(
        cast(Service, service),
        method,
        path,
        {key: str(value) for key, value in params.items()},
        json=mapping(raw.get("json")),
        token=token,
        purpose={key: str(value) for key, value in purpose.items()},
        asks_only=raw.get("asks_only") is True,
    )
    return None if request.is_write else request
