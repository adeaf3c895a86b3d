"""How a text was read, in the reader's words: labels, topics, how sure."""

from __future__ import annotations

from babel import Locale
from flask_babel import gettext as _

from agency.inbox.understanding.reading import LIKELY, SURE, UNKNOWN
from agency.inbox.understanding.stored import LANGUAGE
from agency.web.language import per_language, spelling


@per_language
def label_words() -> dict[str, str]:
    """What a text may be read as."""
    return {
        "complaint": _("complaint"),
        "question": _("question"),
        "praise": _("praise"),
        "chatter": _("chatter"),
        "positive": _("content"),
        "neutral": _("neutral"),
        "negative": _("discontent"),
        "urgent": _("urgent"),
        "angry": _("angry"),
        "toxic": _("insulting"),
        "unknown": _("not known"),
        "personal": _("personal data"),
        "nothing_personal": _("nothing personal"),
    }


@per_language
def opposite_words() -> dict[str, str]:
    """What an aspect is that is not there."""
    return {"urgency": _("not urgent"), "anger": _("not angry"), "toxicity": _("not insulting")}


@per_language
def aspect_words() -> dict[str, str]:
    """What is read."""
    return {
        "act": _("What it is"),
        "sentiment": _("Mood"),
        "urgency": _("Urgency"),
        "anger": _("Anger"),
        "toxicity": _("Insults"),
        "language": _("Language"),
        "personal_data": _("Personal data"),
    }


@per_language
def topic_words() -> dict[str, str]:
    """What it is about."""
    return {
        "price": _("price"),
        "opening_hours": _("opening hours"),
        "delivery": _("delivery"),
        "refund": _("refund"),
        "booking": _("booking"),
        "access": _("signing in"),
        "allergy": _("allergy"),
    }


def said(aspect: str, label: str) -> str:
    """A label of an aspect in words."""
    if aspect == LANGUAGE:
        return _own_name(label) if label != UNKNOWN else _("another language")
    if label in ("calm", "clean"):
        return opposite_words()[aspect]
    return label_words().get(label, label)


def language_name(code: str) -> str:
    """A language in the reader's own, as a heading."""
    name = _own_name(code)
    return name[:1].upper() + name[1:]


def _own_name(code: str) -> str:
    return str(Locale.parse(spelling()).languages.get(code, code))


def sureness(confidence: float) -> str:
    """Confidence as a word: people have no use for its decimals."""
    return _("sure") if confidence >= SURE else _("likely") if confidence >= LIKELY else _("a guess")
