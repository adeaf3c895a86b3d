"""Giving in a case: the card as a page or a part of one, giving, taking back. A second click changes nothing."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.case import Case, read_case
from agency.replies.giving import names_in, reply_on_the_way
from agency.web.beside_empowerment import Typed, limits_look
from agency.web.contexts_empowerment import GivingPage
from agency.web.errors import page_for
from agency.web.inbox_address import read_address
from agency.web.language import chosen_language
from agency.web.looks import Notice, brand_look
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from styleguides import empowerment_ledger as ledger
from styleguides.currencies import read_amount, said_amount
from styleguides.empowerment_limits import rules_of
from styleguides.empowerment_reading import line_of
from styleguides.empowerment_room import Place
from styleguides.models import LedgerLine
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.permissions import Permission, require

giving = Blueprint("giving", __name__)

FIELDS = ("amount", "words", "over_reason")


@giving.get("/conversations/<uuid:conversation_id>/goodwill", endpoint="card")
def show_card(conversation_id: UUID) -> AnyResponse:
    """The card of a case, for the scenario chosen in it."""
    case = _case(conversation_id)
    scenario = request.args.get("scenario")
    return _shown(case, None if scenario is None else Typed(scenario_id=id_from(scenario)), 200)


@giving.post("/conversations/<uuid:conversation_id>/goodwill")
def give(conversation_id: UUID) -> AnyResponse:
    """Give; afterwards back to the case, or the card as it is now."""
    case, form = _case(conversation_id), request.form
    values = {name: form.get(name, "") for name in FIELDS}
    scenario_id, key = id_from(form.get("scenario", "")), form.get("request_key", "")[: ledger.LONGEST_KEY]
    try:
        with db.session.begin_nested():
            made = _give(case, values, scenario_id, key)
    except (Invalid, Conflict) as refused:
        errors = {name: _(words[0]) for name, words in refused.fields.get("errors", {}).items()}
        known = {name: words for name, words in errors.items() if name in FIELDS}
        typed = Typed(scenario_id, values, known, None if known else _notice(refused), request_key=key)
        return _shown(case, typed, refused.http_status)
    said = _("%(amount)s given.", amount=said_amount(made.amount_minor, made.currency, chosen_language()))
    return _done(case, said, Typed(scenario_id, said=said, given=line_of(case.actor, made.id)))


@giving.post("/conversations/<uuid:conversation_id>/goodwill/<uuid:line_id>/take-back")
def take_back(conversation_id: UUID, line_id: UUID) -> AnyResponse:
    """Take a line of this case back, with a reason."""
    case, form = _case(conversation_id), request.form
    found = line_of(case.actor, line_id)
    if found is None or found.conversation_id != case.id:
        raise NotFound()
    key = form.get("request_key", "")[: ledger.LONGEST_KEY]
    try:
        with db.session.begin_nested():
            made = ledger.take_back(
                case.actor, line_id, form.get("reason", ""), request_key=key or None, names=names_in(case.id)
            )
    except (Invalid, Conflict) as refused:
        return _shown(case, Typed(found.guideline_id, notice=_notice(refused)), refused.http_status)
    amount = said_amount(made.amount_minor, made.currency, chosen_language())
    said = _("%(amount)s taken back.", amount=amount)
    return _done(case, said, Typed(found.guideline_id, said=said))


def _case(conversation_id: UUID) -> Case:
    case = read_case(actor_of_request(), conversation_id)
    require(case.actor, Permission.EMPOWERMENT_READ, case.brand_id)
    return case


def _give(case: Case, values: dict[str, str], scenario_id: UUID | None, key: str) -> LedgerLine:
    currency = request.form.get("currency", "")
    held = rules_of(case.brand_id).currency
    if currency != held:
        raise Conflict(
            "The brand's currency changed since this form was opened. Nothing was given. Open the case again.",
            code="currency_changed",
        )
    try:
        amount_minor = read_amount(values["amount"], currency, chosen_language()) if currency else 0
    except ValueError as wrong:
        raise Invalid("The amount cannot be read. Nothing was given.", errors={"amount": [wrong.args[0]]}) from None
    return ledger.give(
        case.actor,
        Place(case.brand_id, case.id, case.contact_id, case.linked_ids),
        amount_minor,
        values["words"],
        currency=currency,
        scenario_id=scenario_id,
        reply_id=reply_on_the_way(case.id),
        over_reason=values["over_reason"],
        request_key=key or None,
        names=names_in(case.id),
    )


def _notice(refused: AppError) -> Notice:
    trouble = page_for(refused)
    return Notice("warn", trouble.what, trouble.safe, trouble.next)


def _done(case: Case, said: str, typed: Typed) -> AnyResponse:
    if request.headers.get("HX-Request") == "true":
        return _shown(case, typed, 200)
    toast(said)
    return redirect(read_address().case_url(case.id), code=303)


def _shown(case: Case, typed: Typed | None, status: int) -> AnyResponse:
    look = limits_look(case, typed)
    if look is None:
        raise NotFound()
    if request.headers.get("HX-Request") == "true":
        return make_response(render_template("beside/_limits.html", look=look), status)
    page = GivingPage(
        brand=brand_look(str(case.brand_id), case.brand_name, case.brand_mark, case.brand_colour),
        customer=case.customer_name or _("Somebody"),
        case_url=read_address().case_url(case.id),
        limits=look,
    )
    return make_response(render_page("empowerment/give.html", page), status)
