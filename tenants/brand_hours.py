"""A brand's hours: when it answers. Kept by the form of `tenants.opening_hours`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from tenants import audit
from tenants.brands import brand_for, known_zones
from tenants.database import db
from tenants.errors import Invalid, worded
from tenants.models import BrandHours
from tenants.opening_hours import Hours, days_from
from tenants.permissions import Actor, Permission

_WRONG = {
    "ends before it begins": worded("must end after it begins, by midnight at the latest"),
    "overlaps": worded("holds two spans that overlap"),
    "has too many spans": worded("holds too many spans; six are enough for a day"),
}


def hours_of(brand_id: UUID) -> Hours | None:
    """When the brand answers; None where it has said nothing of it or no day has a span."""
    row = kept_hours(brand_id)
    hours = None if row is None else as_hours(row.zone, row.days)
    return None if hours is None or hours.never_open else hours


def sends_in_hours(brand_id: UUID) -> bool:
    """Whether its replies go out in its hours where nobody says otherwise."""
    row = kept_hours(brand_id)
    return row is not None and row.sends_in_hours and any(row.days)


def kept_hours(brand_id: UUID) -> BrandHours | None:
    """The row of a brand's hours, if it has any."""
    return db.session.execute(select(BrandHours).where(BrandHours.brand_id == brand_id)).scalar_one_or_none()


def hours_beside(agency_id: Any, brand_id: Any) -> ColumnElement[Any]:
    """In a SELECT that names both: `[zone, days, sends_in_hours]` of the brand, NULL where it has no row."""
    made = func.jsonb_build_array(BrandHours.zone, BrandHours.days, BrandHours.sends_in_hours)
    return select(made).where(BrandHours.agency_id == agency_id, BrandHours.brand_id == brand_id).scalar_subquery()


def as_hours(zone: str, days: Sequence[Any]) -> Hours:
    """Hours from what a row keeps."""
    return Hours(zone, tuple(tuple((int(start), int(end)) for start, end in day) for day in days))


def set_hours(
    actor: Actor, brand_id: UUID, *, days: Sequence[Sequence[Sequence[Any]]], zone: str, sends_in_hours: bool
) -> BrandHours:
    """Say when the brand answers: seven days, Monday first, each with spans of minutes after midnight by that zone's
    clock. The same again leaves no record.

    Raises NotFound, Forbidden, or Invalid naming the field: `zone`, `sends_in_hours`, `days` or one day, `days.0`.
    """
    brand = brand_for(actor, brand_id, Permission.BRAND_MANAGE)
    errors: dict[str, list[str]] = {}
    if zone not in known_zones():
        errors["zone"] = [worded("is not a time zone")]
    checked: list[list[list[int]]] = []
    for number, day in enumerate(days):
        try:
            one = days_from([day, *[[]] * 6])[0]
            checked.append([list(span) for span in one])
        except ValueError as error:
            errors[f"days.{number}"] = [_WRONG.get(str(error), worded("holds something that is no time"))]
    if len(days) != 7:
        errors["days"] = [worded("must be seven days, Monday first")]
    elif sends_in_hours and not errors and not any(checked):
        errors["sends_in_hours"] = [worded("needs hours first: no day has any")]
    if errors:
        raise Invalid("These hours cannot be used. Nothing was changed; see the fields.", errors=errors)
    row = kept_hours(brand.id)
    values = {"zone": zone, "days": checked, "sends_in_hours": sends_in_hours}
    if row is None:
        row = BrandHours(agency_id=brand.agency_id, brand_id=brand.id, **values)
        db.session.add(row)
    elif all(getattr(row, name) == value for name, value in values.items()):
        return row
    else:
        for name, value in values.items():
            setattr(row, name, value)
    db.session.flush()
    audit.record(actor, "brand.hours_changed", "brand", brand.id, brand_id=brand.id, **values)
    return row
