"""Topics of brands."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import Identifier, Items, Kept, PageQuery, Strict, Text, Whole, WrittenFlag, next_cursor
from agency.inbox.topics import BUILT_IN

_LONG = 10_000


class TopicPhrase(Strict):
    """Words by which customers speak of a topic."""

    language = Text(longest=20, load_default="", metadata={"description": "such as `en`; empty for any language"})
    words = Text(longest=_LONG, required=True)


class TopicFields(Strict):
    """What a topic says. The room explains what does not fit."""

    name = Text(longest=_LONG)
    phrases = Items(fields.Nested(TopicPhrase))
    builds_on = Text(
        longest=20,
        allow_none=True,
        metadata={"description": f"a list of ours whose words count, too: {', '.join(BUILT_IN)}"},
    )


class NewTopic(TopicFields):
    """A topic to name."""

    name = Text(longest=_LONG, required=True)


class TopicChanges(TopicFields):
    """What to change, and the version that was read."""

    version = Whole(least=1, required=True)


class TopicQuery(PageQuery):
    """Which topics."""

    archived = WrittenFlag(load_default=False, metadata={"description": "only those put away"})


class Topic(Kept):
    """What customers of a brand write about, in its own words."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    name = Text(required=True)
    phrases = Items(fields.Nested(TopicPhrase), required=True)
    builds_on = Text(required=True, allow_none=True)


class TopicPage(Strict):
    """Topics."""

    items = Items(fields.Nested(Topic), required=True)
    next_cursor = next_cursor()
