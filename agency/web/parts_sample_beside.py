"""Invented cards beside a case, for `/parts`."""

from __future__ import annotations

from agency.web import parts_samples as sample
from agency.web.contexts_beside import BesidePage, CardLook

CARDS: tuple[CardLook, ...] = ()


def beside(kind: str = "") -> BesidePage:
    """Every card with invented words; `none` for a brand where nothing is written down."""
    return BesidePage(
        brand=sample.brands()[1],
        customer="Anna Szczebrzeszyńska",
        case_url="/parts/pages/conversation",
        cards=() if kind == "none" else CARDS,
    )
