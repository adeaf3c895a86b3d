"""Contexts of the pages of the team. The templates are in `team/`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.contexts_handover import HandoverLink
from agency.web.looks import Choice, Notice, StateLook, told


@dataclass(frozen=True, kw_only=True)
class TeamRow:
    """A colleague in the list."""

    name: str = told("As they are called.")
    state: StateLook = told("On shift, On a break, Off shift, Absent, No shifts written.")
    until: str = told("Until when, or from when again; empty where nobody knows.", default="")
    languages: str = told("Polish, Portuguese; empty where nobody wrote any.", default="")
    skills: str = told("refunds, technical.", default="")
    cases: str = told("3 of 8, or 3 where there is no limit; empty for who may not see it.", default="")
    is_full: bool = told("They hold as many as they are to hold.", default=False)
    url: str = told("Their page; empty where the reader may not open it.", default="")


@dataclass(frozen=True, kw_only=True)
class AbsenceRow:
    """Days somebody is away. Posts to `url`: `do` = agree | decline | withdraw."""

    name: str = told("Who is away.")
    days: str = told("21 Dec – 3 Jan.")
    state: StateLook = told("Asked for, Agreed.")
    stand_in: str = told("Who stands in; empty for nobody.", default="")
    url: str = told("Where presses go.", default="")
    may_agree: bool = told("A lead reads what is asked for.", default=False)
    may_withdraw: bool = told("It can be taken back by the reader.", default=False)


@dataclass(frozen=True, kw_only=True)
class TeamPage:
    """The team, `team/page.html`."""

    rows: tuple[TeamRow, ...] = told("By name.")
    counts: str = told("4 on shift, 1 away.")
    asked: tuple[AbsenceRow, ...] = told("Absences a lead is asked for.", default=())
    unfound: tuple[str, ...] = told("“refunds”, Polish: 3 cases since 09:40; nobody could take them yet.", default=())
    notice: Notice | None = told("What was refused.", default=None)
    handed: tuple[HandoverLink, ...] = told("What colleagues hand the reader now.", default=())
    handover_url: str = told("What is the reader's, to be handed over.", default="")
    handovers_url: str = told("Everybody's; empty for who does not lead.", default="")


@dataclass(frozen=True, kw_only=True)
class MemberPage:
    """One colleague, `team/member.html`.

    Posts: `url` (`zone`, `day.0` to `day.6`, `special_days`, `language` repeated, `skills`, `most_cases`, `version`),
    `absence_url` (`first_day`, `last_day`, `stand_in`).
    """

    name: str = told("As they are called.")
    is_me: bool = told("It is the reader.")
    row: TeamRow = told("How they stand now.")
    back_url: str = told("The team.")
    url: str = told("Changes it; empty for who may only read.", default="")
    version: int = told("Of what the form was made from.", default=0)
    notice: Notice | None = told("What was refused.", default=None)
    next_shift: str = told("The next shift begins Tue 08:00; empty where none is known.", default="")
    days: tuple[tuple[str, str, str], ...] = told("Name of the day, its spans, what is wrong with them.")
    zone: str = told("Whose clock.")
    zones: tuple[Choice, ...] = told("Options: `value`, `selected`.", default=())
    special_days: str = told("A line each.", default="")
    languages: tuple[Choice, ...] = told("Options: `value`, `label`, `selected`.", default=())
    skills: str = told("After commas.", default="")
    most_cases: str = told("Empty for no limit.", default="")
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    changed: str = told("Who changed it last.", default="")
    absences: tuple[AbsenceRow, ...] = told("Not over yet, by their first day.", default=())
    absence_url: str = told("Writes or asks for another one; empty where the reader may not.", default="")
    asks: bool = told("A lead has to agree to it.", default=False)
    stand_ins: tuple[Choice, ...] = told("Colleagues: `value`, `label`, `selected`.", default=())
    values: dict[str, str] = told("What the absence's fields hold.", default_factory=dict)
