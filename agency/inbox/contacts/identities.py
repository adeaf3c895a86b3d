"""Identities as linking reads them: one, everybody of its group, the link that stands between two, and what was said.

Nothing here writes; `lock` is for whoever does. Who is one person is changed in `agency.inbox.contacts.linking` alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from agency.inbox.contacts.models import ContactLink
from agency.inbox.models import Contact, Conversation, Message
from tenants.database import db
from tenants.scope import raw_sql

MOST_LOOKED_THROUGH: Final = 500
"""Of a person's newest messages so many are searched for the words that give a handle."""

_LOCK = raw_sql(
    "select pg_advisory_xact_lock(hashtextextended('links ' || :brand_id, 0))",
    reason="links of one brand are made and undone one after the other, so that a group is never seen half",
)


def lock(brand_id: UUID) -> None:
    """Wait until no other transaction changes who is one person in this brand."""
    db.session.execute(_LOCK, {"brand_id": str(brand_id)})


class Identity(NamedTuple):
    """What linking reads of a contact."""

    id: UUID
    brand_id: UUID
    account_id: UUID
    external_id: str
    name: str | None
    group_id: UUID | None
    is_vip: bool
    own_vip: bool
    weight: int
    own_weight: int


def linked_ids() -> Any:
    """Inside a statement on conversations: the other identities of whoever wrote, as an array; null for one alone."""
    me, known = aliased(Contact), aliased(Contact)
    return (
        select(func.array_agg(known.id))
        .select_from(me)
        .join(known, and_(known.agency_id == me.agency_id, known.group_id == me.group_id, known.id != me.id))
        .where(me.agency_id == Conversation.agency_id, me.id == Conversation.contact_id)
        .correlate(Conversation)
        .scalar_subquery()
    )


def identities() -> Any:
    """A statement that reads identities."""
    return select(*(getattr(Contact, name) for name in Identity._fields))


def identity_of(contact_id: UUID) -> Identity | None:
    """One, None where there is none."""
    row = db.session.execute(identities().where(Contact.id == contact_id)).one_or_none()
    return Identity._make(row) if row is not None else None


def members(identity: Identity) -> set[UUID]:
    """Everybody of an identity's group, itself among them."""
    if identity.group_id is None:
        return {identity.id}
    return set(db.session.scalars(select(Contact.id).where(Contact.group_id == identity.group_id)))


def members_of(contact_id: UUID) -> set[UUID]:
    """The same by an id; nobody where there is none."""
    found = identity_of(contact_id)
    return members(found) if found is not None else set()


def standing_between(one: UUID, other: UUID) -> UUID | None:
    """The link that stands between these two."""
    return db.session.execute(
        select(ContactLink.id).where(
            ContactLink.contact_id == min(one, other),
            ContactLink.other_id == max(one, other),
            ContactLink.undone_at.is_(None),
        )
    ).scalar_one_or_none()


def message_with(person: Identity, words: str, message_id: UUID | None) -> UUID | None:
    """The message that holds the words: the one named, or the newest of the person's that does. None for no such."""
    newest = (
        select(Message.id, Message.text)
        .join(
            Conversation,
            and_(Conversation.agency_id == Message.agency_id, Conversation.id == Message.conversation_id),
        )
        .where(
            Conversation.contact_id.in_(members(person)),
            Message.contact_id.in_(members(person)),
            Message.direction == "in",
            Message.deleted_at.is_(None),
        )
        .order_by(Message.written_at.desc(), Message.id.desc())
        .limit(MOST_LOOKED_THROUGH)
    )
    if message_id is not None:
        newest = newest.where(Message.id == message_id)
    wanted = words.casefold()
    for found_id, text in db.session.execute(newest):
        if wanted in " ".join(text.split()).casefold():
            return UUID(str(found_id))
    return None


def groups_of(contact_ids: Iterable[UUID], pairs: Iterable[tuple[UUID, UUID]]) -> list[frozenset[UUID]]:
    """Who is one person by these pairs: each identity in exactly one group. Pure."""
    above = {one: one for one in contact_ids}

    def top(one: UUID) -> UUID:
        while above[one] != one:
            above[one] = above[above[one]]
            one = above[one]
        return one

    for one, other in pairs:
        if one in above and other in above:
            above[max(top(one), top(other))] = min(top(one), top(other))
    groups: dict[UUID, set[UUID]] = {}
    for one in above:
        groups.setdefault(top(one), set()).add(one)
    return [frozenset(group) for group in groups.values()]
