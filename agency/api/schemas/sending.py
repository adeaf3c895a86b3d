"""When replies go out, looks that are asked for, and a brand's hours."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from agency.api.schemas.fields import Flag, Listing, Mapped, Moment, Strict, Text, Whole
from agency.api.schemas.replies import Reply

_SPAN = {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 1440}, "minItems": 2, "maxItems": 2}
_DAYS: dict[str, Any] = {
    "type": "array",
    "items": {"type": "array", "items": _SPAN},
    "minItems": 7,
    "maxItems": 7,
    "description": "Monday first; each day's spans from the first minute after midnight until before another",
}


_SPECIAL: dict[str, Any] = {
    "type": "object",
    "additionalProperties": {"type": "array", "items": _SPAN},
    "description": "by date, such as 2026-12-24: spans of that day alone, none where it is closed",
}


class AskedLook(Strict):
    """A look that was asked for."""

    reply = fields.Nested(Reply, required=True)
    tells_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "from when on looks that find nothing prove that it is not there"},
    )


class BrandHours(Strict):
    """When a brand answers."""

    days = Listing(required=True, metadata=_DAYS)
    zone = Text(required=True, metadata={"description": "whose clock, such as Europe/Warsaw"})
    sends_in_hours = Flag(required=True, metadata={"description": "replies go out in them unless somebody says else"})
    country = Text(
        metadata={"description": "two letters of the country whose public holidays it keeps, empty for none"},
    )
    part = Text(metadata={"description": "of that country, where it has holidays of its own"})
    special_days = Mapped(metadata=_SPECIAL)


class UndoTime(Strict):
    """How long a reply that needs no yes can be undone before it goes out, for every brand."""

    undo_seconds = Whole(required=True)
