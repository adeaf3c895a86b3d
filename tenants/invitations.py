"""Invitations by mail: single use, seven days, stored as a hash, bound to one address, agency and role."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update

from tenants import audit, clock, passwords
from tenants.approving import Approves, brands_approved_by, note_change
from tenants.database import db
from tenants.errors import Conflict, NotFound, worded
from tenants.models import Agency, Brand, Invitation, Membership, Person
from tenants.people import brand_words, checked_brands, clean_email, clean_name, join, withdraw_open_invitations
from tenants.permissions import Actor, Permission, Role, require
from tenants.room import require_seat
from tenants.scope import Scope, enter_scope
from tenants.tokens import is_well_formed, new_token, token_hash

INVITATION_LIVES = timedelta(days=7)


@dataclass(frozen=True)
class OpenInvitation:
    """What somebody who holds a working invitation may know."""

    id: UUID
    agency_id: UUID
    agency_name: str
    email: str
    role: Role
    brand_ids: frozenset[UUID] | None
    is_known_person: bool
    language: str


def invitations_of(actor: Actor) -> list[Invitation]:
    """Invitations that still work, by address. Raises Forbidden without `people:manage`."""
    require(actor, Permission.PEOPLE_MANAGE)
    return list(
        db.session.scalars(
            select(Invitation)
            .where(
                Invitation.agency_id == actor.agency_id,
                Invitation.used_at.is_(None),
                Invitation.withdrawn_at.is_(None),
                Invitation.expires_at > clock.now(),
            )
            .order_by(Invitation.email)
        )
    )


def invite(actor: Actor, email: str, role: Role, brand_ids: Iterable[UUID] | None) -> tuple[Invitation, str]:
    """Invite by mail; `brand_ids=None` means every brand. Returns the invitation and the token for its link.

    An earlier open invitation to the same address dies. Raises Forbidden, Invalid, Conflict when the address is
    already a member's, or as `tenants.room.require_seat`: a place that is offered is taken.
    """
    require(actor, Permission.PEOPLE_MANAGE)
    address = clean_email(email)
    chosen = checked_brands(actor, role, brand_ids)
    present = db.session.execute(
        select(Membership.id)
        .join(Person, Person.id == Membership.person_id)
        .where(Person.email == address, Membership.agency_id == actor.agency_id, Membership.removed_at.is_(None))
    ).first()
    if present is not None:
        sentence = worded("This person is a member already. Nothing was sent. Change their role in the list instead.")
        raise Conflict(sentence, errors={"email": [sentence]})
    withdraw_open_invitations(actor.agency_id, address)
    require_seat(actor.agency_id, role)
    token = new_token()
    invitation = Invitation(
        agency_id=actor.agency_id,
        email=address,
        role=role.value,
        all_brands=chosen is None,
        brand_ids=sorted(chosen or ()),
        token_hash=token_hash(token),
        invited_by=actor.user_id,
        expires_at=clock.now() + INVITATION_LIVES,
    )
    db.session.add(invitation)
    db.session.flush()
    audit.record(actor, "person.invited", "invitation", invitation.id, role=role.value, brands=brand_words(chosen))
    return invitation, token


def invite_again(actor: Actor, invitation_id: UUID) -> tuple[Invitation, str]:
    """The same invitation with a new link and seven more days. Raises NotFound."""
    require(actor, Permission.PEOPLE_MANAGE)
    old = db.session.execute(
        select(Invitation).where(
            Invitation.id == invitation_id,
            Invitation.agency_id == actor.agency_id,
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
    ).scalar_one_or_none()
    if old is None:
        raise NotFound()
    return invite(actor, old.email, Role(old.role), None if old.all_brands else old.brand_ids)


def withdraw_invitation(actor: Actor, invitation_id: UUID) -> None:
    """Its link stops working. Raises NotFound."""
    require(actor, Permission.PEOPLE_MANAGE)
    withdrawn = db.session.execute(
        update(Invitation)
        .where(
            Invitation.id == invitation_id,
            Invitation.agency_id == actor.agency_id,
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=clock.now())
        .returning(Invitation.id)
    ).all()
    if not withdrawn:
        raise NotFound()
    audit.record(actor, "person.invitation_withdrawn", "invitation", invitation_id)


def open_invitation(token: str) -> OpenInvitation | None:
    """What a link offers, if it still works; changes nothing."""
    if not is_well_formed(token):
        return None
    row = db.session.execute(
        select(Invitation, Agency, Person)
        .join(Agency, Agency.id == Invitation.agency_id)
        .outerjoin(Person, Person.email == Invitation.email)
        .where(
            Invitation.token_hash == token_hash(token),
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.expires_at > clock.now(),
            Person.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    invitation, agency, person = row
    return OpenInvitation(
        invitation.id,
        agency.id,
        agency.name,
        invitation.email,
        Role(invitation.role),
        None if invitation.all_brands else frozenset(invitation.brand_ids),
        person is not None and person.password_hash is not None,
        person.language if person is not None else agency.language,
    )


class Joined(NamedTuple):
    """Who joined, as whom, at whose invitation, and for which brands they may say yes now and not before."""

    actor: Actor
    invited_by: UUID
    approves: Approves


def accept_invitation(token: str, name: str, password: str) -> Joined | None:
    """Join. Somebody who has an account keeps its name and password and only gains the membership.

    Returns who did, or None when the link does not work (used, too old, withdrawn, never ours). Enters the
    inviting agency's scope. Raises Invalid for a name or password that cannot be used, OverLimit where the agency has
    no place by now; the link then stays good.
    """
    offered = open_invitation(token)
    if offered is None:
        return None
    if not offered.is_known_person:
        name = clean_name(name)
        passwords.check_new_password(password, about=(name, offered.email, offered.agency_name))
    used = db.session.execute(
        update(Invitation)
        .where(Invitation.id == offered.id, Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None))
        .values(used_at=clock.now())
        .returning(Invitation.invited_by)
    ).all()
    if not used:
        return None
    person = db.session.execute(select(Person).where(Person.email == offered.email)).scalar_one_or_none()
    is_new = person is None
    if person is None:
        person = Person(email=offered.email, name=name, language=offered.language)
        db.session.add(person)
    if not offered.is_known_person:
        person.name, person.password_hash = name, passwords.hash_password(password)
    db.session.flush()
    enter_scope(db.session, Scope(offered.agency_id, None))
    require_seat(offered.agency_id, offered.role, by_outsider=True)
    if is_new:
        person.time_zone = _zone_for(offered.brand_ids) or person.time_zone
    approved = brands_approved_by(offered.agency_id, person.id)
    join(offered.agency_id, person.id, offered.role, offered.brand_ids)
    joined = Actor(person.id, person.name, offered.role, offered.agency_id, offered.brand_ids)
    audit.record(joined, "person.joined", "person", person.id, role=offered.role.value)
    inviter = used[0][0]
    approves = note_change(joined, offered.agency_id, person.id, approved, invited_by=str(inviter))
    return Joined(joined, inviter, approves)


def _zone_for(brand_ids: frozenset[UUID] | None) -> str | None:
    """Where somebody of these brands, or of all, lives as far as anybody can tell; until they say so themselves."""
    wanted = select(Brand.time_zone).order_by(Brand.id).limit(1)
    if brand_ids is not None:
        wanted = wanted.where(Brand.id.in_(brand_ids))
    return db.session.execute(wanted).scalar()
