"""What a check asks of a brand before it uses what is kept ready: which guide, facts and guidelines hold now."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, and_, any_, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from styleguides.models import Fact, Guideline, StyleGuideVersion
from tenants.brand_hours import hours_beside
from tenants.errors import NotFound
from tenants.kept_select import KeptSelect
from tenants.models import Brand


class BrandState(NamedTuple):
    """`facts` and `guidelines` change whenever one of the brand's does; `facts` is None where there is none. `hours`
    are those of `tenants.brand_hours.hours_beside`.
    """

    language: str
    time_zone: str
    version_id: UUID | None
    version_number: int | None
    facts: tuple[datetime, int] | None
    guidelines: tuple[int, int]
    hours: list[Any] | None = None


_FACTS: Final = (
    select(func.max(Fact.changed_at).label("changed_at"), func.sum(Fact.version).label("versions"))
    .where(Fact.agency_id == Brand.agency_id, Fact.brand_id == Brand.id)
    .correlate(Brand)
    .lateral()
)
_GUIDELINES: Final = (
    select(func.count(Guideline.id).label("rows"), func.coalesce(func.sum(Guideline.version), 0).label("versions"))
    .where(Guideline.agency_id == Brand.agency_id, Guideline.brand_id == Brand.id)
    .correlate(Brand)
    .lateral()
)
_STATES: Final = KeptSelect(
    select(
        Brand.id,
        Brand.language,
        Brand.time_zone,
        StyleGuideVersion.id,
        StyleGuideVersion.number,
        _FACTS.c.changed_at,
        _FACTS.c.versions,
        _GUIDELINES.c.rows,
        _GUIDELINES.c.versions,
        hours_beside(Brand.agency_id, Brand.id),
    )
    .outerjoin(
        StyleGuideVersion,
        and_(
            StyleGuideVersion.agency_id == Brand.agency_id,
            StyleGuideVersion.brand_id == Brand.id,
            StyleGuideVersion.state == "in_force",
        ),
    )
    .join(_FACTS, true())
    .join(_GUIDELINES, true())
    .where(Brand.id == any_(bindparam("ids", type_=ARRAY(Uuid()))))
)


def state_of(brand_id: UUID) -> BrandState:
    """One statement. Raises NotFound for a brand outside the scope."""
    found = states_of([brand_id]).get(brand_id)
    if found is None:
        raise NotFound()
    return found


def states_of(brand_ids: Collection[UUID]) -> dict[UUID, BrandState]:
    """The same of several, by brand, in one statement; those outside the scope are left out."""
    if not brand_ids:
        return {}
    found: dict[UUID, BrandState] = {}
    rows = _STATES.rows({"ids": list(brand_ids)})
    for brand_id, language, zone, version_id, number, changed_at, versions, count, raised, hours in rows:
        stamp = (changed_at, int(versions)) if versions is not None else None
        found[brand_id] = BrandState(language, zone, version_id, number, stamp, (int(count), int(raised)), hours)
    return found
