"""Cases that come back at a time, and birthdays that customers gave."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import (
    Choice,
    Flag,
    Identifier,
    Items,
    Moment,
    PageQuery,
    Strict,
    Text,
    Whole,
    next_cursor,
)
from agency.inbox.comebacks import LONGEST_DRAFT, LONGEST_REASON
from agency.inbox.contacts.birthdays import LONGEST_SOURCE


class ComebackQuery(PageQuery):
    """Which come back."""

    whose = Choice("mine", "all", load_default="mine", metadata={"description": "to you, or to anybody"})
    brand_id = Identifier(load_default=None)


class NewComeback(Strict):
    """When a case comes back, and why."""

    comes_at = Moment(required=True, metadata={"description": "ahead of now, within a year"})
    reason = Text(longest=LONGEST_REASON, required=True)
    draft = Text(longest=LONGEST_DRAFT, load_default="", metadata={"description": "words to begin from; never sent"})


class Comeback(Strict):
    """A case that comes back to a person."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    conversation_id = Identifier(required=True)
    comes_at = Moment(required=True)
    reason = Text(required=True)
    has_draft = Flag(required=True)
    person_id = Identifier(required=True)
    person_name = Text(required=True)


class ComebackPage(Strict):
    """The soonest first."""

    items = Items(fields.Nested(Comeback), required=True)
    next_cursor = next_cursor()


class ComebackEnded(Strict):
    """A case that comes back no more."""

    conversation_id = Identifier(required=True)


class NewBirthday(Strict):
    """A birthday that a customer gave."""

    month = Whole(least=1, most=12, required=True)
    day = Whole(least=1, most=31, required=True)
    source = Text(longest=LONGEST_SOURCE, required=True, metadata={"description": "how they gave it"})
    agreed_on = fields.Date(
        required=True,
        metadata={"description": "when they gave it and agreed"},
        error_messages={"invalid": "must be a date", "required": "is missing", "null": "must not be null"},
    )
    agrees = Flag(required=True, metadata={"description": "they agree that the brand keeps it; must be true"})


class HeldBirthday(Strict):
    """What is held."""

    month = Whole(required=True)
    day = Whole(required=True)
    source = Text(required=True)
    agreed_on = fields.Date(required=True)
    noted_by = Text(required=True, attribute="noted_by_name")
    created_at = Moment(required=True)
    next_on = fields.Date(required=True, metadata={"description": "the next day on which a case comes back"})


class Birthday(Strict):
    """A person's birthday, if one is held, and whether their brand keeps any."""

    contact_id = Identifier(required=True)
    brand_keeps = Flag(required=True)
    birthday = fields.Nested(HeldBirthday, required=True, allow_none=True)
