"""For which brands somebody may say yes, and each change of that, on the brands' own records: there a client reads who
could decide in their name, and since when.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from tenants import audit
from tenants.database import db
from tenants.models import Brand, Membership
from tenants.permissions import ROLE_PERMISSIONS, Actor, Permission, Role


class Approves(NamedTuple):
    """A person may say yes for `gained` from now on, and no longer for `lost`."""

    person_id: UUID
    gained: frozenset[UUID]
    lost: frozenset[UUID]


def brands_approved_by(agency_id: UUID, person_id: UUID) -> frozenset[UUID]:
    """Brands of the agency for which this person may say yes, in a scope with all of them."""
    row = db.session.execute(
        select(Membership.role, Membership.all_brands, Membership.brand_ids).where(
            Membership.agency_id == agency_id, Membership.person_id == person_id, Membership.removed_at.is_(None)
        )
    ).one_or_none()
    if row is None or Permission.REPLY_APPROVE not in ROLE_PERMISSIONS[Role(row.role)]:
        return frozenset()
    return frozenset(db.session.scalars(select(Brand.id)) if row.all_brands else row.brand_ids)


def note_change(
    actor: Actor | None, agency_id: UUID, person_id: UUID, before: frozenset[UUID], **facts: Any
) -> Approves:
    """Put on the record of each brand what changed since `before`; `actor=None` is the system, `facts` are as of
    `audit.record`.
    """
    now = brands_approved_by(agency_id, person_id)
    changed = Approves(person_id, now - before, before - now)
    for brand_id in sorted(changed.gained):
        audit.record(actor, "person.may_approve", "person", person_id, brand_id=brand_id, **facts)
    for brand_id in sorted(changed.lost):
        audit.record(actor, "person.approves_no_more", "person", person_id, brand_id=brand_id, **facts)
    return changed
