"""Contexts of the figures of how brands are answered, and of the cases behind a number."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, told


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureValue:
    """A number, and the cases behind it."""

    words: str = told("2 h, 94%, 1,204; a dash where there is nothing to count.")
    url: str = told("The cases behind it; empty where there are none.", default="")
    small: str = told("850 of 900, median 40 min; empty for nothing.", default="")
    small_url: str = told("Where the second number leads, as those nobody answered.", default="")


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureLine:
    """One figure, public and private apart."""

    label: str = told("Average time to an answer.")
    meaning: str = told("What is counted, in one sentence.")
    public: FigureValue = told("Of public words.")
    private: FigureValue = told("Of private messages.")


@dataclass(frozen=True, kw_only=True, slots=True)
class DayBar:
    """A day in the drawing, of DRAWN_HEIGHT units; numbers for whoever reads the table."""

    day: str = told("20 Nov.")
    x: int = told("From the left, in units.")
    asked: int = told("Height of the questions that began that day.")
    answered: int = told("Height of those of them that are answered.")
    received_words: str = told("Messages received.")
    asked_words: str = told("Questions.")
    answered_words: str = told("Answered.")


@dataclass(frozen=True, kw_only=True, slots=True)
class BrandFigures:
    """A brand's row: public and private together."""

    brand: BrandLook = told("Whose.")
    url: str = told("Its own figures.")
    received: str = told("Messages.")
    answered: str = told("Share answered.")
    time: str = told("Average time to an answer.")
    client: str = told("Of it, the client's.")
    resolved: str = told("Share resolved.")


@dataclass(frozen=True, kw_only=True)
class FiguresPage:
    """`figures/page.html`."""

    tabs: tuple[Choice, ...] = told("7 days, 28 days.")
    brands: tuple[Choice, ...] = told("All brands and each; empty for one alone.", default=())
    brands_url: str = told("Where the form that chooses a brand goes.", default="")
    days: int = told("The tab, for that form.")
    lines: tuple[FigureLine, ...] = told("The four figures and what belongs to them.")
    bars: tuple[DayBar, ...] = told("One a day; empty where nothing came.")
    width: int = told("Of the drawing, in units.")
    drawn: str = told("What the drawing shows, in one sentence.")
    rows: tuple[BrandFigures, ...] = told("Brands by name; empty for one alone.", default=())
    rest_url: str = told("All rows, where there are more than are shown.", default="")
    csv_url: str = told("The same as a file, a row for each brand.")
    empty: str = told("That nothing came; empty where something did.", default="")


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedRow:
    """A case and what it adds on one day."""

    brand: BrandLook = told("Whose.")
    place: str = told("Google · review.")
    customer: str = told("Public name.")
    words: str = told("How it begins.")
    url: str = told("The case.")
    day: str = told("20 Nov 2026.")
    count: str = told("3.")
    took: str = told("2 h, where answers are counted; empty otherwise.", default="")


@dataclass(frozen=True, kw_only=True)
class CountedCasesPage:
    """The cases behind a number, `figures/cases.html`."""

    title: str = told("Answered, in public, the last 7 days.")
    number: str = told("What the page before showed.")
    meaning: str = told("That the counts of all rows come to this number.")
    rows: tuple[CountedRow, ...] = told("The newest day first.")
    back_url: str = told("The figures.")
    back_words: str = told("What they are called.")
    next_url: str = told("The next 50.", default="")
    first_url: str = told("To the top.", default="")
