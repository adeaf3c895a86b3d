"""Who may say yes in a client's name is known to the client: whoever else may is told of each who comes or goes, and
whoever no longer may, as well.

Doors call these, not `tenants.people`, so that nobody is made an approver, or stops being one, unseen by the others.
Flushes, never commits; raises what `tenants.people` and `tenants.invitations` raise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import select

from agency.notices.telling import Thing, tell
from tenants import invitations, people
from tenants.approving import Approves
from tenants.database import db
from tenants.holders import approvers_by_brand
from tenants.models import Brand, Person
from tenants.permissions import Actor, Role
from tenants.scope import current_scope

MOST_NAMED: Final = 5
"""Brands that one sentence names; of more it says how many."""
PLACE: Final = "/approvals"


def change_role(actor: Actor, person_id: UUID, role: Role, brand_ids: Iterable[UUID] | None) -> None:
    """`tenants.people.change_role`, told to whoever may say yes for the same brands."""
    _tell(people.change_role(actor, person_id, role, brand_ids), actor.name, but=actor.user_id)


def remove_member(actor: Actor, person_id: UUID) -> None:
    """`tenants.people.remove_member`, told alike."""
    _tell(people.remove_member(actor, person_id), actor.name, but=actor.user_id)


def accept_invitation(token: str, name: str, password: str) -> UUID | None:
    """`tenants.invitations.accept_invitation`, told alike; returns who joined, None where the link does not work."""
    joined = invitations.accept_invitation(token, name, password)
    if joined is None:
        return None
    if joined.approves.gained:
        _tell(joined.approves, db.session.get_one(Person, joined.invited_by).name, but=None)
    return joined.actor.user_id


def _tell(changed: Approves, by_name: str, *, but: UUID | None) -> None:
    if not (changed.gained or changed.lost):
        return
    person = db.session.get_one(Person, changed.person_id)
    some = changed.gained | changed.lost
    names = {row.id: row.name for row in db.session.execute(select(Brand.id, Brand.name).where(Brand.id.in_(some)))}
    approvers = approvers_by_brand(current_scope().agency_id, some)
    for kind, brand_ids in (("approver_came", changed.gained), ("approver_left", changed.lost)):
        told: dict[Person, list[str]] = {}
        for brand_id in brand_ids:
            for one in approvers[brand_id]:
                told.setdefault(one, []).append(names[brand_id])
        told.pop(person, None)
        if changed.lost == brand_ids and brand_ids:
            told[person] = [names[brand_id] for brand_id in brand_ids]
        for one, of_brands in told.items():
            tell(
                kind,
                [one],
                brand_id=None,
                subject=Thing("person", person.id, PLACE),
                values={
                    "own": one is person,
                    "who_name": person.name,
                    "who_email": person.email,
                    "by_name": by_name,
                    **_named(of_brands),
                },
                but=but,
            )


def _named(brands: Collection[str]) -> dict[str, object]:
    first = sorted(brands, key=str.casefold)[:MOST_NAMED]
    return {"brands_names": ", ".join(first), "more": len(brands) - len(first)}
