"""Holding words that are not sent yet against a guide that came in force: a thin job over `agency.replies`."""

from __future__ import annotations

import time
from uuid import UUID

from flask import Flask

from agency.replies.rechecking import recheck_slice
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import Scope, in_scope

LONGEST_RUN_SECONDS = 20
"""Then the worker looks for something more urgent; the rest is promised again."""


def recheck_words(
    app: Flask,
    agency_id: str,
    brand_id: str,
    version: int,
    after: str = "",
    run_seconds: float = LONGEST_RUN_SECONDS,
) -> None:
    """Check a brand's unsent replies behind `after` with this version, slice by slice, and promise the rest.

    Each slice is a transaction; after a crash the run begins where its promise does, which changes nothing more.
    """
    scope = Scope(UUID(agency_id), frozenset({UUID(brand_id)}))
    ends_at = time.monotonic() + run_seconds
    last = UUID(after) if after else None
    while True:
        with in_scope(app, scope):
            last = recheck_slice(UUID(brand_id), version, last)
            if last is None:
                return
            if time.monotonic() >= ends_at:
                enqueue_after_commit(
                    JobName.RECHECK_WORDS, agency_id=agency_id, brand_id=brand_id, version=version, after=str(last)
                )
                return
