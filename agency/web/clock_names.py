"""What the clocks of a case are called."""

from __future__ import annotations

from flask_babel import gettext as _

from agency.web.language import per_language


@per_language
def clock_names() -> dict[str, str]:
    """What each clock is called."""
    return {"heard": _("Heard"), "answered": _("Answered"), "resolved": _("Resolved")}
