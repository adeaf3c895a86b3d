"""Ranking again what is stored: thin jobs over `agency.inbox.reranking`."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from rq.timeouts import JobTimeoutException
from sqlalchemy import select

from agency.inbox.reranking import SLICE, rerank_due, rerank_slice
from tenants import clock
from tenants.database import db
from tenants.logs import get_logger
from tenants.models import Agency
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import Scope, in_scope

LONGEST_RUN_SECONDS = 20
"""Then the worker looks for something more urgent; the rest is promised again, or done in the next minute."""
AGAIN_AFTER = timedelta(minutes=1)
"""What was being stored while weights changed was ranked by those before, and is ranked when it is looked at again."""

log = get_logger("ranking")


def rank_due(app: Flask) -> None:
    """Move every case whose due time came to its next step, an agency at a time. One agency's trouble is its own."""
    with in_scope(app, None):
        agencies = list(db.session.execute(select(Agency.id)).scalars())
    ends_at = time.monotonic() + LONGEST_RUN_SECONDS
    waiting = agencies
    while waiting and time.monotonic() < ends_at:  # a slice of each in turn, so that a large one delays nobody
        waiting = [agency_id for agency_id in waiting if _has_more_due(app, agency_id)]


def _has_more_due(app: Flask, agency_id: UUID) -> bool:
    try:
        with in_scope(app, Scope(agency_id, None)):
            return rerank_due().seen == SLICE
    except JobTimeoutException:
        raise
    except Exception:
        log.exception("ranking_failed", agency_id=str(agency_id))
        return False


def rerank(
    app: Flask,
    agency_id: str,
    brand_id: str = "",
    contact_id: str = "",
    number: int = 0,
    again: int = 0,
    after: str = "",
    run_seconds: float = LONGEST_RUN_SECONDS,
) -> None:
    """Rank an agency's open cases behind `after` again, or a brand's or a person's, slice by slice.

    `number` is the version of weights it is for, if any: when all is done it is done `again` a minute later. After a
    crash the run begins where its promise does, which changes nothing more.
    """
    ends_at = time.monotonic() + run_seconds
    last = UUID(after) if after else None
    names: dict[str, Any] = {"agency_id": agency_id}
    names |= {name: value for name, value in (("brand_id", brand_id), ("contact_id", contact_id)) if value}
    names |= {name: value for name, value in (("number", number), ("again", again)) if value}
    while True:
        with in_scope(app, Scope(UUID(agency_id), None)):
            done = rerank_slice(
                last,
                brand_id=UUID(brand_id) if brand_id else None,
                contact_id=UUID(contact_id) if contact_id else None,
                number=number if number and not again else None,
            )
            last = done.last
            if last is None:
                if number and not again:
                    run_at = clock.now() + AGAIN_AFTER
                    enqueue_after_commit(JobName.RERANK, run_at=run_at, agency_id=agency_id, number=number, again=1)
                return
            if time.monotonic() >= ends_at:
                enqueue_after_commit(JobName.RERANK, **names, after=str(last))
                return
