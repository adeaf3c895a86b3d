"""What keeps the house in order, a minute at a time, an agency at a time."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from agency.inbox import desk
from agency.notices import sending
from agency.replies.models import Reply
from channels.models import Account
from jobs.dispatcher import forget_done
from tenants import clock, sessions, tokens
from tenants.database import db
from tenants.logs import get_logger
from tenants.models import Agency
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import Scope, in_scope

STRANDED_AFTER = timedelta(minutes=5)
"""An approved reply unmoved for this long is promised again: its account came back, or a promise was lost."""

log = get_logger("upkeep")


def keep_up(app: Flask) -> None:
    """Hand back expired claims, wake stranded replies, forget what is long done. One agency's trouble is its own."""
    with in_scope(app, None):
        forget_done()
        sending.forget_sent()
        sessions.forget_old()
        tokens.forget_old()
        agencies = list(db.session.execute(select(Agency.id)).scalars())
    for agency_id in agencies:
        try:
            with in_scope(app, Scope(agency_id, None)):
                desk.hand_back_expired()
                wake_stranded()
        except Exception:
            log.exception("upkeep_failed", agency_id=str(agency_id))


def wake_stranded() -> int:
    """Promise approved replies again that wait for nothing any more; returns how many."""
    now = clock.now()
    rows = db.session.execute(
        select(Reply.agency_id, Reply.brand_id, Reply.id)
        .join(Account, Account.id == Reply.account_id)
        .where(
            Reply.state == "approved",
            Reply.state_since < now - STRANDED_AFTER,
            (Reply.next_try_at.is_(None)) | (Reply.next_try_at < now - STRANDED_AFTER),
            Account.disconnected_at.is_(None),
            Account.health.in_(("ok", "failing")),
        )
        .limit(200)
    ).all()
    for agency_id, brand_id, reply_id in rows:
        _promise(agency_id, brand_id, reply_id)
    return len(rows)


def _promise(agency_id: UUID, brand_id: UUID, reply_id: UUID) -> None:
    enqueue_after_commit(JobName.PUBLISH_REPLY, agency_id=agency_id, brand_id=brand_id, reply_id=reply_id)
