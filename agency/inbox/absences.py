"""Absences: people ask for their own, a lead agrees, declines or writes one at once. Why somebody is away is not kept.

Only what is agreed counts. It takes nothing away from anybody: what is kept for whoever is away is offered to the one
who stands in, and else to all; who says yes to replies in a client's place is settled elsewhere.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select, true

from agency.inbox.colleagues import colleagues_of
from agency.inbox.team import team_at
from agency.inbox.team_models import Absence
from agency.notices.telling import Thing, settle, tell
from tenants import audit, clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound, worded
from tenants.models import Membership, Person
from tenants.permissions import REFUSALS, ROLE_PERMISSIONS, Actor, Permission, require

LONGEST_DAYS: Final = 366
MOST_SHOWN: Final = 100
STANDING: Final = ("asked", "agreed")
"""Absences that may still come about."""


def write_absence(
    actor: Actor, person_id: UUID, first_day: date, last_day: date, *, stand_in_id: UUID | None = None
) -> Absence:
    """Somebody is away on these days, both included: asked for one's own, agreed at once where a lead writes it.

    Raises NotFound for whoever is no colleague, Forbidden for another's without TEAM_MANAGE, Invalid naming fields,
    Conflict `absence_overlaps`.
    """
    require(actor, Permission.CONVERSATION_WORK)
    leads = actor.may(Permission.TEAM_MANAGE)
    if person_id != actor.user_id and not leads:
        raise Forbidden(REFUSALS[Permission.TEAM_MANAGE], permission=Permission.TEAM_MANAGE.value)
    names = {one.person_id: one.name for one in colleagues_of(actor)}
    if person_id not in names:
        raise NotFound()
    today = team_at(clock.now(), [person_id]).of(person_id).work.week.local_day(clock.now())
    errors: dict[str, list[str]] = {}
    if last_day < first_day or last_day < today:
        errors["last_day"] = [worded("must not be over, nor before the first day")]
    elif (last_day - first_day).days >= LONGEST_DAYS or first_day > today + timedelta(days=2 * LONGEST_DAYS):
        errors["last_day"] = [worded("must be within a year of the first day, and that within two")]
    if stand_in_id is not None and (stand_in_id not in names or stand_in_id == person_id):
        errors["stand_in"] = [worded("must be another colleague")]
    if errors:
        raise Invalid("This absence cannot be kept as it is. Nothing was changed; see the fields.", errors=errors)
    # One absence of a person after the other: their membership is held until this transaction ends.
    held = select(Membership.id).where(Membership.agency_id == actor.agency_id, Membership.person_id == person_id)
    db.session.execute(held.with_for_update())
    other = db.session.scalars(
        select(Absence)
        .where(
            Absence.person_id == person_id,
            Absence.state.in_(STANDING),
            Absence.first_day <= last_day,
            Absence.last_day >= first_day,
        )
        .limit(1)
    ).first()
    if other is not None:
        raise Conflict(
            worded(
                "%(name)s is away from %(first)s to %(last)s already. Nothing was changed. "
                "Withdraw that absence first, or choose other days.",
                name=names[person_id],
                first=other.first_day.isoformat(),
                last=other.last_day.isoformat(),
            ),
            code="absence_overlaps",
            absence_id=str(other.id),
        )
    made = Absence(
        agency_id=actor.agency_id,
        id=new_id(),
        person_id=person_id,
        person_name=names[person_id],
        first_day=first_day,
        last_day=last_day,
        stand_in_id=stand_in_id,
        stand_in_name=names[stand_in_id] if stand_in_id is not None else None,
        state="agreed" if leads else "asked",
        settled_by_name=actor.name if leads else None,
    )
    db.session.add(made)
    db.session.flush()
    _record(actor, made)
    if not leads:
        tell(
            "absence_asked",
            _leads(actor),
            brand_id=None,
            subject=_thing(made),
            values={"who": made.person_name, "first": first_day.isoformat(), "last": last_day.isoformat()},
            but=actor.user_id,
        )
    elif person_id != actor.user_id:
        _answer(actor, made)
    return made


def settle_absence(actor: Actor, absence_id: UUID, deed: str) -> Absence:
    """`agree` or `decline` what was asked, or `withdraw` what stands: that also by whoever is away. The same again
    changes nothing.

    Raises NotFound, Forbidden, Conflict `absence_settled` for one that was settled otherwise meanwhile.
    """
    require(actor, Permission.CONVERSATION_WORK)
    absence = db.session.scalars(select(Absence).where(Absence.id == absence_id).with_for_update()).one_or_none()
    leads = actor.may(Permission.TEAM_MANAGE)
    if absence is None or deed not in ("agree", "decline", "withdraw"):
        raise NotFound()
    if not leads and absence.person_id != actor.user_id:
        raise NotFound()
    if absence.person_id not in {one.person_id for one in colleagues_of(actor)}:
        raise NotFound()
    if not leads and deed != "withdraw":
        raise Forbidden(REFUSALS[Permission.TEAM_MANAGE], permission=Permission.TEAM_MANAGE.value)
    wanted = {"agree": "agreed", "decline": "declined", "withdraw": "withdrawn"}[deed]
    if absence.state == wanted:
        return absence
    if absence.state not in (STANDING if deed == "withdraw" else ("asked",)):
        raise Conflict(
            worded(
                "%(name)s has settled this absence meanwhile. Nothing was changed. Look at it as it is now.",
                name=absence.settled_by_name or absence.person_name,
            ),
            code="absence_settled",
        )
    absence.state, absence.settled_by_name = wanted, actor.name
    db.session.flush()
    settle(absence.id, "absence_asked")
    _record(actor, absence)
    if absence.person_id != actor.user_id:
        _answer(actor, absence)
    return absence


def absences_of(actor: Actor, person_id: UUID | None = None) -> list[Absence]:
    """Absences that are not over and may come about, by their first day: one's own, anybody's for a lead, None for
    all colleagues'. At most MOST_SHOWN. Raises Forbidden.
    """
    require(actor, Permission.CONVERSATION_WORK)
    if not actor.may(Permission.TEAM_MANAGE) and person_id != actor.user_id:
        raise Forbidden(REFUSALS[Permission.TEAM_MANAGE], permission=Permission.TEAM_MANAGE.value)
    since = (clock.now() - timedelta(days=1)).date()
    wanted = select(Absence).where(Absence.state.in_(STANDING), Absence.last_day >= since)
    if person_id is not None:
        wanted = wanted.where(Absence.person_id == person_id)
    found = db.session.scalars(wanted.order_by(Absence.first_day, Absence.id).limit(MOST_SHOWN))
    if person_id is not None:
        return list(found)
    seen = {one.person_id for one in colleagues_of(actor)}
    return [one for one in found if one.person_id in seen]


def _record(actor: Actor, absence: Absence) -> None:
    audit.record(
        actor,
        f"team.absence_{absence.state}",
        "person",
        absence.person_id,
        absence=str(absence.id),
        first_day=absence.first_day.isoformat(),
        last_day=absence.last_day.isoformat(),
    )


def _answer(actor: Actor, absence: Absence) -> None:
    person = db.session.get(Person, absence.person_id)
    if person is None:
        return
    kind = "absence_agreed" if absence.state == "agreed" else "absence_declined"
    values = {"who": actor.name, "first": absence.first_day.isoformat(), "last": absence.last_day.isoformat()}
    tell(kind, [person], brand_id=None, subject=_thing(absence), values=values)


def _thing(absence: Absence) -> Thing:
    return Thing("absence", absence.id, f"/team/{absence.person_id}")


def _leads(actor: Actor) -> list[Person]:
    """Those who may settle what this person asked for."""
    roles = [role.value for role, may in ROLE_PERMISSIONS.items() if Permission.TEAM_MANAGE in may]
    shares: Any = Membership.all_brands
    if actor.brand_ids is not None:
        shares = or_(shares, Membership.brand_ids.bool_op("&&")(list(actor.brand_ids)))
    return list(
        db.session.scalars(
            select(Person)
            .join(Membership, Membership.person_id == Person.id)
            .where(
                Membership.agency_id == actor.agency_id,
                Membership.removed_at.is_(None),
                Membership.role.in_(roles),
                shares if actor.brand_ids is not None else true(),
                Person.disabled_at.is_(None),
            )
            .order_by(Person.email)
        )
    )
