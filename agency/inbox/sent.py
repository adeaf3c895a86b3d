"""Answers of ours as messages: put in as soon as they are published, or known again in what a poll brought."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import update

from agency.inbox.conversation_rows import Rules, refresh
from agency.inbox.incoming import PROVISIONAL, REPLY_SUFFIX
from agency.inbox.models import Message, is_apart
from agency.inbox.storage import AccountRows
from channels.models import Account
from tenants.database import db, new_id
from tenants.errors import NotFound


class HasPlatform(Protocol):
    """An account, or a row of one."""

    @property
    def platform(self) -> str: ...


def record_sent(
    account: Account,
    conversation_id: UUID,
    *,
    external_id: str,
    parent_external_id: str | None,
    text: str,
    written_at: datetime,
    reply_id: UUID,
    author_name: str,
    moderation: str | None = None,
) -> None:
    """Put an answer we published into its conversation at once, or link the message a poll brought before us.

    Takes the conversation's lock and no lock of the account, so it may follow other changes to that conversation.
    Give the platform's id; for a Google review `external_id` is the review's id followed by REPLY_SUFFIX.
    Raises NotFound for a conversation outside the scope.
    """
    rows = AccountRows(account)
    threads = rows.threads([], [conversation_id])
    if not threads:
        raise NotFound()
    if external_id.endswith(REPLY_SUFFIX):  # another answer takes the place of one that was removed
        db.session.execute(
            update(Message)
            .where(
                Message.account_id == account.id, Message.external_id == external_id, Message.deleted_at.is_not(None)
            )
            .values(
                deleted_at=None,
                text=text,
                written_at=written_at,
                edited_at=None,
                reply_id=None,
                moderation=moderation,
                content_hash=PROVISIONAL,
            )
            .execution_options(synchronize_session=False)
        )
    rows.insert_messages(
        [
            {
                "id": new_id(),
                "conversation_id": conversation_id,
                "external_id": external_id,
                "parent_external_id": parent_external_id,
                "direction": "out",
                "author_name": author_name,
                "text": text,
                "truncated": False,
                "attachments": [],
                "written_at": written_at,
                "hidden": False,
                "moderation": moderation,
                "content_hash": PROVISIONAL.hex(),
            }
        ]
    )
    link_reply(account.id, external_id, reply_id, parent_external_id)
    if is_apart(threads[0].external_id):  # an event may have brought it into its thread before us
        rows.set_apart([external_id], conversation_id)
    refresh(rows, threads, Rules(rows.rules()), {})


def link_reply(
    account_id: UUID, message_external_id: str, reply_id: UUID, answered_external_id: str | None = None
) -> bool:
    """Say which of our replies an outgoing message is; True when there was such a message without a reply yet.

    `answered_external_id` is what it answers, where that is known better than the platform shows it.
    """
    values: dict[str, Any] = {"reply_id": reply_id}
    if answered_external_id is not None:
        values["parent_external_id"] = answered_external_id
    found = db.session.execute(
        update(Message)
        .where(
            Message.account_id == account_id,
            Message.external_id == message_external_id,
            Message.direction == "out",
            Message.reply_id.is_(None),
        )
        .values(values)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return found.first() is not None
