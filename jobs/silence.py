"""Replies that wait for a yes, by the clock: thin over `agency.replies.silence`."""

from __future__ import annotations

import time
from uuid import UUID

from flask import Flask
from rq.timeouts import JobTimeoutException
from sqlalchemy import select

from agency.replies import silence
from tenants.database import db
from tenants.logs import get_logger
from tenants.models import Agency
from tenants.scope import Scope, in_scope

AT_ONCE = 100
"""Of one agency before the next one's turn, so that a large one delays nobody."""
LONGEST_RUN_SECONDS = 60
"""The rest is done in the next minute."""

log = get_logger("silence")


def ring_waiting(app: Flask) -> None:
    """Ask, remind and take for silent whoever's time has come, each reply in a transaction of its own. One reply's
    trouble is its own: it is tried again an hour later.
    """
    with in_scope(app, None):
        waiting = list(db.session.execute(select(Agency.id)).scalars())
    ends_at = time.monotonic() + LONGEST_RUN_SECONDS
    while waiting and time.monotonic() < ends_at:
        waiting = [agency_id for agency_id in waiting if _has_more(app, Scope(agency_id, None), ends_at)]


def _has_more(app: Flask, scope: Scope, ends_at: float) -> bool:
    with in_scope(app, scope):
        due = silence.due(AT_ONCE)
    for reply_id in due:
        if time.monotonic() >= ends_at:
            return False
        _ring(app, scope, reply_id)
    return len(due) == AT_ONCE


def _ring(app: Flask, scope: Scope, reply_id: UUID) -> None:
    try:
        with in_scope(app, scope):
            done = silence.ring(reply_id)
        if done != "nothing":
            log.info("waiting_reply_rang", reply_id=str(reply_id), done=done)
    except JobTimeoutException:
        raise
    except Exception:
        log.exception("waiting_reply_failed", reply_id=str(reply_id))
        with in_scope(app, scope):
            silence.put_off(reply_id)
