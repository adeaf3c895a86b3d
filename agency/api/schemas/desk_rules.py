"""What rules of the desk say and do."""

from __future__ import annotations

from agency.api.schemas.fields import Identifier, Items, Moment, Strict, Text, Whole


class RuleDeed(Strict):
    """What a version of a rule did because of a message; `words` are those that caused it, as they stand there now."""

    message_id = Identifier(required=True)
    rule_id = Identifier(required=True)
    rule_name = Text(required=True)
    rule_version = Whole(required=True)
    words = Items(Text(), required=True)
    label_ids = Items(Identifier(), required=True, metadata={"description": "those it put on"})
    points = Whole(required=True, metadata={"description": "so many it raised these words by; below 0, lowered"})
    kept_for_id = Identifier(required=True, allow_none=True)
    kept_for_name = Text(required=True, allow_none=True)
    at = Moment(required=True)
