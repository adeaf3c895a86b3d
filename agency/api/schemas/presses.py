"""One deed done to many conversations, its undo, and marks of spam."""

from __future__ import annotations

from marshmallow import fields, validate

from agency.api.schemas.fields import (
    Choice,
    Flag,
    Identifier,
    Items,
    Mapped,
    Moment,
    PageQuery,
    Strict,
    Text,
    Whole,
    next_cursor,
)
from agency.inbox.bulk import MOST_AT_ONCE
from agency.inbox.splitting import MOST_MESSAGES

_MANY = f"has more than {MOST_AT_ONCE} values"


class NewPress(Strict):
    """A deed and the conversations it is done to."""

    deed = Choice("resolve", "snooze", "spam", "reopen", "release", "assign", required=True)
    conversation_ids = Items(Identifier(), load_default=list, validate=validate.Length(max=MOST_AT_ONCE, error=_MANY))
    view = Mapped(
        load_default=None,
        allow_none=True,
        metadata={"description": "all of a view, its first 500: the fields of the list's query"},
    )
    until = Moment(load_default=None, allow_none=True, metadata={"description": "for `snooze`"})
    person_id = Identifier(load_default=None, allow_none=True, metadata={"description": "for `assign`: who gets them"})
    mark_author = Flag(load_default=False)


class Left(Strict):
    """A conversation that was left as it is, and why."""

    conversation_id = Identifier(required=True)
    reason = Text(required=True)


class Press(Strict):
    """What one press did. After an undo `left` are those that were not put back."""

    id = Identifier(required=True)
    deed = Text(required=True)
    asked_count = Whole(required=True)
    done_count = Whole(required=True)
    more_left = fields.Boolean(required=True, metadata={"description": "the view held more than one press takes"})
    pressed_at = Moment(required=True)
    can_be_undone = fields.Boolean(required=True)
    undone_at = Moment(required=True, allow_none=True)
    restored_count = Whole(required=True)
    left = Items(fields.Nested(Left), required=True)


class Merge(Strict):
    """The conversation that is told within another one."""

    other_id = Identifier(required=True)


class TakenApart(Strict):
    """A conversation that stands by itself again."""

    conversation_id = Identifier(required=True)
    was_within = Identifier(required=True)


class Split(Strict):
    """The messages that are set apart; what stands beneath them goes along."""

    message_ids = Items(
        Identifier(),
        required=True,
        validate=validate.Length(max=MOST_MESSAGES, error=f"has more than {MOST_MESSAGES} values"),
    )


class SpamMarkQuery(PageQuery):
    """Which marks."""


class SpamMark(Strict):
    """Somebody whose words close by rule."""

    contact_id = Identifier(required=True)
    brand_id = Identifier(required=True)
    name = Text(required=True, allow_none=True)
    platform = Text(required=True)
    since = Moment(required=True)
    by_name = Text(required=True)
    stars = fields.Boolean(required=True, metadata={"description": "also reviews with stars"})
    closed_count = Whole(required=True)


class SpamMarkPage(Strict):
    """Marks, the newest identity first."""

    items = Items(fields.Nested(SpamMark), required=True)
    next_cursor = next_cursor()
