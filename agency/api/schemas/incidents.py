"""Incidents: what many customers write about, answered together."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from agency.api.schemas.fields import (
    Choice,
    Identifier,
    Items,
    Listing,
    Mapped,
    Moment,
    PageQuery,
    Strict,
    Text,
    Whole,
    WrittenFlag,
    next_cursor,
)
from agency.inbox.incidents.opening import AFTERWARDS
from agency.inbox.triage.terms import PLATFORMS
from channels.items import KINDS

_LONG = 10_000


def _list(description: str, *allowed: str) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"enum": list(allowed)} if allowed else {"type": "string"},
        "description": description,
    }


_WORD = {"type": "object", "properties": {"language": {"type": "string"}, "words": {"type": "string"}}}
_WORDS: dict[str, Any] = {
    "type": "array",
    "items": _WORD,
    "description": "one of these phrases is said, in any of its forms; `language` empty for any",
}
_TEXTS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": {"type": "array", "items": {"type": "string"}},
    "description": "wordings by code of language; each person gets one, once, in turn, before it closes. Without it "
    "nobody is written to",
}


class IncidentQuery(PageQuery):
    """Which incidents."""

    brand_id = Identifier(load_default=None, metadata={"description": "left out: of every brand"})
    closed = WrittenFlag(load_default=False, metadata={"description": "those that ended"})


class NewIncident(Strict):
    """What attaches cases: words or topics, or posts below which everything belongs to it. The rest narrows words."""

    brand_id = Identifier(required=True)
    name = Text(longest=_LONG, required=True)
    words = Listing(metadata=_WORDS)
    without = Listing(metadata={**_WORDS, "description": "none of these is"})
    platforms = Listing(metadata=_list("one of these", *PLATFORMS))
    kinds = Listing(metadata=_list("one of these", *KINDS))
    languages = Listing(metadata=_list("codes of languages"))
    topics = Listing(metadata=_list("names of our lists, or ids of the brand's own"))
    posts = Listing(metadata=_list("posts by the platform's names"))
    post = Text(longest=_LONG, metadata={"description": "a text to copy for a post of the brand's own"})
    suggestion_id = Identifier(load_default=None, allow_none=True, metadata={"description": "what suggested it"})


class IncidentEnd(Strict):
    """How it ends."""

    afterwards = Choice(*AFTERWARDS, required=True, metadata={"description": "what becomes of cases that got no text"})
    follow_up = Mapped(load_default=None, allow_none=True, metadata=_TEXTS)


class Incident(Strict):
    """An incident and how it stands."""

    id = Identifier(required=True)
    brand_id = Identifier(required=True)
    name = Text(required=True)
    state = Choice("open", "ending", "closed", required=True)
    attaches = Mapped(required=True, metadata={"description": "as it was given: words, languages, posts and so on"})
    since = Moment(required=True, metadata={"description": "holds for what customers wrote since"})
    post = Text(required=True)
    holds = fields.Boolean(required=True, metadata={"description": "the holding text goes out now"})
    opened_at = Moment(required=True)
    opened_by = Text(required=True)
    closed_at = Moment(required=True, allow_none=True)
    closed_by = Text(required=True, allow_none=True)
    cases = Whole(required=True, metadata={"description": "that are in it now"})
    late = Whole(required=True, metadata={"description": "of these"})
    cases_ever = Whole(required=True)
    people = Whole(required=True, metadata={"description": "who wrote, in all"})
    version = Whole(required=True)


class Incidents(Strict):
    """Incidents, the newest first."""

    items = Items(fields.Nested(Incident), required=True)
    next_cursor = next_cursor()
