"""Sending mails: thin jobs over `agency.notices`."""

from __future__ import annotations

from flask import Flask

from agency.notices import sending
from tenants.scope import in_scope


def send_mail(app: Flask, mail_id: str) -> None:
    """Send one finished mail."""
    with in_scope(app, None):
        sending.send_mail(mail_id)
