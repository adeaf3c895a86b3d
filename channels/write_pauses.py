"""When a platform stops an account from writing: until when nothing is sent. Reading goes on, and what waits, waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from channels.errors import Stopped
from channels.models import Account
from tenants.database import db

PAUSE = timedelta(hours=4)
"""The platform names no time. Then what waits is tried, and a further no begins the pause anew."""
TELL_AGAIN_AFTER = timedelta(days=1)
"""People are told of one account's pauses this often at most."""


def note(account_id: UUID, stopped: Stopped, now: datetime) -> tuple[Account, bool]:
    """The platform said no just now. Gives the account, its row held, and whether people are to be told."""
    account = db.session.execute(
        select(Account)
        .where(Account.id == account_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one()
    if stopped == "writes":
        account.writes_paused_until = now + PAUSE
    else:
        account.messages_paused_until = now + PAUSE
    told_at = account.pause_told_at
    is_to_tell = account.disconnected_at is None and (told_at is None or now - told_at >= TELL_AGAIN_AFTER)
    if is_to_tell:
        account.pause_told_at = now
    db.session.flush()
    return account, is_to_tell
