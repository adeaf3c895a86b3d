"""Contexts of feedback loops: at the case, the question, whoever is asked, the list, and what a brand has named."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Clock, Notice, StateLook, told


@dataclass(frozen=True, kw_only=True)
class AskingLook:
    """A question and what became of it. Posts to `withdraw_url`."""

    loop: str = told("Legal.")
    to: str = told("Whom it was put to, and who handed it on.")
    by: str = told("Who asked.")
    asked: Clock = told("When.")
    state: StateLook = told("Asked, Late, Answered, Cannot answer, Taken back.")
    due: Clock | None = told("What is left, or how late it is; None once it has ended.", default=None)
    question: str = told("In their words.")
    said: str = told("Legal (Ewa Nowak) answered 11:20; empty while open.", default="")
    answer: str = told("Their words.", default="")
    inserts: bool = told("The answer can be put into the reply here.", default=False)
    trouble: str = told("That the mail does not arrive.", default="")
    files: str = told("That files came with the answer and are not kept; empty for none.", default="")
    answer_url: str = told("Posting opens the form of the answer, for whoever it was put to.", default="")
    withdraw_url: str = told("Posting takes it back; empty where that cannot be.", default="")


@dataclass(frozen=True, kw_only=True)
class LoopsPart:
    """What was asked about a case, `loops/_case.html`."""

    rows: tuple[AskingLook, ...] = told("Oldest first.", default=())
    hint: str = told("That the customer waits meanwhile; empty for no.", default="")


@dataclass(frozen=True, kw_only=True)
class AskPage:
    """The question, `loops/ask.html`. Posts to `url`: `to` (loop and address), `question`, `shows`."""

    brand: BrandLook = told("Whose case.")
    customer: str = told("Public name.")
    url: str = told("Where the form goes.")
    back_url: str = told("The case.")
    loops: tuple[Choice, ...] = told("Loop and person, with the time they have.", default=())
    manage_url: str = told("Where loops are named; empty for who may not.", default="")
    question: str = told("What stands in the field.", default="")
    shows: tuple[Choice, ...] = told("What they see of the customer's words.", default=())
    masked: str = told("The customer's newest words, masked.", default="")
    errors: dict[str, str] = told("By field.", default_factory=dict)
    notice: Notice | None = told("Why it was not asked.", default=None)


@dataclass(frozen=True, kw_only=True)
class AnswerPage:
    """What whoever is asked sees behind their link, `loops/answer.html`. Posts to `url`: `do` = answer (`text`) |
    hand_on (`name`, `email`) | decline (`reason`).
    """

    brand: BrandLook = told("Who asks.")
    loop: str = told("Legal.")
    asked_name: str = told("Whom the link was mailed to.")
    by: str = told("Who asks.")
    question: str = told("In their words.", default="")
    words: str = told("What is shown of the customer's words.", default="")
    procedure: str = told("How this loop goes.", default="")
    due: str = told("By when.", default="")
    notice: Notice | None = told("What happened; that it has ended.", default=None)
    answer: str = told("What was answered until now.", default="")
    url: str = told("Where the forms go; empty where nothing more is asked.", default="")
    may_hand_on: bool = told("It can still be handed on or declined.", default=False)
    typed: str = told("What stands in the field.", default="")
    reason: str = told("What stands in the field.", default="")
    name: str = told("What stands in the field.", default="")
    email: str = told("What stands in the field.", default="")
    opened: str = told("Which of the further forms is open.", default="")
    errors: dict[str, str] = told("By field.", default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LoopsRow:
    """A question in the list."""

    brand: BrandLook = told("Whose.")
    place: str = told("Google · review.")
    customer: str = told("Public name.")
    url: str = told("The case.")
    asking: AskingLook = told("The question.")


@dataclass(frozen=True, kw_only=True)
class LoopsPage:
    """What was asked, `loops/page.html`."""

    title: str = told("Loops.")
    places: tuple[Choice, ...] = told("What comes back, and this.", default=())
    tabs: tuple[Choice, ...] = told("Open, asked by me, ended.")
    brands: tuple[Choice, ...] = told("All brands and each; empty for one alone.", default=())
    brands_url: str = told("Where the form that chooses a brand goes.", default="")
    state: str = told("The tab, for that form; empty for the first.", default="")
    rows: tuple[LoopsRow, ...] = told("Late ones first.")
    empty: str = told("Why there is none.")
    next_url: str = told("The next 50.", default="")
    first_url: str = told("To the top.", default="")


@dataclass(frozen=True, kw_only=True)
class NamedLoop:
    """A loop a brand has."""

    name: str = told("Legal.")
    sort: str = told("What kind it is.")
    people: tuple[str, ...] = told("Who is asked, the first first.")
    frame: str = told("4 business hours.")
    answers: str = told("Who gives the final answer.")
    url: str = told("Its form.")


@dataclass(frozen=True, kw_only=True)
class BrandLoopsPage:
    """The loops of a brand, `loops/brand.html`."""

    brand: BrandLook = told("Whose.")
    places: tuple[Choice, ...] = told("The brand's other pages.", default=())
    rows: tuple[NamedLoop, ...] = told("By name.")
    tabs: tuple[Choice, ...] = told("In use, put away.")
    new_url: str = told("Names another; empty for who may not.", default="")
    is_archived: bool = told("Those put away are shown.", default=False)


@dataclass(frozen=True, kw_only=True)
class LoopForm:
    """The form of a loop, `loops/form.html`. Posts to `url`: `name`, `sort`, `people` (lines), `language`, `hours`,
    `answers_by`, `answers_name`, `procedure`, `version`; to `archive_url`: `archived`.
    """

    brand: BrandLook = told("Whose.")
    title: str = told("Name a loop, or its name.")
    url: str = told("Where the form goes; empty for who may only read.")
    back_url: str = told("The list.")
    values: dict[str, str] = told("What stands in the fields.")
    sorts: tuple[Choice, ...] = told("Kinds.")
    languages: tuple[Choice, ...] = told("Of the mails to addresses outside.")
    answerers: tuple[Choice, ...] = told("Who gives the final answer.")
    version: str = told("What was shown.", default="")
    archive_url: str = told("Puts it away or brings it back; empty for who may not.", default="")
    is_archived: bool = told("It is put away.", default=False)
    errors: dict[str, str] = told("By field.", default_factory=dict)
    notice: Notice | None = told("Why it was not kept.", default=None)
