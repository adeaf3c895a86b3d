"""Reading words anew where conversations changed, every few seconds: a thin job over `agency.inbox.search_index`."""

from __future__ import annotations

import time
from uuid import UUID

from flask import Flask
from rq.timeouts import JobTimeoutException

from agency.inbox import search_index
from tenants.database import db
from tenants.logs import get_logger
from tenants.scope import Scope, in_scope

LONGEST_RUN_SECONDS = 20.0
"""Of what changed: then the worker looks for something more urgent."""
OLDER_RUN_SECONDS = 2.0
"""Of what was there before: two seconds of five, so that going through a million cases holds nobody up."""

log = get_logger("indexing")


def is_due() -> bool:
    """Whether anything waits. Needs no scope."""
    return search_index.is_any_due()


def index_words(
    app: Flask, *, run_seconds: float = LONGEST_RUN_SECONDS, older_seconds: float = OLDER_RUN_SECONDS
) -> tuple[int, int]:
    """Read what changed in every agency, then go on with what is older; each slice is a transaction.

    Returns of how many conversations, of both. Agencies come in turn; one agency's trouble is its own.
    """
    with in_scope(app, None):
        agencies = sorted(search_index.agencies_due())
        db.session.rollback()
    changed = _in_turn(app, agencies, search_index.keep_words, run_seconds)
    older = _in_turn(app, agencies, search_index.keep_older_words, older_seconds)
    if older:
        log.info("older_words_kept", conversations=older)
    return changed, older


def _in_turn(app: Flask, agencies: list[UUID], keep: object, run_seconds: float) -> int:
    assert callable(keep)
    ends_at, kept, waiting = time.monotonic() + run_seconds, 0, list(agencies)
    while waiting:
        for agency_id in list(waiting):
            try:
                with in_scope(app, Scope(agency_id, None)):
                    count = keep()
            except JobTimeoutException:
                raise
            except Exception:
                log.exception("indexing_failed", agency_id=str(agency_id))
                count = 0
            kept += count
            if not count:
                waiting.remove(agency_id)
            if time.monotonic() >= ends_at:
                return kept
    return kept
