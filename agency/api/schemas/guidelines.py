"""Reply guidelines."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import Choice, Identifier, Items, Strict, Text, Whole, next_cursor
from styleguides.guidelines import FINAL_BY
from styleguides.scenarios import CASE_KINDS, KINDS, PLATFORMS

_LONG = 10_000


class GuidelineFields(Strict):
    """What a guideline says. The room explains what is too long or does not fit."""

    title = Text(longest=_LONG)
    when = Text(longest=_LONG)
    steps = Items(Text(longest=_LONG))
    offer_limit_cents = Whole(allow_none=True)
    currency = Text(longest=20, allow_none=True)
    never_say = Items(Text(longest=_LONG))
    visibility = Choice("public", "private", "both")
    saved_reply_ids = Items(Identifier())
    words = Items(Text(longest=_LONG))
    case_kinds = Items(Choice(*CASE_KINDS))
    kinds = Items(Choice(*KINDS))
    platforms = Items(Choice(*PLATFORMS))
    languages = Items(Text(longest=20))
    min_stars = Whole(allow_none=True)
    max_stars = Whole(allow_none=True)
    visibility_reason = Text(longest=_LONG)
    final_by = Choice(*FINAL_BY)
    example = Text(longest=_LONG)


class NewGuideline(GuidelineFields):
    """A guideline to write; only the title is needed."""

    title = Text(longest=_LONG, required=True)


class GuidelineChanges(GuidelineFields):
    """What to change, and the version that was read."""

    version = Whole(least=1, required=True)


class Guideline(Strict):
    """A scenario with steps, what may be offered, and what is never said."""

    id = Identifier(required=True)
    title = Text(required=True)
    when = Text(required=True)
    steps = Items(Text(), required=True)
    offer_limit_cents = Whole(required=True, allow_none=True)
    currency = Text(required=True, allow_none=True)
    never_say = Items(Text(), required=True)
    visibility = Choice("public", "private", "both", required=True)
    saved_reply_ids = Items(Identifier(), required=True)
    words = Items(Text(), required=True)
    case_kinds = Items(Choice(*CASE_KINDS), required=True)
    kinds = Items(Choice(*KINDS), required=True)
    platforms = Items(Choice(*PLATFORMS), required=True)
    languages = Items(Text(), required=True)
    min_stars = Whole(required=True, allow_none=True)
    max_stars = Whole(required=True, allow_none=True)
    visibility_reason = Text(required=True)
    final_by = Choice(*FINAL_BY, required=True)
    example = Text(required=True)
    version = Whole(required=True)


class GuidelinePage(Strict):
    """Guidelines in the order they were written."""

    items = Items(fields.Nested(Guideline), required=True)
    next_cursor = next_cursor()
