"""Invented rules of the desk, for `/parts`."""

from __future__ import annotations

from agency.web import parts_samples as sample
from agency.web.contexts_desk_rules import (
    DeskRulePage,
    DeskRuleRow,
    DeskRulesPage,
    Ticks,
    TrialCase,
    TrialLook,
    WordsField,
)
from agency.web.looks import Choice, Notice, StateLook

HOSTILE = "<b>mallory</b> {{7*7}} " + "Dampfschifffahrtsgesellschaft" * 6
TABS = (Choice("In use", "#", selected=True), Choice("Put away", "#"))
ON, OFF = StateLook("on", "On", "check", "good"), StateLook("off", "Off", "pause", "plain")


def rules(*, empty: bool = False) -> DeskRulesPage:
    """The list."""
    rows = (
        DeskRuleRow(
            name="Outage words",
            place="1",
            conditions=(("Says one of", "app, erro (pt), não abre (pt)"), ("Mood", "Negative")),
            effects=("label “outage”", "raise by 30", "keep for Ana"),
            state=ON,
            stops=True,
            note="Agreed with the client in May.",
            week="41 messages in seven days",
            changed="Version 3 by Marek, 1 Nov 2026",
            url="#",
            switch_url="#",
            move_url="#",
            is_first=True,
        ),
        DeskRuleRow(
            name=HOSTILE,
            place="2",
            conditions=(("Says one of", HOSTILE),),
            effects=(f"label “{HOSTILE}”",),
            is_on=False,
            state=OFF,
            changed="Version 1 by Marek, 1 Nov 2026",
            switch_url="#",
            move_url="#",
            is_last=True,
        ),
    )
    return DeskRulesPage(
        brand=sample.brands()[1],
        places=(Choice("Every brand", "", value=""), Choice("Kawka", "", value="x", selected=True)),
        rows=() if empty else rows,
        tabs=TABS,
        new_url="#",
        before="The rules for every brand are asked before these.",
        before_url="#",
    )


def rule(*, tried: bool = False) -> DeskRulePage:
    """One of them: refused, or tried on last week."""
    trial = TrialLook(
        heading="Of 1,204 cases of last week, 41 would have been taken",
        facts=("41 labelled “outage”", "41 raised by 30", "12 more an earlier rule takes, and it is the last"),
        cut="Only the newest 5,000 messages were looked at.",
        taken_width="12.0",
        cases=(
            TrialCase(
                url="#",
                brand=sample.brands()[1],
                author="Inês",
                said=(("A app ", False), ("não abre", True), (" desde ontem", False)),
                when="Monday, 10:12",
                mark="new",
            ),
            TrialCase(url="#", brand=sample.brands()[0], author=HOSTILE, said=((HOSTILE, False),), when="Sunday, 9:00"),
        ),
        more="and 11 more",
    )
    return DeskRulePage(
        title="Outage words",
        brand=sample.brands()[1],
        back_url="#",
        url="#",
        put_url="#",
        version=3,
        values={"name": "Outage words", "points": "30", "from_time": "22:00"},
        words=(
            WordsField(name="words_pt", label="Portuguese", value="erro\nnão abre", language="pt"),
            WordsField(name="words_any", label="In any language", value="app"),
        ),
        without=(WordsField(name="without_any", label="In any language"),),
        ticks=(
            Ticks(name="platforms", label="On", choices=(Choice("Facebook", "", value="facebook", selected=True),)),
        ),
        seen_by=(Choice("whoever it is", "", value="", selected=True),),
        stars_from=(Choice("whatever they are", "", value="", selected=True),),
        stars_to=(Choice("whatever they are", "", value="", selected=True),),
        labels=(Choice("outage", "", value="x", selected=True), Choice(HOSTILE, "", value="y")),
        people=(Choice("nobody", "", value="", selected=True), Choice("Ana", "", value="z")),
        guidelines=(Choice("none", "", value="", selected=True), Choice(HOSTILE, "", value="g")),
        saved_replies=(Choice("none", "", value="", selected=True), Choice("Outage, in short", "", value="s")),
        acknowledge=True,
        most_points=40,
        kept="Next gives it to them first, and to nobody else for 60 minutes.",
        help="A word or a few on each line.",
        errors={} if tried else {"words": "has a phrase of more than 6 words", "until_time": "needs both"},
        notice=None if tried else Notice("warn", "Somebody changed this rule.", "Nothing was saved.", "Read it again."),
        changed="Version 3 by Marek, 1 Nov 2026",
        trial=trial if tried else None,
    )
