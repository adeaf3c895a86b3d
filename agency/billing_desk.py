"""What `onbrand billing` prints: prices compared with Stripe's, agencies compared with their subscriptions."""

from __future__ import annotations

from uuid import UUID

from flask import Flask
from sqlalchemy import select

from agency.billing import catalogue, subscriptions
from agency.billing.models import StripeCustomer
from agency.billing.stripe_gateway import Gateway, gateway_of_app
from tenants.database import db
from tenants.models import Agency
from tenants.scope import Scope, in_scope
from tenants.settings import SettingsError
from tenants.subscriptions import begin_trial, is_on, row_of


def sync(app: Flask, *, only_look: bool = False) -> tuple[list[str], bool]:
    """Lines, and whether Stripe has our prices now. Raises SettingsError without a key, Unavailable."""
    with app.app_context():
        compared = catalogue.sync(_gateway(), only_look=only_look)
    verb = "missing" if only_look else "made"
    lines = [
        f"{len(compared.made)} prices {verb}, {compared.right} as they are here, {len(compared.differ)} otherwise."
    ]
    lines += [*(f"{verb}: {key}" for key in compared.made), *compared.differ]
    if not only_look:
        with in_scope(app, None):
            agencies = list(db.session.scalars(select(Agency.id).order_by(Agency.id)))
        begun = 0
        for agency_id in agencies:
            with in_scope(app, Scope(agency_id, None)):
                begun += begin_trial(agency_id)
        if begun:
            lines.append(f"{begun} agencies had no plan: a trial of 14 days begins now for each.")
    return lines, not compared.differ and not (only_look and compared.made)


def reconcile(app: Flask) -> tuple[list[str], bool]:
    """Lines, and whether all was alike. Two requests an agency that Stripe knows; Stripe itself is never changed."""
    with in_scope(app, None):
        gateway = _gateway()
        known = db.session.execute(select(StripeCustomer.stripe_id, StripeCustomer.agency_id)).all()
    lines = [f"customer {customer}: belongs to no agency here" for customer, agency_id in known if agency_id is None]
    for customer, agency_id in known:
        if agency_id is not None:
            lines += _compare(app, gateway, customer, agency_id)
    return [f"{len(known)} customers looked at, {len(lines)} things were otherwise.", *lines], not lines


def _compare(app: Flask, gateway: Gateway, customer: str, agency_id: UUID) -> list[str]:
    with in_scope(app, None):
        asked_at = subscriptions.database_now()
    theirs, invoices = subscriptions.ask(gateway, customer)
    with in_scope(app, Scope(agency_id, None)):
        row = row_of(agency_id)
        found = ["no row"] if row is None else subscriptions.differences(row, theirs)
        lines = [f"agency {agency_id}: {', '.join(found)} made as at Stripe"] if found else []
        living = [one.id for one in theirs if one.status not in subscriptions.ENDED]
        if len(living) > 1:
            lines.append(f"agency {agency_id}: {len(living)} subscriptions live at Stripe: {', '.join(living)}")
        subscriptions.apply(agency_id, asked_at, theirs, invoices)
    return lines


def _gateway() -> Gateway:
    if not is_on():
        raise SettingsError("STRIPE_SECRET_KEY is missing, so nothing is paid for here; nothing was asked or changed.")
    return gateway_of_app()
