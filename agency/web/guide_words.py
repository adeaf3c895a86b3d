"""A style rule in plain words: its kind, what it asks in one sentence, where it holds, its examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from babel import Locale, UnknownLocaleError
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.web.contexts import RuleLook
from agency.web.language import spelling
from agency.web.reply_looks import platform_word
from styleguides.rules import (
    Address,
    Banned,
    Capitals,
    EmojiBudget,
    Empathy,
    Example,
    ExclamationBudget,
    Greeting,
    Hashtags,
    Length,
    Links,
    NeedsApproval,
    Negative,
    NoPersonalData,
    OtherBrands,
    Preferred,
    Promises,
    Required,
    Rule,
    SalesTalk,
    SentenceLength,
    SignOff,
    Unedited,
)

MOST_LISTED = 12
"""Phrases of a rule named in its sentence; a list of hundreds is read in the editor."""


def kind_words() -> dict[str, str]:
    """What each kind of rule is called."""
    return {
        "banned": _("Words to avoid"),
        "preferred": _("Words to prefer"),
        "required": _("Words that must be there"),
        "greeting": _("Greeting"),
        "sign_off": _("Sign-off"),
        "length": _("Length"),
        "emoji": _("Emoji"),
        "exclamation": _("Exclamation marks"),
        "sentence_length": _("Sentence length"),
        "empathy": _("Empathy line"),
        "links": _("Links"),
        "capitals": _("Capitals"),
        "personal_data": _("Personal data"),
        "address": _("Form of address"),
        "hashtags": _("Hashtags"),
        "negative": _("Said positively"),
        "sales_talk": _("Sales talk"),
        "promises": _("Promises"),
        "needs_approval": _("Words that need a yes"),
        "unedited": _("Saved reply made one's own"),
        "other_brands": _("Other brands' names"),
    }


def rule_look(rule: Rule, *, most_listed: int = MOST_LISTED) -> RuleLook:
    """One rule as people read it; of a list of phrases `most_listed` are named."""
    return RuleLook(
        id=rule.id,
        kind=kind_words().get(rule.kind, rule.kind),
        level=rule.level,
        summary=summary_of(rule, most_listed=most_listed),
        reason=rule.reason,
        good=_example(rule.good),
        bad=_example(rule.bad),
        where=_where(rule),
    )


def language_word(code: str) -> str:
    """A language's name in the reader's language; the code where nobody knows it."""
    try:
        return Locale.parse(code, sep="-").get_display_name(spelling()) or code
    except (UnknownLocaleError, ValueError):
        return code


def summary_of(rule: Rule, *, most_listed: int = MOST_LISTED) -> str:
    """What the rule asks."""

    def listed(words: Sequence[str]) -> str:
        return _list(words, most_listed)

    match rule:
        case Banned():
            said = _("Do not write %(words)s", words=listed(rule.phrases)) + _forms(rule.match)
            return " ".join((said, _("Instead: %(words)s.", words=rule.suggestion))) if rule.suggestion else said
        case Preferred():
            words = listed(rule.instead_of)
            return _("Write “%(use)s” instead of %(words)s", use=rule.use, words=words) + _forms(rule.match)
        case Required():
            return _("One of these must be there: %(words)s", words=listed(rule.any_of)) + _forms(rule.match)
        case Greeting():
            return _greeting(rule, listed)
        case SignOff():
            return _("End with %(words)s", words=listed(rule.any_of)) + "."
        case Empathy():
            return _empathy(rule, listed)
        case Address() | Negative() | SalesTalk() | Promises() | NeedsApproval() | Unedited() | OtherBrands():
            return _manner(rule, listed)
        case _:
            return _measure(rule)


def _manner(rule: Rule, listed: Callable[[Sequence[str]], str]) -> str:
    match rule:
        case Address():
            parts = [
                {
                    "formal": _(
                        "Speak to customers formally: Pan, Pani, usted, o senhor; English without contractions."
                    ),
                    "informal": _("Speak to customers as a friend: ty, tú, tu; everyday English."),
                    "voce": _("Say você to customers, neither tu nor o senhor."),
                }[rule.form]
            ]
        case Negative():
            parts = [_("Say what is possible, not what is not.")]
        case SalesTalk():
            parts = [_("Do not sell to somebody who complains.")]
            if rule.phrases:
                parts.append(_("Also not: %(words)s.", words=listed(rule.phrases)))
        case Promises():
            parts = [
                _("Promise nothing that may not be kept, and no times.")
                if rule.dated
                else _("Promise nothing that may not be kept.")
            ]
            if rule.phrases:
                parts.append(_("Also not: %(words)s.", words=listed(rule.phrases)))
        case NeedsApproval():
            parts = [_("Only after the client's yes: %(words)s", words=listed(rule.phrases)) + _forms(rule.match)]
        case Unedited():
            parts = [
                _("In answers to complaints, a saved reply is made one's own.")
                if rule.only_complaints
                else _("A saved reply is made one's own.")
            ]
        case _:
            parts = [_("No names, addresses or numbers of the agency's other brands.")]
    allowed = getattr(rule, "allowed", ())
    if allowed:
        parts.append(_("Allowed: %(words)s.", words=listed(allowed)))
    return " ".join(parts)


def _measure(rule: Rule) -> str:
    match rule:
        case Length():
            parts = []
            if rule.min_characters is not None:
                parts.append(
                    ngettext("At least %(num)s character.", "At least %(num)s characters.", rule.min_characters)
                )
            if rule.max_characters is not None:
                parts.append(ngettext("At most %(num)s character.", "At most %(num)s characters.", rule.max_characters))
            if rule.max_reading_seconds is not None:
                parts.append(_("Read in at most %(n)s seconds.", n=rule.max_reading_seconds))
            return " ".join(parts)
        case EmojiBudget():
            return _("No emoji.") if not rule.max_count else _("At most %(n)s emoji in a reply.", n=rule.max_count)
        case ExclamationBudget():
            return (
                ngettext("At most %(num)s exclamation mark.", "At most %(num)s exclamation marks.", rule.max_count)
                if rule.max_count
                else _("No exclamation marks.")
            )
        case SentenceLength():
            return ngettext(
                "No sentence longer than %(num)s word.", "No sentence longer than %(num)s words.", rule.max_words
            )
        case Links():
            parts = []
            if rule.max_count is not None:
                parts.append(
                    ngettext("At most %(num)s link.", "At most %(num)s links.", rule.max_count)
                    if rule.max_count
                    else _("No links.")
                )
            if rule.allowed_domains:
                parts.append(_("Only to %(domains)s.", domains=", ".join(rule.allowed_domains[:MOST_LISTED])))
            return " ".join(parts)
        case Hashtags():
            parts = []
            if rule.max_count is not None:
                parts.append(
                    ngettext("At most %(num)s hashtag.", "At most %(num)s hashtags.", rule.max_count)
                    if rule.max_count
                    else _("No hashtags.")
                )
            if rule.allowed:
                parts.append(_("Allowed: %(words)s.", words=_list(rule.allowed)))
            return " ".join(parts)
        case Capitals():
            said = _("No words in capitals of %(n)s letters or more.", n=rule.min_letters)
            return " ".join((said, _("Allowed: %(words)s.", words=_list(rule.allowed)))) if rule.allowed else said
        case NoPersonalData():
            return _personal_data(rule)
        case _:
            return ""


def _personal_data(rule: NoPersonalData) -> str:
    sorts = {
        "email": _("e-mail addresses"),
        "phone": _("phone numbers"),
        "card": _("card numbers"),
        "bank_account": _("bank accounts"),
        "national_id": _("identity numbers"),
        "order": _("order numbers"),
        "health": _("somebody's health"),
    }
    what = ", ".join(words for sort, words in sorts.items() if not rule.sorts or sort in rule.sorts)
    where = _("Never where everybody reads it: %(what)s.", what=what)
    if rule.kinds:
        where = _("Never: %(what)s.", what=what)
    return " ".join((where, _("Allowed: %(words)s.", words=_list(rule.allowed)))) if rule.allowed else where


def _greeting(rule: Greeting, listed: Callable[[Sequence[str]], str]) -> str:
    parts = [_("Begin with %(words)s", words=listed(rule.any_of)) + "."] if rule.any_of else []
    names = {
        "required": _("Greet customers by their first name where it is known."),
        "never": _("Do not greet customers by name."),
    }
    if rule.name in names:
        parts.append(names[rule.name])
    return " ".join(parts)


def _empathy(rule: Empathy, listed: Callable[[Sequence[str]], str]) -> str:
    when = _("complaints") if rule.on_complaints else ""
    if rule.max_stars:
        stars = ngettext("reviews of %(num)s star", "reviews of up to %(num)s stars", rule.max_stars)
        when = _("%(stars)s and complaints", stars=stars) if rule.on_complaints else stars
    return _(
        "In answers to %(when)s, show understanding and do not blame the customer, for example: %(words)s.",
        when=when,
        words=listed(rule.any_of),
    )


def _forms(match: str) -> str:
    return {
        "inflected": _(", in any of their forms."),
        "exact": _(", in just these forms."),
        "case": _(", written just like this."),
    }.get(match, ".")


def _list(words: Sequence[str], most: int = MOST_LISTED) -> str:
    shown = ", ".join(_("“%(words)s”", words=word) for word in words[:most])
    rest = len(words) - most
    return shown + ngettext(" and %(num)s more", " and %(num)s more", rest) if rest > 0 else shown


def _example(example: Example | None) -> tuple[str, ...]:
    return (example.text,) if example is not None else ()


def _where(rule: Rule) -> str:
    kinds = {"comment": _("comments"), "review": _("reviews"), "message": _("messages")}
    parts = (
        ", ".join(language_word(code) for code in rule.languages),
        ", ".join(platform_word(platform) for platform in rule.platforms),
        ", ".join(kinds.get(kind, kind) for kind in rule.kinds),
    )
    return " · ".join(part for part in parts if part)
