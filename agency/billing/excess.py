"""What of an agency is more than wanted terms have: said before a smaller plan is confirmed. Nothing is taken away."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from channels.models import Account
from tenants.database import db
from tenants.models import Brand
from tenants.plans import Allowed, Feature, Terms, allowed_by
from tenants.room import use_of


@dataclass(frozen=True)
class Excess:
    """Numbers too many; `accounts`: name of a brand and how many it has; pairs are how it is and how it will be, None
    where it gets no less.
    """

    brands: int
    staff_seats: int
    light_seats: int
    accounts: tuple[tuple[str, int], ...]
    history_months: tuple[int, int] | None
    conversations: tuple[int, int] | None
    loses: frozenset[Feature]
    will: Allowed


def excess_of(agency_id: UUID, present: Terms, wanted: Terms) -> Excess:
    """By what is used now: two statements."""
    use, has, will = use_of(agency_id), allowed_by(present), allowed_by(wanted)
    connected = func.count(Account.id)
    accounts = db.session.execute(
        select(Brand.name, connected)
        .join(Account, (Account.agency_id == Brand.agency_id) & (Account.brand_id == Brand.id))
        .where(Brand.agency_id == agency_id, Brand.archived_at.is_(None), Account.disconnected_at.is_(None))
        .group_by(Brand.id, Brand.name)
        .having(connected > will.accounts_of_brand)
        .order_by(func.lower(Brand.name))
    )
    return Excess(
        max(0, use.brands - will.brands),
        max(0, use.staff_seats - will.staff_seats),
        max(0, use.light_seats - will.light_seats),
        tuple((name, number) for name, number in accounts),
        _less(has.history_months, will.history_months),
        _less(has.conversations, will.conversations),
        has.features - will.features,
        will,
    )


def _less(has: int, will: int) -> tuple[int, int] | None:
    return (has, will) if will < has else None
