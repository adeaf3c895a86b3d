"""What is about to go wrong, brand by brand."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import Identifier, Items, Moment, Strict, Text, Whole, next_cursor
from agency.inbox.queries import MOST_COUNTED

_UP_TO = {"description": f"counted up to {MOST_COUNTED + 1}"}


class WallBrand(Strict):
    """One brand."""

    brand_id = Identifier(required=True)
    name = Text(required=True)
    waiting = Whole(required=True, metadata={"description": "open cases"})
    with_client = Whole(required=True, metadata={"description": "replies that wait for the client's yes"})
    client_since = Moment(required=True, allow_none=True, metadata={"description": "of the longest of them"})
    oldest_since = Moment(
        required=True,
        allow_none=True,
        attribute="oldest",
        metadata={"description": "since when the customer waits who waits longest"},
    )
    oldest_conversation_id = Identifier(required=True, allow_none=True, attribute="oldest_id")
    late = Whole(required=True, metadata=_UP_TO)
    due_within_the_hour = Whole(required=True, attribute="due_soon", metadata=_UP_TO)
    broken_promises = Whole(required=True, attribute="broken", metadata=_UP_TO)
    promises_due_today = Whole(required=True, attribute="due_today", metadata=_UP_TO)
    channels_in_trouble = Whole(required=True, attribute="troubled")


class Wall(Strict):
    """Brands in use, by age, how many colleagues are on shift, and what goes on besides."""

    on_shift = Whole(
        required=True, allow_none=True, metadata={"description": "null where nobody wrote when anybody works"}
    )
    open_incidents = Whole(required=True)
    handovers_unanswered = Whole(
        required=True, metadata={"description": "of which some case was neither taken over nor given back"}
    )
    items = Items(fields.Nested(WallBrand), required=True)
    next_cursor = next_cursor()
