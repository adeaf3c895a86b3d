"""A Pub/Sub push, cut into the change it tells of. Pure; whose push it is was checked before (`push_token`).

A push carries one message; its data names a location and mostly a review, never any words. Field names differ between
Google's documents and the wire, so every known spelling is read.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from channels.deliveries import Change
from channels.google_business.requests import LOCATION_NAME
from channels.items import SetAside
from channels.wire import Json, Unreadable, decode, identifier, instant, mapping, set_aside, short_text

_KIND = ("type", "notificationType", "notification_type")
_LOCATION = ("location", "locationName", "location_name")
_REVIEW = ("review", "reviewName", "review_name")
_LONGEST_KIND = 100
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z_]{0,39}")
_MOST_NAMES = 20


@dataclass(frozen=True, slots=True)
class Notification:
    """What a message names; ``review_id`` is None where it names none, or one of another location."""

    kind: str
    location: str
    review_id: str | None


def cut(body: bytes) -> Change | SetAside:
    """The change of one push; what names no location of the known shape is set aside with the reason, under its
    message's id where it has one. Never raises.

    The message's id is part of the change: a review edited twice is told of twice in the same words, and only the id
    tells that from a repeated delivery.
    """
    try:
        message, data = _message_and_data(body)
        notification = read_data(data)
    except Unreadable as error:
        shown = _shown(body)
        return set_aside(shown, str(error), _message_id(mapping((mapping(shown) or {}).get("message")) or {}))
    told = {"message": _message_id(message), "data": data}
    canonical = json.dumps(told, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode("ascii")
    happened_at = instant(message.get("publishTime")) or instant(message.get("publish_time"))
    return Change("google_business", notification.location, notification.kind, canonical, happened_at)


def field_names(body: bytes) -> list[str]:
    """What a push calls its fields, for whoever has to find out what Google sends now; never what stands in them."""
    try:
        data = mapping(_message_and_data(body)[1]) or {}
    except Unreadable:
        return []
    return sorted(name for name in data if _FIELD_NAME.fullmatch(name))[:_MOST_NAMES]


def read_change(body: bytes) -> Notification:
    """What the body of a `Change` made here names. Raises `Unreadable`."""
    return read_data((mapping(decode(body)) or {}).get("data"))


def read_data(value: Any) -> Notification:
    """Raises `Unreadable` for what names no location."""
    data = mapping(value)
    if data is None:
        raise Unreadable("the message's data is not a JSON object")
    review = _named(data, _REVIEW)
    location = _named(data, _LOCATION) or (review or "").partition("/reviews/")[0]
    if not LOCATION_NAME.match(location):
        raise Unreadable("the message names no location" if not location else "the location has an unknown shape")
    place, _, review_id = (review or "").partition("/reviews/")
    return Notification(
        kind=(_named(data, _KIND) or "unknown")[:_LONGEST_KIND],
        location=location,
        review_id=identifier(review_id) if place == location else None,
    )


def _message_and_data(body: bytes) -> tuple[Json, Any]:
    """The envelope and the decoded data. A subscription "without wrapper" sends the data alone."""
    whole = mapping(decode(body))
    if whole is None:
        raise Unreadable("not an object")
    message = mapping(whole.get("message"))
    if message is None:
        return {}, whole
    encoded = message.get("data")
    if not isinstance(encoded, str):
        raise Unreadable("the message has no data")
    try:
        return message, decode(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError) as error:
        raise Unreadable("the message's data is not JSON in base64") from error


def _message_id(message: Json) -> str | None:
    return identifier(message.get("messageId")) or identifier(message.get("message_id"))


def _named(data: Json, names: tuple[str, ...]) -> str | None:
    found = (short_text(data.get(name), 400) for name in names)
    return next((value for value in found if value), None)


def _shown(body: bytes) -> Any:
    try:
        return decode(body)
    except Unreadable:
        return body.decode("utf-8", "replace")
