"""People of an agency: who they are, change role and brands, leave. Everything here is audited and works at once.

How somebody joins is in `tenants.invitations`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, update

from tenants import api_tokens, audit, clock, passwords, sessions, tokens
from tenants.approving import Approves, brands_approved_by, note_change
from tenants.database import db
from tenants.errors import Conflict, Forbidden, Invalid, NotFound, worded
from tenants.models import Agency, Brand, Invitation, Membership, Person, SignInSession
from tenants.permissions import Actor, Permission, Role, require
from tenants.room import SEATS, require_seat
from tenants.scope import Scope, enter_scope

LONGEST_NAME = 100
MOST_PEOPLE_SHOWN = 1000
_EMAIL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,62})\.)*[a-z0-9][a-z0-9-]{0,62}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

ROLES_FOR_EVERY_BRAND = frozenset({Role.AGENCY_ADMIN, Role.BILLING_ADMIN})
"""These act for the whole agency. A client's owner is the other way round: always named brands."""


@dataclass(frozen=True)
class Member:
    """A live member as the list of people shows them."""

    person_id: UUID
    name: str
    email: str
    role: Role
    brand_ids: frozenset[UUID] | None
    has_second_factor: bool
    last_seen_at: datetime | None
    mail_failed_at: datetime | None = None
    mail_failed_words: str | None = None


def clean_email(email: str) -> str:
    """The address as it is stored. Raises Invalid when it is not one plain mail address."""
    plain = email.strip().lower()
    if len(plain) > 254 or not _EMAIL.fullmatch(plain) or ".." in plain:
        sentence = worded("This is not a mail address we can write to. Check it for a missing @ or a stray sign.")
        raise Invalid(sentence, errors={"email": [sentence]})
    return plain


def clean_name(name: str) -> str:
    """The name as it is stored. Raises Invalid when it is empty, too long, or holds control characters."""
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME or _CONTROL.search(plain):
        sentence = worded("Write a name of at most %(n)s characters.", n=LONGEST_NAME)
        raise Invalid(sentence, errors={"name": [sentence]})
    return plain


def clean_role(role: str) -> Role:
    """The role of that name. Raises Invalid."""
    try:
        return Role(role)
    except ValueError:
        sentence = worded("There is no such role. Choose one from the list.")
        raise Invalid(sentence, errors={"role": [sentence]}) from None


def person_for_sign_in(email: str) -> Person | None:
    """The person with this address who may sign in at all; None for anybody else, whatever was typed."""
    plain = email.strip().lower()
    if not plain.isprintable() or len(plain) > 254:
        return None
    return db.session.execute(
        select(Person).where(Person.email == plain, Person.disabled_at.is_(None))
    ).scalar_one_or_none()


def members_of(actor: Actor) -> list[Member]:
    """Live members of the actor's agency, by name. Whoever is limited to some brands sees who shares them.

    Raises Forbidden without `people:read`.
    """
    require(actor, Permission.PEOPLE_READ)
    seen = (
        select(SignInSession.person_id, func.max(SignInSession.last_seen_at).label("at"))
        .where(SignInSession.agency_id == actor.agency_id)
        .group_by(SignInSession.person_id)
        .subquery()
    )
    statement = (
        select(Person, Membership, seen.c.at)
        .join(Membership, Membership.person_id == Person.id)
        .outerjoin(seen, seen.c.person_id == Person.id)
        .where(Membership.agency_id == actor.agency_id, Membership.removed_at.is_(None))
        .order_by(func.lower(Person.name), Person.id)
        .limit(MOST_PEOPLE_SHOWN)
    )
    if actor.brand_ids is not None:
        shared = Membership.brand_ids.bool_op("&&")(list(actor.brand_ids))
        statement = statement.where(or_(Membership.all_brands, shared, Person.id == actor.user_id))
    return [
        Member(
            person.id,
            person.name,
            person.email,
            Role(membership.role),
            _brands_of(membership),
            person.totp_secret is not None,
            last_seen_at,
            person.mail_failed_at,
            person.mail_failed_words,
        )
        for person, membership, last_seen_at in db.session.execute(statement)
    ]


def names_of(agency_id: UUID, person_ids: Collection[UUID]) -> dict[UUID, str]:
    """Names of those of these people who are or were members of the agency; no statement for nobody."""
    if not person_ids:
        return {}
    rows = db.session.execute(
        select(Person.id, Person.name)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.agency_id == agency_id, Person.id.in_(person_ids))
    )
    return {row[0]: row[1] for row in rows}


def change_role(actor: Actor, person_id: UUID, role: Role, brand_ids: Iterable[UUID] | None) -> Approves:
    """Give a member another role and set of brands, from their next request on. Returns for which brands they may say
    yes now and not before, or no longer; those brands' records say so, too.

    Raises NotFound, Invalid, Conflict when the agency would be left without an admin, or as
    `tenants.room.require_seat` for a role that sits on another kind of seat.
    """
    require(actor, Permission.PEOPLE_MANAGE)
    chosen = checked_brands(actor, role, brand_ids)
    membership, approved = _membership(actor, person_id), brands_approved_by(actor.agency_id, person_id)
    if membership.role == Role.AGENCY_ADMIN and role is not Role.AGENCY_ADMIN:
        _keep_an_admin(actor, person_id)
    if SEATS.get(role) is not SEATS.get(Role(membership.role)):
        require_seat(actor.agency_id, role)
    before = [membership.role, brand_words(_brands_of(membership))]
    membership.role, membership.all_brands = role.value, chosen is None
    membership.brand_ids = sorted(chosen or ())
    db.session.flush()
    audit.record(
        actor, "person.role_changed", "person", person_id, role=role.value, brands=brand_words(chosen), before=before
    )
    return note_change(actor, actor.agency_id, person_id, approved)


def remove_member(actor: Actor, person_id: UUID) -> Approves:
    """End a membership, its sessions, API tokens and open invitations at once; the record counts the tokens. Returns
    for which brands they may no longer say yes; those brands' records say so, too.

    Raises NotFound, or Conflict when the agency would be left without an admin.
    """
    require(actor, Permission.PEOPLE_MANAGE)
    membership, approved = _membership(actor, person_id), brands_approved_by(actor.agency_id, person_id)
    if membership.role == Role.AGENCY_ADMIN:
        _keep_an_admin(actor, person_id)
    membership.removed_at = clock.now()
    db.session.flush()
    sessions.end_all(person_id, agency_id=actor.agency_id)
    ended = api_tokens.revoke_all(person_id, actor.agency_id)
    email = db.session.execute(select(Person.email).where(Person.id == person_id)).scalar_one()
    withdraw_open_invitations(actor.agency_id, email)
    audit.record(actor, "person.removed", "person", person_id, role=membership.role, api_tokens_ended=ended)
    return note_change(actor, actor.agency_id, person_id, approved)


def demand_second_factor(actor: Actor, roles: Iterable[Role]) -> None:
    """Set which roles need a second factor. Their people must set one up before anything else."""
    require(actor, Permission.PEOPLE_MANAGE)
    names = sorted(role.value for role in roles)
    db.session.execute(update(Agency).where(Agency.id == actor.agency_id).values(roles_needing_second_factor=names))
    audit.record(actor, "agency.second_factor_demanded", "agency", actor.agency_id, roles=names)


def change_password(person_id: UUID, password: str, *, but: UUID | None = None) -> None:
    """Store a new password, end every session of this person `but` the one given, and let no older link set another.

    Raises Invalid.
    """
    person = db.session.execute(select(Person).where(Person.id == person_id).with_for_update()).scalar_one()
    passwords.check_new_password(password, about=(person.name, person.email))
    person.password_hash = passwords.hash_password(password)
    db.session.flush()
    sessions.end_all(person_id, but=but)
    tokens.forget_all(person_id)


def reset_password(person_id: UUID, password: str) -> int:
    """A new password for somebody who proved who they are by mail alone: whatever else opens a door is closed.

    Ends every session, link and API token of the person and says how many tokens; the record of each of their agencies
    tells. Raises Invalid.
    """
    change_password(person_id, password)
    ended = api_tokens.revoke_everywhere(person_id, "password reset")
    name = db.session.execute(select(Person.name).where(Person.id == person_id)).scalar_one()
    for agency_id, _name, _role in sessions.agencies_of(person_id):
        audit.record_in(agency_id, (person_id, name), "person.password_reset", "person", person_id)
    return ended


def create_from_command_line(
    email: str,
    role: str,
    agency_name: str,
    brand_name: str | None = None,
    begin: Callable[[UUID, UUID, str], None] | None = None,
) -> str:
    """Make the agency, the brand and the person as far as they are new, and the membership; commits.

    `begin` writes what a new agency begins with, in its scope, given it and its first person with their name. Returns a
    new one-time password, which replaces the present one; the person's sessions and API tokens end. With `brand_name`
    the membership covers that brand only. Raises Invalid.
    """
    from tenants.brands import brand_of_name  # brands and people know each other; this is the looser end

    address, chosen_role = clean_email(email), clean_role(role)
    name = clean_name(agency_name)
    agency = db.session.execute(select(Agency).where(Agency.name == name)).scalar_one_or_none()
    is_new = agency is None
    if agency is None:
        agency = Agency(name=name)
        db.session.add(agency)
        db.session.flush()
    enter_scope(db.session, Scope(agency.id, None))
    brand_ids: frozenset[UUID] | None = None
    if brand_name is not None:
        brand_ids = frozenset({brand_of_name(agency.id, brand_name).id})
    _check_role_fits(chosen_role, brand_ids)
    password = passwords.one_time_password()
    person = db.session.execute(select(Person).where(Person.email == address)).scalar_one_or_none()
    if person is None:
        person = Person(email=address, name=address.partition("@")[0])
        db.session.add(person)
    person.password_hash, person.disabled_at = passwords.hash_password(password), None
    db.session.flush()
    sessions.end_all(person.id)
    api_tokens.revoke_everywhere(person.id, "password set on the command line", by_themselves=False)
    approved = brands_approved_by(agency.id, person.id)
    join(agency.id, person.id, chosen_role, brand_ids)
    audit.record(None, "person.created", "person", person.id, role=chosen_role.value, brands=brand_words(brand_ids))
    note_change(None, agency.id, person.id, approved)
    if is_new and begin is not None:
        begin(agency.id, person.id, person.name)
    db.session.commit()
    return password


def join(agency_id: UUID, person_id: UUID, role: Role, brand_ids: frozenset[UUID] | None) -> None:
    """Make the live membership, or make the one there is say this."""
    membership = db.session.execute(
        select(Membership)
        .where(Membership.agency_id == agency_id, Membership.person_id == person_id, Membership.removed_at.is_(None))
        .with_for_update()
    ).scalar_one_or_none()
    if membership is None:
        membership = Membership(agency_id=agency_id, person_id=person_id)
        db.session.add(membership)
    membership.role, membership.all_brands = role.value, brand_ids is None
    membership.brand_ids = sorted(brand_ids or ())
    db.session.flush()


def _membership(actor: Actor, person_id: UUID) -> Membership:
    membership = db.session.execute(
        select(Membership)
        .where(
            Membership.agency_id == actor.agency_id,
            Membership.person_id == person_id,
            Membership.removed_at.is_(None),
        )
        .with_for_update()
    ).scalar_one_or_none()
    if membership is None:
        raise NotFound()
    return membership


def _keep_an_admin(actor: Actor, person_id: UUID) -> None:
    """Raise Conflict unless another admin stays. The agency's row is locked, so two removals cannot cross."""
    db.session.execute(select(Agency.id).where(Agency.id == actor.agency_id).with_for_update())
    another = db.session.execute(
        select(Membership.id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.agency_id == actor.agency_id,
            Membership.role == Role.AGENCY_ADMIN.value,
            Membership.removed_at.is_(None),
            Membership.person_id != person_id,
            Person.disabled_at.is_(None),
        )
    ).first()
    if another is None:
        raise Conflict(
            "This is the agency's last admin. Nothing was changed. Make somebody else an admin first.",
            code="last_admin",
        )


def _check_role_fits(role: Role, brand_ids: frozenset[UUID] | None) -> None:
    if role in ROLES_FOR_EVERY_BRAND and brand_ids is not None:
        sentence = worded("This role is for the whole agency. Choose every brand.")
        raise Invalid(sentence, errors={"brand": [sentence]})
    if brand_ids is not None and not brand_ids:
        sentence = worded("Choose at least one brand.")
        raise Invalid(sentence, errors={"brand": [sentence]})


def checked_brands(actor: Actor, role: Role, brand_ids: Iterable[UUID] | None) -> frozenset[UUID] | None:
    """The brands a role may be given by this actor; None means every brand.

    Raises Invalid when role and brands do not fit, Forbidden or NotFound when the actor does not cover them.
    """
    chosen = None if brand_ids is None else frozenset(brand_ids)
    if role in ROLES_FOR_EVERY_BRAND:
        chosen = None
    elif role is Role.CLIENT_OWNER and chosen is None:
        sentence = worded("A client's owner sees only their own brands. Choose which.")
        raise Invalid(sentence, errors={"brand": [sentence]})
    _check_role_fits(role, chosen)
    if chosen is None:
        if actor.brand_ids is not None:
            raise Forbidden(
                "You may only give what you have: some of your own brands. Nothing was changed. "
                "Choose among them, or ask an agency admin who covers every brand."
            )
        return None
    # Under the actor's scope a foreign brand is simply not there, like one that never existed.
    if set(db.session.scalars(select(Brand.id).where(Brand.id.in_(chosen)))) != chosen:
        raise NotFound()
    return chosen


def _brands_of(membership: Membership) -> frozenset[UUID] | None:
    return None if membership.all_brands else frozenset(membership.brand_ids)


def brand_words(brand_ids: frozenset[UUID] | None) -> list[str] | str:
    """The set of brands as the audit record keeps it."""
    return "all" if brand_ids is None else sorted(map(str, brand_ids))


def withdraw_open_invitations(agency_id: UUID, email: str) -> None:
    """Kill every link that would let this address into the agency."""
    db.session.execute(
        update(Invitation)
        .where(
            Invitation.agency_id == agency_id,
            Invitation.email == email,
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=clock.now())
    )
