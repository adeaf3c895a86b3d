"""An invented quiz for `/parts`: the list, an open one, one handed in, who passed."""

from __future__ import annotations

from agency.web import parts_samples as sample
from agency.web.contexts import RuleLook
from agency.web.contexts_quiz import (
    OptionLook,
    QuestionLook,
    QuizGateLook,
    QuizPage,
    QuizPeoplePage,
    QuizPersonRow,
    QuizRow,
    QuizzesPage,
)
from agency.web.looks import Notice
from agency.web.quiz_looks import quiz_states

HOSTILE = "<b>mallory</b> {{7*7}} " + "Dampfschifffahrtsgesellschaft" * 6


def quizzes() -> QuizzesPage:
    """The list as a lead has it, the gate on."""
    states, (first, second, *_rest) = quiz_states(), sample.brands()
    return QuizzesPage(
        rows=(
            QuizRow(
                first,
                states["passed"],
                "Guide version 4",
                sample.ago(hours=3),
                "#",
                "Look at it",
                "5 people passed",
                "#",
            ),
            QuizRow(
                second,
                states["anew"],
                "You passed version 3; version 4 is in force now.",
                None,
                "#",
                "Take the quiz",
                "1 person passed",
                "#",
            ),
        ),
        next_url="#",
        gate=QuizGateLook(True, "#", (("Team lead", "writes the guides and answers for them"),)),
        notice=Notice("warn", "For 1 of the brands below you cannot publish without a yes yet."),
    )


def quiz(kind: str = "") -> QuizPage:
    """The open one with an answer missing; `told` for one handed in; `none` for a guide that has nothing to ask."""
    states = quiz_states()
    code = {"told": "failed", "none": "nothing"}.get(kind, "open")
    return QuizPage(
        brand=sample.brands()[1],
        version=4,
        back_url="#",
        guide_url="#",
        people_url="#",
        state=states[code],
        notice=Notice("warn", "Not passed yet.", "1 of 2 right. 2 are needed.", "Read what is below, then try again.")
        if kind == "told"
        else None,
        begin_url="#" if kind == "told" else "",
        begin_label="Try again with other questions",
        answer_url="" if kind else "#",
        try_number=2,
        questions=() if kind == "none" else _questions(told=kind == "told"),
        needed=2,
        to_read=(("Words to avoid", HOSTILE, "#"),) if kind == "told" else (),
    )


def _questions(*, told: bool) -> tuple[QuestionLook, ...]:
    rule = RuleLook(
        id="calm", kind="Exclamation marks", level="warn", summary="At most 1.", reason="Calm.", good=("Dziękujemy!",)
    )
    return (
        QuestionLook(
            name="q0",
            number=1,
            asks="Which rule does this break?",
            where="Google · answer to a review · 2 stars",
            text="Dziękujemy!!! " + HOSTILE,
            language="pl",
            is_case=True,
            options=(
                OptionLook("0", "At most 1 exclamation mark.", "Exclamation marks", "1", chosen=told, right=told),
                OptionLook("1", HOSTILE, "Words to avoid", "2"),
            ),
            is_right=told,
            rule=rule if told else None,
            finding="Wykrzykniki: 3, dozwolone: 1." if told else "",
            reader_finding="Exclamation marks: 3, allowed: 1." if told else "",
        ),
        QuestionLook(
            name="q1",
            number=2,
            asks="Which of these two may go out?",
            where="",
            text="",
            language="pl",
            is_case=False,
            options=(
                OptionLook("0", "Zgodnie z regulaminem cisza jest od 22.", "", "1", chosen=told),
                OptionLook("1", "Cisza nocna jest po to, by dzieci mogły zasnąć.", "", "2", right=told),
            ),
            error="" if told else "Choose an answer.",
            rule=rule if told else None,
        ),
    )


def people() -> QuizPeoplePage:
    """Who passed: one did, one did not, one has yet to begin."""
    states = quiz_states()
    return QuizPeoplePage(
        brand=sample.brands()[1],
        version=4,
        back_url="#",
        rows=(
            QuizPersonRow("Ana Nowak", "Staff", states["passed"], 2, "9 of 10 right", sample.ago(hours=3), "Version 3"),
            QuizPersonRow(HOSTILE, "Staff", states["failed"], 1, "5 of 10 right", sample.ago(minutes=5), ""),
            QuizPersonRow("Marek Lis", "Team lead", states["todo"], 0, "", None, ""),
        ),
        next_url="#",
    )
