"""The record of who did what."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import Identifier, Items, Mapped, Moment, PageQuery, Strict, Text, Whole, next_cursor

_FACTS = {"description": "what was put on record with it; its keys are each action's own", "additionalProperties": {}}
_TEXT = {"description": "as it is hashed"}


class RecordQuery(PageQuery):
    """What is looked for."""

    brand = Identifier(load_default=None, metadata={"description": "only lines of this brand's chain"})
    person = Identifier(load_default=None, metadata={"description": "only what this person did"})
    action = Text(longest=100, load_default=None, metadata={"description": "exactly this, such as `reply.approve`"})
    subject = Text(longest=200, load_default=None, metadata={"description": "id of the thing it was done to"})
    since = Moment(load_default=None)
    until = Moment(load_default=None, metadata={"description": "exclusive"})


class RecordLine(Strict):
    """A line, with everything needed to work out its hash (docs/audit.md)."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True, allow_none=True, metadata={"description": "null for the agency's own chain"})
    number = Whole(required=True, metadata={"description": "its place in its chain"})
    hash = Text(required=True)
    created_at = Moment(required=True)
    actor_id = Identifier(required=True, allow_none=True, metadata={"description": "null for the system"})
    actor_name = Text(required=True)
    actor_salt = Text(required=True)
    action = Text(required=True)
    subject_type = Text(required=True)
    subject_id = Text(required=True)
    facts = Mapped(required=True, metadata=_FACTS)
    facts_text = Text(required=True, metadata=_TEXT)
    words = Mapped(required=True, allow_none=True, metadata=_FACTS)
    words_text = Text(required=True, allow_none=True, metadata=_TEXT)
    words_salt = Text(required=True, allow_none=True)
    words_hash = Text(required=True, allow_none=True, metadata={"description": "in place of words that were erased"})
    erased_at = Moment(required=True, allow_none=True)


class RecordPage(Strict):
    """Lines, the newest first."""

    items = Items(fields.Nested(RecordLine), required=True)
    next_cursor = next_cursor()
