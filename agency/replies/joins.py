"""How a reply's rows belong together, for statements that read many of them at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY

from agency.inbox.models import Conversation
from agency.replies.models import Reply, ReplyText

WORDS_OF_REPLY: Final = and_(
    ReplyText.agency_id == Reply.agency_id,
    ReplyText.id == Reply.text_id,
    ReplyText.brand_id == Reply.brand_id,
)
CASE_OF_REPLY: Final = and_(
    Conversation.agency_id == Reply.agency_id,
    Conversation.id == Reply.conversation_id,
    Conversation.brand_id == Reply.brand_id,
)


def one_of(column: Any, ids: Iterable[UUID]) -> ColumnElement[bool]:
    """The column is one of these, told as one array: of hundreds of parameters PostgreSQL expects too little."""
    found: ColumnElement[bool] = column == any_(literal(list(ids), ARRAY(Uuid())))
    return found
