"""Context of what stands beside the composer: a card each for scenarios, limits, saved replies and so on."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, told


@dataclass(frozen=True, kw_only=True)
class CardLook:
    """One card. Its template, `beside/_<name>.html`, gets `look` and nothing else."""

    name: str = told("One word, for the id and the template: scenarios.")
    heading: str = told("What stands on it: What to do here.")
    look: object = told("What its template shows; each card's own dataclass.")
    open: bool = told("Folded out.", default=True)


@dataclass(frozen=True, kw_only=True)
class BesidePage:
    """What helps with one case: `beside/page.html`, and `beside/_cards.html` in the context column."""

    brand: BrandLook = told("Whose case.")
    customer: str = told("Public name.")
    case_url: str = told("Back to the case.")
    cards: tuple[CardLook, ...] = told("In their order.", default=())
