"""The person's other cases, inside the one statement that reads a conversation."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, Select, and_, exists, or_, select, true
from sqlalchemy.orm import aliased

from agency.inbox.models import Contact, Conversation, Message

EARLIER_SHOWN: Final = 5


class EarlierView(NamedTuple):
    """Another conversation of the same person with the same brand, whichever of their identities wrote it.

    `is_answered`: the brand wrote in it, from here or in the platform's own tools.
    """

    id: UUID
    platform: str
    kind: str
    excerpt: str
    status: str
    stars: int | None
    last_message_at: datetime
    is_answered: bool


def cases_before(conversation_id: BindParameter[UUID]) -> Select[Any]:
    """The newest EARLIER_SHOWN of whoever wrote this one, each of their identities' along its index."""
    this, other, me, known = aliased(Conversation), aliased(Conversation), aliased(Contact), aliased(Contact)
    newest = (
        select(other.id, other.platform, other.kind, other.excerpt, other.status, other.stars, other.last_message_at)
        .where(other.agency_id == known.agency_id, other.contact_id == known.id, other.id != conversation_id)
        .order_by(other.last_message_at.desc())
        .limit(EARLIER_SHOWN)
        .lateral()
    )
    of_person = and_(
        known.agency_id == me.agency_id,
        known.brand_id == me.brand_id,
        or_(known.id == me.id, known.group_id == me.group_id),
    )
    answered = exists().where(
        Message.agency_id == this.agency_id, Message.conversation_id == newest.c.id, Message.direction == "out"
    )
    return (
        select(*newest.c, answered)
        .select_from(this)
        .join(me, and_(me.agency_id == this.agency_id, me.id == this.contact_id))
        .join(known, of_person)
        .join(newest, true())
        .where(this.id == conversation_id)
        .order_by(newest.c.last_message_at.desc())
        .limit(EARLIER_SHOWN)
    )
