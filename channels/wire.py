"""Reading values off the wire: whatever arrives, these answer with a clean value, None or `Unreadable`.

Pure. Every parser goes through these, so that NUL, lone surrogates, numbers for strings, deep nesting and impossible
dates are dealt with once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from channels.items import LONGEST_TEXT, RAW_LIMIT_BYTES, SetAside

Json = Mapping[str, Any]

#: Alphabets as seen: posts and comments are digits and "_"; messages "m_" or "aWdf" with base64 behind it, older ones
#: "mid.1457764197618:41d1" or "mid.$cAAJ" (in "t_mid.$cAAJ", too); reviews base64 for addresses. So "$" and "+" are
#: taken; slash, query, escape, bracket, comma and dots alone are not: what is taken may stand in a path and among
#: fields, and "/" stays free for names of our own (`agency.inbox.incoming`).
_ID = re.compile(r"(?!\.+\Z)[A-Za-z0-9_.:=~$+-]{1,255}\Z")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_FRACTION = re.compile(r"(\.\d{6})\d+")
#: No time of these platforms lies outside. Beyond, adding hours to a moment ends in an error, and a whole page with it.
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Unreadable(ValueError):
    """This item cannot be read; the text says why."""


def decode(body: bytes) -> Any:
    """The JSON value of a body; content types lie, so only the bytes count. Raises `Unreadable`."""
    try:
        return json.loads(body.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON") from error


def mapping(value: Any) -> Json | None:
    return value if isinstance(value, dict) else None


def rows(value: Any) -> Iterator[Any]:
    """The elements of a list, of ``{"data": [...]}``, or nothing."""
    if isinstance(value, dict):
        value = value.get("data")
    if isinstance(value, list):
        yield from value


def clean(text: str) -> str:
    """The text without NUL and lone surrogates, which PostgreSQL and UTF-8 cannot hold; otherwise unchanged."""
    return _UNSTORABLE.sub("", text)


def text_of(value: Any, *, field: str) -> tuple[str, bool]:
    """A customer's text and whether it was cut. An absent or null one is empty. Raises `Unreadable` for other kinds."""
    if value is None:
        return "", False
    if not isinstance(value, str):
        raise Unreadable(f"{field} is not a text")
    text = clean(value)
    return (text[:LONGEST_TEXT], True) if len(text) > LONGEST_TEXT else (text, False)


def short_text(value: Any, longest: int = 2_000) -> str | None:
    """A name, caption or link of at most ``longest`` characters; None where there is none."""
    if not isinstance(value, str):
        return None
    return clean(value)[:longest] or None


def link(value: Any) -> str | None:
    """An http(s) address; anything else (``javascript:`` …) counts as none."""
    text = short_text(value, 4_000)
    return text if text and text.lower().startswith(("https://", "http://")) else None


def identifier(value: Any) -> str | None:
    """An id as text that is safe in a path; None for anything else. Numbers become text."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**40:
        value = str(value)
    return value if isinstance(value, str) and _ID.match(value) else None


def instant(value: Any) -> datetime | None:
    """An aware UTC time from RFC 3339 (0 to 9 fraction digits), Meta's ``+0000`` or unix seconds; None if it is
    none.
    """
    try:
        if isinstance(value, bool) or value is None:
            return None
        if isinstance(value, int | float):
            moment = datetime.fromtimestamp(value, tz=UTC)
        elif isinstance(value, str) and len(value) <= 40:
            if value.isascii() and value.isdigit() and len(value) <= 11:
                moment = datetime.fromtimestamp(int(value), tz=UTC)
            else:
                moment = datetime.fromisoformat(_FRACTION.sub(r"\1", value.strip()))
        else:
            return None
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if _EARLIEST <= moment < _LATEST else None


def whole_number(value: Any) -> int | None:
    """A count of zero or more; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        return int(value)
    return value if isinstance(value, int) and 0 <= value < 10**18 else None


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """A ``Retry-After`` in seconds, held between 1 s and a day; None when absent or a date."""
    seconds = whole_number(headers.get("retry-after"))
    return None if seconds is None else float(min(86_400, max(1, seconds)))


def set_aside(value: Any, reason: str, external_id: str | None = None) -> SetAside:
    """Keeps what could not be read, cut to `RAW_LIMIT_BYTES`."""
    try:
        raw = json.dumps(value, ensure_ascii=True, sort_keys=True).encode("ascii")
    except (TypeError, ValueError, RecursionError):
        raw = b"(not writable as JSON)"
    return SetAside(external_id, reason, raw[:RAW_LIMIT_BYTES])
