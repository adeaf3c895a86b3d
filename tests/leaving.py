"""Mails that wait for others leave now, whatever the clock says."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import Engine, text

from jobs.notices import mail_waiting
from tenants.outbox import JobName

DUE = text(
    "update notice set mail_due_at = '2000-01-01' where mail_due_at is not null and mailed_at is null and kind = :kind"
)
PROMISED = text(
    "select distinct ids->>'agency_id', ids->>'brand_id', ids->>'person_id' from outbox_entry where job_name = :job"
)


def mails_leave(app: Flask, superuser: Engine) -> None:
    """Everybody's mail that asks for a yes is made, quiet hours of theirs apart."""
    with superuser.begin() as connection:
        connection.execute(DUE, {"kind": "reply_awaits_you"})
        promised = connection.execute(PROMISED, {"job": JobName.MAIL_WAITING.value}).all()
    for agency_id, brand_id, person_id in promised:
        mail_waiting(app, agency_id, brand_id, person_id)
