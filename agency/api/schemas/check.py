"""The check of a text against a brand's guide in force."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.accounts import PLATFORMS
from agency.api.schemas.fields import Choice, Identifier, Items, Strict, Text, Whole
from agency.api.schemas.replies import LONGEST_REPLY, Finding
from channels.items import KINDS


class CheckRequest(Strict):
    """A text and where it would go; a conversation adds stars and the customer's name."""

    text = Text(longest=LONGEST_REPLY, required=True)
    platform = Choice(*PLATFORMS, required=True)
    kind = Choice(*KINDS, required=True)
    conversation_id = Identifier(load_default=None, allow_none=True)


class CheckResult(Strict):
    """Findings in order of place. `length` counts in the platform's own unit."""

    findings = Items(fields.Nested(Finding), required=True)
    guide_version = Whole(required=True, allow_none=True)
    reading_seconds = Whole(required=True)
    length = Whole(required=True)
    length_limit = Whole(required=True, allow_none=True)
