"""What the tabs over the queue are called."""

from __future__ import annotations

from flask_babel import gettext as _

from agency.web.language import per_language


@per_language
def tab_words() -> dict[str, str]:
    """By the tab's name in addresses."""
    return {
        "mine": _("My work"),
        "free": _("Free"),
        "team": _("Team"),
        "waiting": _("With client"),
        "late": _("Late"),
    }
