"""Saved replies that fit a case, ready to be put into the reply, and how many people were told nearly the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from agency.inbox.case import Case
from agency.replies.beginnings import Beginning, beginnings, values_for
from agency.replies.wordings import people_told_from, people_told_of_draft
from agency.web.beside_scenarios import picked_in
from agency.web.contexts_beside import CardLook
from agency.web.looks import told
from agency.web.saved_reply_words import language_name, list_url, people_words, stale_words, variable_words
from styleguides.language import base_language
from styleguides.saved_replies import SavedReplyRow
from styleguides.saved_reply_suggestions import Suggestion, suggest
from tenants.permissions import Permission

MANY = 3
"""From so many people on, the same words are worth a remark."""


@dataclass(frozen=True, kw_only=True)
class SuggestedLook:
    """One saved reply that fits."""

    id: str = told("The saved reply's id: the draft remembers it.")
    title: str = told("Its name.")
    why: str = told("The guideline that names it, or the customer's words it was found by.")
    text: str = told("Its words with what the case tells in their places: what the button puts in.")
    language: str = told("Code for `lang` of the text.")
    other_language: str = told("Its language where that is not the customer's.", default="")
    missing: tuple[tuple[str, str], ...] = told("Places nobody could fill, with what belongs there.", default=())
    people: str = told("To how many people it went lately, where these are many.", default="")
    stale: str = told("Why somebody should look at it.", default="")
    is_shared: bool = told("For every brand.", default=False)


@dataclass(frozen=True, kw_only=True)
class SavedRepliesCard:
    """What fits, best first; `beside/_saved_replies.html`."""

    items: tuple[SuggestedLook, ...] = told("Best first.", default=())
    draft: str = told("That the words of the draft went to many people lately.", default="")
    all_url: str = told("All of the brand's.")


def saved_replies_card(case: Case) -> CardLook | None:
    """None where nothing fits and the draft's words are fresh, and for who writes no replies."""
    if not case.actor.may(Permission.REPLY_WRITE):
        return None
    language = case.language or case.brand_language
    guidelines = [row for row, _picked in picked_in(case)]
    found = suggest(
        case.actor,
        case.brand_id,
        case.all_words,
        language,
        guidelines=guidelines,
        by_rules=case.offered.saved_replies,
    )
    people = people_told_of_draft(case)
    if not found and people < MANY:
        return None
    went_to = people_told_from([one.saved.id for one in found], case.brand_id)
    values: Mapping[str, str | None] = values_for(case) if found else {}
    card = SavedRepliesCard(
        items=tuple(_look(one, case, values, went_to.get(one.saved.id, 0)) for one in found),
        draft=_draft_words(people) if people >= MANY else "",
        all_url=list_url(case.brand_id),
    )
    return CardLook(name="saved_replies", heading=_("Saved replies"), look=card)


def _draft_words(people: int) -> str:
    return ngettext(
        "Nearly the words of your draft went to %(num)s other person in the last 30 days.",
        "Nearly the words of your draft went to %(num)s other people in the last 30 days.",
        people,
    )


def _look(one: Suggestion, case: Case, values: Mapping[str, str | None], people: int) -> SuggestedLook:
    begun = _variant(one.saved, beginnings(one.saved, values), case.language or case.brand_language)
    here = base_language(case.language or case.brand_language)
    said = variable_words()
    return SuggestedLook(
        id=str(one.saved.id),
        title=one.saved.title,
        why=_why(one),
        text=begun.filled.text,
        language=begun.language,
        other_language="" if base_language(begun.language) == here else language_name(begun.language),
        missing=tuple((f"{{{name}}}", said.get(name, "")) for name in begun.filled.missing),
        people=people_words(people) if people >= MANY else "",
        stale=stale_words(one.saved),
        is_shared=one.saved.brand_id is None,
    )


def _why(one: Suggestion) -> str:
    if one.rule:
        return _("by the rule “%(name)s”", name=one.rule)
    if one.guideline:
        return _("for “%(guideline)s”", guideline=one.guideline)
    return _("because of %(words)s", words=", ".join(f"“{word}”" for word in one.words))


def _variant(saved: SavedReplyRow, texts: Sequence[Beginning], language: str) -> Beginning:
    """In the customer's language; of several the one whose turn it is, so that not all customers get the same."""
    exact = [one for one in texts if one.language == language]
    near = [one for one in texts if base_language(one.language) == base_language(language)]
    fitting = exact or near or list(texts)
    return fitting[saved.uses % len(fitting)]
