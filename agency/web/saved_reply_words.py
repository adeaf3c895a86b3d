"""Saved replies in words: uses, freshness, languages, what fills a place."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.web.language import chosen_language, spelling
from styleguides.saved_replies import SavedReplyRow


def list_url(brand_id: UUID) -> str:
    """The saved replies of one brand."""
    return url_for("saved_replies_page.saved_replies", brand=brand_id)


def variable_words() -> dict[str, str]:
    """What fills each place in braces."""
    return {
        "customer_name": _("The customer's first name, where the platform shows one."),
        "order": _("The order number they wrote."),
        "location": _("The Google location that was reviewed."),
        "brand": _("The brand's name."),
        "my_name": _("The first name of whoever answers."),
    }


def stale_words(row: SavedReplyRow) -> str:
    """That somebody should look whether it is still true; empty while it is fresh."""
    if not row.is_stale or row.review_by is None:
        return ""
    return _("Should have been looked at by %(day)s", day=day_words(row.review_by))


def uses_words(row: SavedReplyRow) -> str:
    """How often it was sent."""
    return ngettext("Sent %(num)s time", "Sent %(num)s times", row.uses) if row.uses else _("Not used yet")


def language_name(code: str) -> str:
    """A language in the reader's own, with its country; the code where nobody knows it."""
    try:
        return Locale.parse(code, sep="-").get_display_name(spelling()) or code
    except (UnknownLocaleError, ValueError):
        return code


def people_words(people: int) -> str:
    """To how many people a wording went."""
    return ngettext("Went to %(num)s person in the last 30 days", "Went to %(num)s people in the last 30 days", people)


def day_words(day: date) -> str:
    """A day in the reader's language."""
    return format_date(day, "d MMM y", locale=chosen_language())
