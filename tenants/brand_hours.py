"""A brand's hours: when it answers. Kept by the form of `tenants.opening_hours`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from tenants import audit
from tenants.brands import brand_for, known_zones
from tenants.business_time import FIRST_YEAR, LAST_YEAR, BusinessTime
from tenants.database import db
from tenants.errors import Invalid, worded
from tenants.models import BrandHours
from tenants.opening_hours import Hours, Span, days_from
from tenants.outbox import JobName, enqueue_after_commit
from tenants.permissions import Actor, Permission
from tenants.public_holidays import countries, parts_of

MOST_SPECIAL: Final = 100
"""Special days of a brand: a few years of company holidays."""
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WRONG = {
    "ends before it begins": worded("must end after it begins, by midnight at the latest"),
    "overlaps": worded("holds two spans that overlap"),
    "has too many spans": worded("holds too many spans; six are enough for a day"),
}


def hours_of(brand_id: UUID) -> BusinessTime | None:
    """When the brand answers; None where it has said nothing of it or no day has a span."""
    row = kept_hours(brand_id)
    times = None if row is None else times_of(row)
    return None if times is None or times.never_open else times


def sends_in_hours(brand_id: UUID) -> bool:
    """Whether its replies go out in its hours where nobody says otherwise."""
    row = kept_hours(brand_id)
    return row is not None and row.sends_in_hours and any(row.days)


def kept_hours(brand_id: UUID) -> BrandHours | None:
    """The row of a brand's hours, if it has any."""
    return db.session.execute(select(BrandHours).where(BrandHours.brand_id == brand_id)).scalar_one_or_none()


_BESIDE = (
    BrandHours.zone,
    BrandHours.days,
    BrandHours.sends_in_hours,
    BrandHours.country,
    BrandHours.part,
    BrandHours.special_days,
)


def hours_beside(agency_id: Any, brand_id: Any) -> ColumnElement[Any]:
    """In a SELECT that names both: the brand's row as `times_beside` reads it, its third whether replies go out in
    them; NULL where it has none.
    """
    made = func.jsonb_build_array(*_BESIDE)
    return select(made).where(BrandHours.agency_id == agency_id, BrandHours.brand_id == brand_id).scalar_subquery()


HOURS_BESIDE: Final = """(select jsonb_build_array(h.zone, h.days, h.sends_in_hours, h.country, h.part, h.special_days)
    from brand_hours h where h.agency_id = {agency_id} and h.brand_id = {brand_id})"""
"""The same in text."""


def times_beside(kept: Sequence[Any]) -> BusinessTime:
    """Business time from what `hours_beside` gives."""
    zone, days, _sends, country, part, special = kept
    return BusinessTime(as_hours(zone, days), _special(special), country, part)


def times_of(row: BrandHours) -> BusinessTime:
    """Business time from a row."""
    return BusinessTime(as_hours(row.zone, row.days), _special(row.special_days), row.country, row.part)


def as_hours(zone: str, days: Sequence[Any]) -> Hours:
    """Hours from what a row keeps."""
    return Hours(zone, tuple(_spans(day) for day in days))


def _spans(day: Sequence[Any]) -> tuple[Span, ...]:
    return tuple((int(start), int(end)) for start, end in day)


def _special(kept: Mapping[str, Any]) -> tuple[tuple[date, tuple[Span, ...]], ...]:
    return tuple((date.fromisoformat(day), _spans(kept[day])) for day in sorted(kept))


def set_hours(
    actor: Actor,
    brand_id: UUID,
    *,
    days: Sequence[Sequence[Sequence[Any]]],
    zone: str,
    sends_in_hours: bool,
    country: str | None = None,
    part: str | None = None,
    special_days: Mapping[str, Sequence[Sequence[Any]]] | None = None,
) -> BrandHours:
    """Say when the brand answers: seven days, Monday first, each with spans of minutes after midnight by that zone's
    clock; whose public holidays it keeps, and days that are otherwise. Of these three None leaves what there is; a
    part of another country than is said goes. The same again leaves no record.

    Raises NotFound, Forbidden, or Invalid naming the field: `zone`, `sends_in_hours`, `days` or one day, `days.0`,
    `country`, `part`, `special_days`.
    """
    brand = brand_for(actor, brand_id, Permission.BRAND_MANAGE)
    errors: dict[str, list[str]] = {}
    if zone not in known_zones():
        errors["zone"] = [worded("is not a time zone")]
    checked = checked_days(days, errors)
    if sends_in_hours and not errors and not any(checked):
        errors["sends_in_hours"] = [worded("needs hours first: no day has any")]
    row = kept_hours(brand.id)
    if country is None:
        country = row.country if row is not None else ""
    elif country and country not in countries():
        errors["country"] = [worded("is not a country whose holidays we know")]
    if part is None:
        part = row.part if row is not None and row.country == country else ""
    elif part and part not in parts_of(country):
        errors["part"] = [worded("is not a part of that country")]
    if special_days is None:
        special = row.special_days if row is not None else {}
    else:
        special = checked_special(special_days, errors)
    if errors:
        raise Invalid("These hours cannot be used. Nothing was changed; see the fields.", errors=errors)
    values: dict[str, Any] = {
        "zone": zone,
        "days": checked,
        "sends_in_hours": sends_in_hours,
        "country": country,
        "part": part,
        "special_days": special,
    }
    if row is None:
        row = BrandHours(agency_id=brand.agency_id, brand_id=brand.id, **values)
        db.session.add(row)
    elif all(getattr(row, name) == value for name, value in values.items()):
        return row
    else:
        for name, value in values.items():
            setattr(row, name, value)
    db.session.flush()
    enqueue_after_commit(JobName.RERANK, agency_id=brand.agency_id, brand_id=brand.id)  # clocks run by these hours
    audit.record(actor, "brand.hours_changed", "brand", brand.id, brand_id=brand.id, **values)
    return row


def checked_days(days: Sequence[Sequence[Sequence[Any]]], errors: dict[str, list[str]]) -> list[list[list[int]]]:
    """Seven days, Monday first, as they are kept; `errors` gets `days`, or `days.0` for one of them."""
    if len(days) != 7:
        errors["days"] = [worded("must be seven days, Monday first")]
    return [_checked(day, f"days.{number}", errors) for number, day in enumerate(days)]


def _checked(day: Sequence[Sequence[Any]], field: str, errors: dict[str, list[str]]) -> list[list[int]]:
    try:
        return [list(span) for span in days_from([day, *[[]] * 6])[0]]
    except ValueError as error:
        errors[field] = [_WRONG.get(str(error), worded("holds something that is no time"))]
        return []


def checked_special(days: Mapping[str, Sequence[Sequence[Any]]], errors: dict[str, list[str]]) -> dict[str, Any]:
    """Days that are otherwise, by their date, as they are kept; `errors` gets `special_days`."""
    if len(days) > MOST_SPECIAL:
        errors["special_days"] = [worded("holds too many days; %(n)s are enough", n=MOST_SPECIAL)]
        return {}
    found: dict[str, Any] = {}
    for day, spans in days.items():
        try:
            named = date.fromisoformat(day) if _DATE.fullmatch(day) else None
        except ValueError:
            named = None
        if named is None or not FIRST_YEAR <= named.year <= LAST_YEAR:
            errors["special_days"] = [worded("holds something that is no day; write it as 2026-12-24")]
        else:
            found[day] = _checked(spans, "special_days", errors)
    return found
