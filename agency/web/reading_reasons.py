"""Why a text was read as it was: each judgement, how sure it is, and the words that caused it."""

from __future__ import annotations

from flask_babel import gettext as _

from agency.inbox.understanding.evidence import language_words, personal_places
from agency.inbox.understanding.reading import UNKNOWN
from agency.inbox.understanding.stored import (
    CORRECTABLE,
    LANGUAGE,
    PERSONAL,
    PERSONAL_DATA,
    Stored,
    corrections_of,
    judgement_of,
)
from agency.web.reading_words import aspect_words, label_words, said, sureness


def reasons_of(text: str, kept: Stored) -> tuple[tuple[str, str], ...]:
    """One line a judgement: what is judged, and what it came to."""
    return tuple((aspect_words()[aspect], _reason(text, kept, aspect)) for aspect in CORRECTABLE)


def _reason(text: str, kept: Stored, aspect: str) -> str:
    found = judgement_of(kept, aspect)
    if aspect in corrections_of(kept):
        sure = _("said by a colleague")
    elif found.label == UNKNOWN:
        return label_words()[UNKNOWN]
    else:
        sure = sureness(found.confidence)
    words = found.words
    if aspect == LANGUAGE:
        words = language_words(text, found.label)
    elif aspect == PERSONAL_DATA:
        words = personal_places(text) if found.label == PERSONAL else ()
    parts = [said(aspect, found.label), sure, *([", ".join(words)] if words else [])]
    return " · ".join(parts)
