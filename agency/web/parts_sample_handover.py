"""Invented cases of handing over, for `/parts/pages/`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta

from agency.web import clocks
from agency.web.contexts_handover import HandoverLink, HandoverPage, HandPage, HandRow, TeamHandoversPage
from agency.web.contexts_more import MorePage, PlaceGroup
from agency.web.handover_words import case_looks
from agency.web.language import chosen_language
from agency.web.looks import BrandLook, Choice, Notice, StateLook
from tenants import clock


def _rows(brands: Sequence[BrandLook]) -> tuple[HandRow, ...]:
    now = clock.now()
    row = HandRow(
        id="1",
        url="#",
        brand=brands[1],
        place="Google · review",
        customer="Anna Szczebrzeszyńska",
        excerpt="Śniadanie było zimne, a kelner powiedział, że „tak już jest”. Czekam na odpowiedź!",
        language="pl",
        due=clocks.due(now + timedelta(minutes=50), now, UTC, chosen_language()),
        reasons=("In hand", "Promised for Tue 17:00"),
        note="She wants a call, not a voucher.",
        ticked=True,
    )
    other = replace(row, id="2", brand=brands[0], customer="<img src=x onerror=alert(1)>", due=None, note="")
    return (row, replace(other, reasons=("A reply waits since 09:12",)))


def hand(brands: Sequence[BrandLook], kind: str = "") -> HandPage:
    """What is mine; `none`; `refused`."""
    people = (
        Choice("Ben: from 16:00, works on 6 of 7, reads 5, holds 3 of 12", "", value="1", selected=True),
        Choice("Wilhelmina Brzęczyszczykiewicz: on shift, holds 8 of 8, no room for all", "", value="2"),
    )
    page = HandPage(
        until="What needs somebody before Tue 08:00.",
        rows=() if kind == "none" else _rows(brands),
        is_cut=kind == "refused",
        url="#",
        id="3",
        colleagues=people,
        note="Quiet day.",
        recent=(_link(),),
        away_url="#",
    )
    if kind != "refused":
        return page
    said = "Nobody is chosen whom this can be handed to. Nothing was changed. Choose a colleague from the list."
    return replace(page, notice=Notice("bad", said), errors={"to": "choose a colleague", "note": "is too long"})


def _link() -> HandoverLink:
    now = clock.now()
    when = clocks.age(now - timedelta(minutes=5), now, UTC, chosen_language())
    return HandoverLink(words="Ana hands you 7 cases", url="#", state=case_looks()["offered"], when=when)


def of_team() -> TeamHandoversPage:
    """As a lead reads them: something left, something open, some ended."""
    left = replace(
        _link(),
        words="Wilhelmina Brzęczyszczykiewicz hands Maximilian von Hohenfeld 12 cases",
        state=case_looks()["lapsed"],
        more="2 cases stand in the queue and nobody has them",
    )
    waits = replace(_link(), words="Ana hands Ben 7 cases", more="7 of 7 open until 17:00")
    ended = StateLook("answered", "Ended", "check", "plain")
    done = replace(waits, state=ended, more="5 taken over, 2 given back")
    return TeamHandoversPage(open=(left, waits), ended=(done, done), more_url="#", back_url="#")


def places() -> MorePage:
    """Places under headings."""
    work = (Choice("Inbox", "#", value="inbox"), Choice("Promises", "#", value="hourglass"))
    long = Choice("Konfiguracja przechowywania wcześniejszych rozmów", "#", value="channels")
    return MorePage(groups=(PlaceGroup(name="Work", places=work), PlaceGroup(name="Set up", places=(long,))))


def handover(brands: Sequence[BrandLook], kind: str = "") -> HandoverPage:
    """As its receiver reads it; `ended`."""
    offered = [replace(one, state=case_looks()["offered"], is_offered=True) for one in _rows(brands)]
    if kind == "ended":
        lost = replace(offered[1], state=case_looks()["lost"], why="Somebody has taken it meanwhile.", is_offered=False)
        offered = [replace(offered[0], state=case_looks()["accepted"], is_offered=False), lost]
    return HandoverPage(
        title="Ana hands you 7 cases",
        said=("Offered 15:50.", "If nobody answers until 17:00, a team lead is told."),
        rows=tuple(offered),
        url="#",
        is_open=kind != "ended",
        is_giver=False,
        warning="" if kind == "ended" else "You hold 8 of 8. Take only some of it, or ask a team lead.",
        back_url="#",
    )
