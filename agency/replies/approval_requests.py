"""Requests for a yes: who was asked about which words, by which link, and what became of it.

A link is good for as long as its request is open (`why_closed`), which is judged anew each time: nothing has to
remember to end it. What ends it is written down all the same, so that the link can say so afterwards. Flushes, never
commits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Update, any_, func, or_, select, update

from agency.replies.joins import one_of
from agency.replies.models import ApprovalRequest, Reply
from tenants import clock
from tenants.database import db
from tenants.holders import member_with
from tenants.models import Membership, OutgoingMail, Person
from tenants.permissions import ROLE_PERMISSIONS, Actor, Permission
from tenants.tokens import Purpose, Subject, mint

LIFE = timedelta(hours=72)
"""How long a link decides; the reply goes on waiting, and a newer link can be asked for."""
BROWSER_CHARACTERS = 200

ENDINGS = frozenset({"asked_anew", "expired", "approver_left"})
"""What ends a request beside the moves that take its reply away from waiting."""


class Closed(NamedTuple):
    """Why a request decides nothing any more. `because` as in `ApprovalRequest.ended_because`."""

    because: str
    words: str = ""


class Links(NamedTuple):
    """The tokens of a request's link and of the address for answers, told nowhere else."""

    token: str
    answer_token: str


def ask(reply: Reply, text_hash: str, person: Person) -> ApprovalRequest:
    """Ask this person for a yes to the words the reply has now. The reply must wait and be locked."""
    assert reply.text_id is not None
    request = ApprovalRequest(
        agency_id=reply.agency_id,
        brand_id=reply.brand_id,
        reply_id=reply.id,
        reply_text_id=reply.text_id,
        text_hash=text_hash,
        target_fingerprint=reply.target_fingerprint,
        account_id=reply.account_id,
        approver_id=person.id,
        approver_name=person.name,
        asked_at=reply.state_since,
        expires_at=clock.now() + LIFE,
    )
    db.session.add(request)
    db.session.flush()
    return request


def links_of(request: ApprovalRequest) -> Links:
    """New tokens for a request whose mail leaves now; those made before for it end."""
    about = Subject(request.agency_id, request.brand_id, request.account_id, request.id)
    token, answer_token = (
        mint(p, request.approver_id, about=about) for p in (Purpose.APPROVE_REPLY, Purpose.ANSWER_MAIL)
    )
    request.expires_at = clock.now() + LIFE
    return Links(token, answer_token)


def newest_open(reply_ids: Collection[UUID], person_id: UUID) -> dict[UUID, ApprovalRequest]:
    """What this person was last asked about each of these replies and nothing has ended, by reply; one statement."""
    wanted = select(ApprovalRequest).where(
        one_of(ApprovalRequest.reply_id, reply_ids),
        ApprovalRequest.approver_id == person_id,
        ApprovalRequest.ended_at.is_(None),
    )
    rows = db.session.scalars(wanted.order_by(ApprovalRequest.id).execution_options(populate_existing=True))
    return {row.reply_id: row for row in rows}


def find(request_id: UUID, *, lock: bool = False) -> ApprovalRequest | None:
    """The request, as it is in the database now; with `lock`, nobody else's to end. Lock its reply first."""
    wanted = select(ApprovalRequest).where(ApprovalRequest.id == request_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return db.session.execute(wanted).scalar_one_or_none()


def requests_of(reply_id: UUID) -> Sequence[ApprovalRequest]:
    """Everybody who was ever asked about this reply, first to last."""
    wanted = select(ApprovalRequest).where(ApprovalRequest.reply_id == reply_id).order_by(ApprovalRequest.id)
    return db.session.scalars(wanted).all()


def approver_of(request: ApprovalRequest) -> Actor | None:
    """Whoever was asked, for this one brand; None where they may no longer say yes for it."""
    found = member_with(Permission.REPLY_APPROVE, request.approver_id, request.agency_id, request.brand_id)
    return None if found is None else replace(found, came_by="link")


def why_closed(request: ApprovalRequest, reply: Reply, approver: Actor | None) -> Closed | None:
    """Why this request decides nothing any more; None while it does."""
    if request.ended_because is not None:
        return Closed(request.ended_because, request.ended_words or "")
    if approver is None:
        return Closed("approver_left")
    is_same = (
        reply.state == "awaiting_approval"
        and reply.state_since == request.asked_at
        and reply.text_id == request.reply_text_id
        and reply.target_fingerprint == request.target_fingerprint
        and reply.account_id == request.account_id
    )
    if not is_same:
        return Closed("edit")
    return Closed("expired") if clock.now() >= request.expires_at else None


def end_of_reply(reply: Reply, because: str, actor: Actor | None, words: str | None) -> None:
    """The reply waits no more, so nobody is asked any more."""
    _end(ApprovalRequest.reply_id == reply.id, because=because, actor=actor, words=words)


def end_of_replies(reply_ids: Collection[UUID], because: str, actor: Actor) -> None:
    """The same of many that one person decided at once. What the session holds of them stays as it was."""
    ended = _ended(one_of(ApprovalRequest.reply_id, reply_ids), because=because, actor=actor)
    db.session.execute(ended.execution_options(synchronize_session=False))


def end_of_person(reply_id: UUID, person_id: UUID, because: str) -> None:
    """This person is asked by these links no more."""
    _end(ApprovalRequest.reply_id == reply_id, ApprovalRequest.approver_id == person_id, because=because)


def mailed_at(request: ApprovalRequest) -> datetime | None:
    """When the mail that asked left; None where none is known to have."""
    wanted = select(OutgoingMail.sent_at).where(OutgoingMail.id == request.mail_id)
    return db.session.execute(wanted).scalar()


def mails_of_last_asking(reply_id: UUID) -> list[datetime | None]:
    """When each mail left that named the reply when it last came to wait; None of one that is known no more, as those
    of more than sixty days ago. One that was made and has not left is none.
    """
    last = select(func.max(ApprovalRequest.asked_at)).where(ApprovalRequest.reply_id == reply_id).scalar_subquery()
    wanted = (
        select(ApprovalRequest.mail_id, OutgoingMail.sent_at)
        .outerjoin(OutgoingMail, OutgoingMail.id == ApprovalRequest.mail_id)
        .where(
            ApprovalRequest.reply_id == reply_id,
            ApprovalRequest.asked_at == last,
            ApprovalRequest.mail_id.is_not(None),
            or_(OutgoingMail.id.is_(None), OutgoingMail.sent_at.is_not(None)),
        )
    )
    return [row.sent_at for row in db.session.execute(wanted)]


def note_origin(request: ApprovalRequest, address: str | None, browser: str) -> None:
    """Keep from where the decision came by this request's link."""
    request.from_address, request.from_browser = address, browser[:BROWSER_CHARACTERS] or None
    db.session.flush()


def end_overdue() -> int:
    """Write down, in an agency's scope, what ended by itself: requests of people who left, and links too old.

    Returns how many.
    """
    roles = [role.value for role, allowed in ROLE_PERMISSIONS.items() if Permission.REPLY_APPROVE in allowed]
    may_approve = (
        select(Membership.id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.person_id == ApprovalRequest.approver_id,
            Membership.agency_id == ApprovalRequest.agency_id,
            Membership.removed_at.is_(None),
            Membership.role.in_(roles),
            or_(Membership.all_brands, ApprovalRequest.brand_id == any_(Membership.brand_ids)),
            Person.disabled_at.is_(None),
        )
        .correlate(ApprovalRequest)
        .exists()
    )
    left = list(db.session.scalars(select(ApprovalRequest.id).where(ApprovalRequest.ended_at.is_(None), ~may_approve)))
    gone = _end(ApprovalRequest.id.in_(left), because="approver_left") if left else 0
    return gone + _end(ApprovalRequest.expires_at <= clock.now(), because="expired")


def _end(*which: Any, because: str, actor: Actor | None = None, words: str | None = None) -> int:
    ended = _ended(*which, because=because, actor=actor, words=words).returning(ApprovalRequest.id)
    return len(db.session.execute(ended.execution_options(synchronize_session="fetch")).all())


def _ended(*which: Any, because: str, actor: Actor | None, words: str | None = None) -> Update:
    return (
        update(ApprovalRequest)
        .where(*which, ApprovalRequest.ended_at.is_(None))
        .values(
            ended_at=clock.now(),
            ended_because=because,
            ended_words=words,
            ended_by=actor.user_id if actor else None,
            ended_by_name=actor.name if actor else None,
        )
    )
