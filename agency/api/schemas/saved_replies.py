"""Saved replies."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import (
    Flag,
    Identifier,
    Items,
    Kept,
    KeptQuery,
    Moment,
    Strict,
    Text,
    Whole,
    WrittenFlag,
    next_cursor,
)

_LONG = 10_000


class SavedText(Strict):
    """Words in one language; several of one language are variants."""

    language = Text(longest=20, required=True, metadata={"description": "such as `en` or `pt-BR`"})
    text = Text(longest=_LONG, required=True, metadata={"description": "with places such as `{customer_name}`"})


class SavedReplyFields(Strict):
    """What a saved reply says. The room explains what is too long or does not fit."""

    title = Text(longest=_LONG)
    texts = Items(fields.Nested(SavedText))
    words = Items(Text(longest=_LONG), metadata={"description": "what customers write where it fits"})
    review_by = Text(longest=40, allow_none=True, metadata={"description": "a day such as `2027-03-31`"})


class NewSavedReply(SavedReplyFields):
    """A saved reply to write."""

    brand_id = Identifier(
        load_default=None, allow_none=True, metadata={"description": "null: for every brand of the agency"}
    )
    title = Text(longest=_LONG, required=True)
    texts = Items(fields.Nested(SavedText), required=True)


class SavedReplyChanges(SavedReplyFields):
    """What to change, and the version that was read."""

    version = Whole(least=1, required=True)


class SavedReplyQuery(KeptQuery):
    """Which saved replies."""

    brand_id = Identifier(load_default=None, metadata={"description": "only of this brand"})
    of_agency = WrittenFlag(load_default=False, metadata={"description": "only those for every brand"})
    q = Text(longest=200, load_default="", metadata={"description": "words in the title or the labels"})


class SavedReply(Kept):
    """Words to begin an answer with, of one brand or of the agency for all its brands."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True, allow_none=True)
    title = Text(required=True)
    texts = Items(fields.Nested(SavedText), required=True)
    words = Items(Text(), required=True)
    review_by = fields.Date(required=True, allow_none=True)
    is_stale = Flag(required=True)
    uses = Whole(required=True, metadata={"description": "replies sent that began from it, in brands you may see"})
    last_used_at = Moment(required=True, allow_none=True)


class SavedReplyPage(Strict):
    """Saved replies by title."""

    items = Items(fields.Nested(SavedReply), required=True)
    next_cursor = next_cursor()


class FilledText(Strict):
    """A text with what the case tells in its places; those in `missing` still stand in it in braces."""

    language = Text(required=True)
    text = Text(required=True)
    missing = Items(Text(), required=True)


class SuggestedSavedReply(Strict):
    """A saved reply that fits a case, ready to begin a draft with."""

    saved_reply = fields.Nested(SavedReply, required=True)
    words = Items(Text(), required=True, metadata={"description": "the customer's words it was found by"})
    guideline = Text(
        required=True,
        allow_none=True,
        metadata={"description": "the guideline of the case that names it, or null"},
    )
    texts = Items(fields.Nested(FilledText), required=True)


class SuggestedSavedReplies(Strict):
    """Best first."""

    items = Items(fields.Nested(SuggestedSavedReply), required=True)
