"""Why a case stands where it does in the queue, at this moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from agency.inbox.conversation_view import ConversationView
from agency.inbox.models import Conversation
from agency.inbox.ranking import parts_of
from tenants.database import db
from tenants.errors import NotFound
from tenants.permissions import Actor, Permission


def rank_parts(actor: Actor, view: ConversationView, now: datetime) -> list[dict[str, Any]]:
    """Why it stands where it does, in points that add up; empty of what stands in no queue, or was not ranked yet.

    What rules of the desk are called is between colleagues, as notes are.
    """
    parts = _parts(view, now)
    if actor.may(Permission.NOTE_READ):
        return parts
    return [{name: fact for name, fact in part.items() if name != "rules"} for part in parts]


def parts_of_case(conversation_id: UUID, now: datetime) -> list[dict[str, Any]]:
    """The same, of a case that was not read. Raises NotFound."""
    row = db.session.execute(
        select(
            Conversation.status,
            Conversation.rank,
            Conversation.rank_reasons,
            Conversation.last_customer_at,
            Conversation.last_message_at,
        ).where(Conversation.id == conversation_id)
    ).one_or_none()
    if row is None:
        raise NotFound()
    return _parts(row, now)


def _parts(row: Any, now: datetime) -> list[dict[str, Any]]:
    since = row.last_customer_at or row.last_message_at
    return parts_of(row.rank, row.rank_reasons, since, now) if row.status == "open" else []
