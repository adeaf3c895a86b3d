"""The team: what a lead writes of who works when, speaks and can what, and how people stand to their shifts.

`team_at(now).on_shift(now)` says who is on shift, by the rules of `tenants.shifts`; absences are written by
`agency.inbox.absences`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from agency.inbox.colleagues import workers_of
from agency.inbox.models import Conversation
from agency.inbox.team_models import LONGEST_SKILL, Absence, TeamMember
from styleguides.language import base_language
from tenants import audit, clock
from tenants.brand_hours import as_hours, checked_days, checked_special
from tenants.brands import known_zones
from tenants.business_time import BusinessTime
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.models import Person
from tenants.opening_hours import Span
from tenants.permissions import Actor, Permission, require
from tenants.shifts import Standing, WorkTimes, no_times, standing_at

MOST_SKILLS: Final = 20
MOST_LANGUAGES: Final = 20
MOST_CASES: Final = 500
"""What one press of many takes (`agency.inbox.bulk.MOST_AT_ONCE`)."""
ABSENCES_BACK: Final = timedelta(days=2)
"""Absences over for longer say nothing of a shift that runs: none is longer than `tenants.shifts.LONGEST_SHIFT`."""
_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,8})?")


class Colleague(NamedTuple):
    """What is known of somebody's work; of whom nobody wrote anything, nothing."""

    person_id: UUID
    work: WorkTimes
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    most_cases: int | None = None
    stand_ins: tuple[tuple[date, date, UUID], ...] = ()
    """Who stands in for them from a day until another, both included."""
    version: int = 0
    changed_by_name: str = ""

    def standing(self, moment: datetime) -> Standing:
        """How they stand to their shifts then."""
        return standing_at(self.work, moment)

    def speaks(self, language: str | None) -> bool:
        """Whether they read it, as far as anybody knows: whoever has no languages written reads all."""
        return not self.languages or language is None or base_language(language) in self.languages

    def can(self, skill: str | None, language: str | None) -> bool:
        """Whether they are known to have the skill and to read the language; None asks for none."""
        reads = language is None or base_language(language) in self.languages
        return reads and (skill is None or skill in self.skills)

    def stand_in(self, moment: datetime) -> UUID | None:
        """Who stands in for them on that day."""
        today = self.work.week.local_day(moment)
        return next((who for first, last, who in self.stand_ins if first <= today <= last), None)


class Team(NamedTuple):
    """People of the scope's agency by id, with what is known of them."""

    known: Mapping[UUID, Colleague]

    def of(self, person_id: UUID) -> Colleague:
        """One of them; nothing known of whoever has no row."""
        return self.known.get(person_id) or Colleague(person_id, no_times("UTC"))

    def standing_of(self, person_id: UUID, moment: datetime) -> Standing:
        """On shift, on a break, off, absent, or unknown where nobody wrote when they work."""
        return self.of(person_id).standing(moment)

    def on_shift(self, moment: datetime) -> set[UUID]:
        """Everybody known to be on shift then, breaks included."""
        there = (Standing.ON, Standing.ON_BREAK)
        return {one for one in self.known if self.standing_of(one, moment) in there}


def team_at(moment: datetime, person_ids: Collection[UUID] | None = None) -> Team:
    """What is known of these people, or of everybody in the scope's agency, as it bears on that moment and later: two
    statements.
    """
    rows = select(TeamMember).order_by(TeamMember.id)
    away = (
        select(Absence, Person.time_zone)
        .join(Person, Person.id == Absence.person_id)
        .where(Absence.state == "agreed", Absence.last_day >= (moment - ABSENCES_BACK).date())
    )
    if person_ids is not None:
        rows = rows.where(TeamMember.person_id.in_(person_ids))
        away = away.where(Absence.person_id.in_(person_ids))
    absences: dict[UUID, list[Absence]] = {}
    zones: dict[UUID, str] = {}
    for one, zone in db.session.execute(away.order_by(Absence.first_day, Absence.id)):
        absences.setdefault(one.person_id, []).append(one)
        zones[one.person_id] = zone if zone in known_zones() else "UTC"
    members = {row.person_id: row for row in db.session.scalars(rows)}
    return Team(
        {
            person_id: _colleague(person_id, members.get(person_id), absences.get(person_id, ()), zones.get(person_id))
            for person_id in {*members, *absences}
        }
    )


def _colleague(person_id: UUID, row: TeamMember | None, away: Sequence[Absence], zone: str | None) -> Colleague:
    """`zone` is that of their own clock: by it their days are told where no week is written."""
    times = no_times(zone or "UTC").week if row is None else _times_of(row)
    work = WorkTimes(times, tuple((one.first_day, one.last_day) for one in away))
    stand_ins = tuple((one.first_day, one.last_day, one.stand_in_id) for one in away if one.stand_in_id is not None)
    if row is None:
        return Colleague(person_id, work, stand_ins=stand_ins)
    return Colleague(
        person_id,
        work,
        tuple(row.languages),
        tuple(row.skills),
        row.most_cases,
        stand_ins,
        row.version,
        row.changed_by_name,
    )


def _times_of(row: TeamMember) -> BusinessTime:
    special = tuple((date.fromisoformat(day), _spans(row.special_days[day])) for day in sorted(row.special_days))
    return BusinessTime(as_hours(row.zone, row.days), special)


def _spans(day: Sequence[Any]) -> tuple[Span, ...]:
    return tuple((int(start), int(end)) for start, end in day)


def held_by(person_ids: Collection[UUID] | None = None) -> dict[UUID, int]:
    """How many open cases each of these, or each of the agency, holds now, of the brands the scope covers."""
    counted = (
        select(Conversation.holder_id, func.count())
        .where(
            Conversation.status == "open", Conversation.holder_id.is_not(None), Conversation.held_until >= clock.now()
        )
        .group_by(Conversation.holder_id)
    )
    if person_ids is not None:
        counted = counted.where(Conversation.holder_id.in_(person_ids))
    return {who: many for who, many in db.session.execute(counted) if who is not None}


def beyond_limit(person_id: UUID) -> tuple[int, int] | None:
    """How many open cases somebody holds and how many they are to hold, where that is more. Two statements at most."""
    wanted = select(TeamMember.most_cases).where(TeamMember.person_id == person_id)
    most = db.session.execute(wanted).scalar_one_or_none()
    held = held_by([person_id]).get(person_id, 0) if most is not None else 0
    return (held, most) if most is not None and held > most else None


def save_member(actor: Actor, person_id: UUID, values: Mapping[str, Any], *, based_on: int) -> Colleague:
    """Write of a colleague `zone`, `days`, `special_days`, `languages`, `skills`, `most_cases`: all of them. The same
    again leaves no record.

    Raises Forbidden; NotFound for whoever works on no brand the lead sees; Invalid naming fields, `days.0` for one day;
    Conflict `member_changed` where `based_on` is not the version there is, 0 for none.
    """
    require(actor, Permission.TEAM_MANAGE)
    if person_id not in {one.person_id for one in workers_of(actor)}:
        raise NotFound()
    checked = _checked(values)
    row = db.session.scalars(
        select(TeamMember).where(TeamMember.person_id == person_id).with_for_update()
    ).one_or_none()
    if (row.version if row is not None else 0) != based_on:
        raise _changed_meanwhile(row)
    if row is None:
        made = {"agency_id": actor.agency_id, "id": new_id(), "person_id": person_id, **checked}
        written = db.session.execute(
            insert(TeamMember)
            .values(changed_by_name=actor.name, **made)
            .on_conflict_do_nothing()
            .returning(TeamMember.id)
        ).first()
        if written is None:  # another lead, at the same moment
            raise _changed_meanwhile(None)
    elif all(getattr(row, name) == value for name, value in checked.items()):
        return team_at(clock.now(), [person_id]).of(person_id)
    else:
        for name, value in checked.items():
            setattr(row, name, value)
        row.version, row.changed_at, row.changed_by_name = row.version + 1, clock.now(), actor.name
    db.session.flush()
    audit.record(actor, "team.member_changed", "person", person_id, **checked)
    return team_at(clock.now(), [person_id]).of(person_id)


def _changed_meanwhile(row: TeamMember | None) -> Conflict:
    return Conflict(
        worded(
            "%(name)s changed this while you were at it. Nothing of yours was saved. "
            "Look at what it says now and change it again.",
            name=row.changed_by_name if row is not None else worded("Somebody else"),
        ),
        code="member_changed",
        version=row.version if row is not None else 0,
    )


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    errors: dict[str, list[str]] = {}
    zone = values.get("zone")
    if zone not in known_zones():
        errors["zone"] = [worded("is not a time zone")]
    days = checked_days(values.get("days", ()), errors)
    special = checked_special(values.get("special_days", {}), errors)
    if special and not errors and not any(days):
        errors["special_days"] = [worded("needs a week first: no day has any hours")]
    languages = list(dict.fromkeys(values.get("languages", ())))
    if len(languages) > MOST_LANGUAGES or not all(isinstance(one, str) and _CODE.fullmatch(one) for one in languages):
        errors["languages"] = [worded("holds something that is no language")]
    skills = list(dict.fromkeys(" ".join(one.casefold().split()) for one in values.get("skills", ()) if one.strip()))
    if len(skills) > MOST_SKILLS or any(len(one) > LONGEST_SKILL or "\x00" in one for one in skills):
        errors["skills"] = [worded("may be %(most)s of %(long)s characters each", most=MOST_SKILLS, long=LONGEST_SKILL)]
    most = values.get("most_cases")
    if most is not None and (type(most) is not int or not 0 < most <= MOST_CASES):
        errors["most_cases"] = [worded("must be a number from 1 to %(most)s, or empty", most=MOST_CASES)]
    if errors:
        raise Invalid("This cannot be kept as it is. Nothing was changed; see the fields.", errors=errors)
    return {
        "zone": zone,
        "days": days,
        "special_days": special,
        "languages": sorted({base_language(one) or one for one in languages}),
        "skills": sorted(skills),
        "most_cases": most,
    }
