"""Reading open cases again for a brand's topics: a thin job over `agency.inbox.topic_reading`."""

from __future__ import annotations

import time
from uuid import UUID

from flask import Flask

from agency.inbox.topic_reading import read_slice
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import Scope, in_scope

LONGEST_RUN_SECONDS = 20
"""Then the worker looks for something more urgent; the rest is promised again."""


def read_topics(
    app: Flask, agency_id: str, brand_id: str, after: str = "", run_seconds: float = LONGEST_RUN_SECONDS
) -> None:
    """Find a brand's topics in the texts of its open cases behind `after`, slice by slice. Twice changes nothing."""
    ends_at = time.monotonic() + run_seconds
    last = UUID(after) if after else None
    while True:
        with in_scope(app, Scope(UUID(agency_id), None)):
            last = read_slice(UUID(brand_id), last)
            if last is None:
                return
            if time.monotonic() >= ends_at:
                enqueue_after_commit(JobName.READ_TOPICS, agency_id=agency_id, brand_id=brand_id, after=str(last))
                return
