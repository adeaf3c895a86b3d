"""Bearer tokens for programs: a person's rights in one agency, perhaps narrowed to some brands, never widened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, func, select, update

from tenants import audit, clock
from tenants.database import db
from tenants.errors import Invalid, NotFound, worded
from tenants.models import Agency, ApiToken, Brand, Membership, Person
from tenants.permissions import Actor, Role
from tenants.plans import Feature
from tenants.room import require_feature
from tenants.scope import Scope, enter_scope
from tenants.tokens import is_well_formed, new_token, token_hash

PREFIX = "ob_"
"""So that people and secret scanners know one when they see one."""
USED_EVERY = timedelta(minutes=5)
LONGEST_NAME = 80


def create(person_id: UUID, agency_id: UUID, name: str, only_brand_ids: Iterable[UUID] | None = None) -> str:
    """A new token for a live member; shown once. `only_brand_ids=None`: whatever the membership covers at the time.

    Raises NotFound when the person is no member, Invalid when the name cannot be used, Forbidden where the agency's
    plan has no API.
    """
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        sentence = worded(
            "Write a name of at most %(n)s characters, such as the program that will use it.", n=LONGEST_NAME
        )
        raise Invalid(sentence, errors={"name": [sentence]})
    is_member = db.session.execute(
        select(Membership.id).where(
            Membership.person_id == person_id, Membership.agency_id == agency_id, Membership.removed_at.is_(None)
        )
    ).first()
    if is_member is None:
        raise NotFound()
    require_feature(agency_id, Feature.API)
    token = PREFIX + new_token()
    db.session.add(
        ApiToken(
            agency_id=agency_id,
            person_id=person_id,
            name=plain,
            token_hash=token_hash(token),
            only_brand_ids=None if only_brand_ids is None else sorted(only_brand_ids),
        )
    )
    db.session.flush()
    return token


def authenticate(token: str) -> Actor | None:
    """Who this token acts as, by the membership as it is now, in one statement; None for any token that does not work.

    A removed member, a disabled person and a revoked token are refused alike, and so is one whose role needs a second
    factor that its person has not set up: a token must not be a way around it.
    """
    if not token.startswith(PREFIX) or not is_well_formed(token[len(PREFIX) :]):
        return None
    row = db.session.execute(
        select(
            ApiToken.id,
            ApiToken.only_brand_ids,
            ApiToken.last_used_at,
            Person.id.label("person_id"),
            Person.name,
            Membership.agency_id,
            Membership.role,
            Membership.all_brands,
            Membership.brand_ids,
            Agency.roles_needing_second_factor,
            Person.totp_secret.is_not(None).label("has_second_factor"),
        )
        .join(Person, Person.id == ApiToken.person_id)
        .join(
            Membership,
            and_(Membership.person_id == ApiToken.person_id, Membership.agency_id == ApiToken.agency_id),
        )
        .join(Agency, Agency.id == ApiToken.agency_id)
        .where(
            ApiToken.token_hash == token_hash(token),
            ApiToken.revoked_at.is_(None),
            Membership.removed_at.is_(None),
            Person.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None or (row.role in row.roles_needing_second_factor and not row.has_second_factor):
        return None
    now = clock.now()
    if row.last_used_at is None or now - row.last_used_at >= USED_EVERY:
        db.session.execute(update(ApiToken).where(ApiToken.id == row.id).values(last_used_at=now))
    brand_ids = None if row.all_brands else frozenset(row.brand_ids)
    if row.only_brand_ids is not None:
        only = frozenset(row.only_brand_ids)
        brand_ids = only if brand_ids is None else only & brand_ids
    return Actor(row.person_id, row.name, Role(row.role), row.agency_id, brand_ids, "api")


def tokens_of(actor: Actor) -> list[ApiToken]:
    """This person's working tokens in this agency, by name."""
    return list(
        db.session.scalars(
            select(ApiToken)
            .where(
                ApiToken.person_id == actor.user_id,
                ApiToken.agency_id == actor.agency_id,
                ApiToken.revoked_at.is_(None),
            )
            .order_by(ApiToken.name, ApiToken.id)
        )
    )


def revoke(actor: Actor, token_id: UUID) -> None:
    """End one of the actor's own tokens. Raises NotFound."""
    revoked = db.session.execute(
        update(ApiToken)
        .where(
            ApiToken.id == token_id,
            ApiToken.person_id == actor.user_id,
            ApiToken.agency_id == actor.agency_id,
            ApiToken.revoked_at.is_(None),
        )
        .values(revoked_at=clock.now())
        .returning(ApiToken.id)
    ).all()
    if not revoked:
        raise NotFound()
    audit.record(actor, "api_token.revoked", "api_token", token_id)


def revoke_all(person_id: UUID, agency_id: UUID) -> int:
    """End every token this person has in this agency; says how many."""
    ended = db.session.execute(
        update(ApiToken)
        .where(ApiToken.person_id == person_id, ApiToken.agency_id == agency_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .returning(ApiToken.id)
    ).all()
    return len(ended)


def revoke_everywhere(person_id: UUID, why: str, *, by_themselves: bool = True) -> int:
    """End every token this person has in any agency; says how many. The record of each of the agencies tells."""
    ended = db.session.execute(
        update(ApiToken)
        .where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .returning(ApiToken.agency_id)
    ).scalars()
    counts = Counter(ended)
    name = db.session.execute(select(Person.name).where(Person.id == person_id)).scalar_one()
    actor = (person_id, name) if by_themselves else None
    for agency_id, count in sorted(counts.items()):
        audit.record_in(agency_id, actor, "api_token.all_revoked", "person", person_id, tokens=count, why=why)
    return counts.total()


def count_of(person_id: UUID) -> int:
    """How many working tokens this person has, in all agencies."""
    return db.session.execute(
        select(func.count(ApiToken.id)).where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None))
    ).scalar_one()


def create_from_command_line(email: str, brand_name: str | None = None) -> str:
    """A token for the person with this address, in their only agency or the one that has the brand; commits.

    Raises Invalid with what to do when person, agency or brand cannot be told.
    """
    person = db.session.execute(select(Person).where(Person.email == email.strip().lower())).scalar_one_or_none()
    if person is None:
        raise Invalid("Nobody has this address. Nothing was made. Create the person first: onbrand user create.")
    agency_ids = list(
        db.session.scalars(
            select(Membership.agency_id).where(Membership.person_id == person.id, Membership.removed_at.is_(None))
        )
    )
    if len(agency_ids) != 1:
        raise Invalid(
            worded(
                "This person is a member of %(n)s agencies; a token needs exactly one. Nothing was made.",
                n=len(agency_ids),
            )
        )
    enter_scope(db.session, Scope(agency_ids[0], None))
    only: list[UUID] | None = None
    if brand_name is not None:
        only = list(db.session.scalars(select(Brand.id).where(Brand.name == brand_name)))
        if not only:
            raise Invalid("The person's agency has no brand of this name. Nothing was made. Check the spelling.")
    token = create(person.id, agency_ids[0], "made on the command line", only)
    audit.record(None, "api_token.created", "person", person.id, brands="all" if only is None else [str(only[0])])
    db.session.commit()
    return token
