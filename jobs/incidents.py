"""Who wrote about an incident is written to, some at a time."""

from __future__ import annotations

from uuid import UUID

from flask import Flask

from agency.inbox.incidents.attaching import promise_answers
from agency.replies.incident_answers import go_on
from tenants.scope import Scope, in_scope


def answer_incident(app: Flask, agency_id: str, brand_id: str, incident_id: str) -> None:
    """The next people, and a promise where there are more. Doing it twice writes to nobody twice."""
    agency, brand = UUID(agency_id), UUID(brand_id)
    with in_scope(app, Scope(agency, frozenset({brand, agency}))):
        again = go_on(UUID(incident_id))
        if again is not None:
            promise_answers(brand, UUID(incident_id), again)
