"""How a reply's rows belong together, for statements that read many of them at once."""

from __future__ import annotations

from typing import Final

from sqlalchemy import and_

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
