"""Who holds a permission on a brand: whom a mail goes to, whose yes counts, who may come by a link."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, array

from tenants.database import db
from tenants.models import Membership, Person
from tenants.permissions import ROLE_PERMISSIONS, Actor, Permission, Role


def approvers_of(agency_id: UUID, brand_id: UUID) -> list[Person]:
    """Live members of the agency who may approve this brand's replies, by address."""
    return holders_of(Permission.REPLY_APPROVE, agency_id, brand_id)


def approvers_by_brand(agency_id: UUID, brand_ids: Collection[UUID]) -> dict[UUID, list[Person]]:
    """The same of several brands, by brand; one statement."""
    joined = select(Person, Membership.all_brands, Membership.brand_ids).join(
        Membership, Membership.person_id == Person.id
    )
    holds = _holds(Permission.REPLY_APPROVE, agency_id, list(brand_ids), operator="&&")
    found: dict[UUID, list[Person]] = {brand_id: [] for brand_id in brand_ids}
    for person, all_brands, some in db.session.execute(joined.where(*holds).order_by(Person.email)):
        for brand_id in found if all_brands else found.keys() & set(some):
            found[brand_id].append(person)
    return found


def named_approvers(agency_id: Any, brand_id: Any) -> ColumnElement[list[list[Any]]]:
    """Those of `approvers_of` as a column beside a row of that agency and brand: of each, by address, id, name, and
    whether mails come back from them.
    """
    each = func.jsonb_build_array(Person.id, Person.name, Person.mail_failed_at.is_not(None), type_=JSONB)
    listed = func.coalesce(
        func.jsonb_agg(aggregate_order_by(each, Person.email)), literal_column("'[]'::jsonb"), type_=JSONB
    )
    holds = _holds(Permission.REPLY_APPROVE, agency_id, array([brand_id]))
    return select(listed).join(Membership, Membership.person_id == Person.id).where(*holds).scalar_subquery()


def menders_of(agency_id: UUID, brand_id: UUID) -> list[Person]:
    """Whom to ask for a sign-in at a platform: the brand's client owners; where it has none, who connects accounts."""
    owners = approvers_of(agency_id, brand_id)
    return owners or holders_of(Permission.ACCOUNT_CONNECT, agency_id, brand_id)


def may_mend(person_id: UUID, agency_id: UUID, brand_id: UUID) -> bool:
    """Whether a link to mend this brand's connections works for this person: who is asked, or who connects accounts."""
    asked = menders_of(agency_id, brand_id) + holders_of(Permission.ACCOUNT_CONNECT, agency_id, brand_id)
    return person_id in {person.id for person in asked}


def holders_of(permission: Permission, agency_id: UUID, brand_id: UUID) -> list[Person]:
    """Live members of the agency with this permission on this brand, by address."""
    joined = select(Person).join(Membership, Membership.person_id == Person.id)
    return list(db.session.scalars(joined.where(*_holds(permission, agency_id, [brand_id])).order_by(Person.email)))


def holders_of_any(permission: Permission, agency_id: UUID, brand_ids: Collection[UUID]) -> list[Person]:
    """Live members of the agency with this permission on any of these brands, by address."""
    joined = select(Person).join(Membership, Membership.person_id == Person.id)
    holds = _holds(permission, agency_id, list(brand_ids), operator="&&")
    return list(db.session.scalars(joined.where(*holds).order_by(Person.email)))


def approver_in(person_id: UUID, agency_id: UUID) -> Actor | None:
    """This person acting for the agency, where they are a live member who may say yes, else None."""
    row = db.session.execute(
        select(Person.name, Membership.role, Membership.all_brands, Membership.brand_ids)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.id == person_id,
            Person.disabled_at.is_(None),
            Membership.agency_id == agency_id,
            Membership.removed_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    brands = None if row.all_brands else frozenset(row.brand_ids)
    actor = Actor(person_id, row.name, Role(row.role), agency_id, brands)
    return actor if actor.may(Permission.REPLY_APPROVE) else None


def _holds(
    permission: Permission, agency_id: Any, brand_ids: Any, *, operator: str = "@>"
) -> list[ColumnElement[bool]]:
    """`operator` says whether the membership covers all of these brands, or (`&&`) any."""
    roles = [role.value for role, allowed in ROLE_PERMISSIONS.items() if permission in allowed]
    return [
        Membership.agency_id == agency_id,
        Membership.removed_at.is_(None),
        Membership.role.in_(roles),
        or_(Membership.all_brands, Membership.brand_ids.bool_op(operator)(brand_ids)),
        Person.disabled_at.is_(None),
    ]


def member_with(permission: Permission, person_id: UUID, agency_id: UUID, brand_id: UUID) -> Actor | None:
    """This person acting for this one brand, where they are a live member with the permission on it, else None."""
    row = db.session.execute(
        select(Person.name, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.id == person_id,
            Person.disabled_at.is_(None),
            Membership.agency_id == agency_id,
            Membership.removed_at.is_(None),
            or_(Membership.all_brands, Membership.brand_ids.bool_op("@>")([brand_id])),
        )
    ).one_or_none()
    if row is None:
        return None
    actor = Actor(person_id, row.name, Role(row.role), agency_id, frozenset({brand_id}))
    return actor if actor.may(permission) else None
