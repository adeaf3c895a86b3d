"""What this brand answered before, what does not agree, and the facts that fit: ready to be put into the reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from babel.dates import format_date
from flask import url_for
from flask_babel import gettext as _

from agency.inbox.case import Case
from agency.replies.same_answer import EarlierAnswer, SameAnswer, same_answer
from agency.web import clocks
from agency.web.contexts_beside import CardLook
from agency.web.contexts_facts import FactLook
from agency.web.facts_page import fact_look
from agency.web.inbox_address import read_address
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Clock, StateLook, told
from agency.web.reply_looks import answer_words, place_words
from styleguides.differing import Contrast, Told, ValueKind
from styleguides.facts import facts_spoken_of
from tenants.permissions import Permission

LONGEST_SHOWN = 400
"""Characters of an answer that stand in the card; the case has the rest."""


@dataclass(frozen=True, kw_only=True)
class EarlierLook:
    """One earlier answer."""

    id: str = told("The reply's id: what does not agree leads here.")
    at: Clock = told("When it was sent.")
    place: str = told("Google · public answer to a review.")
    by: str = told("Who wrote it.")
    why: str = told("Why it stands here: same words: parking, Sunday.")
    question: str = told("What was asked, other people's data masked; empty where it is gone.", default="")
    text: str = told("The answer as it stands now, masked; empty where nothing stands.", default="")
    language: str = told("Code for `lang` of both.", default="")
    insert: str = told("What the button puts in; empty where nothing stands.", default="")
    state: StateLook | None = told("Where it does not stand as it was sent.", default=None)
    case_url: str = told("Its case.")
    receipt_url: str = told("Its receipt.")


@dataclass(frozen=True, kw_only=True)
class DifferingSide:
    """What the draft, or one answer, says."""

    who: str = told("Your draft, or the day: 3 November 2026.")
    said: str = told("15 zł.")
    place: str = told("Where it was said; empty for the draft.", default="")
    id: str = told("Of the answer in the list; empty for the draft.", default="")


@dataclass(frozen=True, kw_only=True)
class DifferingLook:
    """Answers, and perhaps the draft, that do not agree."""

    heading: str = told("Not the same amount.")
    sides: tuple[DifferingSide, ...] = told("The draft first, then the answers as they are listed.")


@dataclass(frozen=True, kw_only=True)
class EarlierCard:
    """`beside/_earlier.html`."""

    differing: tuple[DifferingLook, ...] = told("What does not agree.", default=())
    items: tuple[EarlierLook, ...] = told("The nearest first.", default=())
    facts: tuple[FactLook, ...] = told("Facts the customer's words speak of.", default=())
    facts_url: str = told("The fact sheet.")


def earlier_card(case: Case) -> CardLook | None:
    """None where nothing was answered before and no fact fits, and for who writes no replies."""
    if not case.actor.may(Permission.REPLY_WRITE):
        return None
    found = same_answer(case)
    facts = facts_spoken_of(case.actor, case.brand_id, case.all_words, case.language or case.brand_language)
    if not found.answers and not facts:
        return None
    zone, locale = chosen_zone(), chosen_language()
    card = EarlierCard(
        differing=tuple(_differing(one, found, zone, locale) for one in found.contrasts),
        items=tuple(_item(one, zone, locale) for one in found.answers),
        facts=tuple(fact_look(row, None) for row in facts),
        facts_url=url_for("facts_page.facts", brand_id=case.brand_id),
    )
    return CardLook(name="earlier", heading=_("Earlier answers and facts"), look=card)


def _day(at: datetime, zone: tzinfo, locale: str) -> str:
    return format_date(at.astimezone(zone).date(), "d MMM y", locale)


def _item(one: EarlierAnswer, zone: tzinfo, locale: str) -> EarlierLook:
    return EarlierLook(
        id=str(one.reply_id),
        at=clocks.moment(one.answered_at, zone, locale),
        place=answer_words(one.platform, one.kind, private=one.private),
        by=one.by_name,
        why=_why(one),
        question=one.question,
        text=one.text if len(one.text) <= LONGEST_SHOWN else one.text[: LONGEST_SHOWN - 1] + "…",
        language=one.language,
        insert=one.insert,
        state=_state(one),
        case_url=read_address().case_url(one.conversation_id),
        receipt_url=url_for("receipts.receipt", reply_id=one.receipt_id),
    )


def _why(one: EarlierAnswer) -> str:
    words = ", ".join(one.words)
    if one.same_person:
        return _("Same person, same words: %(words)s", words=words) if words else _("Same person")
    return _("Same words: %(words)s", words=words)


def _state(one: EarlierAnswer) -> StateLook | None:
    return {
        "changed": StateLook("changed", _("Changed since"), "pencil", "info"),
        "taken_back": StateLook("taken_back", _("Taken back since"), "undo", "warn"),
        "gone": StateLook("gone", _("No longer on the platform"), "ban", "warn"),
    }.get(one.standing)


def _differing(one: Contrast, found: SameAnswer, zone: tzinfo, locale: str) -> DifferingLook:
    sides = []
    for place, told_values in one.sides:
        said = _said(one.kind, told_values)
        if place == 0:
            sides.append(DifferingSide(who=_("You write"), said=said))
            continue
        answer = found.answers[place - 1]
        sides.append(
            DifferingSide(
                who=_day(answer.answered_at, zone, locale),
                said=said,
                place=place_words(answer.platform, answer.kind),
                id=str(answer.reply_id),
            )
        )
    return DifferingLook(heading=_headings()[one.kind], sides=tuple(sides))


def _headings() -> dict[ValueKind, str]:
    return {
        "yes_no": _("Yes here, no there"),
        "amount": _("Not the same amount"),
        "hours": _("Not the same hours"),
        "span": _("Not the same length of time"),
        "day": _("Not the same day"),
    }


def _said(kind: ValueKind, values: Sequence[Told]) -> str:
    said = ", ".join(one.said for one in values)
    if kind != "yes_no":
        return said
    answer = _("yes") if values[0].value == "yes" else _("no")
    return _("%(answer)s: “%(said)s”", answer=answer, said=said)
