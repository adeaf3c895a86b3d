"""Contexts of the first payment: choosing a plan, and waiting until Stripe says that it was paid."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.contexts_billing_change import ExtraField, PlanChoice, PriceLine
from agency.web.looks import Choice, Notice, told


@dataclass(frozen=True, kw_only=True)
class PlanPage:
    """`billing/plan.html`. What is shown as the sum is what is paid: the button posts these very terms."""

    url: str = told("Where both forms go: to see the sum, and to pay.")
    billing_url: str = told("Back to the plan.")
    notice: Notice | None = told("Why it cannot be, or that nothing was charged.", default=None)
    plans: tuple[PlanChoice, ...] = told("The smallest first; none where a plan is paid already.", default=())
    intervals: tuple[Choice, ...] = told("A month or a year.", default=())
    currencies: tuple[Choice, ...] = told("What is paid in.", default=())
    extras: tuple[ExtraField, ...] = told("Extra brands and seats.", default=())
    lines: tuple[PriceLine, ...] = told("What a period costs, by line.", default=())
    total: str = told("The sum of a period, before tax.", default="")
    other: str = told("The same by the other interval, in a sentence.", default="")
    when: str = told("When it is charged first.", default="")
    excess: tuple[str, ...] = told("What of today's use is more than it has, one sentence each.", default=())
    pay_fields: tuple[tuple[str, str], ...] = told("What is posted to pay; none where it cannot be had.", default=())


@dataclass(frozen=True, kw_only=True)
class WaitingPage:
    """`billing/waiting.html`: after Checkout."""

    title: str = told("What was chosen, in a few words.")
    billing_url: str = told("Back to the plan.")
    notice: Notice = told("Where it stands.")
    look_url: str = told("Asked anew while it waits; empty otherwise.", default="")
    again_url: str = told("Posting here asks Stripe; empty unless it has waited for a minute.", default="")
    pay_url: str = told("Posting here leads to the same page of Stripe's; empty where nothing is open.", default="")
    pay_fields: tuple[tuple[str, str], ...] = told("What is posted with it.", default=())
