"""Contexts of cases that come back at a time: at the case, the form, and the list."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Clock, Notice, StateLook, told


@dataclass(frozen=True, kw_only=True)
class ComebackLook:
    """How the case comes back, or that it did: `later/_comeback.html`. Posts to `end_url`."""

    notice: Notice = told("Comes back on Tue 24 Nov, 09:00 to Ana; its time has come; the customer was first.")
    reason: str = told("Why, as it was written; empty for a birthday.", default="")
    draft: str = told("Words to begin from; empty for none.", default="")
    inserts: bool = told("They can be put into the reply here.", default=False)
    change_url: str = told("The form that changes it, or sets it again; empty for who may not.", default="")
    change_label: str = told("What that is called.", default="")
    end_url: str = told("Posting ends it; empty where nothing waits.", default="")
    end_label: str = told("What that is called: Bring it back now, Let it rest.", default="")


@dataclass(frozen=True, slots=True)
class LaterOption:
    """One moment to come back at."""

    value: str = told("As the form sends it in `until`.")
    label: str = told("Tomorrow, In 3 days, On Monday, In a week, In a month.")
    at: str = told("The moment by the brand's clock.")
    here: str = told("The same by the reader's, where that is another.", default="")
    warning: str = told("That no message is allowed then; empty where one is.", default="")
    selected: bool = told("Chosen.", default=False)


@dataclass(frozen=True, kw_only=True)
class ComebackPage:
    """The form, `later/form.html`. Posts to `url`: `until` (a moment, or `own` with `own` by the brand's clock),
    `reason`, `draft`.
    """

    brand: BrandLook = told("Whose case.")
    customer: str = told("Public name.")
    excerpt: str = told("Their newest words.")
    url: str = told("Where the form goes.")
    back_url: str = told("The case.")
    allowed: tuple[str, ...] = told("What the channel allows later, a sentence each.")
    options: tuple[LaterOption, ...] = told("In their order.")
    own: str = told("What stands in the field for an own time.")
    own_selected: bool = told("That one is chosen.", default=False)
    zone: str = told("The brand's zone by its name.")
    reason: str = told("What stands in the field.", default="")
    draft: str = told("What stands in the field.", default="")
    errors: dict[str, str] = told("By field.", default_factory=dict)
    notice: Notice | None = told("Why it was not kept.", default=None)


@dataclass(frozen=True, kw_only=True)
class LaterRowLook:
    """A case in the list."""

    brand: BrandLook = told("Whose.")
    place: str = told("Google · review.")
    customer: str = told("Public name.")
    excerpt: str = told("Their newest words, masked.")
    url: str = told("The case.")
    at: str = told("When, by the reader's clock.")
    there: str = told("The same by the brand's, where that is another.", default="")
    left: Clock = told("How long until then.")
    person: str = told("To whom it comes back.")
    reason: str = told("Why.")
    has_draft: bool = told("Words to begin from are kept.")
    state: StateLook | None = told("Where it stands until then: Snoozed, Closed.", default=None)


@dataclass(frozen=True, kw_only=True)
class BirthdayRowLook:
    """A birthday ahead."""

    brand: BrandLook = told("To whom it was given.")
    day: str = told("Thu 12 March.")
    name: str = told("Public name.")
    url: str = told("The person's page.")
    place: str = told("Where they write.")
    by: str = told("Who wrote it down: a case comes back to them.")


@dataclass(frozen=True, kw_only=True)
class LaterPage:
    """What comes back, `later/page.html`."""

    title: str = told("Later.")
    tabs: tuple[Choice, ...] = told("To me, to anybody, asked in loops, birthdays where a brand keeps any.")
    brands: tuple[Choice, ...] = told("All brands and each; empty for one alone.", default=())
    brands_url: str = told("Where the form that chooses a brand goes.", default="")
    state: str = told("The tab, for that form; empty for the first.", default="")
    rows: tuple[LaterRowLook, ...] = told("The soonest first.", default=())
    birthdays: tuple[BirthdayRowLook, ...] = told("In the place of rows, in their tab.", default=())
    empty: str = told("Why there is none.")
    snoozed_url: str = told("Cases put off without a reason.")
    next_url: str = told("The next 50.", default="")
    first_url: str = told("To the top.", default="")
