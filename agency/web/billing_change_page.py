"""Another plan, more or less of it, its end, and the VAT id. Only with a Stripe key.

Every yes is to a price that was shown. What came of it is read from our own row, which a job writes after it asked
Stripe what holds: never from what a browser brings back.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from agency.billing import changes, vat_ids
from agency.billing.change_rules import Effect
from agency.billing.excess import excess_of
from agency.billing.models import BillingChange
from agency.web import billing_change_words as words
from agency.web.contexts_billing_change import AskedPage, ChangePage, EndPage, ExtraField, PlanChoice, VatPage
from agency.web.errors import page_for
from agency.web.looks import Choice, Notice
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from tenants import clock, read_only
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid, NotFound, Unavailable
from tenants.ids import id_from
from tenants.permissions import Actor
from tenants.plan_models import Subscription
from tenants.plan_states import State
from tenants.plans import PLANS, Extra, Interval, Terms, allowed_by, base_cents, extra_cents, from_plain
from tenants.subscriptions import subscription_of

billing_change_page = Blueprint("billing_change_page", __name__)

BILLING, CHANGE, CANCEL, TAKE_BACK, VAT = (
    "/billing",
    "/billing/change",
    "/billing/cancel",
    "/billing/take-back",
    "/billing/vat",
)
EXTRAS = {"brands": Extra.BRAND, "staff_seats": Extra.STAFF, "light_seats": Extra.LIGHT}
_NUMBER = re.compile(r"\d{1,4}", re.ASCII)


@billing_change_page.get(CHANGE)
def change() -> Response:
    """The form; `more=brands` (a name of EXTRAS) asks for one more than there is."""
    return _form(actor_of_request(), request.args)


@billing_change_page.post(CHANGE)
def ask() -> AnyResponse:
    """Ask Stripe for the price, and show it under an address of its own."""
    # The SDK is read in with the first question: a process that never asks does without.
    from agency.billing.stripe_gateway import gateway_of_app

    actor = actor_of_request()
    row = subscription_of(actor.agency_id)
    try:
        asked = changes.draft(actor, changed_terms(request.form, _paid(row)))
        db.session.commit()  # no transaction stays open while Stripe thinks
        priced = changes.price(gateway_of_app(), asked)
    except (Conflict, Invalid, Unavailable) as error:
        db.session.rollback()
        return _form(actor, request.form, error)
    made = changes.keep(actor, asked, priced)
    return redirect(url_for("billing_change_page.asked", change_id=made.id), code=303)


@billing_change_page.get(f"{CHANGE}/<change_id>")
def asked(change_id: str) -> Response:
    """The price, or what became of it."""
    return _asked(actor_of_request(), change_id)


@billing_change_page.post(f"{CHANGE}/<change_id>")
def confirm(change_id: str) -> AnyResponse:
    """Yes to this price."""
    actor, chosen = actor_of_request(), [id_from(text) for text in request.form.getlist("read_only")[:500]]
    id_ = id_from(change_id)
    if id_ is None or None in chosen:
        raise NotFound()
    try:
        changes.confirm(actor, id_, [one for one in chosen if one is not None])
    except (Conflict, Invalid) as error:
        db.session.rollback()
        return _asked(actor, change_id, error)
    return redirect(url_for("billing_change_page.asked", change_id=id_), code=303)


@billing_change_page.get(CANCEL)
def cancel() -> Response:
    """What the end of the plan means, and the button."""
    return _end(actor_of_request())


@billing_change_page.post(CANCEL)
def end() -> AnyResponse:
    """The plan ends with what is paid."""
    return _ordered(changes.cancel)


@billing_change_page.post(TAKE_BACK)
def take_back() -> AnyResponse:
    """It goes on after all."""
    return _ordered(changes.take_back)


def _ordered(order: Any) -> AnyResponse:
    actor = actor_of_request()
    try:
        made = order(actor)
    except Conflict as error:
        db.session.rollback()
        return _end(actor, error)
    return redirect(url_for("billing_change_page.asked", change_id=made.id), code=303)


@billing_change_page.get(VAT)
def vat() -> Response:
    """The VAT id and what Stripe says of it."""
    return _vat(actor_of_request())


@billing_change_page.post(VAT)
def give_vat() -> AnyResponse:
    """Keep another, or none."""
    actor, written = actor_of_request(), request.form.get("vat_id", "")[:60]
    try:
        vat_ids.give(actor, written)
    except (Conflict, Invalid) as error:
        db.session.rollback()
        return _vat(actor, written, error)
    toast(_("VAT id saved"))
    return redirect(VAT, code=303)


def _paid(row: Subscription | None) -> Terms:
    return Terms("start") if row is None else changes.kept_now(row) or row.terms


def changed_terms(given: MultiDict[str, str], paid: Terms) -> Terms:
    """The terms of a form; what is missing is as it is paid. Raises Invalid, naming the field."""
    numbers, errors = {}, {}
    for name in EXTRAS:
        written = given.get(name, str(getattr(paid, name))).strip() or "0"
        if not _NUMBER.fullmatch(written):
            errors[name] = [_("must be a whole number")]
        else:
            numbers[name] = int(written)
    if errors:
        raise Invalid(_("Some numbers cannot be read. Nothing was changed."), errors=errors)
    interval = given.get("interval", paid.interval.value)
    if interval not in set(Interval):
        raise NotFound()
    return Terms(given.get("plan", paid.plan), Interval(interval), paid.currency, **numbers)


def notice_of(error: AppError) -> Notice:
    """What went wrong, in three parts."""
    trouble = page_for(error)
    if error.fields.get("errors"):  # the field itself says what to do
        return Notice("warn", trouble.what, trouble.safe)
    return Notice("bad" if isinstance(error, Unavailable) else "warn", trouble.what, trouble.safe, trouble.next)


def _form(actor: Actor, given: MultiDict[str, str], error: AppError | None = None) -> Response:
    row = subscription_of(actor.agency_id)
    paid = _paid(row)
    notice = notice_of(error) if error else None
    if row is None or row.stripe_id is None or row.state == State.CANCELED:
        way = _("Choose a plan"), url_for("billing_plan_page.plan")
        none = Notice("info", _("No plan is paid yet."), _("Nothing was changed."), _("Choose one first."), *way)
        return _shown("billing/change.html", ChangePage(url=CHANGE, billing_url=BILLING, notice=notice or none), error)
    chosen, errors = given.get("plan", paid.plan), error.fields.get("errors", {}) if error else {}
    more = given.get("more", "")
    interval = given.get("interval", paid.interval.value)
    planned, back_url, back_fields = _planned(row)
    page = ChangePage(
        url=CHANGE,
        billing_url=BILLING,
        notice=notice,
        planned=planned,
        take_back_url=back_url,
        take_back_fields=back_fields,
        plans=tuple(
            PlanChoice(
                key=plan.key,
                name=plan.name,
                price=_("%(month)s a month or %(year)s a year", **_both(plan.key, paid)),
                has=words.plan_has(plan.key),
                chosen=plan.key == chosen,
                present=plan.key == paid.plan,
            )
            for plan in PLANS.values()
        ),
        intervals=(
            Choice(_("by the month"), "", value="month", selected=interval == "month"),
            Choice(_("by the year: twelve months for the price of ten"), "", value="year", selected=interval == "year"),
        ),
        extras=tuple(
            ExtraField(
                name=name,
                label=label,
                value=given.get(name, str(getattr(paid, name) + (more == name)))[:8],
                help=_("%(price)s each", price=words.price_words(_each(name, paid), paid)),
                error=_(errors[name][0]) if name in errors else "",
            )
            for name, label in (
                ("brands", _("Brands beyond the plan")),
                ("staff_seats", _("Staff seats beyond the plan")),
                ("light_seats", _("Light seats beyond the plan")),
            )
        ),
    )
    return _shown("billing/change.html", page, error)


def _both(plan: str, paid: Terms) -> dict[str, str]:
    return {one.value: words.money(base_cents(plan, one, paid.currency), paid.currency) for one in Interval}


def _each(name: str, paid: Terms) -> int:
    return extra_cents(EXTRAS[name], paid.interval, paid.currency)


def _planned(row: Subscription) -> tuple[Notice | None, str, tuple[tuple[str, str], ...]]:
    """What begins later, and how it is taken back."""
    kept, held = changes.kept_now(row), changes.waiting(row.agency_id)
    if held is not None:
        what, day = words.terms_words(from_plain(held.wanted)), words.day_words(held.takes_effect_at)
        return Notice("info", _("From %(day)s: %(what)s.", day=day, what=what)), TAKE_BACK, ()
    if row.ends_at is not None:
        return Notice("info", _("The plan ends on %(day)s.", day=words.day_words(row.ends_at))), TAKE_BACK, ()
    if kept is not None:
        what, day = words.terms_words(row.terms), words.day_words(row.kept_until)
        return Notice("info", _("From %(day)s: %(what)s.", day=day, what=what)), CHANGE, words.fields_of(kept)
    return None, "", ()


def _asked(actor: Actor, change_id: str, error: AppError | None = None) -> Response:
    id_ = id_from(change_id)
    if id_ is None:
        raise NotFound()
    found = changes.get(actor, id_)
    base: dict[str, Any] = {"billing_url": BILLING, "change_url": CHANGE, "title": _title(found)}
    if found.state == "asked" and found.ends_at is not None and found.ends_at > clock.now():
        page = _with_price(actor, found, base, error)
    else:
        page = AskedPage(**base, **_standing(found, error))
    return _shown("billing/asked.html", page, error)


def _title(found: BillingChange) -> str:
    if found.kind == "terms":
        return words.terms_words(from_plain(found.wanted))
    return _("End of the plan") if found.kind == "cancel" else _("The plan goes on")


def _with_price(actor: Actor, found: BillingChange, base: dict[str, Any], error: AppError | None) -> AskedPage:
    wanted, present = from_plain(found.wanted), from_plain(found.before or found.wanted)
    is_less = found.effect in (Effect.PERIOD_END, Effect.YEAR_END)
    excess = excess_of(actor.agency_id, present, wanted) if is_less else None
    live = changes.live_brands(actor.agency_id) if excess is not None and excess.brands else []
    first = {one.id for one in read_only.in_turn(live)[: _many(excess)]}
    currency, due = found.currency or "eur", found.due_cents or 0
    return AskedPage(
        **base,
        notice=notice_of(error) if error else None,
        lines=words.lines_of(found),
        now=words.money(due, currency),
        now_words=words.now_words(found),
        following=words.price_words(found.next_cents or 0, wanted),
        effect=words.effect_words(found),
        excess=words.excess_words(excess) if excess is not None else (),
        brands=tuple(Choice(one.name, "", value=str(one.id), selected=one.id in first) for one in live),
        brands_words=_brands_words(wanted) if live else "",
        confirm_url=url_for("billing_change_page.confirm", change_id=found.id),
        confirm_label=_("Pay %(price)s and change", price=words.money(due, currency)) if due else _("Change"),
    )


def _many(excess: Any) -> int:
    return excess.brands if excess is not None else 0


def _brands_words(wanted: Terms) -> str:
    return _(
        "%(number)s brands stay open. Those ticked here go read-only first: nothing new is written in them, "
        "and all there is can be read and exported.",
        number=words.number(allowed_by(wanted).brands),
    )


def _standing(found: BillingChange, error: AppError | None) -> dict[str, Any]:
    """Where a change stands that can no longer be said yes to."""
    again: dict[str, Any] = (
        {"again_url": CHANGE, "again_fields": words.fields_of(from_plain(found.wanted))}
        if found.kind == "terms"
        else {}
    )
    if found.state == "confirmed" and found.result is None:
        making = Notice("info", _("It is being made."), _("It is done once, even if you press again or go away."))
        return {"notice": making, "look_url": url_for("billing_change_page.asked", change_id=found.id)}
    if found.state == "confirmed":
        return {"notice": Notice("good", _("It is noted."), words.effect_words(found))}
    if found.state == "done":
        return {"notice": _done(found)}
    if found.state == "dropped":
        if found.why == "card_refused":
            again["card_url"] = url_for("billing_plan_page.portal")
        return {"notice": words.why_words(found), **({} if found.why in ("taken_back", "ended") else again)}
    old = Notice("warn", _("This price is no longer good."), _("Nothing was changed and nothing charged."))
    return {"notice": notice_of(error) if error else old, **again}


def _done(found: BillingChange) -> Notice:
    if found.kind == "cancel":
        day = words.day_words(found.takes_effect_at)
        return Notice("good", _("The plan ends on %(day)s.", day=day), _("Until then all is as it was."))
    if found.kind == "come_back":
        return Notice("good", _("The plan goes on."), _("It is paid again when its period ends."))
    if found.due_cents:
        paid = _("%(price)s were charged.", price=words.money(found.due_cents, found.currency or "eur"))
        return Notice("good", _("It is done."), paid)
    return Notice("good", _("It is done."), words.effect_words(found))


def _end(actor: Actor, error: AppError | None = None) -> Response:
    row = subscription_of(actor.agency_id)
    notice = notice_of(error) if error else None
    if row is None or row.stripe_id is None or row.state == State.CANCELED:
        none = Notice("info", _("No plan is paid, so nothing needs to be ended."), _("Nothing is charged."))
        page = EndPage(billing_url=BILLING, notice=notice or none)
    elif row.ends_at is not None and changes.waiting(row.agency_id) is None:
        ends = Notice("info", _("The plan ends on %(day)s.", day=words.day_words(row.ends_at)))
        page = EndPage(billing_url=BILLING, notice=notice or ends, take_back_url=TAKE_BACK)
    else:
        day = words.day_words(row.period_ends_at)
        page = EndPage(
            url=CANCEL,
            billing_url=BILLING,
            notice=notice,
            words=(
                _("The plan ends on %(day)s, and nothing is charged any more. Until then all is as it is.", day=day),
                _("Nothing of what was paid is paid back."),
                _("After that brands are read-only: all can be read and exported, and what customers write comes in."),
                _("Nothing is deleted for want of payment within 90 days, and you can come back at any time."),
            ),
        )
    return _shown("billing/cancel.html", page, error)


def _vat(actor: Actor, written: str | None = None, error: AppError | None = None) -> Response:
    row = subscription_of(actor.agency_id)
    wrong = error.fields.get("errors", {}).get("vat_id", [""])[0] if error else ""
    page = VatPage(
        url=VAT,
        billing_url=BILLING,
        value=written if written is not None else (row.vat_id or "") if row else "",
        error=_(wrong) if wrong else "",
        notice=notice_of(error) if error else _vat_notice(row),
    )
    return _shown("billing/vat.html", page, error)


def _vat_notice(row: Subscription | None) -> Notice | None:
    state = row.vat_state if row is not None else None
    if state == "waiting":
        return Notice(
            "info", _("Stripe was not told yet."), _("It hears of it within minutes, or with your first payment.")
        )
    if state == "verified":
        return Notice("good", _("The VAT id was verified."))
    if state == "pending":
        return Notice("info", _("The VAT id is being verified."), _("It stands on your invoices already."))
    if state in ("unverified", "unavailable"):
        return Notice(
            "warn",
            _("The VAT id could not be verified."),
            _("It stands on your invoices all the same."),
            _("Look whether it is right."),
        )
    if state == "refused":
        return Notice(
            "bad", _("Stripe does not take this VAT id."), _("Your plan is as it was."), _("Look whether it is right.")
        )
    return None


def _shown(template: str, page: Any, error: AppError | None) -> Response:
    return make_response(render_page(template, page), error.http_status if error else 200)
