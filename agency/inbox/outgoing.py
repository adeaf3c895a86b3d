"""What we said, recorded in the conversation it belongs to."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from agency.inbox.models import Conversation, Message
from tenants.database import db, new_id


def record_published(
    conversation_id: UUID,
    *,
    reply_id: UUID,
    external_id: str,
    parent_external_id: str,
    text: str,
    author_name: str,
    written_at: datetime,
    moderation: str | None,
) -> None:
    """The published reply as an outgoing message; the conversation is answered: closed, and nobody's.

    Safe to call again, and when a poll or webhook brought the same message first: then that row is linked.
    """
    conversation = db.session.execute(select(Conversation).where(Conversation.id == conversation_id)).scalar_one()
    message = db.session.execute(
        select(Message)
        .where(Message.account_id == conversation.account_id, Message.external_id == external_id)
        .with_for_update()
    ).scalar_one_or_none()
    if message is None:
        db.session.add(
            Message(
                agency_id=conversation.agency_id,
                id=new_id(),
                brand_id=conversation.brand_id,
                conversation_id=conversation.id,
                account_id=conversation.account_id,
                external_id=external_id,
                parent_external_id=parent_external_id,
                direction="out",
                author_name=author_name,
                text=text,
                language=conversation.language,
                written_at=written_at,
                moderation=moderation,
                reply_id=reply_id,
                content_hash=hashlib.sha256(text.encode()).digest(),
            )
        )
    elif message.reply_id != reply_id or message.text != text:
        message.reply_id, message.text, message.moderation = reply_id, text, moderation
    newer_customer_words = db.session.execute(
        select(Message.id)
        .where(
            Message.conversation_id == conversation.id,
            Message.direction == "in",
            Message.deleted_at.is_(None),
            Message.written_at > written_at,
        )
        .limit(1)
    ).scalar()
    db.session.execute(
        update(Conversation)
        .where(Conversation.id == conversation.id)
        .values(
            status="open" if newer_customer_words else "closed",
            holder_id=None,
            holder_name=None,
            held_since=None,
            held_until=None,
            message_count=Conversation.message_count + (1 if message is None else 0),
            last_message_at=written_at,
            version=Conversation.version + 1,
        )
        .execution_options(synchronize_session=False)
    )


def reopen_for_trouble(conversation_id: UUID) -> None:
    """Put a conversation back in the queue because its reply did not stand."""
    db.session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(status="open", version=Conversation.version + 1)
        .execution_options(synchronize_session=False)
    )
