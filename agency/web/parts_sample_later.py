"""Invented cases that come back at a time, for `/parts` and its pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from agency.web import clocks
from agency.web.contexts_later import ComebackLook, ComebackPage, LaterOption, LaterPage, LaterRowLook
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import BrandLook, Choice, Notice
from agency.web.state_looks import conversation_states
from tenants import clock

_TABS = (Choice("Comes back to me", "?", True), Choice("To anybody", "?whose=all"))
_REASON = "Klient pytał o nowy termin dostawy: magazyn odpowie we wtorek przed południem."
_DRAFT = "Pani Anno, mamy już odpowiedź z magazynu:"


def comeback_sample(kind: str = "waiting") -> ComebackLook:
    """One that waits, or whose time has come."""
    if kind == "woke":
        return ComebackLook(
            notice=Notice("warn", "You wanted this back now."), reason=_REASON, draft=_DRAFT, inserts=True
        )
    notice = Notice("info", "Comes back to you Tue 09:00.", "If the customer writes before, it does not.")
    return ComebackLook(
        notice=notice,
        reason=_REASON,
        draft=_DRAFT,
        change_url="#",
        change_label="Change it",
        end_url="#",
        end_label="Bring it back now",
    )


def form(brand: BrandLook) -> ComebackPage:
    """The form after a try without a reason."""
    return ComebackPage(
        brand=brand,
        customer="Anna Szczebrzeszyńska",
        excerpt="Kiedy wreszcie dostanę swoje zamówienie? <img src=x onerror=alert(1)>",
        url="#",
        back_url="#",
        allowed=(
            "Messenger: a direct message only until Tue 24 Nov, 10:12, then only once the customer writes again.",
        ),
        options=(
            LaterOption("1", "Tomorrow", "Tue 24 Nov, 09:00", selected=True),
            LaterOption(
                "2",
                "In a week",
                "Mon 30 Nov, 09:00",
                "Mon 30 Nov, 10:00 for you",
                "No direct message is allowed then, unless the customer writes again.",
            ),
        ),
        own="2026-11-24T09:00",
        zone="America/Argentina/Buenos_Aires",
        draft=_DRAFT,
        errors={"reason": "is missing"},
        notice=Notice("bad", "Write why it comes back: then somebody knows what to do. Nothing was changed."),
    )


def later(brands: Sequence[BrandLook], kind: str = "") -> LaterPage:
    """The list; `none`."""
    now = clock.now()
    row = LaterRowLook(
        brand=brands[1],
        place="Facebook · direct message",
        customer="Anna Szczebrzeszyńska",
        excerpt="Kiedy wreszcie dostanę swoje zamówienie?",
        url="#",
        at="Tue 24 Nov, 09:00",
        left=clocks.left(now + timedelta(hours=20), now, chosen_zone(), chosen_language()),
        person="Wojciech Szczebrzeszyński-Konstantynopolitańczyk",
        reason=_REASON,
        has_draft=True,
        state=conversation_states()["snoozed"],
    )
    rows = (row, replace(row, brand=brands[0], there="Tue 24 Nov, 06:00 by the brand's clock", has_draft=False))
    return LaterPage(
        title="Later",
        tabs=_TABS,
        brands=(Choice("All brands", "", True), *(Choice(one.name, "", value=one.id) for one in brands)),
        brands_url="#",
        rows=() if kind == "none" else rows,
        empty="Nothing comes back to you.",
        snoozed_url="#",
        next_url="" if kind == "none" else "#",
    )
