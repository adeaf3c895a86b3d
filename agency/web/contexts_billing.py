"""Contexts of the billing admin's place: the plan, what of it is used, and what was done for each brand."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.contexts_billing_change import PriceLine
from agency.web.contexts_empowerment import MeterLook
from agency.web.looks import Choice, Clock, Notice, told


@dataclass(frozen=True, kw_only=True, slots=True)
class BillingAct:
    """Who did what here."""

    who: str = told("A name, as it was then.")
    what: str = told("What was done.")
    at: Clock = told("When.")


@dataclass(frozen=True, kw_only=True)
class BillingPage:
    """`billing/page.html`."""

    plan: str = told("What the plan is called; empty where none has begun.")
    state: Notice | None = told("Where the subscription stands, until when, and what works.", default=None)
    mend_label: str = told("The one button that mends it at Stripe.", default="")
    mend_url: str = told("Where it posts; empty where nothing is to be mended there.", default="")
    portal_url: str = told("Posting here leads to card and invoices at Stripe; empty where it knows none.", default="")
    meters: tuple[MeterLook, ...] = told("What of the plan is used.", default=())
    terms: tuple[str, ...] = told("What it costs, and what else it includes, one sentence each.", default=())
    usage_url: str = told("What was done for each brand.")
    invoices_url: str = told("Invoices; empty where no plan has begun.", default="")
    ways: tuple[Choice, ...] = told("What can be done with the plan.", default=())
    acts: tuple[BillingAct, ...] = told("Who did what with plan and files, the newest first.", default=())


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceRow:
    """One invoice there was."""

    number: str = told("Its number.")
    day: str = told("When it was made.")
    total: str = told("With its currency.")
    state: str = told("Paid, not paid and when it is tried again, or void.")
    open_url: str = told("Posting here leads to it at Stripe.")
    open_label: str = told("See, or pay.")


@dataclass(frozen=True, kw_only=True, slots=True)
class NextInvoice:
    """The one to come: by line, or why it is not known."""

    at: str = told("When it is made.", default="")
    lines: tuple[PriceLine, ...] = told("What for.", default=())
    total: str = told("What will be charged.", default="")
    notice: Notice | None = told("Why it is not known.", default=None)


@dataclass(frozen=True, kw_only=True)
class InvoicesPage:
    """`billing/invoices.html`."""

    next: NextInvoice | None = told("The next one; None where none comes, and on later pages.", default=None)
    rows: tuple[InvoiceRow, ...] = told("The newest first.", default=())
    billing_url: str = told("The plan.")
    csv_url: str = told("The same as a file; empty where there are none.", default="")
    next_url: str = told("Fifty more.", default="")
    first_url: str = told("Back to the top.", default="")


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageRow:
    """One brand's month."""

    brand: str = told("Its name; archived ones say so.")
    cases: str = told("Answered cases.")
    replies: str = told("Published replies.")
    minutes: str = told("Staff minutes.")
    drawn: int = told("Its replies, as drawn.")


@dataclass(frozen=True, kw_only=True)
class UsagePage:
    """`billing/usage.html`."""

    title: str = told("November 2026.")
    rows: tuple[UsageRow, ...] = told("Brands by name.")
    total: UsageRow = told("All of them together.")
    most: int = told("The largest `drawn`, never below 1.")
    before_url: str = told("The month before.")
    next_url: str = told("The month after; empty for the present one.", default="")
    csv_url: str = told("The same as a file.")
    billing_url: str = told("The plan.")
