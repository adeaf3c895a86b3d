"""Facts of a brand."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import (
    Identifier,
    Items,
    Kept,
    KeptQuery,
    Strict,
    Text,
    Whole,
    next_cursor,
)

_LONG = 10_000


class FactSubject(Strict):
    """Words by which people speak of a fact."""

    language = Text(longest=20, load_default="", metadata={"description": "such as `en`; empty for any language"})
    words = Text(longest=_LONG, required=True)


class FactFields(Strict):
    """What a fact says. The room explains what does not fit."""

    name = Text(longest=_LONG)
    kind = Text(longest=20, metadata={"description": "`amount`, `hours`, `span`, `day`, `yes_no`, `link` or `text`"})
    value = Text(
        longest=_LONG, metadata={"description": "such as `12.50 EUR`, `07:00-10:00`, `30 days`, `2027-03-31`, `yes`"}
    )
    subjects = Items(fields.Nested(FactSubject))
    valid_until = Text(longest=40, allow_none=True, metadata={"description": "its last day, such as `2027-03-31`"})
    note = Text(longest=_LONG)


class NewFact(FactFields):
    """A fact to write."""

    name = Text(longest=_LONG, required=True)
    kind = Text(longest=20, required=True)
    value = Text(longest=_LONG, required=True)


class FactChanges(FactFields):
    """What to change, and the version that was read."""

    version = Whole(least=1, required=True)


class FactQuery(KeptQuery):
    """Which facts."""

    q = Text(longest=200, load_default="", metadata={"description": "words in the name or the value"})


class Fact(Kept):
    """What is so at a brand."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    name = Text(required=True)
    kind = Text(required=True)
    value = Text(required=True)
    subjects = Items(fields.Nested(FactSubject), required=True)
    valid_until = fields.Date(required=True, allow_none=True)
    note = Text(required=True)


class FactPage(Strict):
    """Facts by name."""

    items = Items(fields.Nested(Fact), required=True)
    next_cursor = next_cursor()
