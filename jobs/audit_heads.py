"""Every hour: where each chain of the record ends goes to a file outside the database, and to the log."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from tenants import clock
from tenants.audit_heads import HeadsFolder
from tenants.audit_reading import heads_of_scope
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.logs import get_logger
from tenants.models import Agency
from tenants.scope import Scope, in_scope

log = get_logger("audit_heads")


def tell_heads(app: Flask) -> None:
    """One agency after the other; a chain without a new line since the day's last telling is not told again."""
    with in_scope(app, None):
        agencies = list(db.session.scalars(select(Agency.id).order_by(Agency.id)))
        folder = HeadsFolder.of(settings_of_app())
    for agency_id in agencies:
        with in_scope(app, Scope(agency_id, None)):
            heads = [((agency_id, brand_id), head) for brand_id, head in heads_of_scope()]
        for (_, brand_id), head in folder.add(heads, clock.now()):
            log.info(
                "audit_head",
                agency_id=str(agency_id),
                brand_id=str(brand_id) if brand_id else None,
                number=head.number,
                hash=head.hash.hex(),
            )
