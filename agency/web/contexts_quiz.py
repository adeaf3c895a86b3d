"""Contexts of the quiz pages. Import them from here; the templates are in `quiz/`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.contexts_rooms import RuleLook
from agency.web.contexts_setup import RuleChange
from agency.web.looks import BrandLook, Clock, Notice, StateLook, told


@dataclass(frozen=True, slots=True)
class QuizRow:
    """One of a person's brands and how far they are with its guide."""

    brand: BrandLook = told("Which.")
    state: StateLook = told("Passed, Asked anew, Not passed yet, …")
    words: str = told("You passed version 3; version 4 is in force now.")
    passed_at: Clock | None = told("When what is in force was passed.")
    url: str = told("Its quiz; empty where there is nothing to ask.")
    label: str = told("What the link says: Take the quiz, Look at it.")
    people_words: str = told("5 people passed; empty for who may not know.")
    people_url: str = told("Who they are; empty for who may not know.")


@dataclass(frozen=True, slots=True)
class QuizGateLook:
    """Whether the agency asks for passes. Posts to `url`: `on` = 1 | 0."""

    on: bool = told("It does.")
    url: str = told("Changes it; empty for who may not.")
    exempt: tuple[tuple[str, str], ...] = told("Role and why it needs none.")


@dataclass(frozen=True, kw_only=True)
class QuizzesPage:
    """A person's quizzes, `quiz/page.html`."""

    rows: tuple[QuizRow, ...] = told("By the brand's name.")
    next_url: str = told("The next 50.", default="")
    gate: QuizGateLook = told("What a pass decides here.")
    notice: Notice | None = told("That this very person is kept from sending somewhere.", default=None)


@dataclass(frozen=True, slots=True)
class OptionLook:
    """One answer to choose."""

    value: str = told("What is posted: its place, from 0.")
    words: str = told("What it says.")
    label: str = told("What stands before it: a rule's kind; empty for a text.", default="")
    key: str = told("The digit that chooses it.", default="")
    chosen: bool = told("Was chosen.", default=False)
    right: bool = told("Is accepted; told only once the quiz is handed in.", default=False)


@dataclass(frozen=True, slots=True)
class QuestionLook:
    """One question, with its answer once the quiz is handed in."""

    name: str = told("Of its form field.")
    number: int = told("From 1.")
    asks: str = told("Which rule does this break?")
    where: str = told("Google · review · 2 stars.")
    text: str = told("The words it is about; empty where the options are all there is to read.")
    language: str = told("`lang` of the texts.")
    is_case: bool = told("Somebody once wrote it.")
    options: tuple[OptionLook, ...] = told("Two to four.")
    error: str = told("It has no answer yet.", default="")
    is_right: bool = told("Was answered right.", default=False)
    rule: RuleLook | None = told("What it teaches; told only once the quiz is handed in.", default=None)
    finding: str = told("What the checker says of the words, in their language.", default="")
    reader_finding: str = told("The same in the reader's, where that is another.", default="")


@dataclass(frozen=True, kw_only=True)
class QuizPage:
    """The quiz on one brand's guide, `quiz/quiz.html`: before it, open, or handed in.

    Posts: `begin_url` (nothing); `answer_url` (`version`, `try`, `q0` to `q9`).
    """

    brand: BrandLook = told("Whose guide.")
    version: int | None = told("In force; None where nothing is.")
    back_url: str = told("To the list.")
    guide_url: str = told("The guide, for reading.")
    people_url: str = told("Who passed; empty for who may not know.", default="")
    state: StateLook = told("How far this person is.")
    notice: Notice | None = told("How it went, or what was refused.", default=None)
    begin_url: str = told("Makes a quiz; empty where there is nothing to ask or one is open.", default="")
    intro: str = told("What a quiz is, for who has not taken this one.", default="")
    begin_label: str = told("Begin, Try again, Practise.", default="")
    answer_url: str = told("Hands the open one in; empty where none is.", default="")
    try_number: int = told("Names the try.", default=0)
    questions: tuple[QuestionLook, ...] = told("Of the quiz that is open or was handed in last.", default=())
    needed: int = told("So many right answers pass.", default=0)
    before: int | None = told("The version this person passed before.", default=None)
    changes: tuple[RuleChange, ...] = told("What is new since then.", default=())
    to_read: tuple[tuple[str, str, str], ...] = told(
        "Rules that were missed: kind, what they ask, address.", default=()
    )


@dataclass(frozen=True, slots=True)
class QuizPersonRow:
    """One person who writes for the brand."""

    name: str = told("Full name.")
    role: str = told("In words.")
    state: StateLook = told("Passed, Not passed yet, Not taken yet.")
    tries: int = told("How often they handed it in.")
    last: str = told("8 of 10 right; empty before the first try.")
    at: Clock | None = told("When they passed, else when they tried last.")
    before: str = told("The version they passed before; empty for none.")


@dataclass(frozen=True, kw_only=True)
class QuizPeoplePage:
    """Who passed the quiz of a brand, `quiz/people.html`; for its leads alone."""

    brand: BrandLook = told("Whose guide.")
    version: int | None = told("In force.")
    back_url: str = told("To the list.")
    rows: tuple[QuizPersonRow, ...] = told("By name.")
    next_url: str = told("The next 50.", default="")
