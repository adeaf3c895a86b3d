"""Invented topics of a brand and the menu that corrects how a text was read, for `/parts`."""

from __future__ import annotations

from agency.web import parts_samples as sample
from agency.web.contexts_facts import SubjectField
from agency.web.contexts_reading import CorrectPage, LabelChoice
from agency.web.contexts_topics import TopicPage, TopicRow, TopicsPage
from agency.web.keys import MENU_LETTERS
from agency.web.looks import Choice, Notice
from agency.web.reading_words import aspect_words, said

HOSTILE = "<b>mallory</b> {{7*7}} " + "Dampfschifffahrtsgesellschaft" * 6
TABS = (Choice("In use", "#", selected=True, count=2), Choice("Put away", "#", count=0))


def topics(*, empty: bool = False) -> TopicsPage:
    """The list."""
    rows = (
        TopicRow(
            name="Śniadania",
            builds_on="price",
            phrases=(("Polish", "śniadanie, bufet"), ("In any language", "buffet")),
            open_url="#",
            open_count="3",
            corrected="taken away from 2 texts",
            changed="Ana, 1 Nov 2026",
            url="#",
        ),
        TopicRow(name=HOSTILE, phrases=(("English", HOSTILE),), changed="Ana, 1 Nov 2026"),
    )
    return TopicsPage(brand=sample.brands()[1], rows=() if empty else rows, tabs=TABS, new_url="#")


def topic() -> TopicPage:
    """One of them, which somebody else changed meanwhile."""
    return TopicPage(
        title="Śniadania",
        brand=sample.brands()[1],
        back_url="#",
        url="#",
        put_url="#",
        version=2,
        values={"name": "Śniadania"},
        lists=(Choice("None", "", value="", selected=True), Choice("price", "", value="price")),
        phrases=(SubjectField(name="words_pl", label="Polish", value="śniadanie\nbufet", language="pl"),),
        help="One phrase a line.",
        errors={"name": "There is a topic of this name already."},
        notice=Notice("warn", "Somebody changed this topic.", "Nothing of yours was saved.", "Read it again first."),
        theirs=(("Name", "Śniadania i kolacje"),),
        changed="Ana, 1 Nov 2026",
    )


def correcting() -> CorrectPage:
    """What a text may be read as."""
    choices = [
        LabelChoice(
            aspect=aspect, heading=aspect_words()[aspect], label=said(aspect, label), value=f"{aspect}:{label}", key=key
        )
        for aspect, label, key in (
            ("act", "complaint", "1"),
            ("sentiment", "negative", "5"),
            ("urgency", "urgent", "8"),
            *((aspect, label or "personal", key) for (aspect, label), key in MENU_LETTERS.items()),
        )
    ]
    return CorrectPage(
        brand=sample.brands()[1],
        url="#",
        back_url="#",
        text=HOSTILE,
        language="en",
        choices=(
            *choices,
            LabelChoice(aspect="topic", heading="Topics", label=HOSTILE, value="topic:1:about", key="t"),
        ),
        reasons=(("What it is", f"complaint · sure · {HOSTILE}"), ("Personal data", "nothing personal · sure")),
        topics_url="#",
    )
