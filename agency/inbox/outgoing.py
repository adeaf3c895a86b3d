"""What happens to a conversation when our answer stands on the platform, or does not."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from agency.inbox.intake import REPLY_SUFFIX, mark_gone, record_sent, refresh_conversation
from agency.inbox.models import Conversation, Message
from channels.models import Account
from tenants.database import db


def answered(
    account: Account,
    conversation_id: UUID,
    *,
    reply_id: UUID,
    platform_id: str,
    answered_external_id: str,
    text: str,
    written_at: datetime,
) -> None:
    """Record the published words; the conversation is nobody's any more and closes unless newer words wait.

    Safe to call again, and when a poll brought the same message first.
    """
    db.session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(holder_id=None, holder_name=None, held_since=None, held_until=None)
        .execution_options(synchronize_session=False)
    )
    external_id = _message_id(account, platform_id, answered_external_id)
    record_sent(
        account,
        conversation_id,
        external_id=external_id,
        parent_external_id=answered_external_id,
        text=text,
        written_at=written_at,
        reply_id=reply_id,
        author_name=account.name,
    )


def does_not_stand(
    account: Account,
    conversation_id: UUID,
    *,
    platform_id: str,
    answered_external_id: str,
    rejected: bool,
    now: datetime,
) -> None:
    """Our answer is not shown: rejected by the platform's moderation, or not there. The customer is owed one again."""
    external_id = _message_id(account, platform_id, answered_external_id)
    if not rejected:
        mark_gone(account, [external_id], now=now)
        return
    db.session.execute(
        update(Message)
        .where(Message.account_id == account.id, Message.external_id == external_id)
        .values(moderation="rejected")
        .execution_options(synchronize_session=False)
    )
    refresh_conversation(account, conversation_id)


def _message_id(account: Account, platform_id: str, answered_external_id: str) -> str:
    # A review carries its one answer inside itself, so that answer has no id of its own on the platform.
    return answered_external_id + REPLY_SUFFIX if account.platform == "google_business" else platform_id
