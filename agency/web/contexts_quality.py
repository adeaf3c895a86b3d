"""Contexts of the quality sheet's pages. Import them from here; the templates are in `quality/`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Clock, FindingLook, Notice, Stars, StateLook, told


@dataclass(frozen=True, kw_only=True)
class SampledLook:
    """One reply of a sample, in a list."""

    url: str = told("Its sheet.")
    brand: BrandLook = told("Whose.")
    place: str = told("Facebook · comment.")
    author: str = told("Who wrote it.")
    customer: str = told("The customer's name.")
    customer_words: str = told("Masked and cut.")
    words: str = told("Ours, cut.")
    language: str = told("Code for `lang`, empty if unknown.", default="")
    stars: Stars | None = told("Only for reviews.", default=None)
    sent: Clock = told("When it went out.")
    is_judged: bool = told("By the reader.", default=False)


@dataclass(frozen=True, kw_only=True)
class SamplePage:
    """A lead's sample of one week, `quality/sample.html`."""

    tabs: tuple[Choice, ...] = told("Sample, over time, my own.")
    week: str = told("16 – 22 Nov 2026.")
    earlier_url: str = told("The week before.")
    later_url: str = told("The week after; empty for the newest.", default="")
    rows: tuple[SampledLook, ...] = told("In the order of the lots.")
    judged: int = told("How many the reader judged.", default=0)
    size: int = told("Of how many.", default=0)
    each: int = told("How many of one person at most.", default=0)
    next_sheet_url: str = told("The next one to judge; empty when all are.", default="")
    next_url: str = told("The next page.", default="")


@dataclass(frozen=True, kw_only=True)
class AnswerLook:
    """One question with what was found."""

    question: str = told("Is it friendly?")
    answer: StateLook = told("Yes, partly or no: word, icon and colour.")


@dataclass(frozen=True, kw_only=True)
class EarlierLook:
    """What a judgement said before it was changed."""

    at: str = told("When it was given.")
    answers: tuple[AnswerLook, ...] = told("Three.")
    note: str = told("For the author.", default="")


@dataclass(frozen=True, kw_only=True)
class JudgementLook:
    """One person's judgement of one reply."""

    judge: str = told("Who.")
    at: Clock = told("When.")
    answers: tuple[AnswerLook, ...] = told("Three.")
    note: str = told("For the author.", default="")
    is_erased: bool = told("The customer was erased, and the note with them.", default=False)
    earlier: tuple[EarlierLook, ...] = told("Before each change, first to last.", default=())


@dataclass(frozen=True, kw_only=True)
class QuestionField:
    """A question with its three answers; `choices` carry the key that picks each."""

    name: str = told("Form field.")
    label: str = told("The question.")
    help: str = told("What is meant.")
    choices: tuple[Choice, ...] = told("yes, partly, no.")
    error: str = told("What to do.", default="")


@dataclass(frozen=True, kw_only=True)
class SheetPage:
    """The sheet of one reply, `quality/sheet.html`. Posts `friendly`, `solves`, `personal`, `note`, `version`."""

    brand: BrandLook = told("Whose.")
    place: str = told("Facebook · public answer to a comment.")
    back_url: str = told("To the sample.")
    receipt_url: str = told("Who wrote, approved and sent it.")
    customer: str = told("The customer's name.")
    customer_words: str = told("Masked.")
    customer_language: str = told("Code for `lang`.", default="")
    stars: Stars | None = told("Only for reviews.", default=None)
    author: str = told("Who wrote what was sent.")
    text: str = told("What was sent.")
    findings: tuple[FindingLook, ...] = told("What the guide said at that time.", default=())
    checked: str = told("With which version, and what it found.")
    let_go: str = told("Who let it go in spite of that, and why.", default="")
    facts: tuple[tuple[str, str], ...] = told("Answered after, afterwards.", default=())
    wrote_again: str = told("What the customer wrote next, masked; empty if nothing.", default="")
    url: str = told("Where the form goes; empty where the reader may not judge.", default="")
    questions: tuple[QuestionField, ...] = told("Three.", default=())
    note: str = told("What the field holds.", default="")
    note_error: str = told("What to do.", default="")
    version: int = told("The version the form was filled from; 0 for a first judgement.", default=0)
    is_open: bool = told("A form that changes one is open, because it was refused.", default=False)
    judgements: tuple[JudgementLook, ...] = told("Shown once the reader has judged.", default=())
    agreement: str = told("How far they agree; empty for fewer than two.", default="")
    progress: str = told("4 of 9 judged.", default="")
    skip_url: str = told("The next one to judge; empty where there is none.", default="")
    notice: Notice | None = told("Somebody was faster.", default=None)


@dataclass(frozen=True, kw_only=True)
class OwnLook:
    """One of the reader's replies, judged."""

    brand: BrandLook = told("Whose.")
    place: str = told("Facebook · comment.")
    sent: Clock = told("When it went out.")
    customer: str = told("The customer's name.")
    customer_words: str = told("Masked.")
    language: str = told("Code for `lang`.", default="")
    text: str = told("What was sent.")
    judgement: JudgementLook = told("What was found.")
    receipt_url: str = told("Its receipt.")


@dataclass(frozen=True, kw_only=True)
class MinePage:
    """How one's own replies were judged, `quality/mine.html`."""

    tabs: tuple[Choice, ...] = told("For leads; empty for others.", default=())
    rows: tuple[OwnLook, ...] = told("Newest first.")
    next_url: str = told("The next page.", default="")


@dataclass(frozen=True, slots=True)
class Square:
    """One judgement in a drawing: `kind` is yes, partly or no."""

    kind: str
    x: int
    y: int


@dataclass(frozen=True, kw_only=True)
class TrendChart:
    """One question of one person over the weeks, a square a judgement."""

    question: str = told("Is it friendly?")
    squares: tuple[Square, ...] = told("Oldest week left; yes at the foot.")
    totals: str = told("9 yes · 2 partly · 1 no.")


@dataclass(frozen=True, kw_only=True)
class TrendLook:
    """One person."""

    name: str = told("Who.")
    judged: str = told("12 judged.")
    few: str = told("Said where there are too few to read anything from; else empty.", default="")
    charts: tuple[TrendChart, ...] = told("One a question.")
    height: int = told("Of each drawing's own units; a square is the same size for everybody.")
    table: tuple[tuple[str, ...], ...] = told("A row a week: week, judged, then yes/partly/no of each question.")


@dataclass(frozen=True, kw_only=True)
class TrendsPage:
    """People over the last weeks, `quality/trends.html`."""

    tabs: tuple[Choice, ...] = told("Sample, over time, my own.")
    weeks: str = told("From when to when.")
    first_week: str = told("Under the left end of each drawing.")
    last_week: str = told("Under its right end.")
    width: int = told("Of each drawing's own units.")
    legend: tuple[StateLook, ...] = told("Yes, partly, no.")
    heads: tuple[str, ...] = told("Columns of the tables.")
    people: tuple[TrendLook, ...] = told("By name.")
    agreement: str = told("How far leads agree.", default="")
    next_url: str = told("The next page.", default="")
