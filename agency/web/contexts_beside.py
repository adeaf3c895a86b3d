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
class ScenarioLook:
    """A scenario that fits the case."""

    title: str = told("What it is about.")
    reasons: tuple[str, ...] = told("Why it was picked: says “zimne”; 3 stars or fewer.")
    steps: tuple[str, ...] = told("What to do, in order.", default=())
    offer: str = told("What may be offered at most: 20.00 EUR; empty for nothing said.", default="")
    never_say: tuple[str, ...] = told("What is never said.", default=())
    private: str = told("Answer in private; empty where it may be public.", default="")
    public: str = told("Answer in public; empty where either will do.", default="")
    where_reason: str = told("Why there.", default="")
    final_by: str = told("Who has the last word, where it is not whoever answers.", default="")
    example: str = told("An answer that did it well, for reading.", default="")
    language: str = told("Code for `lang` of the brand's own words.", default="")
    open: bool = told("Folded out: the best one.", default=False)
    url: str = told("Changes it; empty where the person may not.", default="")


@dataclass(frozen=True, kw_only=True)
class ScenariosLook:
    """What to do here: `beside/_scenarios.html`."""

    scenarios: tuple[ScenarioLook, ...] = told("The best first.")
    all_url: str = told("All of the brand's guidelines.")


@dataclass(frozen=True, kw_only=True)
class BesidePage:
    """What helps with one case: `beside/page.html`, and `beside/_cards.html` in the context column."""

    brand: BrandLook = told("Whose case.")
    customer: str = told("Public name.")
    case_url: str = told("Back to the case.")
    cards: tuple[CardLook, ...] = told("In their order.", default=())
