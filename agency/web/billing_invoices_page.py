"""Invoices: the next one by line, those there were, and the way to each at Stripe. Only with a Stripe key."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.billing import invoices
from agency.billing.models import BillingInvoice
from agency.web.billing_change_page import BILLING
from agency.web.billing_change_words import day_words, line_words, money
from agency.web.billing_plan_page import leave
from agency.web.contexts_billing import InvoiceRow, InvoicesPage, NextInvoice
from agency.web.contexts_billing_change import PriceLine
from agency.web.looks import Notice
from agency.web.shell import render_page, toast
from agency.web.spreadsheet_cells import Figure, cell
from agency.web.who import actor_of_request
from tenants import audit
from tenants.database import db
from tenants.errors import Unavailable
from tenants.ids import id_from
from tenants.subscriptions import subscription_of

billing_invoices_page = Blueprint("billing_invoices_page", __name__)

INVOICES, FILE = "/billing/invoices", "/billing/invoices.csv"
MOST_IN_FILE = 500
"""Forty years of months."""


@billing_invoices_page.get(INVOICES)
def listed() -> Response:
    """The next invoice, on the first page, and fifty of those there were."""
    actor, before = actor_of_request(), _before()
    found = invoices.newest(actor, before)
    subscription = subscription_of(actor.agency_id)
    more = found[invoices.PAGE :]
    last = found[invoices.PAGE - 1] if more else None
    page = InvoicesPage(
        rows=tuple(_row(one) for one in found[: invoices.PAGE]),
        billing_url=BILLING,
        csv_url=FILE if found else "",
        next_url=f"{INVOICES}?{urlencode({'at': last.made_at.isoformat(), 'id': last.id})}" if last else "",
        first_url=INVOICES if before is not None else "",
    )
    if before is None and subscription is not None and invoices.has_next(subscription):
        stripe_id, at = str(subscription.stripe_id), day_words(subscription.period_ends_at)
        db.session.commit()  # no transaction stays open while Stripe thinks
        page = replace(page, next=_next(stripe_id, at))
    return make_response(render_page("billing/invoices.html", page))


@billing_invoices_page.get(FILE)
def file() -> Response:
    """The newest as a file, amounts in the currency's hundredths."""
    actor, out = actor_of_request(), io.StringIO()
    found = invoices.newest(actor, limit=MOST_IN_FILE)[:MOST_IN_FILE]
    audit.record(actor, "billing.invoices_exported", "agency", actor.agency_id, number=len(found))
    table = csv.writer(out)
    table.writerow(("number", "made", "status", "currency", "total_cents", "due_cents", "paid_cents", "paid"))
    for one in found:
        cents = (Figure(one.total_cents), Figure(one.due_cents), Figure(one.paid_cents))
        paid = one.paid_at.isoformat() if one.paid_at else ""
        table.writerow([cell(one.number or ""), one.made_at.isoformat(), one.status, one.currency, *cents, paid])
    answer = Response(out.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename="invoices.csv")
    return answer


@billing_invoices_page.post(f"{INVOICES}/<invoice_id>")
def at_stripe(invoice_id: str) -> AnyResponse:
    """To the invoice at Stripe. Its address opens to whoever has it, so it is asked for anew and never kept."""
    from agency.billing.stripe_gateway import gateway_of_app

    stripe_id = invoices.stripe_id_of(actor_of_request(), id_from(invoice_id) or UUID(int=0))
    audit.record(actor_of_request(), "billing.invoice_opened", "agency", actor_of_request().agency_id)
    db.session.commit()  # no transaction stays open while Stripe thinks
    url = gateway_of_app().invoice_address(stripe_id)
    if url is None:
        toast(_("Stripe has no page of this invoice."), "warn")
        return redirect(url_for(".listed"), code=303)
    return leave(url)


def _before() -> tuple[datetime, UUID] | None:
    """The place in the list the address names; the beginning for nothing or nonsense."""
    last = id_from(request.args.get("id", ""))
    try:
        at = datetime.fromisoformat(request.args.get("at", ""))
    except ValueError:
        return None
    return (at, last) if last is not None and at.tzinfo is not None and 2000 < at.year < 3000 else None


def _next(stripe_id: str, at: str) -> NextInvoice:
    from agency.billing.stripe_gateway import gateway_of_app

    try:
        found, lines = invoices.next_of(gateway_of_app(), stripe_id)
    except Unavailable as error:
        return NextInvoice(notice=Notice("warn", _("The next invoice is not known now."), _(error.message)))
    shown = [line_words(line, found.currency) for line in lines]
    tax = found.total - sum(line["cents"] for line in lines)
    if tax:
        shown.append(PriceLine(what=_("Tax"), amount=money(tax, found.currency)))
    return NextInvoice(at=at, lines=tuple(shown), total=money(found.due, found.currency))


def _row(one: BillingInvoice) -> InvoiceRow:
    return InvoiceRow(
        number=one.number or _("No number yet"),
        day=day_words(one.made_at),
        total=money(one.total_cents, one.currency),
        state=_state(one),
        open_url=url_for("billing_invoices_page.at_stripe", invoice_id=one.id),
        open_label=_("Pay at Stripe") if one.status == "open" else _("See at Stripe"),
    )


def _state(one: BillingInvoice) -> str:
    if one.status == "paid":
        return _("Paid on %(day)s", day=day_words(one.paid_at)) if one.paid_at else _("Paid")
    if one.status == "open":
        if one.attempts and one.next_attempt_at:
            return _("Not paid; tried again on %(day)s", day=day_words(one.next_attempt_at))
        return _("Not paid; it failed") if one.attempts else _("Not paid yet")
    if one.status == "void":
        return _("Void: nothing is owed")
    return _("Written off") if one.status == "uncollectible" else one.status
