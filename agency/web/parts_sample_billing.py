"""Invented cases of the billing admin's place."""

from __future__ import annotations

from agency.web.contexts_billing import (
    BillingAct,
    BillingPage,
    InvoiceRow,
    InvoicesPage,
    NextInvoice,
    UsagePage,
    UsageRow,
)
from agency.web.contexts_billing_change import PriceLine
from agency.web.contexts_empowerment import MeterLook
from agency.web.looks import Choice, Notice
from agency.web.parts_samples import ago


def billing(kind: str = "") -> BillingPage:
    """A trial; `failed`: a payment failed; `none`: no plan has begun."""
    if kind == "none":
        return BillingPage(plan="", usage_url="#")
    trial = Notice("info", "The trial is running.", "Customers are answered as ever.", "It ends on 7 December 2026.")
    failed = Notice(
        "warn", "A payment failed.", "Customers are answered as ever.", "Until 7 December 2026 nothing changes."
    )
    return BillingPage(
        plan="Team",
        state=failed if kind == "failed" else trial,
        meters=(
            MeterLook(label="Brands", words="3 of 8 used", value=3, limit=8),
            MeterLook(label="Staff seats", words="8 of 8 used", value=8, limit=8),
            MeterLook(label="Light seats", words="1 of 10 used", value=1, limit=10),
        ),
        terms=(
            "€149.00 a month, before tax."
            if kind == "failed"
            else "Free of charge during the trial, and no card is asked for; afterwards €149.00 a month, before tax.",
            "Accounts to connect for each brand: 8.",
            "Answered conversations a month: 3,000.",
            "Client owners and billing admins are free and not counted.",
        ),
        usage_url="#",
        invoices_url="#",
        mend_label="Mend the payment at Stripe" if kind == "failed" else "",
        mend_url="#" if kind == "failed" else "",
        portal_url="#",
        ways=(Choice("Change the plan", "#"), Choice("End the plan", "#"), Choice("VAT id", "#")),
        acts=(BillingAct(who="Joana Example", what="Billing · usage exported", at=ago(minutes=40)),),
    )


def invoices() -> InvoicesPage:
    """The next one with tax, one that failed, one that is paid, and a number in another script."""
    lines = (
        PriceLine(what="From 1 December 2026 to 1 January 2027: 1 × plan Team", amount="€149.00"),
        PriceLine(what="From 1 December 2026 to 1 January 2027: 2 × extra brand", amount="€24.00"),
        PriceLine(what="Tax", amount="€39.79"),
    )
    say = {"day": "1 November 2026", "total": "€212.79", "open_url": "#"}
    return InvoicesPage(
        next=NextInvoice(at="1 December 2026", lines=lines, total="€212.79"),
        rows=(
            InvoiceRow(
                number="A1-0003", state="Not paid; tried again on 4 November 2026", open_label="Pay at Stripe", **say
            ),
            InvoiceRow(number="<b>A1</b>-0002", state="Paid on 1 October 2026", open_label="See at Stripe", **say),
            InvoiceRow(number="فاتورة-٠٠٠١", state="Void: nothing is owed", open_label="See at Stripe", **say),
        ),
        billing_url="#",
        csv_url="#",
        next_url="#",
    )


def usage() -> UsagePage:
    """One month of three brands, one of them archived."""
    rows = (
        UsageRow(brand="Bursztynowa Zatoka, Łeba", cases="1,204", replies="1,318", minutes="6,120", drawn=1318),
        UsageRow(brand="<img src=x onerror=alert(1)>", cases="96", replies="101", minutes="412", drawn=101),
        UsageRow(brand="Padaria Sol Poente (archived)", cases="0", replies="0", minutes="0", drawn=0),
    )
    total = UsageRow(brand="All brands", cases="1,300", replies="1,419", minutes="6,532", drawn=1419)
    return UsagePage(
        title="November 2026", rows=rows, total=total, most=1318, before_url="#", csv_url="#", billing_url="#"
    )
