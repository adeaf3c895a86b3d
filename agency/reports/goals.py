"""Goals agreed with a client, figure by figure, public and private apart: what holds in a month, what is agreed next.

A goal holds from a month on until another for the same figure does. Months that were over when somebody wrote keep what
was agreed for them. Flushes, never commits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from agency.reports.minutes import one_line
from agency.reports.models import BrandGoal
from agency.reports.monthly import MonthPart, this_month, written
from styleguides.guides import lock_brand
from tenants import audit, clock
from tenants.brands import brand_for
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, worded
from tenants.permissions import Actor, Permission

TIMES: Final = ("time", "client")
SHARES: Final = ("answered", "resolved", "heard_in_time", "answered_in_time", "resolved_in_time")
FIGURES: Final = ("time", "client", *SHARES)
"""Figures a goal may be agreed for: of TIMES it is the most seconds, of SHARES the least percent."""
LONGEST_SECONDS: Final = 31 * 86_400
LONGEST_NAME: Final = 200

Which = tuple[str, bool]
"""A figure, and whether it is of private words."""


class Goal(NamedTuple):
    """What was agreed, by whom, and who wrote it down. `target` None: that there is none any more."""

    figure: str
    is_private: bool
    target: int | None
    from_month: date
    agreed_on: date
    agreed_with: str
    saved_by_name: str


def goals_of(brand_id: UUID, month: date) -> dict[Which, Goal]:
    """Those that hold in this month; of figures without a goal nothing. One statement."""
    wanted = select(BrandGoal).where(BrandGoal.brand_id == brand_id, BrandGoal.from_month <= month)
    rows = db.session.scalars(
        wanted.order_by(BrandGoal.from_month).execution_options(populate_existing=True)  # the newest of each comes last
    )
    newest = {(row.figure, row.is_private): row for row in rows}
    found = (Goal._make(getattr(row, name) for name in Goal._fields) for row in newest.values())
    return {(one.figure, one.is_private): one for one in found if one.target is not None}


def mark_of(goals: Mapping[Which, Goal]) -> str:
    """What a form was filled from: another where anything was agreed since."""
    said = repr(sorted((*which, one.target) for which, one in goals.items()))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def actual(part: MonthPart, figure: str) -> int | None:
    """What a figure came to, in the unit of its goal; a share rounded down, so that only what is met says so. None
    where there was nothing to count.
    """
    if figure == "time":
        return part.sums.average_seconds
    if figure == "client":
        return part.decided_average
    if figure == "answered":
        good, all_ = part.sums.answered, part.sums.asked
    elif figure == "resolved":
        good, all_ = part.sums.resolved, part.sums.cases
    else:
        met, missed = part.clocks[figure.removesuffix("_in_time")]
        good, all_ = met, met + missed
    return good * 100 // all_ if all_ else None


def is_met(figure: str, target: int, came_to: int | None) -> bool | None:
    """None where there was nothing to count."""
    if came_to is None:
        return None
    return came_to <= target if figure in TIMES else came_to >= target


def agree(
    actor: Actor,
    brand_id: UUID,
    from_month: date,
    wanted: Mapping[Which, int | None],
    *,
    agreed_on: date | None,
    agreed_with: object,
    based_on: str,
) -> dict[Which, Goal]:
    """Write down what was agreed from this month on: of each of FIGURES named its target, None for no goal. Figures
    that keep their goal keep who agreed to it. The same again changes nothing.

    Raises NotFound, Forbidden; Invalid naming fields; Conflict `goals_changed` where `based_on` is not what holds, and
    `month_is_over` for a month before this one.
    """
    brand = brand_for(actor, brand_id, Permission.REPORT_WRITE)
    if from_month < this_month(brand):
        raise Conflict(
            "That month is over, and what was agreed for it stays. Nothing was changed. "
            "Agree on goals for this month or the next.",
            code="month_is_over",
        )
    errors: dict[str, list[str]] = {}
    for (figure, is_private), target in wanted.items():
        if figure not in FIGURES:
            errors[figure] = [worded("is no figure")]
        elif target is not None and figure in TIMES and not 60 <= target <= LONGEST_SECONDS:
            errors[field_of(figure, is_private)] = [worded("must be between a minute and a month")]
        elif target is not None and figure in SHARES and not 1 <= target <= 100:
            errors[field_of(figure, is_private)] = [worded("must be from 1 to 100")]
    lock_brand(brand_id)
    stands = goals_of(brand_id, from_month)
    changed = {
        which: target
        for which, target in wanted.items()
        if target != (stands[which].target if which in stands else None)
    }
    who = one_line(agreed_with)
    today = clock.now().astimezone(ZoneInfo(brand.time_zone)).date()
    if changed and not 0 < len(who) <= LONGEST_NAME:
        errors["agreed_with"] = [worded("must name who agreed, in 200 characters at most")]
    if changed and (agreed_on is None or agreed_on > today or agreed_on.year < today.year - 1):
        errors["agreed_on"] = [worded("must be a day of the last year, today at the latest")]
    if errors:
        raise Invalid("These goals cannot be kept as they are. Nothing was changed; see the fields.", errors=errors)
    if mark_of(stands) != based_on:
        raise Conflict(
            "These goals were changed while you were at it. Nothing of yours was saved. "
            "Look at what they are now and change them again.",
            code="goals_changed",
        )
    if not changed:
        return stands
    assert agreed_on is not None, "refused above"
    rows = {
        (row.figure, row.is_private): row
        for row in db.session.scalars(
            select(BrandGoal).where(BrandGoal.brand_id == brand_id, BrandGoal.from_month == from_month)
        )
    }
    for which, target in changed.items():
        row = rows.get(which)
        if row is None:
            figure, is_private = which
            row = BrandGoal(agency_id=actor.agency_id, id=new_id(), brand_id=brand_id, figure=figure)
            row.is_private, row.from_month = is_private, from_month
            db.session.add(row)
        row.target, row.agreed_on, row.agreed_with = target, agreed_on, who
        row.saved_by, row.saved_by_name, row.saved_at = actor.user_id, actor.name, clock.now()
    db.session.flush()
    audit.record(
        actor,
        "month.goals_agreed",
        "brand",
        brand_id,
        brand_id=brand_id,
        from_month=written(from_month),
        agreed_on=agreed_on.isoformat(),
        goals={field_of(*which): target for which, target in changed.items()},
    )
    return goals_of(brand_id, from_month)


def field_of(figure: str, is_private: bool) -> str:
    """What the form and the record call it."""
    return f"{figure}.{'private' if is_private else 'public'}"
