"""Counting what changed, every few seconds, and what was let go, once a day: a thin job over `agency.reports`."""

from __future__ import annotations

import time

from flask import Flask
from rq.timeouts import JobTimeoutException
from sqlalchemy import select

from agency.reports import checking, folding
from tenants.database import db
from tenants.logs import get_logger
from tenants.models import Agency
from tenants.scope import Scope, in_scope

LONGEST_RUN_SECONDS = 20.0
"""Then the worker looks for something more urgent."""

log = get_logger("figures")


def is_due() -> bool:
    """Whether anything waits. Needs no scope."""
    return folding.is_any_due()


def fold_figures(app: Flask, *, run_seconds: float = LONGEST_RUN_SECONDS) -> int:
    """Count what changed in every agency; each slice is a transaction. Returns how much was told.

    Agencies come in turn; one agency's trouble is its own.
    """
    with in_scope(app, None):
        waiting = sorted(folding.agencies_due())
        db.session.rollback()
    ends_at, folded = time.monotonic() + run_seconds, 0
    while waiting:
        for agency_id in list(waiting):
            count = 0
            try:
                with in_scope(app, Scope(agency_id, None)):
                    count = folding.fold()
            except JobTimeoutException:
                raise
            except Exception:
                log.exception("figures_failed", agency_id=str(agency_id))
            folded += count
            if not count:
                waiting.remove(agency_id)
            if time.monotonic() >= ends_at:
                return folded
    return folded


def check_figures(app: Flask) -> None:
    """Hold every agency's figures against what they count, and let go of what is old. One's trouble is its own."""
    with in_scope(app, None):
        agencies = list(db.session.scalars(select(Agency.id)))
        db.session.rollback()
    for agency_id in agencies:
        try:
            with in_scope(app, Scope(agency_id, None)):
                found = checking.check()
                checking.let_go()
            if found.days or found.cases:
                log.warning("figures_differ", agency_id=str(agency_id), days=len(found.days), cases=found.cases)
        except JobTimeoutException:
            raise
        except Exception:
            log.exception("figures_failed", agency_id=str(agency_id))
