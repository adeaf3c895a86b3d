"""Invented pages of what a brand says, for `/parts`: two versions compared, a guideline, the sheet's form."""

from __future__ import annotations

from agency.replies.text_difference import text_difference
from agency.web import parts_samples as sample
from agency.web.contexts_setup import Boxes, ComparePage, GuidelinePage, SavedReplyChoice
from agency.web.contexts_sheet import SheetFormPage
from agency.web.looks import Choice, Notice
from agency.web.parts_sample_guide import changes
from agency.web.parts_sample_saved_replies import HOSTILE

RIGHT_TO_LEFT = "אנחנו מצטערים מאוד על ההמתנה."


def compare() -> ComparePage:
    """A new voice, a changed rule, a new one."""
    versions = tuple(Choice(f"Version {n}", "", value=str(n), selected=n == 3) for n in (4, 3))
    return ComparePage(
        brand=sample.brands()[1],
        url="#",
        back_url="#",
        older=3,
        newer=4,
        olders=versions,
        newers=versions[::-1],
        voice=text_difference("A host: warm, calm.", f"A host, warm and calm. {RIGHT_TO_LEFT}"),
        identity=(("How we sign", text_difference("", HOSTILE)),),
        changes=changes(),
        same_count=11,
    )


def guideline() -> GuidelinePage:
    """A form that came back, with more saved replies than fit at once."""
    saved = (
        SavedReplyChoice(id="1", title=HOSTILE, is_chosen=True, is_archived=True),
        SavedReplyChoice(id="2", title="Thank you", is_of_agency=True),
        *(SavedReplyChoice(id=f"3{n}", title=f"Zimne śniadanie {n}") for n in range(8)),
    )
    return GuidelinePage(
        brand=sample.brands()[1],
        title=HOSTILE,
        url="#",
        back_url="#",
        delete_url="#",
        version=2,
        values={"title": "Cold food", "steps": "Say sorry.\nAsk what was cold.", "never_say": RIGHT_TO_LEFT},
        errors={"offer": "Write an amount from 0 to 1,000,000."},
        visibilities=(Choice("In public", "", value="public", selected=True),),
        finals=(Choice("Whoever answers", "", value="staff", selected=True),),
        stars={name: (Choice("no matter", "", value="", selected=True),) for name in ("min_stars", "max_stars")},
        boxes=(Boxes(name="platforms", label="Platforms", options=(Choice("Facebook", "", value="facebook"),)),),
        saved_replies=saved,
        notice=Notice("warn", "Somebody changed this.", "Nothing was saved.", "Save again."),
        theirs=(("What it is about", "Cold breakfast"), ("Why there", "")),
    )


def sheet_form() -> SheetFormPage:
    """Two people to call, one campaign that ends before it begins."""
    return SheetFormPage(
        brand=sample.brands()[1],
        url="#",
        back_url="#",
        version=3,
        values={
            "does": HOSTILE,
            "never_say": RIGHT_TO_LEFT,
            "name_0": "Lena",
            "title_0": "Winter",
            "from_0": "2026-12-02",
        },
        errors={"until_0": "must not be before the first day"},
        contacts=(0, 1),
        campaigns=(0, 1),
        loads={n: (Choice("as many as usual", "", value="usual", selected=True),) for n in (0, 1)},
        notice=Notice("bad", "Some of this cannot be kept.", "Nothing was saved; it is still in the form.", ""),
    )
