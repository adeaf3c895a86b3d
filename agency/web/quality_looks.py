"""The words and small pieces that the quality pages share."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from babel.dates import format_date
from flask import url_for
from flask_babel import gettext as _

from agency.training.models import Judgement
from agency.training.quality import QUESTIONS
from agency.web import clocks
from agency.web.contexts_quality import AnswerLook, EarlierLook, JudgementLook
from agency.web.language import chosen_language, chosen_zone, per_language
from agency.web.looks import Choice, StateLook
from styleguides.masking import masked
from tenants.permissions import Actor, Permission

EXCERPT_CHARACTERS = 140


@per_language
def question_words() -> dict[str, str]:
    """Each question in full."""
    return {
        "friendly": _("Is it friendly?"),
        "solves": _("Does it solve the matter?"),
        "personal": _("Is it personal?"),
    }


@per_language
def question_help() -> dict[str, str]:
    """What each question means."""
    return {
        "friendly": _("Warm and polite in tone, blaming nobody."),
        "solves": _("It answers what was asked, or says what happens next."),
        "personal": _("Written for this person and this case, not a form letter."),
    }


@per_language
def answer_looks() -> dict[str, StateLook]:
    """Yes, partly, no: word, icon, colour."""
    return {
        "yes": StateLook("yes", _("Yes"), "check", "good"),
        "partly": StateLook("partly", _("Partly"), "half", "warn"),
        "no": StateLook("no", _("No"), "cross", "bad"),
    }


def quality_tabs(actor: Actor, here: str) -> tuple[Choice, ...]:
    """Where a lead may go; others have one page only and no tabs."""
    if not actor.may(Permission.QUALITY_JUDGE):
        return ()
    places = (
        ("quality.quality", _("Sample")),
        ("quality_results.trends", _("Over time")),
        ("reading_page.reading", _("How well do we read?")),
        ("quality_results.mine", _("My own replies")),
    )
    return tuple(Choice(label, url_for(endpoint), selected=endpoint == here) for endpoint, label in places)


def week_words(first: date, last: date | None = None) -> str:
    """From the Monday of one week to the Sunday of the same, or of another: 9 Nov – 15 Nov 2026."""
    end, locale = (last or first) + timedelta(days=6), chosen_language()
    begins = "d MMM" if first.year == end.year else "d MMM y"
    return f"{format_date(first, begins, locale=locale)} – {format_date(end, 'd MMM y', locale=locale)}"


def excerpt(text: str) -> str:
    """The beginning of a customer's words, masked, on one line."""
    line = masked(" ".join(text[: EXCERPT_CHARACTERS * 4].split()))
    return line if len(line) <= EXCERPT_CHARACTERS else line[: EXCERPT_CHARACTERS - 1] + "…"


def judgement_look(held: Judgement) -> JudgementLook:
    """A judgement for reading, with what it said before."""
    zone, locale = chosen_zone(), chosen_language()
    return JudgementLook(
        judge=held.judge_name,
        at=clocks.moment(held.judged_at, zone, locale),
        answers=_answers({question: getattr(held, question) for question in QUESTIONS}),
        note=held.note,
        is_erased=held.erased_at is not None,
        earlier=tuple(
            EarlierLook(
                at=clocks.moment(datetime.fromisoformat(one["at"]).astimezone(UTC), zone, locale).words
                if "at" in one
                else "",
                answers=_answers(one),
                note=one["note"],
            )
            for one in held.earlier
        ),
    )


def _answers(given: dict[str, str]) -> tuple[AnswerLook, ...]:
    words, looks = question_words(), answer_looks()
    return tuple(AnswerLook(question=words[question], answer=looks[given[question]]) for question in QUESTIONS)
