"""Versions of a brand's style guide."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import (
    Choice,
    Identifier,
    Items,
    Listing,
    Mapped,
    Moment,
    Strict,
    Text,
    Whole,
    next_cursor,
)

_RULES = {"type": "array", "items": {"type": "object"}, "description": "rules as docs/style-guides.md describes them"}
_IDENTITY = {"type": "object", "description": "headings, each with a text or a list of texts"}


class NewVersion(Strict):
    """A draft of a new version."""

    rules = Listing(required=True, metadata=_RULES)
    voice = Text(load_default="")
    identity = Mapped(load_default=dict, metadata=_IDENTITY)
    note = Text(load_default="")


class StyleGuideVersion(Strict):
    """One version; its words never change once it has been in force."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    number = Whole(required=True)
    state = Choice("draft", "in_force", "retired", required=True)
    voice = Text(required=True)
    identity = Mapped(required=True, metadata=_IDENTITY)
    rules = Listing(required=True, metadata=_RULES)
    note = Text(required=True)
    written_by = Text(required=True, attribute="written_by_name")
    created_at = Moment(required=True)
    put_in_force_at = Moment(required=True, allow_none=True)
    retired_at = Moment(required=True, allow_none=True)


class VersionPage(Strict):
    """Versions, newest first."""

    items = Items(fields.Nested(StyleGuideVersion), required=True)
    next_cursor = next_cursor()
