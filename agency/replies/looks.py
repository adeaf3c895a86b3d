"""Looks at the platform as they are written down: begun before it is asked, or kept once it was told or read."""

from __future__ import annotations

from datetime import datetime

from agency.replies.models import PublishAttempt, Reply
from tenants.database import db, new_id


def begin_look(reply: Reply) -> PublishAttempt:
    """Write down that the platform is looked at for this reply, before it is. Not flushed."""
    look = PublishAttempt(
        agency_id=reply.agency_id,
        id=new_id(),
        brand_id=reply.brand_id,
        reply_id=reply.id,
        reply_text_id=reply.text_id,
        fence=reply.fence,
        request_id=new_id(),
        deed="look",
    )
    db.session.add(look)
    return look


def keep_look(reply: Reply, outcome: str, detail: str | None, platform_id: str | None, at: datetime) -> None:
    """Keep what a look that is over found, as `PublishAttempt.outcome` has it. Not flushed."""
    look = begin_look(reply)
    look.outcome, look.detail, look.platform_id, look.finished_at = outcome, detail, platform_id, at
