"""Storing imported files behind everything that happens now, some hundred lines a transaction. Repeat-safe.

Of two runs of one file each piece is stored by one; after a crash it goes on behind the last line that was stored.
"""

from __future__ import annotations

import time
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from agency.inbox import importing
from agency.inbox.models import HistoryImport
from jobs.history import WOKEN_AT_ONCE
from tenants.database import db
from tenants.outbox import JobName, enqueue_after_commit, is_promised
from tenants.scope import Scope, in_scope

LONGEST_RUN_SECONDS = 20
"""Then the worker looks for something more urgent; the rest is promised again."""


def store_file(
    app: Flask, agency_id: str, brand_id: str, import_id: str, run_seconds: float = LONGEST_RUN_SECONDS
) -> None:
    """Store the next pieces of a file, and promise the rest."""
    scope, row_id = Scope(UUID(agency_id), frozenset({UUID(brand_id)})), UUID(import_id)
    with in_scope(app, scope):
        found = importing.held(row_id)
    if found is None:
        return
    line = found.stored_line
    ends_at = time.monotonic() + run_seconds
    for last_line, items in importing.pieces(found.file, line, now=found.checked_at):
        with in_scope(app, scope):
            if not importing.store_piece(row_id, line, last_line, items):
                return
            line = last_line
            if time.monotonic() >= ends_at:
                importing.promise(importing.get(row_id))
                return
    with in_scope(app, scope):
        importing.complete(row_id, line)


def wake(agency_id: UUID) -> int:
    """Promise files again whose promise was lost or given up, and drop old uploads; returns how many were promised."""
    importing.forget_old()
    rows = db.session.execute(
        select(HistoryImport.brand_id, HistoryImport.id)
        .where(HistoryImport.state == "running", ~is_promised(JobName.IMPORT_FILE, "import_id", HistoryImport.id))
        .limit(WOKEN_AT_ONCE)
    ).all()
    for brand_id, import_id in rows:
        enqueue_after_commit(JobName.IMPORT_FILE, agency_id=agency_id, brand_id=brand_id, import_id=import_id)
    return len(rows)
