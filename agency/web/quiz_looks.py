"""How a quiz is shown: its questions while it is open, with what is right once it was handed in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.training.quiz import Standing
from agency.web.contexts_quiz import OptionLook, QuestionLook
from agency.web.guide_words import rule_look
from agency.web.language import chosen_language, per_language
from agency.web.looks import StateLook
from agency.web.reply_looks import platform_word
from styleguides.check import check_text
from styleguides.quiz import Question, context_of
from styleguides.rule_kinds import Example, Rule


@per_language
def quiz_states() -> dict[str, StateLook]:
    """How far somebody is with a guide's quiz: word, icon, colour."""
    return {
        "none": StateLook("none", _("No style guide yet"), "circle", "plain"),
        "nothing": StateLook("nothing", _("Nothing to ask yet"), "circle", "plain"),
        "todo": StateLook("todo", _("Not taken yet"), "circle", "plain"),
        "anew": StateLook("anew", _("Asked anew"), "alert", "warn"),
        "open": StateLook("open", _("Begun"), "pencil", "info"),
        "failed": StateLook("failed", _("Not passed yet"), "alert", "warn"),
        "passed": StateLook("passed", _("Passed"), "check", "good"),
    }


def state_code(
    *, has_guide: bool, can_ask: bool, passed: bool, is_open: bool, tries: int, passed_before: int | None
) -> str:
    """The one of `quiz_states` that fits."""
    if not has_guide:
        return "none"
    if passed:
        return "passed"
    if is_open:
        return "open"
    if tries:
        return "failed"
    if not can_ask:
        return "nothing"
    return "anew" if passed_before is not None else "todo"


def question_looks(
    standing: Standing,
    questions: Sequence[Question],
    answers: Mapping[int, int | None],
    *,
    told: bool,
    missing: Collection[int] = (),
) -> tuple[QuestionLook, ...]:
    """The questions in order. Without `told` nothing says which options are right."""
    assert standing.guide is not None
    rules = {rule.id: rule for rule in standing.guide.rules}
    return tuple(
        _question(standing, question, place, answers.get(place), rules, told=told, is_missing=place in missing)
        for place, question in enumerate(questions)
    )


def _question(
    standing: Standing,
    question: Question,
    place: int,
    answer: int | None,
    rules: Mapping[str, Rule],
    *,
    told: bool,
    is_missing: bool,
) -> QuestionLook:
    is_rules = question.kind == "which_rule"
    options = []
    for at, option in enumerate(question.options):
        look = rule_look(rules[option]) if is_rules else None
        options.append(
            OptionLook(
                value=str(at),
                words=look.summary if look else option,
                label=look.kind if look else "",
                key=str(at + 1),
                chosen=answer == at,
                right=told and at in question.right,
            )
        )
    finding, reader_finding = _said(standing, question) if told else ("", "")
    return QuestionLook(
        name=f"q{place}",
        number=place + 1,
        asks=_asked(question),
        where=_where(question.shown),
        text=question.shown.text,
        language=question.shown.language or standing.brand_language,
        is_case=question.case,
        options=tuple(options),
        error=_("Choose an answer.") if is_missing else "",
        is_right=told and answer in question.right,
        rule=rule_look(rules[question.rule]) if told else None,
        finding=finding,
        reader_finding=reader_finding,
    )


def _asked(question: Question) -> str:
    return {
        "which_rule": _("Which rule does this break?"),
        "which_goes": _("Which of these two may go out?"),
        "which_passage": _("Which of these two passages keeps the style guide?"),
        "which_rewrite": _("How does this brand put it?"),
    }[question.kind]


def _where(shown: Example) -> str:
    kinds = {
        "comment": _("answer to a comment"),
        "review": _("answer to a review"),
        "message": _("direct message"),
    }
    parts = [platform_word(shown.platform)] if shown.platform else []
    if shown.kind in kinds:
        parts.append(kinds[shown.kind])
    if shown.stars is not None:
        parts.append(ngettext("%(num)s star", "%(num)s stars", shown.stars))
    if shown.complaint:
        parts.append(_("the customer complains"))
    if shown.customer_name:
        parts.append(_("the customer is called %(name)s", name=shown.customer_name))
    return " · ".join(parts)


def _said(standing: Standing, question: Question) -> tuple[str, str]:
    """What the checker says of what breaks the rule: in the language of the text, and in the reader's."""
    assert standing.guide is not None
    wrong = next(option for at, option in enumerate(question.options) if at not in question.right)
    text = question.shown.text or wrong
    context = context_of(question.shown, standing.brand_language, chosen_language())
    found = check_text(standing.guide.compiled, text, context)
    one = next((one for one in found if one.rule == question.rule), None)
    return (one.message, one.reader_message or "") if one is not None else ("", "")


def missed_rules(brand_id: object, questions: Sequence[QuestionLook]) -> tuple[tuple[str, str, str], ...]:
    """What to read: each rule that was answered wrong, once."""
    missed = {look.rule.id: look.rule for look in questions if look.rule is not None and not look.is_right}
    return tuple(
        (rule.kind, rule.summary, url_for("guide.guide", brand_id=brand_id) + f"#rule-{rule.id}")
        for rule in missed.values()
    )
