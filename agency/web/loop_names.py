"""What kinds of loops, and who answers in the end, are called."""

from __future__ import annotations

from flask_babel import gettext as _

from agency.web.language import per_language


@per_language
def sort_words() -> dict[str, str]:
    """By the word a row keeps, in the order of the form."""
    return {
        "service": _("Customer service"),
        "content": _("Content"),
        "technical": _("Technical"),
        "legal": _("Legal"),
        "executive": _("Executive"),
        "product": _("Product"),
        "own": _("Another"),
    }


@per_language
def answerer_words() -> dict[str, str]:
    """Who gives the customer the final answer."""
    return {
        "community": _("Whoever has the case"),
        "service": _("Customer service"),
        "person": _("A named person"),
    }
