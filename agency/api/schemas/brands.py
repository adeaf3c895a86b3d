"""Brands: the tenants of an agency."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import (
    Choice,
    Flag,
    Identifier,
    Items,
    Mapped,
    Moment,
    Strict,
    Text,
    Whole,
    next_cursor,
)
from tenants.brands import PLATFORMS, TIERS

_HOURS_ON = {
    "type": "object",
    "properties": {name: {"type": "integer", "minimum": 1, "maximum": 336} for name in PLATFORMS},
    "description": "by platform, where an answer is due in other hours than `answer_due_hours`",
}


class BrandChanges(Strict):
    """What may be changed about a brand."""

    name = Text(longest=200)
    mark = Text(longest=20, metadata={"description": "one or two letters or digits"})
    colour = Text(longest=20, metadata={"description": "# and six hexadecimal digits"})
    language = Text(longest=20)
    time_zone = Text(longest=100)
    guide_needs_approval = Flag(metadata={"description": "only the client puts a style guide in force"})
    keeps_birthdays = Flag(metadata={"description": "birthdays that customers gave may be kept"})
    answer_due_hours = Whole(least=1, most=336)
    answer_due_hours_on = Mapped(metadata=_HOURS_ON)
    tier = Choice(*TIERS, metadata={"description": "how much its cases count in the queue"})


class NewBrand(BrandChanges):
    """A brand to open; mark and colour are chosen where none is given."""

    name = Text(longest=200, required=True)


class Brand(Strict):
    """A brand as this caller sees it."""

    id = Identifier(required=True)
    name = Text(required=True)
    mark = Text(required=True)
    colour = Text(required=True)
    colour_on_light = Text(required=True, metadata={"description": "what `colour` is drawn in on light pages"})
    colour_on_dark = Text(required=True, metadata={"description": "what `colour` is drawn in on dark pages"})
    language = Text(required=True)
    time_zone = Text(required=True)
    needs_approval = Flag(
        required=True, metadata={"description": "any reply waits for the client, as the approval policy in force says"}
    )
    guide_needs_approval = Flag(required=True)
    keeps_birthdays = Flag(required=True)
    answer_due_hours = Whole(required=True)
    answer_due_hours_on = Mapped(required=True, metadata=_HOURS_ON)
    tier = Choice(*TIERS, required=True)
    created_at = Moment(required=True)
    paused_at = Moment(required=True, allow_none=True)
    archived_at = Moment(required=True, allow_none=True)


class BrandPage(Strict):
    """Brands in the order they were opened."""

    items = Items(fields.Nested(Brand), required=True)
    next_cursor = next_cursor()
