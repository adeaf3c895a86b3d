"""Conversations that are told within another one, as conditions for statements."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, array
from sqlalchemy.orm import aliased

from agency.inbox.models import Conversation

_TOLD = aliased(Conversation)
_BOTH = select(func.unnest(array([_TOLD.id, _TOLD.merged_into_id])))


def told_with(conversation_id: Any) -> Any:
    """The conversation and, where it is told within another one, that one: what an answer changes."""
    return _BOTH.where(_TOLD.id == conversation_id)


_PART = aliased(Conversation)
PART_IDS: Any = (
    select(func.array_agg(aggregate_order_by(_PART.id, _PART.id)))
    .where(_PART.agency_id == Conversation.agency_id, _PART.merged_into_id == Conversation.id)
    .correlate(Conversation)
    .scalar_subquery()
)
"""In a statement on conversations: what is told within each, None for nothing."""
