"""Cases that are kept for whoever can take them: thin over `agency.inbox.hands`."""

from __future__ import annotations

from uuid import UUID

from flask import Flask

from agency.inbox import hands
from tenants.logs import get_logger
from tenants.scope import Scope, in_scope

log = get_logger("handing_out")


def hand_out(app: Flask, *, agency_id: str) -> None:
    """Find somebody for each of them who is there and has room. Harmless twice."""
    with in_scope(app, Scope(UUID(agency_id), None)):
        given = hands.hand_out()
    log.info("handed_out", agency_id=agency_id, count=given)
