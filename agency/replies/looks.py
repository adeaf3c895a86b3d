"""Looks at the platform that are over when they are written down: what was told, or read beside others."""

from __future__ import annotations

from datetime import datetime

from agency.replies.models import PublishAttempt, Reply
from tenants.database import db, new_id


def keep_look(reply: Reply, outcome: str, detail: str | None, platform_id: str | None, at: datetime) -> None:
    """Keep what this look found, as `PublishAttempt.outcome` has it. Not flushed."""
    db.session.add(
        PublishAttempt(
            agency_id=reply.agency_id,
            id=new_id(),
            brand_id=reply.brand_id,
            reply_id=reply.id,
            reply_text_id=reply.text_id,
            fence=reply.fence,
            request_id=new_id(),
            deed="look",
            outcome=outcome,
            detail=detail,
            platform_id=platform_id,
            finished_at=at,
        )
    )
