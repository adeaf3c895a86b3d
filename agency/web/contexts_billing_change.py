"""Contexts of changing, ending and labelling what an agency pays for."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import Choice, Notice, told


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanChoice:
    """One plan to choose."""

    key: str = told("The form's value.")
    name: str = told("What it is called.")
    price: str = told("What it costs, by month and by year.")
    has: tuple[str, ...] = told("What it includes, a few words each.")
    chosen: bool = told("It is the one in the form.", default=False)
    present: bool = told("It is the one that is paid.", default=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExtraField:
    """How many extra ones of a kind."""

    name: str = told("The form's field.")
    label: str = told("What of.")
    value: str = told("As typed or as it is.")
    help: str = told("What one costs.")
    error: str = told("What is wrong with it.", default="")


@dataclass(frozen=True, kw_only=True)
class ChangePage:
    """`billing/change.html`."""

    url: str = told("Where the form goes: to its price, nothing is changed yet.")
    billing_url: str = told("Back to the plan.")
    notice: Notice | None = told("Why it cannot be, in three parts.", default=None)
    planned: Notice | None = told("What begins later, and that it can be taken back.", default=None)
    take_back_url: str = told("Posting here takes that back; empty where nothing waits.", default="")
    take_back_fields: tuple[tuple[str, str], ...] = told("What is posted with it.", default=())
    plans: tuple[PlanChoice, ...] = told("The smallest first; none where nothing can be changed.", default=())
    intervals: tuple[Choice, ...] = told("A month or a year.", default=())
    extras: tuple[ExtraField, ...] = told("Extra brands and seats.", default=())


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceLine:
    """One line of what is owed now."""

    what: str = told("What for, and for which days.")
    amount: str = told("With its currency; a minus where it comes back.")


@dataclass(frozen=True, kw_only=True)
class AskedPage:
    """`billing/asked.html`: a change with its price, on its way, or over."""

    title: str = told("What is wanted, in a few words.")
    billing_url: str = told("Back to the plan.")
    change_url: str = told("The form once more.")
    notice: Notice | None = told("Where it stands, or why it came to nothing.", default=None)
    look_url: str = told("Asked anew while it is being made; empty otherwise.", default="")
    lines: tuple[PriceLine, ...] = told("What is owed now, by line.", default=())
    now: str = told("What is charged now; empty once it is over.", default="")
    now_words: str = told("What becomes of a credit, or that nothing is charged.", default="")
    following: str = told("What every whole period costs from then on.", default="")
    effect: str = told("From when it holds, in a sentence.", default="")
    excess: tuple[str, ...] = told("What of today's use is more than it has, one sentence each.", default=())
    brands: tuple[Choice, ...] = told("Brands to choose from that go read-only; none where all stay.", default=())
    brands_words: str = told("How many to choose, and what read-only means.", default="")
    confirm_url: str = told("Posting here says yes to this price; empty where it cannot be.", default="")
    confirm_label: str = told("The button.", default="")
    card_url: str = told("Posting here leads to Stripe for another card; empty where it was not refused.", default="")
    again_url: str = told("Posting here asks for the price anew; empty where there is none.", default="")
    again_fields: tuple[tuple[str, str], ...] = told("What is posted with it.", default=())


@dataclass(frozen=True, kw_only=True)
class EndPage:
    """`billing/cancel.html`."""

    url: str = told("Posting here ends the plan; empty where nothing can be ended.", default="")
    take_back_url: str = told("Posting here takes the end back; empty where there is none.", default="")
    billing_url: str = told("Back to the plan.")
    notice: Notice | None = told("What holds now.", default=None)
    words: tuple[str, ...] = told("What happens, one sentence each.", default=())


@dataclass(frozen=True, kw_only=True)
class VatPage:
    """`billing/vat.html`."""

    url: str = told("Where the form goes.")
    billing_url: str = told("Back to the plan.")
    value: str = told("As typed or as it is kept.")
    error: str = told("What is wrong with it.", default="")
    notice: Notice | None = told("What Stripe says of it.", default=None)
