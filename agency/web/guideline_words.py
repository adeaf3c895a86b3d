"""A guideline in plain words: when it applies, what may be offered, where, who has the last word."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import ngettext

from agency.web.guide_words import language_word
from agency.web.reply_looks import platform_word
from styleguides.models import Guideline
from styleguides.scenarios import Reason


def amount(cents: int | None) -> str:
    """20.00; empty for none."""
    return "" if cents is None else f"{Decimal(cents) / 100:.2f}"


def offer_words(cents: int | None, currency: str | None) -> str:
    """What may be offered at most: 20.00 EUR; empty for nothing said."""
    return f"{amount(cents)} {currency or ''}".strip() if cents is not None else ""


def visibility_words() -> dict[str, str]:
    """Where an answer stands."""
    return {"both": _("In public and in private"), "public": _("In public"), "private": _("In private")}


def final_by_words() -> dict[str, str]:
    """Who has the last word."""
    return {"staff": _("Whoever answers"), "team_lead": _("A team lead"), "client_owner": _("The client")}


def case_kind_words() -> dict[str, str]:
    """What a case may be."""
    return {
        "urgent": _("sounds urgent"),
        "complaint": _("sounds like a complaint"),
        "question": _("asks something"),
        "praise": _("is praise"),
    }


def kind_words() -> dict[str, str]:
    """Where the customer wrote."""
    return {
        "comment": _("comment"),
        "review": _("review"),
        "post": _("visitor's post"),
        "mention": _("mention"),
        "message": _("direct message"),
    }


def star_words(least: int | None, most: int | None) -> str:
    """A range of stars; empty for none."""
    if least is None and most is None:
        return ""
    least, most = least or 1, most or 5
    if least == most:
        return ngettext("%(num)s star", "%(num)s stars", least)
    if least == 1:
        return ngettext("%(num)s star or fewer", "%(num)s stars or fewer", most)
    if most == 5:
        return ngettext("%(num)s star or more", "%(num)s stars or more", least)
    return _("%(least)s to %(most)s stars", least=least, most=most)


def quoted(words: Iterable[object]) -> str:
    """Words in a row, each in its marks."""
    return ", ".join(_("“%(words)s”", words=word) for word in words)


def when_words(row: Guideline) -> tuple[str, ...]:
    """The conditions of a guideline, one a line; none where only its title finds it."""
    case_kinds, kinds = case_kind_words(), kind_words()
    found = (
        _("says %(words)s", words=quoted(row.words)) if row.words else "",
        star_words(row.min_stars, row.max_stars),
        _listed(case_kinds[one] for one in row.case_kinds),
        _listed(kinds[one] for one in row.kinds),
        _listed(platform_word(one) for one in row.platforms),
        _listed(language_word(one) for one in row.languages),
    )
    return tuple(one for one in found if one)


def reason_words(reason: Reason) -> str:
    """Why a guideline was picked, in a few words."""
    found = reason.found
    match reason.part:
        case "words":
            return _("says %(words)s", words=quoted(found))
        case "title":
            return _("says %(words)s, as the title does", words=quoted(found))
        case "stars":
            return star_words(*(int(end) if end else None for end in found))
        case "case":
            return _listed(case_kind_words()[one] for one in found)
        case "kind":
            return kind_words()[found[0]]
        case "platform":
            return platform_word(found[0])
        case _:
            return language_word(found[0])


def _listed(words: Iterable[str]) -> str:
    return " / ".join(words)
