"""Invented incidents, for `/parts`."""

from __future__ import annotations

from agency.web import parts_samples as sample
from agency.web.contexts_incidents import (
    IncidentCaseLook,
    IncidentFormPage,
    IncidentLook,
    IncidentPage,
    IncidentsPage,
    IncidentTextField,
    IncidentTextsPage,
    PutInPage,
    SuggestedIncident,
    TextProgress,
)
from agency.web.looks import Choice, Clock, Notice, StateLook

HOSTILE = "<b>mallory</b> {{7*7}} " + "Dampfschifffahrtsgesellschaft" * 6
AGO = Clock("6 min", "plain", "2026-11-23T10:04:00Z", "10:04:00")
OPEN = StateLook("open", "Going on", "alert", "warn")
TABS = (Choice("In it", "#", selected=True), Choice("No more in it", "#"))


def _cases() -> tuple[IncidentCaseLook, ...]:
    plain = IncidentCaseLook(
        url="#",
        author="Rita P.",
        place="Facebook · comment",
        words="A app não abre desde ontem!",
        when=AGO,
        due="late by 2 h",
        is_late=True,
        note="Ana has it",
        out_url="#",
    )
    return (plain, IncidentCaseLook(url="#", author=HOSTILE, place="Instagram · comment", words=HOSTILE, note=HOSTILE))


def incidents(*, empty: bool = False) -> IncidentsPage:
    """The list."""
    tabs = (Choice("Going on", "#", selected=True), Choice("Ended", "#"))
    if empty:
        return IncidentsPage(tabs=tabs, new_url="#")
    words = "14 people in 6 minutes: “app”, “abre”. An incident?"
    brand = sample.brands()[1]
    suggested = SuggestedIncident(brand=brand, words=words, since=AGO, url="#", dismiss_url="#")
    rows = tuple(
        IncidentLook(brand=brand, name=name, url="#", state=OPEN, counts="212 cases, 3 late", opened="Opened by Marek")
        for name in ("App does not open", HOSTILE)
    )
    return IncidentsPage(suggested=(suggested,), rows=rows, tabs=tabs, new_url="#")


def form(*, wrong: bool = False) -> IncidentFormPage:
    """Opening one."""
    return IncidentFormPage(
        title="New incident",
        brand=sample.brands()[1],
        back_url="#",
        url="#",
        name="App does not open",
        words="app\nnão abre",
        languages=(Choice("English", "", value="en"), Choice("Portuguese", "", value="pt", selected=True)),
        posts=(
            Choice("Facebook · Our new app is here", "", value="1_2", selected=True, count=41),
            Choice("Instagram · " + HOSTILE, "", value="3", count=1),
        ),
        suggested="14 people in 6 minutes: “app”, “abre”. An incident?",
        cases=_cases(),
        trial="" if wrong else "Of 340 open cases it takes 212",
        errors={"words": "are missing: nothing would attach a case"} if wrong else {},
        notice=Notice("warn", "This incident cannot be kept as it is.", "Nothing was changed.") if wrong else None,
    )


def put_in(*, none: bool = False) -> PutInPage:
    """A case by hand."""
    return PutInPage(
        brand=sample.brands()[1],
        customer=HOSTILE,
        excerpt="A app não abre desde ontem!",
        back_url="#",
        url="#",
        choices=()
        if none
        else (Choice("App does not open", "", value="1", selected=True), Choice(HOSTILE, "", value="2")),
        notice=Notice("warn", "No incident was chosen.", "Nothing was changed.") if none else None,
    )


def texts() -> IncidentTextsPage:
    """The texts at its end."""
    return IncidentTextsPage(
        title="Follow-up at the end",
        name=HOSTILE,
        brand=sample.brands()[1],
        is_end=True,
        fields=(
            IncidentTextField(name="text_pt_1", label="Portuguese", value="A app já abre.", language="pt"),
            IncidentTextField(name="text_pt_2", label="Portuguese, another wording", language="pt"),
        ),
        url="#",
        back_url="#",
        afterwards=(Choice("come back to the queue", "", value="return"), Choice("are resolved", "", value="resolve")),
        notice=Notice("warn", "These texts cannot be used.", "Nothing was changed."),
    )


def incident() -> IncidentPage:
    """One of them."""
    return IncidentPage(
        brand=sample.brands()[1],
        name="App does not open",
        state=OPEN,
        facts=(("Cases", "212 cases in it, 180 people in all, 3 late"), ("Says one of", HOSTILE)),
        post="We know that the app does not open. We are at it.",
        progress=(
            TextProgress(
                title="Holding text",
                words="Sent 180, on their way 3, to go 20, not possible 12.",
                why=("5: a colleague is at it", "7: " + HOSTILE),
                texts=(("The client said yes for all (pt)", "Sabemos que a app não abre."), ("Ready (en)", HOSTILE)),
            ),
        ),
        trouble=Notice("warn", "Kawka is paused, so nothing is sent in its name."),
        holds=True,
        holding_url="#",
        stop_url="#",
        follow_up_url="#",
        go_on_url="#",
        cases=_cases(),
        tabs=TABS,
        next_url="#",
        change_url="#",
        close_url="#",
        back_url="#",
    )
