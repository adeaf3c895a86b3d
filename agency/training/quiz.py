"""Quizzes on a brand's guide: begin one, hand it in, and what came of it. Flushes, never commits."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from agency.training.quiz_cases import cases_of
from styleguides import guides
from styleguides.guide_difference import RuleChange, rule_changes
from styleguides.guides import GuideInForce
from styleguides.models import GuideQuiz
from styleguides.quiz import (
    Question,
    count_right,
    make_quiz,
    needed,
    questions_from_data,
    questions_to_data,
)
from styleguides.quiz_gate import has_questions
from styleguides.rules_in_use import compiled_rules
from tenants import clock
from tenants.audit import record
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid
from tenants.permissions import Actor, Permission, require

MOST_KEPT: Final = 500
"""Keys of questions asked before that are remembered, newest last."""


class Standing(NamedTuple):
    """Where one person stands with one brand's guide.

    `guide` is what is in force, None where nothing is; `can_ask` whether its quiz has questions. `quiz` is this
    person's row for it, `before` the newest other version they passed, `changes` what is new since that one.
    """

    guide: GuideInForce | None
    brand_language: str
    can_ask: bool
    quiz: GuideQuiz | None
    before: int | None
    changes: tuple[RuleChange, ...]


def standing_of(actor: Actor, brand_id: UUID) -> Standing:
    """Three statements at most. Raises NotFound, Forbidden."""
    require(actor, Permission.REPLY_WRITE, brand_id)
    guide, language = guides.guide_and_language(brand_id)
    if guide is None:
        return Standing(None, language, False, None, None, ())
    rows = db.session.scalars(
        select(GuideQuiz)
        .where(GuideQuiz.brand_id == brand_id, GuideQuiz.person_id == actor.user_id)
        .order_by(GuideQuiz.passed_at.desc().nulls_last())
    ).all()
    quiz = next((row for row in rows if row.version_id == guide.version_id), None)
    passed = next((row for row in rows if row.passed_at is not None and row is not quiz), None)
    changes = rule_changes(compiled_rules(passed.version_id).rules, guide.rules) if passed is not None else ()
    return Standing(
        guide,
        language,
        has_questions(guide.version_id, language),
        quiz,
        passed.version_number if passed is not None else None,
        changes,
    )


def begin(actor: Actor, brand_id: UUID) -> GuideQuiz:
    """A quiz on the version in force; the open one where there is one, so a second click changes nothing.

    Asks first about rules that are new since the version this person passed last, and what they were not asked before.
    Raises Conflict `nothing_to_ask`, NotFound, Forbidden.
    """
    standing = standing_of(actor, brand_id)
    guide = standing.guide
    if guide is None or not standing.can_ask:
        raise Conflict(
            "This guide has nothing to ask yet: no rule has examples that a quiz could be made of. "
            "Nothing is kept from you. Look again when the guide has grown.",
            code="nothing_to_ask",
        )
    db.session.execute(
        insert(GuideQuiz)
        .values(
            agency_id=actor.agency_id,
            id=new_id(),
            brand_id=brand_id,
            person_id=actor.user_id,
            version_id=guide.version_id,
            version_number=guide.number,
        )
        .on_conflict_do_nothing(index_elements=["agency_id", "brand_id", "person_id", "version_id"])
    )
    quiz = _locked(actor, brand_id, guide.number)
    if quiz.questions and quiz.finished_at is None:
        return quiz
    quiz.seed = secrets.randbits(62)
    first = {change.rule.id for change in standing.changes if change.after is not None}
    questions = make_quiz(
        guide.compiled,
        standing.brand_language,
        quiz.seed,
        first=first,
        asked=frozenset(quiz.asked),
        cases=cases_of(brand_id, but_of=actor.user_id),
    )
    if not questions:  # of thousands of rules, a sample that shows nothing: the one that showed there is something
        quiz.seed = 0
        questions = make_quiz(guide.compiled, standing.brand_language, 0)
    quiz.questions = questions_to_data(questions)
    quiz.answers, quiz.right_count, quiz.finished_at = [], 0, None
    quiz.asked = [*dict.fromkeys([*quiz.asked, *(one.key for one in questions)])][-MOST_KEPT:]
    db.session.flush()
    record(
        actor, "quiz.begun", "guide_quiz", quiz.id, brand_id=brand_id, version=guide.number, questions=len(questions)
    )
    return quiz


def hand_in(
    actor: Actor, brand_id: UUID, version_number: int, try_number: int, answers: Sequence[int | None]
) -> GuideQuiz:
    """Hand in the try whose form was filled; handed in before, it stays as it was.

    Raises Conflict `guide_changed` where another version is in force by now, `quiz_changed` for a try that is not the
    open one; Invalid `unanswered` with the places of questions left open; NotFound, Forbidden.
    """
    require(actor, Permission.REPLY_WRITE, brand_id)
    quiz = _locked(actor, brand_id, version_number)
    if 0 < try_number <= quiz.tries:
        return quiz
    guide = guides.version_in_force(brand_id)
    if guide is None or guide.version_id != quiz.version_id:
        raise Conflict(
            "Another version of this guide came in force while you answered. Nothing was counted. "
            "Begin the quiz on what is in force now.",
            code="guide_changed",
        )
    if quiz.finished_at is not None or not quiz.questions or try_number != quiz.tries + 1:
        raise Conflict("This is not the quiz you have open. Nothing was counted. Begin it again.", code="quiz_changed")
    questions = questions_of(quiz)
    given = [_answer(question, answers, place) for place, question in enumerate(questions)]
    missing = [place for place, answer in enumerate(given) if answer is None]
    if missing:
        raise Invalid(
            "Some questions have no answer yet. What you chose is still chosen. Answer the ones that are marked.",
            code="unanswered",
            places=missing,
        )
    moment = clock.now()
    quiz.answers, quiz.right_count = given, count_right(questions, given)
    quiz.tries, quiz.finished_at = quiz.tries + 1, moment
    passed = quiz.right_count >= needed(len(questions))
    if passed and quiz.passed_at is None:
        quiz.passed_at = moment
    db.session.flush()
    record(
        actor,
        "quiz.passed" if passed else "quiz.failed",
        "guide_quiz",
        quiz.id,
        brand_id=brand_id,
        version=quiz.version_number,
        right=quiz.right_count,
        questions=len(questions),
        tries=quiz.tries,
    )
    return quiz


def questions_of(quiz: GuideQuiz) -> tuple[Question, ...]:
    """What it asks, in order."""
    return questions_from_data(quiz.questions)


def is_passed(quiz: GuideQuiz) -> bool:
    """Whether this very try, handed in, is a pass; `passed_at` tells of any."""
    return quiz.finished_at is not None and quiz.right_count >= needed(len(quiz.questions))


def _answer(question: Question, answers: Sequence[int | None], place: int) -> int | None:
    answer = answers[place] if place < len(answers) else None
    return answer if answer is not None and 0 <= answer < len(question.options) else None


def _locked(actor: Actor, brand_id: UUID, version_number: int) -> GuideQuiz:
    quiz = db.session.execute(
        select(GuideQuiz)
        .where(
            GuideQuiz.brand_id == brand_id,
            GuideQuiz.person_id == actor.user_id,
            GuideQuiz.version_number == version_number,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if quiz is None:
        raise Conflict("This is not the quiz you have open. Nothing was counted. Begin it again.", code="quiz_changed")
    return quiz
