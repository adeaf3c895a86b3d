"""One person over several identities, as far as answers say it: whom a private reply went to, and what was answered.

That whoever wrote a comment is whom the platform sent our private reply to is its own word, so nobody guesses: the
message's id came with the sending, and the thread it stands in names the person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, select, true
from sqlalchemy.orm import aliased

from agency.inbox.contacts import linking
from agency.inbox.contacts.reading import PersonView
from agency.inbox.models import Contact, Conversation, Message
from agency.replies.models import Reply, ReplyText
from channels.items import person_of_thread
from tenants.database import db
from tenants.permissions import Actor, Permission, require

MOST_SHOWN: Final = 5
MOST_CASES: Final = 20


def from_private_reply(reply: Reply) -> bool:
    """Link the comment's author with the message thread, where both are known by now; returns whether a link was made.

    Safe to call again: one link a reply, ever.
    """
    if not reply.private or reply.kind == "message" or reply.deed != "reply" or reply.platform_id is None:
        return False
    thread = db.session.execute(
        select(Conversation.external_id)
        .join(
            Message,
            and_(Message.agency_id == Conversation.agency_id, Message.conversation_id == Conversation.id),
        )
        .where(
            Message.account_id == reply.account_id,
            Message.external_id == reply.platform_id,
            Message.direction == "out",
            Conversation.kind == "message",
        )
    ).scalar_one_or_none()
    author_id = db.session.execute(
        select(Message.contact_id).where(Message.id == reply.in_reply_to_id)
    ).scalar_one_or_none()
    recipient = person_of_thread(thread) if thread is not None else None
    if recipient is None or author_id is None:
        return False
    return linking.link_by_private_reply(reply.account_id, reply.id, author_id, recipient)


class LastAnswer(NamedTuple):
    """An answer of ours to this person, as it was sent."""

    id: UUID
    conversation_id: UUID
    platform: str
    kind: str
    private: bool
    published_at: datetime
    by_name: str
    text: str


def last_answers(actor: Actor, person: PersonView, limit: int = MOST_SHOWN) -> list[LastAnswer]:
    """The newest answers in the person's newest cases, the newest first. One statement. Raises Forbidden."""
    require(actor, Permission.REPLY_READ, person.brand_id)
    known = aliased(Contact)
    cases = (
        select(Conversation.id)
        .where(Conversation.agency_id == known.agency_id, Conversation.contact_id == known.id)
        .order_by(Conversation.last_message_at.desc())
        .limit(MOST_CASES)
        .lateral()
    )
    newest = select(known.id, cases.c.id.label("case_id")).join(cases, true()).where(known.id.in_(person.contact_ids))
    rows = db.session.execute(
        select(
            Reply.id,
            Reply.conversation_id,
            Reply.platform,
            Reply.kind,
            Reply.private,
            Reply.published_at,
            Reply.written_by_name,
            ReplyText.text,
        )
        .join(ReplyText, and_(ReplyText.agency_id == Reply.agency_id, ReplyText.id == Reply.text_id))
        .where(
            Reply.conversation_id.in_(select(newest.subquery().c.case_id)),
            Reply.brand_id == person.brand_id,
            Reply.state == "published",
            Reply.deed == "reply",
        )
        .order_by(Reply.published_at.desc(), Reply.id.desc())
        .limit(limit)
    )
    return [LastAnswer._make(row) for row in rows]
