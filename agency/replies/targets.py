"""Where a reply goes: its account, opened, and what it answers, as adapters name both."""

from __future__ import annotations

from sqlalchemy import select

from agency.inbox import outgoing
from agency.replies import checks
from agency.replies.around import Around
from agency.replies.models import Reply
from agency.replies.moves import text_of
from channels import accounts
from channels.models import Account
from channels.protocol import ConnectedAccount, ReplyTarget
from tenants.database import db
from tenants.errors import AppError, Unavailable

UNREACHABLE = ("needs_reconnect", "access_lost", "disconnected")
"""Health of accounts that wait for a person; nothing is sent by them."""


def account_of(reply: Reply) -> Account:
    """The account the reply goes out by."""
    return db.session.execute(select(Account).where(Account.id == reply.account_id)).scalar_one()


def connected_account_of(reply: Reply) -> ConnectedAccount | None:
    """The account with its credential opened; None when it cannot be used now."""
    return opened(account_of(reply))


def opened(account: Account) -> ConnectedAccount | None:
    """The same of an account that is at hand."""
    if account.disconnected_at is not None or account.health in UNREACHABLE:
        return None
    try:
        return accounts.connected(account)
    except Unavailable as error:
        accounts.mark_unhealthy(account, "failing", error.code)
        return None
    except AppError as error:
        accounts.mark_unhealthy(account, "needs_reconnect", error.code)
        return None


def target_of(reply: Reply, around: Around | None = None) -> ReplyTarget:
    """What the reply answers or changes, as adapters name it."""
    around = around or Around(reply)
    base = checks.base_of(reply) if reply.deed != "reply" else None
    return outgoing.target_for(
        around.conversation,
        around.message,
        post_external_id=around.post_external_id,
        deed=reply.deed if reply.replaces_text is None else "edit",
        private=reply.private,
        written_by=checks.written_by(reply),
        last_customer_at=around.last_written_at if around.conversation.kind == "message" else None,
        our_external_id=base.platform_id if base else None,
        our_text=text_of(base).text if base else reply.replaces_text,
    )
