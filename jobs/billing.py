"""Stripe said that something of a customer changed: thin over `agency.billing`."""

from __future__ import annotations

from uuid import UUID

from flask import Flask

from agency.billing import carrying_out, checkout, subscriptions, vat_ids
from agency.billing.stripe_gateway import gateway_of_app
from tenants.logs import get_logger
from tenants.outbox import JobName, enqueue_after_commit
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
        checkout.settle(agency_id)
        if vat_ids.is_open(agency_id):
            enqueue_after_commit(JobName.TELL_VAT_ID, agency_id=agency_id)


def change_billing(app: Flask, agency_id: UUID, change_id: UUID) -> None:
    """Do a confirmed change at Stripe and then look what holds; twice is once. Raises Unavailable: tried again."""
    scope = Scope(agency_id, None)
    with in_scope(app, scope):
        work = carrying_out.begin(agency_id, change_id) if is_on() else None
    if work is None:
        return
    with app.app_context():
        outcome = carrying_out.at_stripe(gateway_of_app(), work)
    with in_scope(app, None):
        asked_at = subscriptions.database_now()
    with app.app_context():
        theirs, invoices = subscriptions.ask(gateway_of_app(), work.customer)
    with in_scope(app, scope):
        subscriptions.apply(agency_id, asked_at, theirs, invoices)
        carrying_out.finish(agency_id, change_id, outcome, invoices)


def tell_vat_id(app: Flask, agency_id: UUID) -> None:
    """Give Stripe's customer the agency's VAT id, or look what Stripe says of it by now. Raises Unavailable."""
    scope = Scope(agency_id, None)
    with in_scope(app, scope):
        given = vat_ids.begin(agency_id) if is_on() else None
    if given is None:
        return
    with app.app_context():
        state = vat_ids.at_stripe(gateway_of_app(), given)
    with in_scope(app, scope):
        vat_ids.finish(agency_id, given, state)
