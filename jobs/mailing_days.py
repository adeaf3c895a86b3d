"""Twice an hour: where it is morning, whoever has several replies waiting is mailed one link to all of them."""

from __future__ import annotations

from flask import Flask
from rq.timeouts import JobTimeoutException
from sqlalchemy import select

from agency.replies import day_links
from tenants.database import db
from tenants.logs import get_logger
from tenants.models import Agency
from tenants.scope import Scope, in_scope

log = get_logger("mailing_days")


def mail_days(app: Flask) -> None:
    """One agency after the other, each by itself; one agency's trouble is its own."""
    with in_scope(app, None):
        agencies = list(db.session.scalars(select(Agency.id).order_by(Agency.id)))
    for agency_id in agencies:
        try:
            with in_scope(app, Scope(agency_id, None)):
                mailed = day_links.mail_days()
        except JobTimeoutException:
            raise
        except Exception:
            log.exception("day_not_mailed", agency_id=str(agency_id))
        else:
            if mailed:
                log.info("days_mailed", agency_id=str(agency_id), count=mailed)
