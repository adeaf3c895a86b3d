"""What counts how much in the queue."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from agency.api.schemas.fields import Identifier, Items, Mapped, Moment, Strict, Text, Whole
from agency.inbox.weight_versions import LONGEST_NOTE
from agency.inbox.weights import WEIGHTS

_POINTS: dict[str, Any] = {
    "type": "object",
    "required": list(WEIGHTS),
    "properties": {name: {"type": "integer", "minimum": 0, "maximum": one.most} for name, one in WEIGHTS.items()},
    "additionalProperties": False,
    "description": "points of each part of a rank; a point is an hour of waiting",
}


class Weights(Strict):
    """A version of the weights; 0 is what holds before anybody changed any."""

    number = Whole(required=True)
    points = Mapped(required=True, metadata=_POINTS)
    note = Text(required=True)
    back_to = Whole(required=True, allow_none=True, metadata={"description": "the earlier version it repeats"})
    saved_by = Text(required=True)
    saved_at = Moment(required=True, allow_none=True)
    open_count = Whole(required=True, metadata={"description": "open cases when it was saved"})
    ranked_count = Whole(required=True, metadata={"description": "of them, those that stand by it"})
    ranked_at = Moment(required=True, allow_none=True, metadata={"description": "when all did"})


class WeightVersions(Strict):
    """Versions, newest first, the last 50 and what held before any."""

    items = Items(fields.Nested(Weights), required=True)


class NewWeights(Strict):
    """Weights to put in force."""

    points = Mapped(required=True, metadata=_POINTS)
    note = Text(required=True, longest=LONGEST_NOTE, metadata={"description": "why; kept with the version"})
    based_on = Whole(required=True, metadata={"description": "`number` of the version they were changed from"})


class WeightsLook(Strict):
    """Weights to look at."""

    points = Mapped(required=True, metadata=_POINTS)


class Missed(Strict):
    """A week answered by one table of weights."""

    answered = Whole(required=True)
    late = Whole(required=True, metadata={"description": "answered after their due time, or late and unanswered"})
    longest_wait_seconds = Whole(required=True)


class Moved(Strict):
    """A case of the queue as it would be."""

    conversation_id = Identifier(required=True)
    after = Whole(required=True, metadata={"description": "its place with these weights, from 1"})
    before = Whole(required=True, metadata={"description": "its place now"})


class WeekByWeights(Strict):
    """Last week answered again with the weights in force, and with these."""

    cases = Whole(required=True)
    is_cut = fields.Boolean(
        required=True, metadata={"description": "only the first open and the last answered cases were looked at"}
    )
    before = fields.Nested(Missed, required=True)
    after = fields.Nested(Missed, required=True)
    avoided = Items(Identifier(), required=True, metadata={"description": "late now, in time with these"})
    added = Items(Identifier(), required=True, metadata={"description": "in time now, late with these"})
    queue = Items(fields.Nested(Moved), required=True, metadata={"description": "the first of the queue"})
