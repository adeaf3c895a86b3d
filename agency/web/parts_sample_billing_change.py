"""Invented cases of changing what is paid for."""

from __future__ import annotations

from agency.web.contexts_billing_change import (
    AskedPage,
    ChangePage,
    EndPage,
    ExtraField,
    PlanChoice,
    PriceLine,
    VatPage,
)
from agency.web.looks import Choice, Notice

_HAS = ("Brands: 8", "Staff seats: 8", "Light seats: 10", "Accounts for each brand: 8", "With the API")


def change(kind: str = "") -> ChangePage:
    """The form; `waits`: something smaller begins later; `none`: no plan is paid."""
    if kind == "none":
        return ChangePage(
            url="#", billing_url="#", notice=Notice("info", "No plan is paid yet.", "Nothing was changed.")
        )
    waits = Notice("info", "From 1 December 2026: Start, paid by the month.")
    wrong = Notice("warn", "Some numbers do not fit the plan. Nothing was changed.")
    return ChangePage(
        url="#",
        billing_url="#",
        notice=None if kind else wrong,
        planned=waits if kind else None,
        take_back_url="#" if kind else "",
        plans=tuple(
            PlanChoice(
                key=name.lower(),
                name=name,
                price=f"{month} a month or {year} a year",
                has=_HAS,
                chosen=name == "Team",
                present=name == "Start",
            )
            for name, month, year in (
                ("Start", "€49.00", "€490.00"),
                ("Team", "€149.00", "€1,490.00"),
                ("Scale", "€399.00", "€3,990.00"),
            )
        ),
        intervals=(Choice("by the month", "", value="month", selected=True), Choice("by the year", "", value="year")),
        extras=(
            ExtraField(
                name="brands",
                label="Brands beyond the plan",
                value="13",
                help="€12.00 a month each",
                error="at most 12 more with Team",
            ),
            ExtraField(name="staff_seats", label="Staff seats beyond the plan", value="0", help="€15.00 a month each"),
            ExtraField(name="light_seats", label="Light seats beyond the plan", value="0", help="€3.00 a month each"),
        ),
    )


def asked(kind: str = "") -> AskedPage:
    """More; `less`: brands to choose; `making`: on its way; `refused`: the card was."""
    if kind == "making":
        making = Notice("info", "It is being made.", "It is done once, even if you press again or go away.")
        return AskedPage(title="Team, paid by the month", billing_url="#", change_url="#", notice=making, look_url="#")
    if kind == "refused":
        refused = Notice(
            "bad", "Your card was refused.", "Nothing was changed and nothing charged.", "Give another card."
        )
        return AskedPage(
            title="Team, paid by the month", billing_url="#", change_url="#", notice=refused, again_url="#"
        )
    if kind == "less":
        return AskedPage(
            title="Start, paid by the month",
            billing_url="#",
            change_url="#",
            now="€0.00",
            now_words="Nothing is charged now, and nothing is paid back.",
            following="€49.00 a month",
            effect="It holds from 1 December 2026. Until then you have all that was paid for, and can take it back.",
            excess=("2 brands more than it has room for: they go read-only then, and all that is in them stays.",),
            brands=(
                Choice("Bursztynowa Zatoka, Łeba", "", value="1", selected=True),
                Choice("<img src=x onerror=alert(1)>", "", value="2", selected=True),
                Choice("Padaria Sol Poente", "", value="3"),
            ),
            brands_words="3 brands stay open. Those ticked here go read-only first.",
            confirm_url="#",
            confirm_label="Change",
        )
    return AskedPage(
        title="Team, 2 more brands, paid by the month",
        billing_url="#",
        change_url="#",
        lines=(
            PriceLine(
                what="Paid and not used from 12 November 2026 to 1 December 2026: 1 × plan Start", amount="-€31.03"
            ),
            PriceLine(what="From 12 November 2026 to 1 December 2026: 1 × plan Team", amount="€94.37"),
            PriceLine(what="From 12 November 2026 to 1 December 2026: 2 × extra brand", amount="€15.20"),
        ),
        now="€78.54",
        following="€173.00 a month",
        effect="It holds at once.",
        confirm_url="#",
        confirm_label="Pay €78.54 and change",
    )


def cancel(kind: str = "") -> EndPage:
    """Before; `ends`: it is cancelled already."""
    if kind == "ends":
        return EndPage(billing_url="#", notice=Notice("info", "The plan ends on 1 December 2026."), take_back_url="#")
    words = ("The plan ends on 1 December 2026, and nothing is charged any more.", "Nothing is paid back.")
    return EndPage(url="#", billing_url="#", words=words)


def vat() -> VatPage:
    """One that Stripe could not verify."""
    notice = Notice("warn", "The VAT id could not be verified.", "It stands on your invoices all the same.")
    return VatPage(url="#", billing_url="#", value="PT123456789", notice=notice)
