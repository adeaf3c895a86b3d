"""Sending mails: thin jobs over `agency.notices`."""

from __future__ import annotations

from uuid import UUID

from flask import Flask

from agency.notices import gathering, sending
from agency.replies import asking_together
from tenants.scope import Scope, in_scope


def send_mail(app: Flask, mail_id: str) -> None:
    """Send one finished mail."""
    with in_scope(app, None):
        sending.send_mail(mail_id)


def gather_notices(app: Flask, agency_id: str, person_id: str, kind: str) -> None:
    """Make one mail of all of one kind that waits for a person."""
    with in_scope(app, Scope(UUID(agency_id), None)):
        gathering.send_gathered(UUID(agency_id), UUID(person_id), kind)


def mail_waiting(app: Flask, agency_id: str, brand_id: str, person_id: str) -> None:
    """Make one mail of all replies of a brand that wait for a person."""
    with in_scope(app, Scope(UUID(agency_id), None)):
        asking_together.mail_waiting(UUID(brand_id), UUID(person_id))
