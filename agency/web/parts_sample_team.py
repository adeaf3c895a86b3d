"""Invented cases of the team's pages, for `/parts/pages/`."""

from __future__ import annotations

from dataclasses import replace

from agency.web.contexts_team import AbsenceRow, MemberPage, TeamPage, TeamRow
from agency.web.looks import Choice, Notice
from agency.web.team_words import absence_looks, standing_looks
from tenants.shifts import Standing

_DAYS = ("poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota", "niedziela")


def _row(name: str, standing: Standing, until: str = "", **more: object) -> TeamRow:
    row = TeamRow(name=name, state=standing_looks()[standing], until=until, cases="3", url="#")
    return replace(row, **more)  # type: ignore[arg-type]


def _asked() -> AbsenceRow:
    return AbsenceRow(
        name="Wilhelmina Brzęczyszczykiewicz-Konstantynopolitańska",
        days="Mon 21 Dec 2026 – Sun 3 Jan 2027",
        state=absence_looks()["asked"],
        stand_in="Ben",
        url="#",
        may_agree=True,
    )


def team(kind: str = "") -> TeamPage:
    """The list as a lead reads it; `staff`: as a colleague does."""
    rows = (
        _row("Ana", Standing.ON, "until 16:00", languages="Polish, Portuguese", cases="8 of 8", is_full=True),
        _row("Ben", Standing.OFF, "again from 16:00", skills="refunds, technical", cases="0 of 12"),
        _row("Cai", Standing.ON_BREAK, "until 17:30", languages="English"),
        _row("Dorota", Standing.ABSENT, "until the end of Fri 27 Nov 2026"),
        _row("<img src=x onerror=alert(1)>", Standing.UNKNOWN),
    )
    if kind == "staff":
        mine, *others = (replace(one, cases="") for one in rows)
        return TeamPage(rows=(mine, *(replace(one, url="") for one in others)), counts="2 on shift, 1 away")
    return TeamPage(
        rows=rows,
        counts="2 on shift, 1 away",
        unfound=("“refunds”, Polish: 3 cases, the first since 20 Nov 2026, 09:40",),
        asked=(_asked(),),
    )


def member(kind: str = "") -> MemberPage:
    """The form; `own`: as its colleague reads it; `refused`."""
    codes = {"en": "English", "pl": "Polish", "pt": "Portuguese", "es": "Spanish"}
    page = MemberPage(
        name="Ana",
        is_me=kind == "own",
        row=team().rows[0],
        back_url="#",
        url="" if kind == "own" else "#",
        version=3,
        next_shift="The next shift begins Tue 08:00.",
        days=tuple((day, "08:00-12:00, 12:30-16:00" if n < 5 else "", "") for n, day in enumerate(_DAYS)),
        zone="Europe/Lisbon",
        zones=(Choice("Europe/Lisbon", "", value="Europe/Lisbon", selected=True),),
        special_days="2026-12-24 08:00-12:00",
        languages=tuple(Choice(name, "", value=code, selected=code in "plpt") for code, name in codes.items()),
        skills="refunds, technical",
        most_cases="8",
        changed="Marek",
        absences=(
            replace(_asked(), may_agree=kind != "own", may_withdraw=kind == "own"),
            replace(_asked(), state=absence_looks()["agreed"], stand_in="", may_agree=False, may_withdraw=True),
        ),
        absence_url="#",
        asks=kind == "own",
        stand_ins=(Choice("nobody", "", value="", selected=True), Choice("Ben", "", value="1")),
    )
    if kind != "refused":
        return page
    days = (("poniedziałek", "17-9", "must end after it begins, by midnight at the latest"), *page.days[1:])
    return replace(
        page,
        days=days,
        notice=Notice("bad", "This cannot be kept as it is. Nothing was changed; see the fields."),
        errors={
            "most_cases": "must be a number from 1 to 500, or empty",
            "last_day": "must not be over, nor before the first day",
            "stand_in": "must be another colleague",
        },
    )
