"""What rules of the desk say and do."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from agency.api.schemas.fields import Flag, Identifier, Items, Mapped, Moment, Strict, Text, Whole, WrittenFlag
from agency.inbox.triage.offers import OFFERS
from agency.inbox.triage.terms import ACTS, LIMITS, PLATFORMS, SENTIMENTS
from channels.items import KINDS

_LONG = 10_000


def _words(description: str) -> dict[str, Any]:
    one = {"type": "object", "properties": {"language": {"type": "string"}, "words": {"type": "string"}}}
    return {"type": "array", "items": one, "description": description}


def _list(description: str, *allowed: Any) -> dict[str, Any]:
    items = {"enum": list(allowed)} if allowed else {"type": "string"}
    return {"type": "array", "items": items, "description": description}


_TERMS: dict[str, Any] = {
    "type": "object",
    "description": "what must hold, all of it, and what is done then; what is left out is not asked and not done",
    "properties": {
        "brands": _list("of a rule for every brand: only these"),
        "platforms": _list("one of these", *PLATFORMS),
        "kinds": _list("one of these", *KINDS),
        "seen_by": {"enum": ["", "public", "private"], "description": "who reads along"},
        "words": _words("one of these phrases is said, in any of its forms; `language` empty for any"),
        "without": _words("none of these is"),
        "languages": _list("codes of languages"),
        "stars_from": {"type": ["integer", "null"], "description": "of reviews"},
        "stars_to": {"type": ["integer", "null"]},
        "sentiments": _list("one of these", *SENTIMENTS),
        "acts": _list("one of these", *ACTS),
        "topics": _list("names of our lists, or ids of the brand's own"),
        "vip": {"type": "boolean"},
        "weekdays": _list("1 for Monday to 7 for Sunday", 1, 2, 3, 4, 5, 6, 7),
        "from_time": {"type": ["string", "null"], "description": "such as 22:00, by the brand's clock"},
        "until_time": {"type": ["string", "null"]},
        "label_ids": _list("labels to put on"),
        "points": {"type": "integer", "minimum": -LIMITS["points"], "maximum": LIMITS["points"]},
        "keep_for": {"type": ["string", "null"], "description": "the person who should take it"},
        "loop_id": {"type": ["string", "null"], "description": "the loop of the rule's brand that is asked"},
        "skill": {"type": "string", "description": "instead of a person: whoever is on shift, has room and has this"},
        "by_language": {"type": "boolean", "description": "the same of whoever reads the language of the words"},
        "acknowledge": {"type": "boolean", "description": "say by itself that they were heard, where that is signed"},
        "guideline_id": {"type": ["string", "null"], "description": "the brand's guideline offered to whoever answers"},
        "saved_reply_id": {"type": ["string", "null"], "description": "the saved reply offered to whoever answers"},
    },
    "additionalProperties": False,
}


_OFFERS: dict[str, Any] = {
    "type": "object",
    "description": "what it asked for or offered, what it did not left out",
    "properties": {name: _TERMS["properties"][name] for name in OFFERS},
    "additionalProperties": False,
}


class RuleFields(Strict):
    """What a rule says beside its terms. The room explains what does not fit."""

    name = Text(longest=_LONG)
    note = Text(longest=_LONG)
    on = Flag()
    stops = Flag(metadata={"description": "where it holds, no later rule is asked"})
    terms = Mapped(metadata=_TERMS)


class NewRule(RuleFields):
    """A rule to write."""

    name = Text(longest=_LONG, required=True)
    terms = Mapped(required=True, metadata=_TERMS)
    brand_id = Identifier(load_default=None, allow_none=True, metadata={"description": "null: for every brand"})


class RuleChanges(RuleFields):
    """What to change, and the version that was read. Terms are given whole."""

    version = Whole(least=1, required=True)


class RuleTry(RuleFields):
    """A stored rule as it might be."""

    name = Text(longest=_LONG, required=True)
    terms = Mapped(required=True, metadata=_TERMS)


class RuleMove(Strict):
    """Which way."""

    up = Flag(required=True)


class RuleSwitch(Strict):
    """Whether it acts."""

    on = Flag(required=True)


class RuleQuery(Strict):
    """Whose rules."""

    brand_id = Identifier(load_default=None, metadata={"description": "left out: those for every brand"})
    archived = WrittenFlag(load_default=False, metadata={"description": "only those put away"})


class Rule(Strict):
    """A rule of the desk."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True, allow_none=True)
    name = Text(required=True)
    note = Text(required=True)
    on = Flag(required=True, attribute="is_on")
    stops = Flag(required=True)
    terms = Mapped(required=True, metadata=_TERMS)
    version = Whole(required=True)
    changed_at = Moment(required=True)
    changed_by = Text(required=True, attribute="changed_by_name")
    archived = Flag(required=True, attribute="is_archived")


class Rules(Strict):
    """Rules in the order in which they are asked."""

    items = Items(fields.Nested(Rule), required=True)


class RuleTrial(Strict):
    """Last week by a rule, counted in cases."""

    since = Moment(required=True)
    cases = Whole(required=True, metadata={"description": "that were looked at"})
    taken = Whole(required=True, metadata={"description": "that it would have taken"})
    taken_before = Whole(required=True, metadata={"description": "that an earlier rule takes and is the last"})
    added = Whole(required=True, allow_none=True, metadata={"description": "against what it says now; null: it is new"})
    gone = Whole(required=True, allow_none=True)
    is_cut = Flag(required=True, metadata={"description": "only the newest messages were looked at"})
    conversation_ids = Items(Identifier(), required=True, metadata={"description": "the first 30 of those taken"})


class RuleDeed(Strict):
    """What a version of a rule did because of a message; `words` are those that caused it, as they stand there now."""

    message_id = Identifier(required=True)
    rule_id = Identifier(required=True)
    rule_name = Text(required=True)
    rule_version = Whole(required=True)
    words = Items(Text(), required=True)
    label_ids = Items(Identifier(), required=True, metadata={"description": "those it put on"})
    points = Whole(required=True, metadata={"description": "so many it raised these words by; below 0, lowered"})
    kept_for_id = Identifier(required=True, allow_none=True)
    kept_for_name = Text(required=True, allow_none=True)
    wants_skill = Text(required=True, allow_none=True, metadata={"description": "it was for whoever has this"})
    wants_language = Text(required=True, allow_none=True, metadata={"description": "and reads this"})
    offers = Mapped(required=True, metadata=_OFFERS)
    at = Moment(required=True)
