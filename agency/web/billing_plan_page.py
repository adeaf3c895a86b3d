"""The first payment: a plan is chosen with its sum, paid at Stripe, and waited for. Only with a Stripe key.

That it was paid stands in our own row, written after Stripe was asked because of a signed event: never in an address.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from agency.billing import checkout
from agency.billing.change_rules import check
from agency.billing.excess import excess_of
from agency.web import billing_change_words as words
from agency.web.billing_change_page import BILLING, EXTRAS, changed_terms, notice_of
from agency.web.billing_state import is_paid
from agency.web.contexts_billing_change import ExtraField, PlanChoice, PriceLine
from agency.web.contexts_billing_plan import PlanPage, WaitingPage
from agency.web.contexts_connecting import LeavePage
from agency.web.looks import Choice, Notice
from agency.web.shell import render_page, shell
from agency.web.who import actor_of_request
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid, NotFound, Unavailable, worded
from tenants.ids import id_from
from tenants.permissions import Actor
from tenants.plan_models import Subscription
from tenants.plans import PLANS, TRIAL_PLAN, Currency, Interval, Terms, base_cents, extra_cents, total_cents
from tenants.subscriptions import subscription_of

billing_plan_page = Blueprint("billing_plan_page", __name__)

PLAN, WAITING, PORTAL = "/billing/plan", "/billing/waiting", "/billing/portal"
PATIENCE: Final = timedelta(minutes=1)
"""After this somebody who waits is given a button; an event is here within seconds as a rule."""


@billing_plan_page.get(PLAN)
def plan() -> Response:
    """The plans, and the sum of the chosen terms. `left`: the checkout that was left without paying."""
    actor = actor_of_request()
    left = id_from(request.args.get("left", ""))
    if left is None:
        return _form(actor, request.args)
    found = checkout.get(actor, left)
    given = MultiDict(words.fields_of(checkout.terms_of_change(found)))
    none = _("You came back without paying."), _("Nothing was charged, and all is as it was.")
    return _form(actor, given, notice=Notice("info", *none) if found.state != "done" else None)


@billing_plan_page.post(PLAN)
def pay() -> AnyResponse:
    """To the one page at Stripe on which these terms are paid."""
    # The SDK is read in with the first question: a process that never asks does without.
    from agency.billing.stripe_gateway import gateway_of_app

    actor = actor_of_request()
    try:
        wish = checkout.begin(actor, _typed(request.form, _usual(actor)))
        db.session.commit()  # no transaction stays open while Stripe thinks
        gateway = gateway_of_app()
        customer = checkout.make_customer(gateway, wish)
        if wish.customer is None:
            checkout.keep_customer(wish.agency_id, customer)
            db.session.commit()
        base = settings_of_app().base_url
        success_url, cancel_url = f"{base}{WAITING}/{wish.change_id}", f"{base}{PLAN}?left={wish.change_id}"
        opened = checkout.open_page(gateway, wish, customer, success_url, cancel_url)
        if not checkout.keep(wish, opened):
            db.session.commit()
            gateway.close_session(opened.session)
            return _form(actor, request.form, error=_replaced())
    except (Conflict, Invalid, Unavailable) as error:
        db.session.rollback()
        return _form(actor, request.form, error=error)
    return leave(opened.url)


def _replaced() -> Conflict:
    return Conflict(
        worded(
            "Something else was chosen meanwhile, in another window. Nothing was charged. Look at the sum, then pay."
        )
    )


@billing_plan_page.get(f"{WAITING}/<change_id>")
def waiting(change_id: str) -> AnyResponse:
    """What our row says of it. `since`: when this page was first seen, in seconds, for nothing but the words."""
    id_ = id_from(change_id)
    if id_ is None:
        raise NotFound()
    found = checkout.get(actor_of_request(), id_)
    terms = checkout.terms_of_change(found)
    title = words.terms_words(terms)
    if found.state == "done":
        return _waiting(WaitingPage(title=title, billing_url=BILLING, notice=_holds(found.takes_effect_at, terms)))
    if found.state != "confirmed":
        over = Notice("info", _("This payment page is closed."), _("Nothing was charged on it."))
        page = WaitingPage(title=title, billing_url=BILLING, notice=over)
        return _waiting(replace(page, pay_url=PLAN, pay_fields=words.fields_of(terms)))
    now = int(clock.now().timestamp())
    written = request.args.get("since", "")
    if not written.isascii() or not written.isdigit() or len(written) > 12:
        return redirect(url_for(".waiting", change_id=found.id, since=now), code=303)
    is_long = now - int(written) >= PATIENCE.total_seconds()
    page = WaitingPage(
        title=title,
        billing_url=BILLING,
        notice=Notice(
            "info",
            _("Waiting for payment."),
            _("What was paid is not lost: it holds as soon as Stripe tells us."),
            _("That takes longer than usual. If you have paid, ask Stripe again; if not, go back to the payment page.")
            if is_long
            else _("That takes some seconds. You can go on working meanwhile."),
        ),
        look_url=url_for(".waiting", change_id=found.id, since=written),
        again_url=url_for(".look_again", change_id=found.id) if is_long else "",
        pay_url=PLAN if is_long else "",
        pay_fields=words.fields_of(terms),
    )
    return _waiting(page)


@billing_plan_page.post(f"{WAITING}/<change_id>")
def look_again(change_id: str) -> AnyResponse:
    """A job asks Stripe what holds."""
    id_ = id_from(change_id)
    if id_ is None:
        raise NotFound()
    checkout.look_again(actor_of_request(), id_)
    return redirect(url_for(".waiting", change_id=id_), code=303)


@billing_plan_page.post(PORTAL)
def portal() -> AnyResponse:
    """To a page at Stripe for card and invoices, made for this press; `for=card` where a payment is to be mended."""
    from agency.billing.stripe_gateway import gateway_of_app

    customer = checkout.customer_for_portal(actor_of_request())
    db.session.commit()
    back = f"{settings_of_app().base_url}{BILLING}"
    return leave(gateway_of_app().portal(customer, back, for_card=request.form.get("for") == "card"))


def leave(url: str) -> Response:
    """A form may only lead to our own pages, so the way out is a page that goes on by itself."""
    page = LeavePage(label="Stripe", url=url)
    answer = make_response(render_page("doors/leave.html", page, shell=shell(with_brands=False)))
    answer.headers["Refresh"] = f"0; url={url}"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _waiting(page: WaitingPage) -> Response:
    return make_response(render_page("billing/waiting.html", page))


def _holds(free_until: datetime | None, terms: Terms) -> Notice:
    what = _("%(what)s holds.", what=words.terms_words(terms))
    if free_until is not None and free_until > clock.now():
        free = _("Nothing is charged before %(day)s: your trial goes on.", day=words.day_words(free_until))
        return Notice("good", _("Your card is noted."), what, free)
    return Notice("good", _("It is paid."), what)


def _usual(actor: Actor) -> Terms:
    row = subscription_of(actor.agency_id)
    return replace(row.terms, brands=0, staff_seats=0, light_seats=0) if row is not None else Terms(TRIAL_PLAN)


def _typed(given: MultiDict[str, str], usual: Terms) -> Terms:
    """The terms of a form; what is missing is as usual. Raises Invalid, naming the field, NotFound for nonsense."""
    currency = given.get("currency", usual.currency.value)
    if currency not in set(Currency):
        raise NotFound()
    return replace(changed_terms(given, usual), currency=Currency(currency))


def _form(
    actor: Actor, given: MultiDict[str, str], *, error: AppError | None = None, notice: Notice | None = None
) -> Response:
    row = subscription_of(actor.agency_id)
    status = error.http_status if error else 200
    if row is not None and is_paid(row):
        there = Notice("info", _("A plan is there already."), "", "", _("Change the plan"), "/billing/change")
        page = PlanPage(url=PLAN, billing_url=BILLING, notice=notice_of(error) if error else there)
        return make_response(render_page("billing/plan.html", page), status)
    usual = _usual(actor)
    try:
        terms = _typed(given, usual)
        check(terms)
    except Invalid as wrong:
        error, status = error or wrong, status if error else wrong.http_status
        terms = None
    shown = terms or _readable(given, usual)
    page = PlanPage(
        url=PLAN,
        billing_url=BILLING,
        notice=notice_of(error) if error else notice,
        plans=_plans(shown),
        intervals=tuple(
            Choice(label, "", value=one.value, selected=one is shown.interval)
            for one, label in (
                (Interval.MONTH, _("by the month")),
                (Interval.YEAR, _("by the year: twelve months for the price of ten")),
            )
        ),
        currencies=tuple(
            Choice(one.value.upper(), "", value=one.value, selected=one is shown.currency) for one in Currency
        ),
        extras=_extras(given, shown, error.fields.get("errors", {}) if error else {}),
    )
    return make_response(
        render_page("billing/plan.html", _with_sum(actor, page, terms, row) if terms else page), status
    )


def _readable(given: MultiDict[str, str], usual: Terms) -> Terms:
    """Of terms that cannot be had what can be read, so that the form stays as it was chosen."""
    plan_key, interval = given.get("plan", usual.plan), given.get("interval", usual.interval.value)
    currency = given.get("currency", usual.currency.value)
    return Terms(
        plan_key if plan_key in PLANS else usual.plan,
        Interval(interval) if interval in set(Interval) else usual.interval,
        Currency(currency) if currency in set(Currency) else usual.currency,
    )


def _plans(shown: Terms) -> tuple[PlanChoice, ...]:
    def both(key: str) -> dict[str, str]:
        return {one.value: words.money(base_cents(key, one, shown.currency), shown.currency) for one in Interval}

    return tuple(
        PlanChoice(
            key=one.key,
            name=one.name,
            price=_("%(month)s a month or %(year)s a year", **both(one.key)),
            has=words.plan_has(one.key),
            chosen=one.key == shown.plan,
        )
        for one in PLANS.values()
    )


def _extras(given: MultiDict[str, str], shown: Terms, errors: dict[str, list[str]]) -> tuple[ExtraField, ...]:
    return tuple(
        ExtraField(
            name=name,
            label=label,
            value=given.get(name, str(getattr(shown, name)))[:8],
            help=_(
                "%(price)s each",
                price=words.price_words(extra_cents(EXTRAS[name], shown.interval, shown.currency), shown),
            ),
            error=_(errors[name][0]) if name in errors else "",
        )
        for name, label in (
            ("brands", _("Brands beyond the plan")),
            ("staff_seats", _("Staff seats beyond the plan")),
            ("light_seats", _("Light seats beyond the plan")),
        )
    )


def _with_sum(actor: Actor, page: PlanPage, terms: Terms, row: Subscription | None) -> PlanPage:
    free = checkout.free_until(row)
    other = replace(terms, interval=Interval.MONTH if terms.interval is Interval.YEAR else Interval.YEAR)
    lines = [PriceLine(what=PLANS[terms.plan].name, amount=words.money(_base(terms), terms.currency))]
    for extra, count in terms.extras().items():
        if count:
            cents = count * extra_cents(extra, terms.interval, terms.currency)
            what = f"{words.number(count)} × {words.thing(None, extra)}"
            lines.append(PriceLine(what=what, amount=words.money(cents, terms.currency)))
    return replace(
        page,
        lines=tuple(lines),
        total=words.price_words(total_cents(terms), terms),
        other=_("The same costs %(price)s.", price=words.price_words(total_cents(other), other)),
        when=_("Nothing is charged before %(day)s: your trial goes on.", day=words.day_words(free))
        if free is not None
        else _("It is charged at once, and then with each period, until you end it."),
        excess=words.excess_words(excess_of(actor.agency_id, row.terms if row is not None else terms, terms)),
        pay_fields=words.fields_of(terms),
    )


def _base(terms: Terms) -> int:
    return base_cents(terms.plan, terms.interval, terms.currency)
