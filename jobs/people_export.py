"""Making the file of everybody who writes to a brand, a piece a transaction: a thin job. Repeat-safe.

Of two runs of one order each piece is made by one; after a crash it goes on behind the last person that was read.
"""

from __future__ import annotations

import time
from uuid import UUID

from flask import Flask

from agency.inbox.contacts import exports
from agency.replies import people_export
from tenants.holders import member_with
from tenants.permissions import Permission
from tenants.scope import Scope, in_scope

LONGEST_RUN_SECONDS = 20
"""Then the worker looks for something more urgent; the rest is promised again."""


def export_people(
    app: Flask,
    agency_id: str,
    brand_id: str,
    export_id: str,
    run_seconds: float = LONGEST_RUN_SECONDS,
    people: int = people_export.PEOPLE,
) -> None:
    """Make the next pieces, and promise the rest. It ends where whoever asked may not have it any more."""
    scope, wanted = Scope(UUID(agency_id), frozenset({UUID(brand_id)})), UUID(export_id)
    ends_at = time.monotonic() + run_seconds
    while True:
        with in_scope(app, scope):
            export = exports.held(wanted)
            if export is None:
                return
            actor = member_with(Permission.CONTACT_EXPORT, export.asked_by, export.agency_id, export.brand_id)
            if actor is None:
                exports.complete(export, refused=True)
                return
            if not people_export.add_piece(actor, export, people):
                exports.complete(export)
                return
            if time.monotonic() >= ends_at:
                exports.promise(export)
                return
