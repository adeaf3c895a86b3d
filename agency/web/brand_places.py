"""The pages that hold what a brand says and whom it asks, each a step from the others."""

from __future__ import annotations

from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from agency.web.looks import Choice
from agency.web.saved_reply_words import list_url


def brand_places(brand_id: UUID, here: str) -> tuple[Choice, ...]:
    """Where to go from the page `here`: guide, guidelines, facts, topics, saved_replies, sheet or loops."""
    places = (
        ("guide", _("Style guide"), url_for("guide.guide", brand_id=brand_id)),
        ("guidelines", _("Guidelines"), url_for("guidelines_page.guidelines", brand_id=brand_id)),
        ("facts", _("Fact sheet"), url_for("facts_page.facts", brand_id=brand_id)),
        ("topics", _("Topics"), url_for("topics_page.topics", brand_id=brand_id)),
        ("saved_replies", _("Saved replies"), list_url(brand_id)),
        ("sheet", _("Client sheet"), url_for("client_sheet_page.sheet", brand_id=brand_id)),
        ("loops", _("Loops"), url_for("loops_page.brand", brand_id=brand_id)),
    )
    return tuple(Choice(words, url, value=name, selected=name == here) for name, words, url in places)
