"""What a brand answered before, beside a conversation."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.accounts import PLATFORMS
from agency.api.schemas.facts import Fact
from agency.api.schemas.fields import Choice, Flag, Identifier, Items, Moment, Strict, Text
from channels.items import KINDS
from styleguides.differing import VALUE_KINDS


class EarlierAnswer(Strict):
    """An answer as it stands now. Other people's names and personal data are masked."""

    reply_id = Identifier(required=True)
    receipt_id = Identifier(required=True, metadata={"description": "the reply whose receipt shows its present words"})
    conversation_id = Identifier(required=True)
    platform = Choice(*PLATFORMS, required=True)
    kind = Choice(*KINDS, required=True)
    private = Flag(required=True)
    account_name = Text(required=True)
    answered_at = Moment(required=True)
    by = Text(required=True, attribute="by_name")
    question = Text(required=True, metadata={"description": "empty where it was deleted"})
    text = Text(required=True, metadata={"description": "empty where nothing stands any more"})
    language = Text(required=True)
    standing = Choice("stands", "changed", "taken_back", "gone", required=True)
    same_person = Flag(required=True)
    words = Items(Text(), required=True, metadata={"description": "the customer's words that both questions share"})


class DifferingSide(Strict):
    """What the draft, or one answer, says of a kind."""

    reply_id = Identifier(required=True, allow_none=True, metadata={"description": "null for the newest draft"})
    said = Items(Text(), required=True, metadata={"description": "as it is written; `yes` or `no`"})


class Differing(Strict):
    """A kind of value in which the answers, and perhaps the draft, do not agree."""

    kind = Choice(*VALUE_KINDS, required=True)
    sides = Items(fields.Nested(DifferingSide), required=True)


class EarlierAnswers(Strict):
    """Answers, the nearest first; what does not agree; facts that the customer's words speak of."""

    items = Items(fields.Nested(EarlierAnswer), required=True)
    differing = Items(fields.Nested(Differing), required=True)
    facts = Items(fields.Nested(Fact), required=True)
