"""A platform's delivery, cut into the changes it tells of. Pure; the bytes were verified before; raises nothing.

A delivery of Meta's holds up to 1,000 changes of several accounts, hence of several tenants: it is cut before anything
is kept, and each change is kept with its own tenant alone. Every change comes out, also of kinds nobody knows yet; what
names no account, or is not readable at all, has an empty ``external_id`` so that it can be counted.

Both spellings are read: ``changes[]`` and ``field``/``value`` on the entry itself (Instagram Login). Ids are numbers or
texts; times are seconds for changes and milliseconds for messages, so their size decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from channels.wire import Json, Unreadable, clean, decode, identifier, instant, mapping

#: Whom a change is about, by the object Meta names. "person" is one who signed in: those changes name the person's
#: app-scoped id (`channels.models.Account.grantor_external_id`), no account. Other objects are "unknown".
SUBJECTS = {"page": "facebook", "instagram": "instagram", "permissions": "person"}
#: What a messaging event may carry, by which it is named. An unknown one is named "messaging".
_MESSAGING = (
    "message",
    "message_edit",
    "postback",
    "reaction",
    "read",
    "delivery",
    "referral",
    "optin",
    "account_linking",
    "pass_thread_control",
    "take_thread_control",
    "request_thread_control",
    "app_roles",
    "policy-enforcement",
)
#: Verbs that may truly happen again with the very same words (hidden, shown, hidden): told apart by their time.
_REPEATABLE = {"edit", "edited", "update", "hide", "unhide", "mute", "block", "unblock", "granted", "revoked"}
_LONGEST_KIND = 60
#: Unix times above this are milliseconds (as seconds it is the year 5138).
_MILLISECONDS_FROM = 100_000_000_000


@dataclass(frozen=True, slots=True)
class Change:
    """One change about one account. ``body`` is what `ReadsEvents.read_event` takes and `RawEvent` keeps.

    ``happened_at`` is the platform's time of the change where it names one; it is no part of what makes the change.
    ``basis`` is what makes it, equal in every redelivery, also one that is stamped anew, and different between an
    item's addition, edits, hiding and removal; None: the body itself.
    """

    platform: str
    external_id: str
    kind: str
    body: bytes = field(repr=False)
    happened_at: datetime | None = None
    basis: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """The body of one of Meta's changes, read again. ``value`` is empty where the change carries none."""

    kind: str
    at: datetime | None
    value: Json
    standby: bool = False


def cut(delivery: bytes | Json) -> list[Change]:
    """Every change of a delivery of Meta's, as bytes or read already, each once, in the order they stand there.

    ``body`` is canonical JSON ``{"at", "kind", "object", "value"}``.
    """
    try:
        body = mapping(decode(delivery)) if isinstance(delivery, bytes) else delivery
    except Unreadable:
        body = None
    if body is None:
        assert isinstance(delivery, bytes)
        return [_unreadable(delivery)]
    named = _word(body.get("object"))
    entries = body.get("entry")
    found: dict[tuple[str, bytes], Change] = {}
    for entry in entries if isinstance(entries, list) else [body]:
        for kind, value, at in _pieces(entry):
            change = _change(named, entry, kind, value, at)
            found.setdefault((change.external_id, change.basis or b""), change)
    return list(found.values())


def told(body: bytes) -> Told | None:
    """What the ``body`` of a change says; None for bytes that `cut` did not make."""
    try:
        raw = mapping(decode(body))
    except Unreadable:
        return None
    if raw is None or not isinstance(raw.get("kind"), str):
        return None
    kind: str = raw["kind"]
    standby = kind.startswith("standby.")
    return Told(kind.removeprefix("standby."), instant(raw.get("at")), mapping(raw.get("value")) or {}, standby)


def moment(value: Any) -> datetime | None:
    """A time in seconds or milliseconds, or written out; None if it is none."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 16:
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= _MILLISECONDS_FROM:
        value = value // 1_000 + (value % 1_000) / 1_000 if isinstance(value, int) and value < 10**18 else value / 1_000
    return instant(value)


def _pieces(entry: Any) -> Iterator[tuple[str, Any, datetime | None]]:
    """Kind, content and time of everything in an entry."""
    whole = mapping(entry)
    if whole is None:
        yield "unreadable", entry, None
        return
    sent_at = moment(whole.get("time"))
    cut_any = False
    for raw in _list(whole.get("changes")):
        cut_any = True
        change = mapping(raw)
        if change is None:
            yield "unreadable", raw, sent_at
        else:
            rest = {name: part for name, part in change.items() if name != "field"}
            yield _kind(change.get("field")), rest.get("value", rest), sent_at or _created(change)
    if not cut_any and "field" in whole:
        cut_any = True
        yield _kind(whole.get("field")), whole.get("value"), sent_at or _created(whole)
    for name, prefix in (("messaging", ""), ("standby", "standby.")):
        for raw in _list(whole.get(name)):
            cut_any = True
            event = mapping(raw) or {}
            which = next((word for word in _MESSAGING if event.get(word) is not None), "messaging")
            yield prefix + which, raw, moment(event.get("timestamp")) or sent_at
    if not cut_any:
        yield "unreadable", entry, sent_at


def _change(named: str | None, entry: Any, kind: str, value: Any, at: datetime | None) -> Change:
    account = mapping(entry) or {}
    platform = SUBJECTS.get(named or "", "unknown")
    external_id = identifier(account.get("id")) or (identifier(account.get("uid")) if platform == "person" else None)
    verb = (mapping(value) or {}).get("verb")
    content = {"kind": kind, "object": named, "value": value}
    try:
        body = _canonical({**content, "at": at.isoformat() if at else None})
        basis = body if isinstance(verb, str) and verb in _REPEATABLE else _canonical(content)
    except (ValueError, RecursionError):
        return _unreadable(f"{kind} {at}".encode(), platform, external_id or "")
    return Change(platform, external_id or "", kind, body, at, basis)


def _unreadable(raw: bytes, platform: str = "unknown", external_id: str = "") -> Change:
    body = _canonical({"at": None, "kind": "unreadable", "object": None, "value": raw.decode("utf-8", "replace")})
    return Change(platform, external_id, "unreadable", body, None, raw)


def _canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode("ascii")


def _created(change: Json) -> datetime | None:
    return moment((mapping(change.get("value")) or {}).get("created_time"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _word(value: Any) -> str | None:
    return clean(value)[:_LONGEST_KIND] if isinstance(value, str) else None


def _kind(value: Any) -> str:
    """The name of a change's field as one short word."""
    word = "".join(char for char in _word(value) or "" if char.isalnum() or char in "_-.")
    return word or "unreadable"
