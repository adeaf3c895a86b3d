"""Stripe said that something of a customer changed: thin over `agency.billing`."""

from __future__ import annotations

from flask import Flask

from agency.billing import subscriptions
from agency.billing.stripe_gateway import gateway_of_app
from tenants.logs import get_logger
from tenants.scope import Scope, in_scope
from tenants.subscriptions import is_on

log = get_logger("billing")


def sync_billing(app: Flask, customer: str) -> None:
    """Make ours equal Stripe's. Asked outside of any transaction; twice is once. Raises Unavailable: tried again."""
    with in_scope(app, None):
        if not is_on():
            return
        agency_id = subscriptions.agency_of(customer)
        asked_at = subscriptions.database_now()
    if agency_id is None:
        log.warning("stripe_customer_unknown", customer=customer)
        return
    with app.app_context():
        theirs, invoices = subscriptions.ask(gateway_of_app(), customer)
    with in_scope(app, Scope(agency_id, None)):
        subscriptions.apply(agency_id, asked_at, theirs, invoices)
