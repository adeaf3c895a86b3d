"""What a check asks of a brand before it uses what is kept ready: which guide, facts and guidelines hold now."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, select, true

from styleguides.models import Fact, Guideline, StyleGuideVersion
from tenants.database import db
from tenants.errors import NotFound
from tenants.models import Brand


class BrandState(NamedTuple):
    """`facts` and `guidelines` change whenever one of the brand's does; `facts` is None where there is none."""

    language: str
    time_zone: str
    version_id: UUID | None
    version_number: int | None
    facts: tuple[datetime, int] | None
    guidelines: tuple[int, int]


def state_of(brand_id: UUID) -> BrandState:
    """One statement. Raises NotFound for a brand outside the scope."""
    facts = (
        select(func.max(Fact.changed_at).label("changed_at"), func.sum(Fact.version).label("versions"))
        .where(Fact.brand_id == brand_id)
        .subquery()
    )
    guidelines = (
        select(func.count(Guideline.id).label("rows"), func.coalesce(func.sum(Guideline.version), 0).label("versions"))
        .where(Guideline.brand_id == brand_id)
        .subquery()
    )
    row = db.session.execute(
        select(
            Brand.language,
            Brand.time_zone,
            StyleGuideVersion.id,
            StyleGuideVersion.number,
            facts.c.changed_at,
            facts.c.versions,
            guidelines.c.rows,
            guidelines.c.versions,
        )
        .outerjoin(
            StyleGuideVersion,
            and_(
                StyleGuideVersion.agency_id == Brand.agency_id,
                StyleGuideVersion.brand_id == Brand.id,
                StyleGuideVersion.state == "in_force",
            ),
        )
        .join(facts, true())
        .join(guidelines, true())
        .where(Brand.id == brand_id)
    ).one_or_none()
    if row is None:
        raise NotFound()
    language, zone, version_id, number, changed_at, versions, count, raised = row
    stamp = (changed_at, int(versions)) if versions is not None else None
    return BrandState(language, zone, version_id, number, stamp, (int(count), int(raised)))
