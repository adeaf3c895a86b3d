"""Contexts of promises to customers: on the case, in a list, and while somebody types."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.contexts_day import DayPlace
from agency.web.looks import BrandLook, Choice, Clock, StateLook, told


@dataclass(frozen=True, kw_only=True)
class PromiseLook:
    """What a published answer of ours promises: `components/promise.html`.

    Posts to `url`: `do` = kept | dropped | reopened, and `back`.
    """

    phrase: str = told("by Friday, as it was written.")
    state: StateLook = told("Promised, Promise broken, Promise kept, Promise kept late, No promise, Lapsed.")
    due: Clock = told("By when, in full.")
    there: str = told("The same by the brand's clock, where that is another.", default="")
    left: Clock | None = told("What is left, or how late it is; None once it has ended.", default=None)
    ended: Clock | None = told("When it ended.", default=None)
    ended_by: str = told("Who said so, where a person did.", default="")
    is_open: bool = told("It has not ended.")
    url: str = told("Where presses go; empty for who may not.", default="")
    back: str = told("`list` where a press leads back to the list.", default="")


@dataclass(frozen=True, kw_only=True)
class PromiseRow:
    """A promise in the list."""

    brand: BrandLook = told("Whose.")
    place: str = told("Google · review.")
    customer: str = told("Public name.")
    words: str = told("Of our answer, the first 200 characters; empty behind a link for words to one person.")
    url: str = told("The case; for a client the reply; empty behind a link where it shows no receipt.")
    promise: PromiseLook = told("What was promised.")


@dataclass(frozen=True, kw_only=True)
class PromisesPage:
    """What was promised, `promises/page.html`."""

    title: str = told("Promises.")
    counts: str = told("3 broken, 12 open.")
    tabs: tuple[Choice, ...] = told("Open, broken, kept late.")
    brands: tuple[Choice, ...] = told("All brands and each; empty for one alone.", default=())
    brands_url: str = told("Where the form that chooses a brand goes.", default="")
    state: str = told("The tab, for that form; empty for the first.", default="")
    rows: tuple[PromiseRow, ...] = told("What falls due first comes first.")
    empty: str = told("Why there is none.")
    next_url: str = told("The next 50.", default="")
    first_url: str = told("To the top.", default="")
    day: DayPlace | None = told("Behind a link of the day.", default=None)
