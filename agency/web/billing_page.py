"""The billing admin's place: the plan, what of it is used, what was done for each brand. Only with a Stripe key.

No conversation, contact or reply is reachable from here: numbers, names of brands, who did what with plan and files.
"""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

from babel.dates import format_skeleton
from babel.numbers import format_currency, format_decimal
from flask import Blueprint, Response, make_response, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from agency.billing import changes
from agency.reports.usage import BrandUsage, month_after, usage_of_month
from agency.web.billing_state import is_paid, mend_label, state_words
from agency.web.clocks import moment
from agency.web.contexts_billing import BillingAct, BillingPage, UsagePage, UsageRow
from agency.web.contexts_empowerment import MeterLook
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice
from agency.web.record_words import action_words
from agency.web.shell import render_page
from agency.web.spreadsheet_cells import Figure, cell
from agency.web.who import actor_of_request, throttle
from tenants import audit, clock
from tenants.database import db
from tenants.models import AgencyAudit
from tenants.permissions import Actor
from tenants.plan_models import Subscription
from tenants.plan_states import Standing, State, standing_of
from tenants.plans import PLANS, Interval, Limit, Terms, total_cents
from tenants.room import use_of
from tenants.subscriptions import subscription_of
from tenants.throttle import Limit as Tries

billing_page = Blueprint("billing_page", __name__)

BILLING, USAGE, FILE = "/billing", "/billing/usage", "/billing/usage.csv"
ACTS = (
    "billing.cancelled",
    "billing.change_confirmed",
    "billing.change_done",
    "billing.change_dropped",
    "billing.checkout_begun",
    "billing.checkout_done",
    "billing.invoice_opened",
    "billing.invoices_exported",
    "billing.opened",
    "billing.portal_opened",
    "billing.taken_back",
    "billing.usage_exported",
    "billing.vat_id_given",
)
MOST_ACTS = 50
SEEN = Tries("billing_seen", 1, 3600)
"""Who looks at the plan is recorded once an hour."""
EARLIEST = date(2020, 1, 1)


@billing_page.get(BILLING)
def billing() -> Response:
    """The plan, where it stands and what of it is used."""
    actor = actor_of_request()
    if throttle().count((SEEN, f"{actor.agency_id}|{actor.user_id}")) is None:
        audit.record(actor, "billing.opened", "agency", actor.agency_id)
    subscription = subscription_of(actor.agency_id)
    page = BillingPage(plan="", usage_url=USAGE, acts=_acts())
    if subscription is not None:
        standing = standing_of(subscription, clock.now())
        page = BillingPage(
            plan=PLANS[_paid(subscription).plan].name,
            state=state_words(subscription, standing),
            mend_label=mend_label(subscription, standing),
            mend_url=url_for("billing_plan_page.portal") if mend_label(subscription, standing) else "",
            portal_url=url_for("billing_plan_page.portal") if subscription.stripe_id else "",
            meters=_meters(actor, standing),
            terms=_terms(subscription, standing),
            usage_url=USAGE,
            invoices_url=url_for("billing_invoices_page.listed"),
            ways=_ways(subscription, standing),
            acts=_acts(),
        )
    return make_response(render_page("billing/page.html", page))


@billing_page.get(USAGE)
def usage() -> Response:
    """Cases, replies and staff minutes of each brand in one month."""
    month, now = _month(), _present()
    found = usage_of_month(actor_of_request(), month)
    total = BrandUsage(actor_of_request().agency_id, _("All brands"), False, *(sum(c) for c in _columns(found)))
    page = UsagePage(
        title=_month_words(month),
        rows=tuple(map(_row, found)),
        total=_row(total),
        most=max(1, *(one.replies for one in found)) if found else 1,
        before_url=_to(USAGE, (month - timedelta(days=1)).replace(day=1)) if month > EARLIEST else "",
        next_url=_to(USAGE, month_after(month)) if month < now else "",
        csv_url=_to(FILE, month),
        billing_url=BILLING,
    )
    return make_response(render_page("billing/usage.html", page))


@billing_page.get(FILE)
def file() -> Response:
    """The same, a row for each brand."""
    actor, month, out = actor_of_request(), _month(), io.StringIO()
    found = usage_of_month(actor, month)
    audit.record(actor, "billing.usage_exported", "agency", actor.agency_id, month=f"{month:%Y-%m}")
    table = csv.writer(out)
    table.writerow(("month", "brand", "cases", "replies", "staff_minutes"))
    for one in found:
        numbers = (Figure(one.cases), Figure(one.replies), Figure(one.minutes))
        table.writerow([f"{month:%Y-%m}", cell(one.name), *numbers])
    answer = Response(out.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"usage-{month:%Y-%m}.csv")
    return answer


def _paid(subscription: Subscription) -> Terms:
    """What is had now: smaller terms that begin later stand in the subscription already."""
    return changes.kept_now(subscription) or subscription.terms


def _ways(subscription: Subscription, standing: Standing) -> tuple[Choice, ...]:
    vat = Choice(_("VAT id"), url_for("billing_change_page.vat"))
    if not is_paid(subscription):
        return (vat,)  # where a plan is chosen stands with the state
    if standing.state in (State.ACTIVE, State.TRIALING, State.PAST_DUE):
        change = Choice(_("Change the plan"), url_for("billing_change_page.change"))
        return change, Choice(_("End the plan"), url_for("billing_change_page.cancel")), vat
    return (vat,)


def _present() -> date:
    return clock.now().astimezone(chosen_zone()).date().replace(day=1)


def _month() -> date:
    """The month asked for, the present one for nothing or nonsense."""
    present = _present()
    try:
        asked = date.fromisoformat(f"{request.args.get('month', '')[:7]}-01")
    except ValueError:
        return present
    return asked if EARLIEST <= asked <= present else present


def _month_words(month: date) -> str:
    return str(format_skeleton("yMMMM", month, locale=chosen_language()))


def _to(path: str, month: date) -> str:
    return f"{path}?month={month:%Y-%m}"


def _columns(found: list[BrandUsage]) -> list[list[int]]:
    return [[one.cases for one in found], [one.replies for one in found], [one.minutes for one in found]]


def _row(one: BrandUsage) -> UsageRow:
    return UsageRow(
        brand=_("%(name)s (archived)", name=one.name) if one.is_archived else one.name,
        cases=_number(one.cases),
        replies=_number(one.replies),
        minutes=_number(one.minutes),
        drawn=one.replies,
    )


def _number(count: int) -> str:
    return str(format_decimal(count, locale=chosen_language()))


def _meters(actor: Actor, standing: Standing) -> tuple[MeterLook, ...]:
    use = use_of(actor.agency_id)
    lines = (
        (_("Brands"), use.brands, standing.allowed.of(Limit.BRANDS)),
        (_("Staff seats"), use.staff_seats, standing.allowed.of(Limit.STAFF_SEATS)),
        (_("Light seats"), use.light_seats, standing.allowed.of(Limit.LIGHT_SEATS)),
    )
    return tuple(
        MeterLook(
            label=label,
            words=_("%(used)s of %(allowed)s used", used=_number(used), allowed=_number(allowed)),
            value=min(used, allowed),
            limit=max(1, allowed),
        )
        for label, used, allowed in lines
    )


def _terms(subscription: Subscription, standing: Standing) -> tuple[str, ...]:
    allowed, taken = standing.allowed, _paid(subscription)
    price = str(format_currency(total_cents(taken) / 100, taken.currency.upper(), locale=chosen_language()))
    cost = (
        _("%(price)s a year, before tax.", price=price)
        if taken.interval is Interval.YEAR
        else _("%(price)s a month, before tax.", price=price)
    )
    if not subscription.stripe_id and standing.state is State.TRIALING:
        cost = _("Free of charge during the trial, and no card is asked for; afterwards %(cost)s", cost=cost)
    return (
        cost,
        *_card(subscription),
        _("Accounts to connect for each brand: %(number)s.", number=_number(allowed.accounts_of_brand)),
        _("Answered conversations a month: %(number)s.", number=_number(allowed.conversations)),
        _("Client owners and billing admins are free and not counted."),
    )


def _card(subscription: Subscription) -> tuple[str, ...]:
    card = subscription.card or {}
    if not card.get("last4"):
        return ()
    said = {"brand": str(card.get("brand") or "").title(), "last4": str(card["last4"])}
    said |= {"month": f"{card.get('exp_month') or 0:02}", "year": str(card.get("exp_year") or "")}
    return (_("Paid by card: %(brand)s ending in %(last4)s, good until %(month)s/%(year)s.", **said),)


def _acts() -> tuple[BillingAct, ...]:
    """Of the agency's own record, what concerns plan and files: nothing of a brand's customers stands there."""
    rows = db.session.execute(
        select(AgencyAudit.actor_name, AgencyAudit.action, AgencyAudit.created_at)
        .where(AgencyAudit.action.in_(ACTS))
        .order_by(AgencyAudit.number.desc())
        .limit(MOST_ACTS)
    )
    zone, locale = chosen_zone(), chosen_language()
    return tuple(
        BillingAct(who=row.actor_name, what=action_words(row.action), at=moment(row.created_at, zone, locale))
        for row in rows
    )
