"""Context of the rules of clocks."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Notice, told


@dataclass(frozen=True, kw_only=True)
class RuleFields:
    """One line of the form: its fields end in `.number`."""

    number: int = told("Which line.")
    clocks: tuple[Choice, ...] = told("Which clock; the empty one takes the line away.")
    platforms: tuple[Choice, ...] = told("Of which platform.")
    kinds: tuple[Choice, ...] = told("Of what kind.")
    said: tuple[Choice, ...] = told("Complaints, others, or both.")
    hours: str = told("As typed.")
    counted: tuple[Choice, ...] = told("How they are counted.")
    error: str = told("What is wrong with the line.", default="")
    is_free: bool = told("An empty one to fill in.", default=False)


@dataclass(frozen=True, kw_only=True)
class InEffect:
    """What holds for some cases."""

    about: str = told("Facebook, comment, complaints.")
    cells: tuple[tuple[str, str], ...] = told("For each clock until when, and within how long.")


@dataclass(frozen=True, kw_only=True)
class ClocksPage:
    """By when cases are heard, answered and resolved: `clocks/page.html`. Posts the lines and `based_on` to `url`, or
    `usual` = 1.
    """

    brand: BrandLook | None = told("Whose; None for all brands.", default=None)
    back_url: str = told("The brand.", default="")
    agency_url: str = told("What holds for every brand.", default="")
    hours_url: str = told("The brand's hours.", default="")
    url: str = told("Where the form goes; empty for who may only read.", default="")
    notice: Notice | None = told("What was refused.", default=None)
    error: str = told("What is wrong with all of it.", default="")
    based_on: int = told("The version it was changed from.")
    saved: str = told("Version 3, by Ana, 22 Nov 2026, 12:04.", default="")
    may_begin: bool = told("There are no rules: the usual ones are offered.", default=False)
    lines: tuple[RuleFields, ...] = told("Those there are, and free ones.")
    effect: tuple[InEffect, ...] = told("What it comes to for this brand.", default=())
    asked: str = told("When the cases of it come in: Fri 27 Nov, 16:30.", default="")
