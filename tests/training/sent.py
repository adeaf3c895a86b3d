"""Replies that went out in the last week that is over, written through the models."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from agency.inbox.models import Message
from agency.replies.models import Reply, ReplyText
from agency.training.quality_sample import newest_week
from tenants.database import db, new_id
from tenants.permissions import Actor
from tests.factories import Agency, Factory

_numbers = itertools.count(1)
ALL_YES = {"friendly": "yes", "solves": "yes", "personal": "yes", "note": "", "version": 0}


def sent_reply(
    make: Factory,
    agency: Agency,
    author: Actor,
    *,
    conversation_id: UUID | None = None,
    brand: int = 0,
    account_id: UUID | None = None,
    words: str = "Thank you, it is on its way.",
    customer: str = "Where is my order?",
    days: int = 2,
    text_author: Actor | None = None,
    by_approver: bool = False,
    **columns: Any,
) -> UUID:
    """Published `days` after Monday of the newest finished week; returns its id."""
    conversation_id = conversation_id or make.conversation(agency, brand=brand, account_id=account_id, text=customer)
    at = datetime.combine(newest_week(), time(10), UTC) + timedelta(days=days)
    reply_id, text_id, writer = new_id(), new_id(), text_author or author
    with agency.entered():
        message = db.session.scalars(
            select(Message).where(Message.conversation_id == conversation_id, Message.direction == "in")
        ).first()
        assert message is not None
        message.written_at = at - timedelta(hours=2)
        db.session.add(
            Reply(
                agency_id=agency.id,
                id=reply_id,
                brand_id=message.brand_id,
                conversation_id=conversation_id,
                account_id=message.account_id,
                in_reply_to_id=message.id,
                in_reply_to_external_id=message.external_id,
                in_reply_to_content_hash=message.content_hash,
                thread_external_id=message.external_id,
                platform="facebook",
                kind="comment",
                **{
                    "state": "published",
                    "state_since": at,
                    "published_at": at,
                    "text_id": text_id,
                    "target_fingerprint": b"x",
                    "written_by": author.user_id,
                    "written_by_name": author.name,
                    "platform_id": f"answer-{next(_numbers)}",
                    "live_state": "visible",
                    **columns,
                },
            )
        )
        db.session.flush()
        db.session.add(
            ReplyText(
                agency_id=agency.id,
                id=text_id,
                brand_id=message.brand_id,
                reply_id=reply_id,
                number=1,
                text=words,
                text_hash="0" * 64,
                author_id=writer.user_id,
                author_name=writer.name,
                by_approver=by_approver,
                guide_version=3,
                findings=[],
            )
        )
    return reply_id
