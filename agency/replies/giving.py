"""Giving in a case: where it counts, and the reply it goes with. The ledger is `styleguides.empowerment_ledger`."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import and_, func, select, union

from agency.inbox.contacts.identities import linked_ids
from agency.inbox.models import Contact, Conversation, Message
from agency.replies.models import Reply
from styleguides.empowerment_reading import LineRow, lines_of_conversation
from styleguides.empowerment_room import Place
from tenants.database import db
from tenants.errors import NotFound
from tenants.permissions import Actor, Permission, require

MOST_NAMES = 20
ON_THE_WAY = ("draft", "awaiting_approval", "approved")
"""A reply of these states is not out yet: what is given now goes with it."""
GIVEN_UP = ("dropped", "declined")
"""A reply of these states never goes out: what was given with it goes with the next one that does."""


def place_of(actor: Actor, conversation_id: UUID) -> Place:
    """The case something is given in. Raises NotFound, Forbidden."""
    row = db.session.execute(
        select(Conversation.brand_id, Conversation.id, Conversation.contact_id, linked_ids()).where(
            Conversation.id == conversation_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    require(actor, Permission.CONVERSATION_READ, row.brand_id)
    return Place(row.brand_id, row.id, row.contact_id, tuple(row[3] or ()))


def names_in(conversation_id: UUID) -> list[str]:
    """The names of who wrote in a case, as it shows them: they are masked where something is kept for good."""
    contacts = select(Contact.name).join(
        Conversation, and_(Conversation.agency_id == Contact.agency_id, Conversation.contact_id == Contact.id)
    )
    writers = select(Message.author_name).where(
        Message.conversation_id == conversation_id, Message.direction == "in", Message.author_name.is_not(None)
    )
    found = union(contacts.where(Conversation.id == conversation_id), writers).limit(MOST_NAMES)
    return [row[0] for row in db.session.execute(found) if row[0]]


def reply_on_the_way(conversation_id: UUID) -> UUID | None:
    """The newest answer of the case that is not out yet."""
    return db.session.execute(
        select(Reply.id)
        .where(Reply.conversation_id == conversation_id, Reply.deed == "reply", Reply.state.in_(ON_THE_WAY))
        .order_by(Reply.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def given_with(actor: Actor, reply: Reply) -> list[LineRow]:
    """What went with a reply, the oldest first: what names it, and, of a published one, what was given in its case
    before anybody wrote, or with a draft that was given up, and after the answer before. Nothing for who may not see
    the ledger, nor behind a mailed link, which is passed on.
    """
    if not actor.may(Permission.EMPOWERMENT_READ) or actor.came_by == "link" or reply.deed != "reply":
        return []
    lines = lines_of_conversation(reply.conversation_id)
    others = {one.reply_id for one in lines} - {None, reply.id}
    wanted = select(Reply.id).where(Reply.id.in_(list(others)), Reply.state.in_(GIVEN_UP))
    homeless = {None, *(db.session.scalars(wanted) if others and reply.published_at is not None else ())}
    if not any(one.reply_id in homeless for one in lines) or reply.published_at is None:
        return [one for one in lines if one.reply_id == reply.id]
    before = db.session.execute(
        select(func.max(Reply.published_at)).where(
            Reply.conversation_id == reply.conversation_id,
            Reply.deed == "reply",
            Reply.published_at < reply.published_at,
        )
    ).scalar_one_or_none()
    return [
        one
        for one in lines
        if one.reply_id == reply.id
        or (
            one.reply_id in homeless
            and one.created_at <= reply.published_at
            and (before is None or one.created_at > before)
        )
    ]


def customer_names(contact_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of customers we still know."""
    if not contact_ids:
        return {}
    rows = db.session.execute(select(Contact.id, Contact.name).where(Contact.id.in_(list(contact_ids))))
    return {row.id: row.name for row in rows if row.name}
