"""Signed-in browsers: a random token in the cookie, its SHA-256 in a row, everything else read anew on each request.

One statement says who is asking, as what, and sets what row-level security compares with. Nothing about a person is
remembered between requests, so a removal or a new role holds from the next request on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Text, and_, bindparam, case, cast, delete, func, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from tenants import clock
from tenants.database import db
from tenants.kept_select import KeptSelect
from tenants.models import Agency, Membership, Person, SignInSession
from tenants.permissions import Actor, Role
from tenants.scope import EVERY_BRAND
from tenants.tokens import is_well_formed, new_token, token_hash

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=7)
HALF = timedelta(minutes=10)
"""How long somebody who gave the password may take for the second factor."""
SEEN_EVERY = timedelta(minutes=5)
"""`last_seen_at` is written at most this often: a row written on every request would be the busiest of all."""
KEPT_FOR = timedelta(days=30)
"""How long an ended session is kept, so that the list of people can say when somebody was last here."""
USER_AGENT_LENGTH = 200


@dataclass(frozen=True)
class SignedIn:
    """Who is asking, as this request finds them. `actor` is None until an agency is chosen."""

    session_id: UUID
    person_id: UUID
    name: str
    email: str
    language: str
    time_zone: str
    preferences: dict[str, Any]
    signed_in_at: datetime
    agency_id: UUID | None
    agency_name: str
    actor: Actor | None
    has_second_factor: bool
    must_set_up_second_factor: bool


@dataclass(frozen=True)
class SessionRow:
    """One of a person's signed-in browsers, for their own list."""

    id: UUID
    signed_in_at: datetime
    last_seen_at: datetime
    ip_address: str | None
    user_agent: str | None
    agency_name: str | None


def start(
    person_id: UUID,
    *,
    agency_id: UUID | None,
    second_factor_at: datetime | None = None,
    half: bool = False,
    ip_address: str | None = None,
    user_agent: str | None = None,
) -> str:
    """Begin a session and return its token for the cookie.

    `half`: the password was right and the second factor is still to come; nothing but that page will accept it.
    """
    token, now = new_token(), clock.now()
    db.session.add(
        SignInSession(
            person_id=person_id,
            token_hash=token_hash(token),
            agency_id=agency_id,
            second_factor_at=second_factor_at,
            last_seen_at=now,
            expires_at=now + (HALF if half else ABSOLUTE),
            ip_address=ip_address,
            user_agent=(user_agent or "")[:USER_AGENT_LENGTH].replace("\x00", "") or None,
        )
    )
    db.session.flush()
    return token


def _is_live(now: Any, idle_since: Any) -> Any:
    return and_(
        SignInSession.ended_at.is_(None),
        SignInSession.expires_at > now,
        SignInSession.last_seen_at > idle_since,
        Person.disabled_at.is_(None),
    )


def _bound() -> Any:
    """Binds the transaction to the scope of a live membership, as a column. Its words are written out: as values they
    took as long as half of the statement, on every page.
    """
    comma: Any = literal_column("','")
    brands = case(  # as `Actor.scope` has it
        (Membership.all_brands, literal_column(f"'{EVERY_BRAND}'")),
        (
            Membership.role == literal_column(f"'{Role.CLIENT_OWNER}'"),
            func.array_to_string(Membership.brand_ids, comma),
        ),
        else_=func.array_to_string(func.array_append(Membership.brand_ids, Membership.agency_id), comma),
    )
    agency_id: Any = literal_column("'app.agency_id'")
    brand_ids: Any = literal_column("'app.brand_ids'")
    in_transaction: Any = literal_column("true")
    return case(
        (
            Membership.id.is_not(None),
            func.concat(
                func.set_config(agency_id, cast(Membership.agency_id, Text), in_transaction),
                func.set_config(brand_ids, brands, in_transaction),
            ),
        )
    ).label("bound")


def _find_statement() -> Any:
    """Built once: making the expression anew for every request would cost more than running it."""
    return (
        select(
            SignInSession.id.label("session_id"),
            SignInSession.created_at.label("signed_in_at"),
            SignInSession.last_seen_at,
            SignInSession.second_factor_at,
            Person.id.label("person_id"),
            Person.name,
            Person.email,
            Person.language,
            Person.time_zone,
            Person.preferences,
            Person.totp_secret.is_not(None).label("has_second_factor"),
            Agency.id.label("agency_id"),
            Agency.name.label("agency_name"),
            Agency.roles_needing_second_factor,
            Membership.role,
            Membership.all_brands,
            Membership.brand_ids,
            _bound(),
        )
        .join(Person, Person.id == SignInSession.person_id)
        .outerjoin(
            Membership,
            and_(
                Membership.person_id == SignInSession.person_id,
                Membership.agency_id == SignInSession.agency_id,
                Membership.removed_at.is_(None),
            ),
        )
        .outerjoin(Agency, Agency.id == Membership.agency_id)
        .where(
            SignInSession.token_hash == bindparam("token_hash"),
            _is_live(
                bindparam("now", type_=SignInSession.expires_at.type),
                bindparam("idle_since", type_=SignInSession.expires_at.type),
            ),
            or_(Person.totp_secret.is_(None), SignInSession.second_factor_at.is_not(None)),
        )
    )


class _Found(NamedTuple):
    """What `_find_statement` selects, in its order. Without a chosen agency all after `has_second_factor` is None."""

    session_id: UUID
    signed_in_at: datetime
    last_seen_at: datetime
    second_factor_at: datetime | None
    person_id: UUID
    name: str
    email: str
    language: str
    time_zone: str
    preferences: dict[str, Any]
    has_second_factor: bool
    agency_id: UUID | None
    agency_name: str | None
    roles_needing_second_factor: Sequence[str]
    role: str | None
    all_brands: bool | None
    brand_ids: Sequence[UUID]
    bound: str | None


_FIND = KeptSelect(_find_statement())


def load(token: str, *, is_work: bool = True) -> SignedIn | None:
    """Who holds this token, in one statement; None when it is unknown, ended, too old, or lacks its second factor.

    Where there is a live membership the same statement binds the transaction to its scope, so the caller enters it
    with `enter_scope(..., already_bound=True)`. What is no work, because an open page asks by itself, keeps no session
    alive.
    """
    if not is_well_formed(token):
        return None
    now = clock.now()
    found = _FIND.rows({"token_hash": token_hash(token), "now": now, "idle_since": now - IDLE})
    if not found:
        return None
    row = _Found._make(*found)
    if is_work and now - row.last_seen_at >= SEEN_EVERY:
        db.session.execute(update(SignInSession).where(SignInSession.id == row.session_id).values(last_seen_at=now))
    actor = None
    if row.role is not None:
        assert row.agency_id is not None  # a role comes from a membership, and that from an agency
        brand_ids = None if row.all_brands else frozenset(row.brand_ids)
        actor = Actor(row.person_id, row.name, Role(row.role), row.agency_id, brand_ids, "signed_in")
    return SignedIn(
        session_id=row.session_id,
        person_id=row.person_id,
        name=row.name,
        email=row.email,
        language=row.language,
        time_zone=row.time_zone,
        preferences=row.preferences,
        signed_in_at=row.signed_in_at,
        agency_id=row.agency_id,
        agency_name=row.agency_name or "",
        actor=actor,
        has_second_factor=row.has_second_factor,
        must_set_up_second_factor=(
            actor is not None and not row.has_second_factor and row.role in row.roles_needing_second_factor
        ),
    )


class Glance(NamedTuple):
    """Who holds a token, as far as a question needs it that is asked every few seconds."""

    session_id: UUID
    actor: Actor
    must_set_up_second_factor: bool


GLANCE_COLUMNS = 7


@lru_cache(maxsize=1)
def glance_words() -> str:
    """A select for a lone statement: who holds a token, and their scope bound in it (`tenants.lone_statements`).

    The same conditions as `load`, from the same statement; no row where no agency is chosen. Its values are those of
    `glance_values`; its first GLANCE_COLUMNS columns go to `glance_of`, `agency_id` is one of them.
    """
    needs_factor = and_(
        Person.totp_secret.is_(None), Membership.role == func.any(Agency.roles_needing_second_factor)
    ).label("needs_factor")
    words = (
        _find_statement()
        .with_only_columns(
            SignInSession.id.label("session_id"),
            Person.id.label("person_id"),
            Person.name,
            Membership.agency_id,
            Membership.role,
            case((Membership.all_brands, None), else_=Membership.brand_ids).label("brand_ids"),
            needs_factor,
            _bound(),
            maintain_column_froms=True,
        )
        .where(Membership.id.is_not(None))
    )
    return str(words.compile(dialect=PGDialect_psycopg()))  # type: ignore[no-untyped-call]


def glance_values(token: str) -> dict[str, Any] | None:
    """The values of `glance_words`; None for what is no token."""
    if not is_well_formed(token):
        return None
    now = clock.now()
    return {"token_hash": token_hash(token), "now": now, "idle_since": now - IDLE}


def glance_of(row: Sequence[Any]) -> Glance:
    """What the statement found. It does not count as work: a page left open keeps no session alive."""
    session_id, person_id, name, agency_id, role, brand_ids, needs_factor = row[:GLANCE_COLUMNS]
    brands = None if brand_ids is None else frozenset(brand_ids)
    return Glance(session_id, Actor(person_id, name, Role(role), agency_id, brands, "signed_in"), bool(needs_factor))


def load_half(token: str) -> tuple[UUID, UUID] | None:
    """Session and person of somebody between password and second factor; None for anybody else."""
    if not is_well_formed(token):
        return None
    row = db.session.execute(
        select(SignInSession.id, SignInSession.person_id)
        .join(Person, Person.id == SignInSession.person_id)
        .where(
            SignInSession.token_hash == token_hash(token),
            _is_live(clock.now(), clock.now() - IDLE),
            Person.totp_secret.is_not(None),
            SignInSession.second_factor_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else (row.id, row.person_id)


def change_token(session_id: UUID, **values: Any) -> str:
    """A new token for this session, with changed columns: whenever rights change, an old cookie must not carry them."""
    token = new_token()
    db.session.execute(
        update(SignInSession).where(SignInSession.id == session_id).values(token_hash=token_hash(token), **values)
    )
    return token


def agencies_of(person_id: UUID) -> list[tuple[UUID, str, Role]]:
    """Agencies this person is a live member of, by name, with their role in each."""
    rows = db.session.execute(
        select(Agency.id, Agency.name, Membership.role)
        .join(Membership, Membership.agency_id == Agency.id)
        .where(Membership.person_id == person_id, Membership.removed_at.is_(None))
        .order_by(Agency.name)
    )
    return [(row.id, row.name, Role(row.role)) for row in rows]


def sessions_of(person_id: UUID) -> list[SessionRow]:
    """This person's live sessions, latest first."""
    now = clock.now()
    rows = db.session.execute(
        select(SignInSession, Agency.name)
        .join(Person, Person.id == SignInSession.person_id)
        .outerjoin(Agency, Agency.id == SignInSession.agency_id)
        .where(
            SignInSession.person_id == person_id,
            _is_live(now, now - IDLE),
            or_(Person.totp_secret.is_(None), SignInSession.second_factor_at.is_not(None)),
        )
        .order_by(SignInSession.last_seen_at.desc())
    )
    return [
        SessionRow(s.id, s.created_at, s.last_seen_at, s.ip_address, s.user_agent, agency_name)
        for s, agency_name in rows
    ]


def end(person_id: UUID, session_id: UUID) -> bool:
    """End one of this person's sessions; False when it is not theirs or over already."""
    ended = db.session.execute(
        update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.person_id == person_id, SignInSession.ended_at.is_(None))
        .values(ended_at=clock.now())
        .returning(SignInSession.id)
    ).all()
    return bool(ended)


def end_all(person_id: UUID, *, but: UUID | None = None, agency_id: UUID | None = None) -> int:
    """End this person's sessions: all, all `but` one, or those in one agency. Says how many."""
    statement = update(SignInSession).where(SignInSession.person_id == person_id, SignInSession.ended_at.is_(None))
    if but is not None:
        statement = statement.where(SignInSession.id != but)
    if agency_id is not None:
        statement = statement.where(SignInSession.agency_id == agency_id)
    return len(db.session.execute(statement.values(ended_at=clock.now()).returning(SignInSession.id)).all())


def forget_old() -> int:
    """Drop sessions that ended for good a month ago or more; returns how many."""
    gone = db.session.execute(
        delete(SignInSession).where(SignInSession.expires_at < clock.now() - KEPT_FOR).returning(SignInSession.id)
    ).all()
    return len(gone)


def end_by_token(token: str) -> None:
    """Sign this browser out, whatever state its session is in."""
    if is_well_formed(token):
        db.session.execute(
            update(SignInSession)
            .where(SignInSession.token_hash == token_hash(token), SignInSession.ended_at.is_(None))
            .values(ended_at=clock.now())
        )
