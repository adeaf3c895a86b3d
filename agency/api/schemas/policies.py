"""Versions of a brand's approval policy."""

from __future__ import annotations

from marshmallow import fields

from agency.api.schemas.fields import Choice, Flag, Identifier, Items, Mapped, Moment, Strict, Text, Whole
from agency.inbox.heard_lines import KINDS as HEARD_KINDS
from agency.inbox.heard_lines import MOST_MINUTES, WHEN
from agency.replies.policy_terms import (
    KINDS,
    MODES,
    MOST_HEARD_LINES,
    MOST_HOURS,
    MOST_QUIET,
    MOST_REMINDERS,
    NEEDS,
    SILENCES,
    URGENT,
)
from tenants.brands import PLATFORMS

_PEOPLE = {"type": "array", "items": {"type": "string", "format": "uuid"}}
_DAY = {"type": "string", "format": "date"}
_TERMS = {
    "type": "object",
    "properties": {
        "needs": {"enum": list(NEEDS), "description": "which replies wait"},
        "stars_at_most": {"type": "integer", "minimum": 0, "maximum": 5, "description": "of reviews; 0 is no rule"},
        "platforms": {"type": "array", "items": {"enum": list(PLATFORMS)}},
        "kinds": {"type": "array", "items": {"enum": list(KINDS)}},
        "words": {"type": "array", "items": {"type": "string"}, "description": "found in their grammatical forms"},
        "money": {"type": "boolean", "description": "an amount is named, or something was given in the case"},
        "complaints": {"type": "boolean"},
        "negative": {"type": "boolean", "description": "the customer is unhappy"},
        "first_replies": {"type": "integer", "minimum": 0, "maximum": 100, "description": "of somebody new"},
        "steps": {"type": "array", "items": _PEOPLE, "description": "who says yes, in order; none is any owner"},
        "changes_go_on": {"type": "boolean", "description": "changed words need no earlier yes again"},
        "stand_ins": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "away": {"type": "string", "format": "uuid"},
                    "person": {"type": "string", "format": "uuid"},
                    "from_day": _DAY,
                    "until_day": _DAY,
                },
            },
        },
        "mode": {"enum": list(MODES), "description": "who answers: the agency in the client's name, or the client"},
        "quiet": {
            "type": "array",
            "maxItems": MOST_QUIET,
            "items": {
                "type": "object",
                "properties": {
                    "days": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 7}},
                    "from_time": {"type": "string", "example": "20:00"},
                    "until_time": {"type": "string", "example": "08:00"},
                },
            },
            "description": "nobody is mailed then; in the brand's time zone, days on which it begins, 1 for Monday",
        },
        "quiet_broken_by": {"type": "array", "items": {"enum": list(URGENT)}},
        "remind_after": {
            "type": "array",
            "maxItems": MOST_REMINDERS,
            "items": {"type": "integer", "minimum": 1, "maximum": MOST_HOURS},
            "description": "hours after being asked",
        },
        "awake_hours": {"type": "boolean", "description": "hours of quiet times do not count"},
        "silence": {"enum": list(SILENCES), "description": "what it means that nobody answers"},
        "silence_after": {"type": "integer", "minimum": 0, "maximum": MOST_HOURS, "description": "hours; 0 for never"},
        "acknowledge": {
            "type": "array",
            "maxItems": MOST_HEARD_LINES,
            "items": {
                "type": "object",
                "properties": {
                    "platform": {"enum": ["", *PLATFORMS]},
                    "kind": {"enum": ["", *HEARD_KINDS]},
                    "when": {
                        "enum": list(WHEN),
                        "description": "any time, while the brand is closed, where a rule asks",
                    },
                    "after_minutes": {"type": "integer", "minimum": 1, "maximum": MOST_MINUTES},
                },
            },
            "description": "for which words the brand says by itself that it has read them, once a thread",
        },
        "acknowledge_texts": {"type": "integer", "description": "by which version of the brand's texts; 0 for none"},
        "escalate_to": {**_PEOPLE, "description": "who is asked too; none is the next step's people instead"},
    },
    "description": "which replies wait, and for whom; what is left out is as it is without any policy",
}


class PolicyInForce(Strict):
    """What holds now."""

    number = Whole(required=True)
    terms = Mapped(required=True, metadata=_TERMS)


class NewPolicy(Strict):
    """A draft."""

    terms = Mapped(required=True, metadata=_TERMS)
    note = Text(load_default="", metadata={"description": "what is new and why; the client reads it"})


class PolicySignature(Strict):
    """Yes to exactly what was shown."""

    proposal_id = Identifier(required=True)


class PolicyAnswer(Strict):
    """What should be different."""

    proposal_id = Identifier(required=True)
    comment = Text(required=True)


class PaperSignature(Strict):
    """Who signed on paper, and when."""

    signed_by = Text(required=True, longest=200)
    signed_on = fields.Date(required=True)


class Policy(Strict):
    """One version; its terms never change once it was in force."""

    number = Whole(required=True)
    state = Choice("draft", "proposed", "in_force", "retired", required=True)
    terms = Mapped(required=True, metadata=_TERMS)
    note = Text(required=True)
    answer = Text(required=True, metadata={"description": "what the client said should be different"})
    written_by = Text(required=True)
    proposal_id = Identifier(required=True, allow_none=True)
    proposed_by = Text(required=True)
    signed_how = Choice("page", "paper", "as_before", required=True, allow_none=True)
    signed_by = Text(required=True)
    signed_on = Text(required=True, allow_none=True, metadata={"format": "date"})
    put_in_force_at = Moment(required=True, allow_none=True)
    retired_at = Moment(required=True, allow_none=True)
    revision = Whole(required=True)


class PolicyVersions(Strict):
    """Newest first."""

    items = Items(fields.Nested(Policy), required=True)


class RuleCount(Strict):
    """How often a rule held."""

    rule = Text(required=True)
    count = Whole(required=True)


class WouldWait(Strict):
    """A reply that would have waited."""

    reply_id = Identifier(required=True)
    rules = Items(fields.String(), required=True)


class PolicyWeek(Strict):
    """Last week by a version."""

    replies = Whole(required=True, metadata={"description": "of the last seven days, at most 2000"})
    count = Whole(required=True, metadata={"description": "how many would have waited"})
    is_cut = Flag(required=True)
    median_seconds = Whole(required=True, allow_none=True, metadata={"description": "of the brand's last 200 yeses"})
    reminded = Whole(required=True, metadata={"description": "of those, how many at least once"})
    silent = Whole(required=True, metadata={"description": "of those, for how many silence would have counted"})
    untold = Whole(required=True, metadata={"description": "of those, how many nobody can tell this about"})
    by_rule = Items(fields.Nested(RuleCount), required=True)
    waited = Items(fields.Nested(WouldWait), required=True, metadata={"description": "the newest 50"})
