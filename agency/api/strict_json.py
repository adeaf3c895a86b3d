"""Request bodies: one JSON object, read strictly, so that what is checked is what was sent."""

from __future__ import annotations

import json
from typing import Any

from flask import g, request

from agency.api.error_shape import Problem

LARGEST_BODY_BYTES = 1_000_000
MOST_DEPTH = 30
"""Nesting of lists and objects; a style guide needs five."""


class _Unusable(ValueError):
    """Valid JSON to some readers, but two readers could understand it differently."""


def read_body() -> dict[str, Any] | None:
    """The request's body; None when it has none. Read once a request.

    Raises Problem: 413 when it is too large, 415 when it is not called JSON, 400 when it is not JSON (repeated keys,
    NaN, half characters and bottomless nesting included), 422 when it is something other than an object.
    """
    if "api_body" not in g:
        g.api_body = _read()
    body: dict[str, Any] | None = g.api_body
    return body


def raw_body(most_bytes: int = LARGEST_BODY_BYTES) -> bytes:
    """The bytes of the body. Raises Problem 413 for more than `most_bytes`, in one piece or in chunks.

    One byte more is let through to Werkzeug, which cuts a chunked body at its limit without a word.
    """
    request.max_content_length = most_bytes + 1
    raw = request.get_data(cache=True)
    if len(raw) > most_bytes:
        raise Problem(413)
    return raw


def _read() -> dict[str, Any] | None:
    raw = raw_body()
    if not raw:
        return None
    if request.mimetype != "application/json":
        raise Problem(415)
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant)
        _check(value)
    except (_Unusable, ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, _Unusable) else "is not JSON in UTF-8"
        raise Problem(400, code="malformed_json", errors={"body": [reason]}) from None
    if not isinstance(value, dict):
        raise Problem(422, errors={"body": ["must be an object"]})
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Unusable("names a field twice")
    return found


def _constant(_name: str) -> Any:
    raise _Unusable("holds a number JSON does not have")


def _check(value: Any) -> None:
    """Raise for what could not be stored, sent or answered later, without recursion of our own."""
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        if depth > MOST_DEPTH:
            raise _Unusable(f"is nested deeper than {MOST_DEPTH} levels")
        if isinstance(one, str):
            if any("\ud800" <= char <= "\udfff" for char in one):
                raise _Unusable("holds half of a character")
        elif isinstance(one, dict):
            waiting.extend((part, depth + 1) for pair in one.items() for part in pair)
        elif isinstance(one, list):
            waiting.extend((part, depth + 1) for part in one)
        elif isinstance(one, float) and one in (float("inf"), float("-inf")):
            raise _Unusable("holds a number that is too large")
