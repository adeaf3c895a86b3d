"""Mails by the clock: twice an hour, where it is morning, one link to all that waits for somebody, and how the month
before went; each minute, what became of the replies that somebody said yes to.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from rq.timeouts import JobTimeoutException
from sqlalchemy import select

from agency.replies import day_links, outcome_mails
from agency.reports import monthly_mail
from tenants.database import db
from tenants.logs import get_logger
from tenants.models import Agency
from tenants.scope import Scope, in_scope

log = get_logger("mailing_days")


def mail_days(app: Flask) -> None:
    """Where it is morning, the links of the day, and once a month how the last one went."""
    _of_each_agency(app, "days", day_links.mail_days)
    _of_each_agency(app, "months", monthly_mail.mail_months)


def mail_outcomes(app: Flask) -> None:
    """What became of each yes, once."""
    _of_each_agency(app, "outcomes", outcome_mails.mail_outcomes)


def _of_each_agency(app: Flask, what: str, mail: Callable[[], int]) -> None:
    """One agency after the other, each by itself; one agency's trouble is its own."""
    with in_scope(app, None):
        agencies = list(db.session.scalars(select(Agency.id).order_by(Agency.id)))
    for agency_id in agencies:
        try:
            with in_scope(app, Scope(agency_id, None)):
                mailed = mail()
        except JobTimeoutException:
            raise
        except Exception:
            log.exception("not_mailed", agency_id=str(agency_id), what=what)
        else:
            if mailed:
                log.info("mailed", agency_id=str(agency_id), what=what, count=mailed)
