"""Invented pages of what is done to several cases at once, for `/parts`."""

from __future__ import annotations

from dataclasses import replace

from agency.web.contexts_bulk import (
    BulkBar,
    ChoiceRow,
    ChoosePage,
    LabelChoice,
    LeftLook,
    MergePage,
    MergeRow,
    PressesPage,
    PressLook,
    PressPage,
    SpammerLook,
    SpammersPage,
    SplitPage,
    SplitRow,
)
from agency.web.contexts_filters import Find
from agency.web.looks import Choice, StateLook
from agency.web.parts_samples import PAGES, REVIEW, ago, brands, snooze

OPEN = StateLook("open", "Open", "inbox", "plain")
HOSTILE = "<script>alert(1)</script> \u202eWojciech"


def choose(kind: str = "") -> ChoosePage:
    """Three cases with boxes, or none."""
    words = ("Where is my order?", REVIEW, "W" * 140)
    return ChoosePage(
        title="Hotel Bursztynowa Zatoka",
        bar=BulkBar(
            url="#",
            press="p1",
            all_label="" if kind == "none" else "All 148 of this view",
            most=500,
            snooze=snooze(),
            people=(Choice("Marek Nowicki (you)", "", value="m"), Choice("Ana", "", value="a")),
            labels=LabelChoice(
                (Choice("Refund asked", "", value="r"), Choice("Allergy · Pennywell", "", value="y")),
                find=Find("find_label", "Find a label", "", "Of 60 labels these are used most.", "/parts"),
            ),
            back_url=f"{PAGES}/inbox",
        ),
        rows=()
        if kind == "none"
        else tuple(
            ChoiceRow(
                f"c{n}", "#", brands()[n], HOSTILE if n == 1 else "Ines", text[:140], "pl", OPEN, ago(hours=n + 1)
            )
            for n, text in enumerate(words)
        ),
        next_url="" if kind == "none" else "#",
    )


def one_press(kind: str = "") -> PressLook:
    """27 of 30, or taken back."""
    return PressLook(
        url="#",
        words="27 cases resolved.",
        left_words="" if kind == "undone" else "3 of 30 not.",
        at=ago(minutes=4),
        undo_url="" if kind == "undone" else "#",
        undone_words="Taken back: 27 cases are as they were." if kind == "undone" else "",
    )


def press() -> PressPage:
    """What was left of it."""
    why = "Marek Nowicki has this case since 14:02. Nothing was changed. Take another case."
    return PressPage(
        press=one_press(), left=tuple(LeftLook(b, "#", HOSTILE, REVIEW[:140], why) for b in brands()), back_url="#"
    )


def presses(kind: str = "") -> PressesPage:
    """Two of them, or none."""
    return PressesPage(presses=() if kind == "none" else (one_press(), one_press("undone")))


def merge(kind: str = "") -> MergePage:
    """Another case of the same person, or none."""
    row = MergeRow("c2", "Facebook · message", REVIEW[:140], OPEN, ago(hours=3))
    return MergePage(
        brand=brands()[1],
        customer="Anna Szczebrzeszyńska",
        excerpt=REVIEW[:140],
        url="#",
        press="p2",
        back_url=f"{PAGES}/conversation",
        rows=() if kind == "none" else (row, replace(row, id="c3", excerpt="")),
    )


def split() -> SplitPage:
    """One message that stays and one that may go."""
    return SplitPage(
        brand=brands()[1],
        customer="Anna Szczebrzeszyńska",
        url="#",
        press="p3",
        back_url=f"{PAGES}/conversation",
        rows=(
            SplitRow("m1", "Anna Szczebrzeszyńska", REVIEW, "pl", ago(hours=3), may_go=False),
            SplitRow("m2", HOSTILE, "W" * 200, "", ago(hours=2), may_go=True),
        ),
    )


def spammers(kind: str = "") -> SpammersPage:
    """Two marked people and what one's mark closed, or nobody."""
    if kind == "none":
        return SpammersPage(people=())
    covers = "All but reviews with stars"
    return SpammersPage(
        people=(
            SpammerLook(brands()[0], HOSTILE, "Facebook", ago(days=2), "Ana", covers, "4 cases closed by it", "#", "#"),
            SpammerLook(
                brands()[1], "W" * 60, "Instagram", ago(days=9), "Marek", covers, "0 cases closed by it", "", ""
            ),
        ),
        next_url="#",
        of=HOSTILE,
        cases=(LeftLook(brands()[0], "#", "Bargain Timepieces", "W" * 140, "Facebook · comment"),),
    )
