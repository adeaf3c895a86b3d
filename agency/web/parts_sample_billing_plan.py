"""Invented cases of the first payment."""

from __future__ import annotations

from agency.web.contexts_billing_change import ExtraField, PlanChoice, PriceLine
from agency.web.contexts_billing_plan import PlanPage, WaitingPage
from agency.web.looks import Choice, Notice

_HAS = ("Brands: 8", "Staff seats: 8", "Light seats: 10", "Answered conversations a month: 3,000", "With the API")
_FIELDS = (("plan", "team"), ("interval", "month"), ("currency", "eur"), ("brands", "2"))


def plan(kind: str = "") -> PlanPage:
    """A sum; `wrong`: a number that does not fit; `there`: a plan is paid already."""
    if kind == "there":
        return PlanPage(
            url="#",
            billing_url="#",
            notice=Notice("info", "A plan is there already.", "", "", "Change the plan", "#"),
        )
    is_wrong = kind == "wrong"
    return PlanPage(
        url="#",
        billing_url="#",
        notice=Notice("warn", "Some numbers do not fit the plan.", "Nothing was changed.")
        if is_wrong
        else Notice("info", "You came back without paying.", "Nothing was charged, and all is as it was."),
        plans=tuple(
            PlanChoice(
                key=name.lower(),
                name=name,
                price=f"{month} a month or {year} a year",
                has=_HAS,
                chosen=name == "Team",
            )
            for name, month, year in (
                ("Start", "€49.00", "€490.00"),
                ("Team", "€149.00", "€1,490.00"),
                ("Scale", "€399.00", "€3,990.00"),
            )
        ),
        intervals=(Choice("by the month", "", value="month", selected=True), Choice("by the year", "", value="year")),
        currencies=tuple(
            Choice(name, "", value=name.lower(), selected=name == "EUR") for name in ("EUR", "USD", "PLN", "GBP")
        ),
        extras=(
            ExtraField(
                name="brands",
                label="Brands beyond the plan",
                value="13" if is_wrong else "2",
                help="€12.00 a month each",
                error="at most 12 more with Team" if is_wrong else "",
            ),
            ExtraField(name="staff_seats", label="Staff seats beyond the plan", value="0", help="€15.00 a month each"),
            ExtraField(name="light_seats", label="Light seats beyond the plan", value="0", help="€3.00 a month each"),
        ),
        lines=()
        if is_wrong
        else (PriceLine(what="Team", amount="€149.00"), PriceLine(what="2 × extra brand", amount="€24.00")),
        total="" if is_wrong else "€173.00 a month",
        other="The same costs €1,730.00 a year.",
        when="Nothing is charged before 7 December 2026: your trial goes on.",
        excess=("1 brand more than it has room for: it goes read-only then, and all that is in it stays.",),
        pay_fields=() if is_wrong else _FIELDS,
    )


def waiting(kind: str = "") -> WaitingPage:
    """Seconds after coming back; `long`: after a minute; `paid`: it was."""
    title = "Team, 2 more brands, paid by the month"
    if kind == "paid":
        return WaitingPage(title=title, billing_url="#", notice=Notice("good", "It is paid.", f"{title} holds."))
    waits = Notice(
        "info",
        "Waiting for payment.",
        "What was paid is not lost: it holds as soon as Stripe tells us.",
        "That takes longer than usual." if kind == "long" else "That takes some seconds.",
    )
    page = WaitingPage(title=title, billing_url="#", notice=waits, look_url="#")
    if kind != "long":
        return page
    return WaitingPage(
        title=title,
        billing_url="#",
        notice=waits,
        look_url="#",
        again_url="#",
        pay_url="#",
        pay_fields=_FIELDS,
    )
