"""Versions of a brand's style guide."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import (
    Choice,
    Identifier,
    Items,
    Listing,
    Mapped,
    Moment,
    Strict,
    Text,
    Whole,
    next_cursor,
)
from agency.api.schemas.replies import Finding
from styleguides.exchange import LONGEST_SOURCE

_RULES = {
    "type": "array",
    "items": {"type": "object"},
    "description": "as docs/style-guide-format.md says",
}
_IDENTITY = {"type": "object", "description": "headings, each with a text or a list of texts"}


class NewVersion(Strict):
    """A draft of a new version."""

    rules = Listing(required=True, metadata=_RULES)
    voice = Text(load_default="")
    identity = Mapped(load_default=dict, metadata=_IDENTITY)
    note = Text(load_default="")


class GuideFile(Strict):
    """A guide as a file: YAML, or Markdown with the same data in fences."""

    source = Text(
        required=True,
        longest=LONGEST_SOURCE,
        metadata={"description": "as docs/style-guide-format.md says; anchors, aliases and tags are refused"},
    )
    note = Text(load_default="", metadata={"description": "what changed, and why; without it the file's own"})


class ExportQuery(Strict):
    """Which form."""

    form = Choice("yaml", "markdown", load_default="yaml")


class ExportedGuide(Strict):
    """A version as a file, which reads back to the same."""

    number = Whole(required=True)
    form = Choice("yaml", "markdown", required=True)
    source = Text(required=True)


class Proposal(Strict):
    """What the client is told."""

    note = Text(required=True, metadata={"description": "what is new and why; the client gets it by mail"})


class ReturnReason(Strict):
    """Why; needed where an earlier version comes back."""

    reason = Text(load_default="")


class Approval(Strict):
    """Yes to exactly what was shown."""

    proposal_id = Identifier(required=True, metadata={"description": "the step that asks, from the version's steps"})
    against = Whole(
        required=True,
        allow_none=True,
        least=1,
        most=2**31 - 1,
        metadata={"description": "the version in force that it was compared with; null where there is none"},
    )
    comment = Text(load_default="")


class Answer(Strict):
    """What should be different."""

    proposal_id = Identifier(required=True)
    comment = Text(required=True)


class Step(Strict):
    """One move of a version: who made it and in which words."""

    id = Identifier(required=True)
    deed = Choice("propose", "approve_guide", "answer", "call_back", "put_in_force", required=True)
    words = Text(required=True)
    against = Whole(required=True, allow_none=True, metadata={"description": "the number in force at that time"})
    made_by = Text(required=True, attribute="made_by_name")
    created_at = Moment(required=True)


class Steps(Strict):
    """What became of a version, first to last."""

    number = Whole(required=True)
    state = Choice("draft", "proposed", "in_force", "retired", required=True)
    items = Items(fields.Nested(Step), required=True)


class TrialCase(Strict):
    """One reply that fares otherwise under the version tried, or is stopped by both."""

    reply_id = Identifier(required=True)
    outcome = Choice("stopped_now", "stopped_still", "free_now", "warned_now", required=True)
    text = Text(required=True)
    findings = Items(fields.Nested(Finding), required=True, metadata={"description": "the tried version's own"})


class GuideTrial(Strict):
    """A version held against the last replies, newest first."""

    number = Whole(required=True)
    held = Whole(required=True, metadata={"description": "how many replies, at most 200"})
    stopped_now = Whole(required=True, metadata={"description": "those that only this version stops"})
    cases = Items(fields.Nested(TrialCase), required=True)


class StyleGuideVersion(Strict):
    """One version; its words never change once it has been in force."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    number = Whole(required=True)
    state = Choice("draft", "proposed", "in_force", "retired", required=True)
    voice = Text(required=True)
    identity = Mapped(required=True, metadata=_IDENTITY)
    rules = Listing(required=True, metadata=_RULES)
    note = Text(required=True)
    written_by = Text(required=True, attribute="written_by_name")
    created_at = Moment(required=True)
    put_in_force_at = Moment(required=True, allow_none=True)
    retired_at = Moment(required=True, allow_none=True)
    proposal_id = Identifier(required=True, allow_none=True, metadata={"description": "the step that asks, or null"})


class VersionPage(Strict):
    """Versions, newest first."""

    items = Items(fields.Nested(StyleGuideVersion), required=True)
    next_cursor = next_cursor()
