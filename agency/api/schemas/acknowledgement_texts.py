"""A brand's words that say that somebody was heard."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import Items, Moment, Strict, Text, Whole
from styleguides.heard_words import LONGEST_TEXT, LONGEST_WAYS

_LONG = 10 * LONGEST_TEXT
"""More than fits: the room says by how much it is too long."""


class HeardText(Strict):
    """Words for what came in on a platform, of a kind (empty for any: `comment`, `message`), in a language."""

    platform = Text(load_default="", required=False)
    kind = Text(load_default="", required=False)
    language = Text(required=True)
    text = Text(required=True, longest=_LONG, metadata={"description": "with places such as {customer_name} and {by}"})


class AcknowledgementTexts(Strict):
    """A version of a brand's texts."""

    number = Whole(required=True)
    texts = Items(fields.Nested(HeardText), required=True)
    other_ways = Text(required=True, metadata={"description": "what stands for {other_ways}"})
    saved_by = Text(required=True)
    saved_at = Moment(required=True, allow_none=True)


class NewAcknowledgementTexts(Strict):
    """Texts to keep."""

    texts = Items(fields.Nested(HeardText), required=True)
    other_ways = Text(load_default="", longest=10 * LONGEST_WAYS)
    based_on = Whole(required=True, metadata={"description": "`number` of the version they were changed from"})
