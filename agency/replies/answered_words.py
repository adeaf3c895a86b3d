"""By which words an answered question is found again: kept when its answer is published, gone with the message.

What is kept of a word is a hash of its stem under a key of the brand's own (`tenants.data_keys`), so that the words
stand nowhere a second time. A tombstone on a message takes its words along (a trigger, as with kept media).
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, func, insert, select
from sqlalchemy.orm import aliased

from agency.inbox.case import WORDS_READ
from agency.inbox.models import Conversation, Message
from agency.replies.models import AnsweredWord, Reply
from styleguides.questions import MOST_WORDS, question_words, stem_number
from tenants import clock
from tenants.data_keys import vault_of_app
from tenants.database import db, new_id
from tenants.models import Brand

PURPOSE: Final = "answered words"
KEPT_AT_ONCE: Final = 200
"""Older answers of one agency that upkeep looks at in one minute."""


def hash_key(agency_id: UUID, brand_id: UUID, *, make: bool = False) -> bytes | None:
    """The key of the brand's stems; None where nothing of it was ever kept."""
    return vault_of_app().hash_key(agency_id, brand_id, PURPOSE, make=make)


def keep_question(reply: Reply) -> None:
    """Keep the words that a published reply answers, once: the person's messages since our last answer."""
    if reply.deed != "reply" or reply.question_kept:
        return
    reply.question_kept = True
    said = _said_before(reply)
    if not said:
        return
    key = hash_key(reply.agency_id, reply.brand_id, make=True)
    assert key is not None
    answered_at = reply.published_at or clock.now()
    rows: dict[int, dict[str, Any]] = {}
    for message_id, text, language in said:
        for stem in question_words(text, language):
            if len(rows) < MOST_WORDS:
                rows.setdefault(
                    stem_number(stem, key),
                    {
                        "agency_id": reply.agency_id,
                        "id": new_id(),
                        "brand_id": reply.brand_id,
                        "reply_id": reply.id,
                        "message_id": message_id,
                        "answered_at": answered_at,
                    },
                )
    if rows:
        db.session.execute(insert(AnsweredWord), [{**row, "stem": stem} for stem, row in rows.items()])


def keep_older(limit: int = KEPT_AT_ONCE) -> int:
    """Keep the questions of replies that were published before these words were kept, the newest first; returns of how
    many. In an agency's scope. Who sends at the same time holds their reply; it is left to them.
    """
    wanted = (
        select(Reply)
        .where(Reply.state == "published", Reply.deed == "reply", Reply.question_kept.is_(False))
        .order_by(Reply.id.desc())
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = db.session.execute(wanted).scalars().all()
    for reply in found:
        keep_question(reply)
    return len(found)


def _said_before(reply: Reply) -> list[tuple[UUID, str, str]]:
    """The message that is answered and what its writer said before it, since anybody of ours last wrote, newest first:
    id, words, language. What was deleted is nowhere.
    """
    answered, other, ours = aliased(Message), aliased(Message), aliased(Message)
    last_ours = (
        select(func.max(ours.written_at))
        .where(
            ours.conversation_id == answered.conversation_id,
            ours.direction == "out",
            ours.written_at < answered.written_at,
        )
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            other.id,
            other.text,
            func.coalesce(other.language, Conversation.language, Brand.language),
        )
        .join(
            answered,
            and_(answered.agency_id == other.agency_id, answered.conversation_id == other.conversation_id),
        )
        .join(
            Conversation,
            and_(Conversation.agency_id == other.agency_id, Conversation.id == other.conversation_id),
        )
        .join(Brand, and_(Brand.agency_id == other.agency_id, Brand.id == other.brand_id))
        .where(
            answered.id == reply.in_reply_to_id,
            other.direction == "in",
            other.deleted_at.is_(None),
            other.contact_id.is_not_distinct_from(answered.contact_id),
            other.written_at <= answered.written_at,
            func.coalesce(other.written_at > last_ours, True),
        )
        .order_by(other.written_at.desc(), other.id.desc())
        .limit(WORDS_READ)
        # What somebody is deleting at this moment is not kept; who publishes holds the conversation, so nobody is.
        .with_for_update(read=True, of=other, skip_locked=True)
    )
    return [(message_id, text, language) for message_id, text, language in rows]
