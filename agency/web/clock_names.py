"""What the clocks of a case are called."""

from __future__ import annotations

from flask_babel import gettext as _

from agency.web.language import per_language


@per_language
def clock_names() -> dict[str, str]:
    """What each clock is called."""
    return {"heard": _("Heard"), "answered": _("Answered"), "resolved": _("Resolved")}


@per_language
def ruled_names() -> dict[str, str]:
    """What a rule may be about: the clocks, and by when the client says yes."""
    return {
        **clock_names(),
        "client": _("Client's yes"),
        "client_pauses": _("Client's yes; our answer's clock stands meanwhile"),
    }
