"""Conversations: the queue's rows, and one with its messages."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from agency.api.schemas.accounts import PLATFORMS
from agency.api.schemas.clocks import CaseClock, ClientSpan
from agency.api.schemas.desk_rules import RuleDeed
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
    WrittenFlag,
    WrittenWhole,
    next_cursor,
)
from agency.api.schemas.replies import Reply
from agency.inbox.filters import MOST_VALUES, REPLY_STATES
from agency.inbox.kept_media import NOT_KEPT
from agency.inbox.models import MEDIA_STATES
from agency.inbox.signs import SIGNS
from agency.inbox.understanding.stored import ABOUT, ASPECTS, CORRECTABLE, NOT_ABOUT, TOPIC
from channels.items import KINDS

_RANK_REASON = {
    "type": "object",
    "required": ["part", "points"],
    "properties": {"part": {"type": "string"}, "points": {"type": "integer"}},
    "description": "a named part of the rank and its facts; the points add up to the rank",
}
_RANK = "points now; they grow with waiting, so compare those of one answer; 0 while it stands in no queue"
_ATTACHMENT = {
    "type": "object",
    "required": ["kind", "url", "title"],
    "properties": {
        "kind": {"type": "string"},
        "url": {"type": ["string", "null"]},
        "title": {"type": ["string", "null"]},
        "expires": {"type": "boolean", "description": "the platform lets it expire; `copies` has ours"},
    },
}


def _many(inner: fields.Field[Any], words: str) -> Items:
    return Items(
        inner,
        load_default=list,
        validate=validate.Length(max=MOST_VALUES, error=f"has more than {MOST_VALUES} values"),
        metadata={"description": f"{words}; repeatable"},
    )


class ConversationQuery(PageQuery):
    """Which conversations. Several values of one filter widen it, filters narrow each other."""

    brand_id = _many(Identifier(), "only of these brands")
    platform = _many(Choice(*PLATFORMS), "only from these platforms")
    kind = _many(Choice(*KINDS), "only of these kinds")
    status = Choice(
        "open",
        "snoozed",
        "closed",
        "all",
        load_default="open",
        metadata={"description": "all but `open` stand by last message, newest first"},
    )
    assignee = Identifier(load_default=None, metadata={"description": "`me`, `nobody`, or a person's id"})
    reply_state = _many(Choice(*REPLY_STATES), "the state of the newest reply; `none` where none was begun")
    language = _many(Text(longest=12), "code of the language, such as pl; `none` where it is not known")
    label_id = _many(Identifier(), "cases that bear one of these labels")
    topic_id = _many(Identifier(), "cases whose newest words speak of one of these topics of a brand's own")
    stars = _many(WrittenWhole(least=1, most=5), "reviews with so many stars")
    act = _many(Choice(*ASPECTS["act"], "none"), "what the newest words were read as; `none` where they were not")
    sentiment = _many(Choice(*ASPECTS["sentiment"], "none"), "their mood; `none` where it was not read")
    sign = _many(
        Choice(*SIGNS),
        "a VIP writes; nobody answered in time whether a reply may go out; one goes out later; kept by a rule",
    )
    kept_for_me = WrittenFlag(
        load_default=False, metadata={"description": "only what a rule of the desk keeps for you"}
    )
    late = WrittenFlag(load_default=False, metadata={"description": "only past the due time, most urgent first"})
    q = Text(longest=200, load_default="", metadata={"description": "words in the excerpt or the customer's name"})


class Holder(Strict):
    """Who has claimed it."""

    id = Identifier(required=True)
    name = Text(required=True, allow_none=True)
    until = Moment(required=True, allow_none=True)


class Claim(Strict):
    """A conversation's holder after a claim or a release."""

    conversation_id = Identifier(required=True)
    holder = fields.Nested(Holder, required=True, allow_none=True)


class ConversationRow(Strict):
    """A conversation as a row of the queue."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    account_name = Text(required=True)
    platform = Text(required=True)
    kind = Text(required=True)
    status = Choice("open", "snoozed", "closed", required=True)
    closed_reason = Text(required=True, allow_none=True)
    rank = Whole(required=True, metadata={"description": _RANK})
    excerpt = Text(required=True)
    author_name = Text(required=True, allow_none=True)
    language = Text(required=True, allow_none=True)
    stars = Whole(required=True, allow_none=True)
    message_count = Whole(required=True)
    reply_state = Text(required=True, allow_none=True)
    last_message_at = Moment(required=True)
    last_customer_at = Moment(required=True, allow_none=True)
    due_at = Moment(required=True, allow_none=True)
    label_ids = Items(Identifier(), required=True)
    signs = Items(Choice(*SIGNS), required=True)
    holder = fields.Nested(Holder, required=True, allow_none=True)


class ConversationPage(Strict):
    """Conversations in the queue's order."""

    items = Items(fields.Nested(ConversationRow), required=True)
    next_cursor = next_cursor()


class ClientNote(Strict):
    """What the client should know of a case."""

    note = Text(longest=5_000, required=True)


class ClientTold(Strict):
    """To how many people it went."""

    told = Whole(required=True)


class MediaCopy(Strict):
    """Our copy of something attached that the platform lets expire, or why there is none."""

    id = Identifier(required=True)
    position = Whole(required=True, metadata={"description": "its place among what was attached, from 0"})
    state = Choice(*MEDIA_STATES, required=True)
    reason = Text(
        required=True,
        allow_none=True,
        metadata={"description": f"why there is none: {', '.join(NOT_KEPT)}"},
    )
    content_type = Text(required=True, allow_none=True)
    url = Text(
        required=True,
        allow_none=True,
        metadata={"description": "where this API serves the bytes of a kept one, to the same token"},
    )


class ReadLabel(Strict):
    """One label with how sure it is, 0 to 1, and the words that caused it."""

    label = Text(required=True, metadata={"description": "`unknown` where nothing honest can be said"})
    confidence = fields.Float(required=True)
    words = Items(Text(), required=True)


class OwnTopic(Strict):
    """One of the brand's own topics, how sure it is, and the words that caused it."""

    topic_id = Identifier(required=True)
    confidence = fields.Float(required=True)
    words = Items(Text(), required=True)


_ASPECTS = f"{', '.join(CORRECTABLE)}, or `{TOPIC}` and the id of one of the brand's own topics"


class Reading(Strict):
    """What a customer's text says of itself, corrected where a person said otherwise."""

    act = fields.Nested(ReadLabel, required=True)
    sentiment = fields.Nested(ReadLabel, required=True)
    urgency = fields.Nested(ReadLabel, required=True)
    anger = fields.Nested(ReadLabel, required=True)
    toxicity = fields.Nested(ReadLabel, required=True)
    language = fields.Nested(ReadLabel, required=True)
    topics = Items(fields.Nested(ReadLabel), required=True, metadata={"description": "of the word lists"})
    own_topics = Items(fields.Nested(OwnTopic), required=True, metadata={"description": "of the brand's own"})
    personal_data = Items(
        Text(), required=True, metadata={"description": "its sorts; `personal` where only a person says so"}
    )
    personal_places = Items(
        Text(), required=True, metadata={"description": "the words before each stretch of it, which itself is masked"}
    )
    corrected = Items(Text(), required=True, metadata={"description": f"what a person said otherwise: {_ASPECTS}"})


class NewCorrection(Strict):
    """What a text is, where it was read as something else."""

    aspect = Text(longest=60, required=True, metadata={"description": _ASPECTS})
    label = Choice(
        *sorted({ABOUT, NOT_ABOUT, *(label for labels in CORRECTABLE.values() for label in labels)}), required=True
    )


class Message(Strict):
    """A message as the platform shows it now; of a deleted one the text is empty."""

    id = Identifier(required=True)
    external_id = Text(required=True)
    parent_external_id = Text(required=True, allow_none=True)
    direction = Choice("in", "out", required=True)
    author_name = Text(required=True, allow_none=True)
    text = Text(required=True)
    truncated = Flag(required=True)
    language = Text(required=True, allow_none=True)
    stars = Whole(required=True, allow_none=True)
    attachments = Items(Mapped(metadata=_ATTACHMENT), required=True)
    copies = Items(
        fields.Nested(MediaCopy),
        required=True,
        metadata={"description": "of attachments that expire at the platform; they stay when it lists them no more"},
    )
    permalink = Text(required=True, allow_none=True)
    written_at = Moment(required=True)
    edited_at = Moment(required=True, allow_none=True)
    deleted_at = Moment(required=True, allow_none=True)
    hidden = Flag(required=True)
    liked = Flag(required=True)
    moderation = Choice("published", "pending", "rejected", required=True, allow_none=True)
    reply_id = Identifier(required=True, allow_none=True)
    reading = fields.Nested(Reading, required=True, allow_none=True)


class Note(Strict):
    """A note for colleagues."""

    id = Identifier(required=True)
    author_name = Text(required=True)
    text = Text(required=True)
    created_at = Moment(required=True)


class EarlierConversation(Strict):
    """Another conversation of the same contact with the same brand."""

    id = Identifier(required=True)
    platform = Text(required=True)
    kind = Text(required=True)
    excerpt = Text(required=True)
    status = Text(required=True)
    stars = Whole(required=True, allow_none=True)
    last_message_at = Moment(required=True)


class Contact(Strict):
    """The person who wrote, as the platform shows them to this brand."""

    id = Identifier(required=True)
    name = Text(required=True, allow_none=True)


class Clocks(Strict):
    """The times that press; `due_at` is when the first of those that run ends."""

    last_customer_at = Moment(required=True, allow_none=True)
    due_at = Moment(required=True, allow_none=True)
    snoozed_until = Moment(required=True, allow_none=True)
    held_since = Moment(required=True, allow_none=True)
    held_until = Moment(required=True, allow_none=True)
    clocks = fields.List(fields.Nested(CaseClock), required=True)
    client = fields.List(fields.Nested(ClientSpan), required=True)


DEEDS = ("hide", "unhide", "like", "unlike", "delete", "block")


class NewDeed(Strict):
    """What shall be done to a customer's message at the platform."""

    deed = Choice(*DEEDS, required=True)


class MessageDeed(Strict):
    """Something asked to be done to a customer's message, and what became of it."""

    id = Identifier(required=True)
    message_id = Identifier(required=True)
    deed = Choice(*DEEDS, required=True)
    state = Choice("waiting", "done", "refused", "unknown", required=True)
    reason = Text(required=True, allow_none=True)
    asked_by = Text(required=True, attribute="asked_by_name")
    created_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)


class Window(Strict):
    """Whether a person may write to them now. `human_agent`: by a person only, tagged as such at the platform."""

    state = Choice("open", "human_agent", "closed", required=True)
    closes_at = Moment(required=True, allow_none=True)
    reason = Choice("never_wrote", "over", "people_only", required=True, allow_none=True)


class Present(Strict):
    """Somebody else who has the case open now."""

    person_id = Identifier(required=True)
    name = Text(required=True)
    typing = Flag(required=True, attribute="is_typing")


class OpenPromise(Strict):
    """What a published answer says is done by a moment, and nothing has ended yet."""

    id = Identifier(required=True)
    reply_id = Identifier(required=True)
    phrase = Text(required=True, metadata={"description": "the words that say by when, as they stand in the answer"})
    made_at = Moment(required=True)
    due_at = Moment(required=True)
    broken = fields.Boolean(required=True, metadata={"description": "its time has passed"})


class Conversation(Strict):
    """One top-level comment with its replies, or one review. `messages` are the newest 200, oldest first."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    account_id = Identifier(required=True)
    account_name = Text(required=True)
    platform = Text(required=True)
    kind = Text(required=True)
    external_id = Text(required=True)
    status = Choice("open", "snoozed", "closed", required=True)
    closed_reason = Text(required=True, allow_none=True)
    rank = Whole(required=True, metadata={"description": _RANK})
    rank_reasons = Items(Mapped(metadata=_RANK_REASON), required=True)
    author_name = Text(required=True, allow_none=True)
    contact = fields.Nested(Contact, required=True, allow_none=True)
    language = Text(required=True, allow_none=True)
    act = Choice(*ASPECTS["act"], required=True, allow_none=True)
    sentiment = Choice(*ASPECTS["sentiment"], required=True, allow_none=True)
    stars = Whole(required=True, allow_none=True)
    context = Mapped(required=True, metadata={"type": "object"})
    permalink = Text(required=True, allow_none=True)
    message_count = Whole(required=True)
    reply_state = Text(required=True, allow_none=True)
    last_message_at = Moment(required=True)
    created_at = Moment(required=True)
    clocks = fields.Nested(Clocks, required=True)
    label_ids = Items(Identifier(), required=True)
    holder = fields.Nested(Holder, required=True, allow_none=True)
    present = Items(
        fields.Nested(Present),
        required=True,
        metadata={"description": "colleagues who have it open, as of seconds ago; a courtesy, no lock"},
    )
    window = fields.Nested(
        Window, required=True, allow_none=True, metadata={"description": "of direct messages; null elsewhere"}
    )
    messages = Items(fields.Nested(Message), required=True)
    more_before = Identifier(
        required=True, allow_none=True, metadata={"description": "send as `before` for the messages before these"}
    )
    notes = Items(fields.Nested(Note), required=True)
    deeds = Items(fields.Nested(MessageDeed), required=True)
    rules = Items(fields.Nested(RuleDeed), required=True, metadata={"description": "what rules of the desk did"})
    earlier = Items(fields.Nested(EarlierConversation), required=True)
    replies = Items(fields.Nested(Reply), required=True)
    promises = Items(
        fields.Nested(OpenPromise),
        required=True,
        metadata={"description": "open ones, by when they fall due"},
    )


class ConversationPart(Strict):
    """Which messages of a conversation."""

    before = Identifier(load_default=None, metadata={"description": "`more_before` of the answer before"})
