"""Words that came in and nobody is at: thin over `agency.replies.automatic_heard`."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Flask

from agency.replies import automatic_heard
from tenants import clock
from tenants.logs import get_logger
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import Scope, in_scope

AGAIN_SECONDS = 20
"""Another thread of the same person is being looked at."""

log = get_logger("acknowledging")


def acknowledge(app: Flask, *, agency_id: str, brand_id: str, conversation_id: str) -> None:
    """Say that the customer was heard, if that is still nobody's to say. Harmless twice."""
    ids = {"agency_id": UUID(agency_id), "brand_id": UUID(brand_id), "conversation_id": UUID(conversation_id)}
    with in_scope(app, Scope(ids["agency_id"], frozenset({ids["brand_id"]}))):
        done = automatic_heard.acknowledge(ids["conversation_id"])
        if done == "again":
            enqueue_after_commit(JobName.ACKNOWLEDGE, run_at=clock.now() + timedelta(seconds=AGAIN_SECONDS), **ids)
    log.info("acknowledged" if done == "sent" else "not_acknowledged", conversation_id=conversation_id, why=done)
