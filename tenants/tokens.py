"""Links and keys that are shown once and stored as SHA-256: random, single use, bound to one purpose and one person."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update

from tenants import clock
from tenants.database import db
from tenants.models import OneTimeToken

TOKEN_BYTES = 32
_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}|[a-z2-7]{52}")
"""What `secrets.token_urlsafe(32)` makes, 256 bits as 43 characters; and as 52 for addresses."""


class Purpose(StrEnum):
    """What a one-time token is good for; one for another purpose is refused."""

    PASSWORD_RESET = "password_reset"
    RECONNECT = "reconnect"
    APPROVE_REPLY = "approve_reply"
    ANSWER_MAIL = "answer_mail"
    APPROVE_DAY = "approve_day"
    LOOP_LINK = "loop_link"
    LOOP_MAIL = "loop_mail"


LIVES: dict[Purpose, timedelta] = {
    Purpose.PASSWORD_RESET: timedelta(hours=1),
    Purpose.RECONNECT: timedelta(days=7),
    Purpose.APPROVE_REPLY: timedelta(days=60),
    Purpose.ANSWER_MAIL: timedelta(days=60),
    Purpose.APPROVE_DAY: timedelta(days=2),
    Purpose.LOOP_LINK: timedelta(days=60),
    Purpose.LOOP_MAIL: timedelta(days=60),
}
"""How long each says what it is about. What a link about a reply may still do, and how it ended, says its request
(`agency.replies.approval_requests`), which ends long before.
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """The connected account a link is about and, where it asks for a yes, the request."""

    agency_id: UUID
    brand_id: UUID
    account_id: UUID
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link that still works: its id, whose it is and what it is about."""

    id: UUID
    person_id: UUID
    about: Subject


@dataclass(frozen=True, slots=True)
class AgencyLink:
    """A link about what an agency asks one person: its id, whose it is, of which agency, for which of its brands (None
    for all) and since when.
    """

    id: UUID
    person_id: UUID
    agency_id: UUID
    brand_id: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RequestLink:
    """A link about a question to somebody who may be no person here: its own id, and the question's."""

    id: UUID
    agency_id: UUID
    brand_id: UUID
    request_id: UUID


def new_token() -> str:
    """256 random bits as text for a link or a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_address_token() -> str:
    """256 random bits for the local part of a mail address, which programs write in small letters as they like."""
    return base64.b32encode(secrets.token_bytes(TOKEN_BYTES)).decode().rstrip("=").lower()


def is_well_formed(token: str) -> bool:
    """Whether this can be one of ours at all; nothing else reaches the database."""
    return _SHAPE.fullmatch(token) is not None


def token_hash(token: str) -> bytes:
    """What is stored. A fast hash is enough: the token is random, not chosen by a person."""
    return hashlib.sha256(token.encode()).digest()


def mint(purpose: Purpose, person_id: UUID, *, about: Subject | None = None) -> str:
    """A new token for this purpose, person, account and request; earlier unused ones of the same kind die with it."""
    db.session.execute(
        delete(OneTimeToken).where(
            OneTimeToken.purpose == purpose.value,
            OneTimeToken.person_id == person_id,
            OneTimeToken.account_id.is_not_distinct_from(about.account_id if about else None),
            OneTimeToken.request_id.is_not_distinct_from(about.request_id if about else None),
        )
    )
    token = new_address_token() if purpose is Purpose.ANSWER_MAIL else new_token()
    db.session.add(
        OneTimeToken(
            purpose=purpose.value,
            person_id=person_id,
            agency_id=about.agency_id if about else None,
            brand_id=about.brand_id if about else None,
            account_id=about.account_id if about else None,
            request_id=about.request_id if about else None,
            token_hash=token_hash(token),
            expires_at=clock.now() + LIVES[purpose],
        )
    )
    db.session.flush()
    return token


def mint_for_agency(
    purpose: Purpose, person_id: UUID, agency_id: UUID, expires_at: datetime, *, brand_id: UUID | None = None
) -> str:
    """A new token for this purpose, person and agency, or one brand of it; earlier ones live on until their own end."""
    token = new_token()
    made = OneTimeToken(
        purpose=purpose.value,
        person_id=person_id,
        agency_id=agency_id,
        brand_id=brand_id,
        token_hash=token_hash(token),
        expires_at=expires_at,
        created_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    return token


def mint_for_request(purpose: Purpose, agency_id: UUID, brand_id: UUID, request_id: UUID) -> str:
    """A new token for this purpose and question; earlier ones live on until their own end, or `end_request`."""
    token = new_address_token() if purpose is Purpose.LOOP_MAIL else new_token()
    made = OneTimeToken(
        purpose=purpose.value,
        agency_id=agency_id,
        brand_id=brand_id,
        request_id=request_id,
        token_hash=token_hash(token),
        expires_at=clock.now() + LIVES[purpose],
    )
    db.session.add(made)
    db.session.flush()
    return token


def end_request(request_id: UUID, *purposes: Purpose) -> None:
    """Let no link of these purposes about this question work any more."""
    db.session.execute(
        delete(OneTimeToken).where(OneTimeToken.request_id == request_id, OneTimeToken.purpose.in_(purposes))
    )


def request_of(purpose: Purpose, token: str) -> RequestLink | None:
    """Which question this link is about, until its time is over; changes nothing."""
    if not is_well_formed(token):
        return None
    row = db.session.execute(
        select(OneTimeToken).where(
            OneTimeToken.token_hash == token_hash(token),
            OneTimeToken.purpose == purpose.value,
            OneTimeToken.expires_at > clock.now(),
        )
    ).scalar_one_or_none()
    if row is None or row.agency_id is None or row.brand_id is None or row.request_id is None:
        return None
    return RequestLink(row.id, row.agency_id, row.brand_id, row.request_id)


def still_works(link: RequestLink) -> bool:
    """Whether it has not ended since it was looked up: asked again by whoever waited for a lock in between."""
    alive = select(OneTimeToken.id).where(OneTimeToken.id == link.id, OneTimeToken.expires_at > clock.now())
    return db.session.execute(alive).first() is not None


def was_link_of_agency(purpose: Purpose, token: str) -> AgencyLink | None:
    """What such a link was about, also when its time is over, until it is forgotten; changes nothing."""
    if not is_well_formed(token):
        return None
    row = db.session.execute(
        select(OneTimeToken).where(OneTimeToken.token_hash == token_hash(token), OneTimeToken.purpose == purpose.value)
    ).scalar_one_or_none()
    if row is None or row.agency_id is None or row.person_id is None:
        return None
    return AgencyLink(row.id, row.person_id, row.agency_id, row.brand_id, row.created_at)


def peek(purpose: Purpose, token: str) -> UUID | None:
    """Whose token this is, if it still works; changes nothing (mail scanners fetch links)."""
    if not is_well_formed(token):
        return None
    return db.session.execute(
        select(OneTimeToken.person_id).where(
            OneTimeToken.token_hash == token_hash(token),
            OneTimeToken.purpose == purpose.value,
            OneTimeToken.used_at.is_(None),
            OneTimeToken.expires_at > clock.now(),
        )
    ).scalar_one_or_none()


def forget_all(person_id: UUID) -> None:
    """Let no link this person was sent about an account work any more. Those about replies say why they ended."""
    db.session.execute(
        delete(OneTimeToken).where(
            OneTimeToken.person_id == person_id,
            OneTimeToken.purpose.not_in((Purpose.APPROVE_REPLY.value, Purpose.ANSWER_MAIL.value)),
        )
    )


def forget_old() -> int:
    """Drop tokens that died a day ago or more; returns how many."""
    before = clock.now() - timedelta(days=1)
    gone = db.session.execute(
        delete(OneTimeToken).where(OneTimeToken.expires_at < before).returning(OneTimeToken.id)
    ).all()
    return len(gone)


def redeem(purpose: Purpose, token: str) -> UUID | None:
    """Use the token up and say whose it was; None when it does not work, for whichever reason."""
    if not is_well_formed(token):
        return None
    now = clock.now()
    return db.session.execute(
        update(OneTimeToken)
        .where(
            OneTimeToken.token_hash == token_hash(token),
            OneTimeToken.purpose == purpose.value,
            OneTimeToken.used_at.is_(None),
            OneTimeToken.expires_at > now,
        )
        .values(used_at=now)
        .returning(OneTimeToken.person_id)
    ).scalar_one_or_none()


def open_link(purpose: Purpose, token: str) -> Link | None:
    """What a link about an account is good for, if it still works; changes nothing."""
    if not is_well_formed(token):
        return None
    return _link(OneTimeToken.token_hash == token_hash(token), OneTimeToken.purpose == purpose.value)


def was_link(purpose: Purpose, token: str) -> Link | None:
    """What a link was about, used up or not, until its time is over: good for saying that all is done, nothing else."""
    if not is_well_formed(token):
        return None
    return _link(OneTimeToken.token_hash == token_hash(token), OneTimeToken.purpose == purpose.value, or_used=True)


def link_by_id(link_id: UUID) -> Link | None:
    """The same, for a link that was opened before."""
    return _link(OneTimeToken.id == link_id)


def use_up(purpose: Purpose, account_ids: Collection[UUID]) -> int:
    """What these links were for is done: none of them, whoever got it, works any more. Returns how many did."""
    used = db.session.execute(
        update(OneTimeToken)
        .where(
            OneTimeToken.purpose == purpose.value,
            OneTimeToken.account_id.in_(account_ids),
            OneTimeToken.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(OneTimeToken.id)
    )
    return len(used.all())


def _link(*conditions: ColumnElement[bool], or_used: bool = False) -> Link | None:
    wanted = select(OneTimeToken).where(*conditions, OneTimeToken.expires_at > clock.now())
    if not or_used:
        wanted = wanted.where(OneTimeToken.used_at.is_(None))
    row = db.session.execute(wanted).scalar_one_or_none()
    if row is None or row.agency_id is None or row.brand_id is None or row.account_id is None:
        return None
    if row.person_id is None:
        return None
    return Link(row.id, row.person_id, Subject(row.agency_id, row.brand_id, row.account_id, row.request_id))
