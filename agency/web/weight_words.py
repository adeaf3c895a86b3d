"""What each weight is called, and how the form puts them together."""

from __future__ import annotations

from flask_babel import gettext as _

from agency.web.language import per_language


@per_language
def weight_words() -> dict[str, str]:
    """Each weight in a few words."""
    return {
        "urgent": _("Urgent words"),
        "complaint": _("A complaint"),
        "anger": _("Anger"),
        "stars_1": _("1 star"),
        "stars_2": _("2 stars"),
        "stars_3": _("3 stars"),
        "vip": _("A VIP"),
        "person": _("Each step of a person's weight, 0 to 10"),
        "reach_3": _("From 3 messages others read"),
        "reach_10": _("From 10 messages others read"),
        "tier_plus": _("A client of tier Plus"),
        "tier_premium": _("A client of tier Premium"),
        "due_8h": _("8 hours left"),
        "due_4h": _("4 hours left"),
        "due_2h": _("2 hours left"),
        "due_1h": _("1 hour left"),
        "due_30m": _("30 minutes left"),
        "late": _("Late"),
    }


@per_language
def weight_groups() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Heading, note and names of each group of the form."""
    return (
        (
            _("Time left until an answer is due"),
            _("From each step on; a step counts at least as much as the one before it."),
            ("due_8h", "due_4h", "due_2h", "due_1h", "due_30m", "late"),
        ),
        (_("What the customer says"), "", ("urgent", "complaint", "anger")),
        (_("Stars of a review"), "", ("stars_1", "stars_2", "stars_3")),
        (_("Who writes, and where"), "", ("vip", "person", "reach_3", "reach_10")),
        (
            _("The client"),
            _("A brand's tier is set on its page; Standard counts nothing."),
            ("tier_plus", "tier_premium"),
        ),
    )
