"""What each brand gave away this month, of every brand somebody sees, from the running totals."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, literal, select

from styleguides.models import Empowerment, EmpowermentLimit, LedgerTotal
from tenants import clock
from tenants.database import db
from tenants.models import Brand
from tenants.permissions import Actor, Permission

MOST_BRANDS = 20


class MonthUsed(NamedTuple):
    """A brand's month where the brand is; `limit_minor` None where all together have no limit."""

    brand_id: UUID
    given_minor: int
    limit_minor: int | None
    currency: str


def months_used(actor: Actor) -> list[MonthUsed]:
    """Of brands set up for it, by name, MOST_BRANDS at most; one statement. Nothing for who may not see it."""
    if not actor.may(Permission.EMPOWERMENT_READ):
        return []
    month = func.to_char(func.timezone(Brand.time_zone, literal(clock.now())), "YYYY-MM")
    rows = db.session.execute(
        select(
            Brand.id,
            func.coalesce(LedgerTotal.given_minor, 0),
            EmpowermentLimit.amount_minor,
            Empowerment.currency,
        )
        .join(Empowerment, and_(Empowerment.agency_id == Brand.agency_id, Empowerment.brand_id == Brand.id))
        .outerjoin(
            EmpowermentLimit,
            and_(
                EmpowermentLimit.agency_id == Brand.agency_id,
                EmpowermentLimit.brand_id == Brand.id,
                EmpowermentLimit.kind == "brand_month",
                EmpowermentLimit.guideline_id.is_(None),
            ),
        )
        .outerjoin(
            LedgerTotal,
            and_(
                LedgerTotal.agency_id == Brand.agency_id,
                LedgerTotal.brand_id == Brand.id,
                LedgerTotal.kind == "brand_month",
                LedgerTotal.scenario_id == Brand.id,
                LedgerTotal.subject_id == Brand.id,
                LedgerTotal.period == month,
            ),
        )
        .where(Brand.archived_at.is_(None))
        .order_by(func.lower(Brand.name), Brand.id)
        .limit(MOST_BRANDS)
    )
    return [MonthUsed._make(row) for row in rows]
