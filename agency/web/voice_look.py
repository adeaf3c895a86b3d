"""How a brand speaks, as it stands beside a case and on a page of its own."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from agency.inbox.conversation_view import ConversationView
from agency.web.contexts_setup import GuidelineLook
from agency.web.contexts_voice import VoiceLook
from agency.web.guide_looks import identity_lines
from agency.web.guide_words import rule_look, summary_of
from agency.web.guideline_words import offer_words
from agency.web.looks import brand_look
from styleguides.identity import Identity
from styleguides.rules import Greeting, Rule, SignOff
from styleguides.voice import GuidelineView, Voice

MOST_RULES = 6
"""Beside a case one reads the strictest; the composer watches over all of them."""
MOST_PHRASES = 3
MOST_HEADINGS = 6
MOST_ENTRIES = 5


def voice_url(view: ConversationView) -> str:
    """Where the voice for an answer to this conversation is fetched from."""
    place = {"platform": view.platform, "kind": view.kind, "language": view.language or "", "stars": view.stars}
    query = urlencode({name: value for name, value in place.items() if value not in ("", None)})
    return f"/brands/{view.brand_id}/voice?{query}"


def voice_look(voice: Voice) -> VoiceLook:
    """The voice as a page shows it."""
    said = [rule for rule in voice.rules if isinstance(rule, (Greeting, SignOff))]
    others = [rule for rule in voice.rules if rule not in said]
    return VoiceLook(
        brand=brand_look(str(voice.brand_id), voice.brand_name, voice.brand_mark, voice.brand_colour),
        language=voice.brand_language,
        sentence=voice.words,
        facts=(*_openings_and_endings(said), *_headings(voice.identity)),
        rules=tuple(rule_look(rule, most_listed=MOST_PHRASES) for rule in others[:MOST_RULES]),
        more_rules=max(0, len(others) - MOST_RULES),
        guidelines=tuple(_guideline(voice.brand_id, one) for one in voice.guidelines),
        version=voice.number,
        guide_url=url_for("guide.guide", brand_id=voice.brand_id),
        guidelines_url=url_for("guidelines_page.guidelines", brand_id=voice.brand_id),
    )


def _openings_and_endings(rules: Iterable[Rule]) -> Iterable[tuple[str, tuple[str, ...]]]:
    for kind, heading in ((Greeting, _("Greeting")), (SignOff, _("Sign-off"))):
        asked = tuple(summary_of(rule, most_listed=MOST_PHRASES) for rule in rules if isinstance(rule, kind))
        if asked:
            yield heading, asked


def _headings(identity: Identity) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Short ones first: a form of address is a line, what to write and what not is a list."""
    listed = identity_lines(identity)
    for name, entries in sorted(listed, key=lambda one: (len(one[1]), one[0]))[:MOST_HEADINGS]:
        yield name, entries[:MOST_ENTRIES]


def _guideline(brand_id: UUID, one: GuidelineView) -> GuidelineLook:
    return GuidelineLook(
        title=one.title,
        when=one.when,
        steps=tuple(map(str, one.steps)),
        offer=offer_words(one.offer_limit_cents, one.currency),
        never_say=tuple(map(str, one.never_say)),
        visibility="",
    )
