"""People whose words close by rule, because somebody marked them: who they are, what it closed, and lifting it.

The mark is of one platform's identity with one brand. The rule itself is `agency.inbox.summary`: a case all of whose
words are by people marked so is closed as FROM_SPAMMER, however and in whatever order they came, and opens when the
mark is lifted. Reviews with stars stay in the queue unless a lead set the mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, update

from agency.inbox.conversation_rows import refresh_conversation
from agency.inbox.models import FROM_SPAMMER, Contact, Conversation
from channels.models import Account
from tenants import audit, clock
from tenants.database import db
from tenants.errors import Conflict, NotFound
from tenants.permissions import Actor, Permission, require

MOST_REFRESHED: Final = 200
"""Cases of one person that are looked at again at once when a mark is set or lifted, the newest first."""
ROWS: Final = 50


class Spammer(NamedTuple):
    """Somebody marked, and how many cases the mark keeps closed now."""

    contact_id: UUID
    brand_id: UUID
    name: str | None
    platform: str
    since: datetime
    by_name: str
    stars: bool
    closed_count: int


class ClosedByRule(NamedTuple):
    """A case the rule closed."""

    id: UUID
    brand_id: UUID
    author_name: str | None
    excerpt: str
    platform: str
    kind: str
    last_message_at: datetime


def mark(actor: Actor, conversation_id: UUID) -> UUID | None:
    """Mark who began this conversation; None where they were marked already or nobody is known.

    A lead's mark holds for reviews with stars, too. Raises NotFound, Forbidden, Conflict `nobody`.
    """
    row = db.session.execute(
        select(Conversation.brand_id, Conversation.contact_id).where(Conversation.id == conversation_id)
    ).first()
    if row is None:
        raise NotFound()
    require(actor, Permission.CONVERSATION_WORK, row.brand_id)
    if row.contact_id is None:
        raise Conflict(
            "The platform does not tell who wrote this, so nobody can be marked. The case was not changed. "
            "Close it as spam without the mark.",
            code="nobody",
        )
    marked = db.session.execute(
        update(Contact)
        .where(Contact.id == row.contact_id, Contact.spam_since.is_(None))
        .values(spam_since=clock.now(), spam_by_name=actor.name, spam_stars=actor.may(Permission.CONVERSATION_REASSIGN))
        .returning(Contact.id)
        .execution_options(synchronize_session=False)
    ).first()
    if marked is None:
        return None
    contact_id: UUID = row.contact_id
    audit.record(actor, "contact.spam_marked", "contact", contact_id, brand_id=row.brand_id)
    _refresh(contact_id, Conversation.status != "closed")
    return contact_id


def lift(actor: Actor, contact_id: UUID) -> None:
    """A lead takes a mark back; what the rule closed opens again. Harmless when there is none."""
    brand_id = db.session.scalars(select(Contact.brand_id).where(Contact.id == contact_id)).first()
    if brand_id is None:
        raise NotFound()
    require(actor, Permission.CONVERSATION_REASSIGN, brand_id)
    _lift(actor, contact_id, brand_id)


def unmark(actor: Actor, before: Sequence[Mapping[str, Any]]) -> None:
    """The undo of a press that set marks: those it set are lifted."""
    for one in before:
        if one.get("marked"):
            _lift(actor, UUID(one["marked"]), UUID(one["brand"]))


def _lift(actor: Actor, contact_id: UUID, brand_id: UUID) -> None:
    lifted = db.session.execute(
        update(Contact)
        .where(Contact.id == contact_id, Contact.spam_since.is_not(None))
        .values(spam_since=None, spam_by_name=None, spam_stars=False)
        .returning(Contact.id)
        .execution_options(synchronize_session=False)
    ).first()
    if lifted is not None:
        audit.record(actor, "contact.spam_lifted", "contact", contact_id, brand_id=brand_id)
        _refresh(contact_id, Conversation.closed_reason == FROM_SPAMMER)


def _refresh(contact_id: UUID, which: Any) -> None:
    """Work out again what the mark decides, by ids in their order."""
    found = db.session.execute(
        select(Conversation.id, Conversation.account_id)
        .where(Conversation.contact_id == contact_id, which)
        .order_by(Conversation.last_message_at.desc())
        .limit(MOST_REFRESHED)
    ).all()
    accounts = {
        account.id: account
        for account in db.session.scalars(select(Account).where(Account.id.in_({one.account_id for one in found})))
    }
    for one in sorted(found):
        refresh_conversation(accounts[one.account_id], one.id)


def listed(actor: Actor, after: UUID | None = None, limit: int = ROWS) -> tuple[list[Spammer], UUID | None]:
    """Everybody marked whom this person may see, newest identity first, and where the next page begins."""
    require(actor, Permission.CONVERSATION_READ)
    closed = (
        select(func.count(Conversation.id))
        .where(
            Conversation.agency_id == Contact.agency_id,
            Conversation.contact_id == Contact.id,
            Conversation.brand_id == Contact.brand_id,
            Conversation.closed_reason == FROM_SPAMMER,
        )
        .correlate(Contact)
        .scalar_subquery()
    )
    wanted = (
        select(
            Contact.id,
            Contact.brand_id,
            Contact.name,
            Contact.platform,
            Contact.spam_since,
            Contact.spam_by_name,
            Contact.spam_stars,
            closed,
        )
        .where(Contact.spam_since.is_not(None))
        .order_by(Contact.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        wanted = wanted.where(Contact.id < after)
    rows = [Spammer(*row) for row in db.session.execute(wanted)]
    return rows[:limit], rows[limit - 1].contact_id if len(rows) > limit else None


def closed_by_mark(actor: Actor, contact_id: UUID, limit: int = ROWS) -> list[ClosedByRule]:
    """What the mark of one person keeps closed, the newest first."""
    require(actor, Permission.CONVERSATION_READ)
    rows = db.session.execute(
        select(
            Conversation.id,
            Conversation.brand_id,
            Conversation.author_name,
            Conversation.excerpt,
            Conversation.platform,
            Conversation.kind,
            Conversation.last_message_at,
        )
        .where(Conversation.contact_id == contact_id, Conversation.closed_reason == FROM_SPAMMER)
        .order_by(Conversation.last_message_at.desc())
        .limit(limit)
    )
    return [ClosedByRule(*row) for row in rows]
