"""Invented saved replies for `/parts`: the list and one of them."""

from __future__ import annotations

from agency.web import parts_samples as sample
from agency.web.contexts_saved_replies import (
    SavedRepliesPage,
    SavedReplyLook,
    SavedReplyPage,
    TextFields,
    VersionLook,
    WornLook,
)
from agency.web.looks import Choice, Notice

HOSTILE = "<b>mallory</b> {{7*7}} " + "Dampfschifffahrtsgesellschaft" * 6
LANGUAGES = (Choice("English", "", value="en", selected=True), Choice("polski", "", value="pl"))
PLACES = (Choice("All", "", value=""), Choice("For every brand", "", value="agency", selected=True))


def saved_replies(kind: str = "") -> SavedRepliesPage:
    """The list; `empty` for a brand that has none."""
    rows = (
        SavedReplyLook(
            title="Zimne śniadanie",
            url="#",
            brand=sample.brands()[1],
            excerpt="Dzień dobry, bardzo nam przykro, że śniadanie było zimne.",
            language="pl",
            languages=("Polish", "English"),
            words=("zimne", "śniadanie"),
            uses="Sent 12 times",
            last_used=sample.ago(hours=3),
            stale="Should have been looked at by 1 Nov 2026",
        ),
        SavedReplyLook(title=HOSTILE, url="#", is_shared=True, excerpt=HOSTILE, words=(HOSTILE,), uses="Not used yet"),
    )
    worn = WornLook(
        brand=sample.brands()[0],
        text="Thank you for the kind words.",
        people="Went to 12 people in the last 30 days",
        last=sample.ago(hours=1),
    )
    return SavedRepliesPage(
        rows=() if kind == "empty" else rows,
        url="#",
        places=PLACES,
        tabs=(Choice("In use", "#", selected=True), Choice("Put away", "#")),
        new_url="#",
        next_url="" if kind == "empty" else "#",
        worn=() if kind == "empty" else (worn,),
    )


def saved_reply(kind: str = "") -> SavedReplyPage:
    """One as its form after somebody was faster; `reader` for who may only read it."""
    texts = (
        TextFields(number=0, text="Dear {customer_name}, we look for {order}.", language="en", languages=LANGUAGES),
        TextFields(number=1, languages=LANGUAGES),
    )
    may_write = kind != "reader"
    return SavedReplyPage(
        title=HOSTILE,
        brand=sample.brands()[1],
        back_url="#",
        url="#" if may_write else "",
        put_url="#" if may_write else "",
        version=2,
        values={"title": "Late", "words": "late\nwhere is my parcel", "review_by": "2027-03-31"},
        texts=texts if may_write else texts[:1],
        errors={"texts": "has {nobody}, which nothing fills"} if may_write else {},
        variables=(("{customer_name}", "The customer's first name."), ("{order}", "The order number they wrote.")),
        facts=(("Used", "Sent 12 times"), ("Last changed by", "Ana")),
        stale="Should have been looked at by 1 Nov 2026",
        stopped=(("Text 1", "“look for” is on this brand's list of words to avoid."),),
        notice=Notice("warn", "Somebody changed this.", "Nothing was saved.", "Save again.") if may_write else None,
        versions=(
            VersionLook(
                words="Version 1, written by Ana", at=sample.ago(days=2), title="Late", texts=(("en", HOSTILE),)
            ),
        ),
    )
