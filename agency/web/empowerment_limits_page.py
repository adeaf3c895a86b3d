"""The form of a brand's limits. Two people at it at once: the second is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.web import clocks
from agency.web.brand_address import brand_at, look_of
from agency.web.contexts_empowerment import LimitField, LimitsPage, ScenarioLimits
from agency.web.empowerment_words import limit_words
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Choice, Notice, StateLook
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from styleguides import empowerment_limits as limits_room
from styleguides.currencies import CURRENCIES, currency_words, read_amount, said_amount, said_figure
from styleguides.empowerment import KIND_NAMES
from styleguides.empowerment_limits import Rules, Scenario
from tenants.database import db
from tenants.errors import Conflict, Invalid, worded
from tenants.models import Brand
from tenants.permissions import Permission

empowerment_limits_page = Blueprint("empowerment_limits_page", __name__)

_NUMBER = re.compile(r"[1-9]\d{0,8}", re.ASCII)


@empowerment_limits_page.get("/brands/<brand_id>/goodwill/limits")
def limits(brand_id: str) -> Response:
    """The form of the limits."""
    brand = brand_at(brand_id, Permission.EMPOWERMENT_LIMIT)
    rules = limits_room.get_rules(actor_of_request(), brand.id, all_scenarios=True)
    return _form(brand, rules, _values(rules))


@empowerment_limits_page.post("/brands/<brand_id>/goodwill/limits")
def change_limits(brand_id: str) -> AnyResponse:
    """Keep them, unless somebody was faster: then both are shown."""
    brand, actor, form = brand_at(brand_id, Permission.EMPOWERMENT_LIMIT), actor_of_request(), request.form
    version = form.get("version", "")
    rules = limits_room.get_rules(actor, brand.id, all_scenarios=True)
    values = {name: form.get(name, "") for name in ("currency", *_names(rules))}
    try:
        wanted = _typed(rules, values)
        limits_room.change_limits(
            actor, brand.id, values["currency"], wanted, int(version) if _NUMBER.fullmatch(version) else 0
        )
    except (Invalid, Conflict) as error:
        db.session.rollback()
        brand = brand_at(brand_id, Permission.EMPOWERMENT_LIMIT)
        rules = limits_room.get_rules(actor, brand.id, all_scenarios=True)
        return _form(brand, rules, values, error)
    toast(_("Limits saved"))
    return redirect(url_for("empowerment_page.empowerment", brand_id=brand.id), code=303)


def _names(rules: Rules) -> tuple[str, ...]:
    """Fields of the form: the brand's kinds, and each scenario's but the case, which its guideline says."""
    own = [f"brand.{kind}" for kind in KIND_NAMES]
    return (*own, *(f"{one}.{kind}" for one in rules.scenarios for kind in KIND_NAMES if kind != "case"))


def _values(rules: Rules) -> dict[str, str]:
    kept = {
        f"{one.scenario_id or 'brand'}.{one.kind}": said_figure(one.amount_minor, rules.currency, chosen_language())
        for one in rules.limits
        if one.is_comparable
    }
    return {"currency": rules.currency, **kept}


def _typed(rules: Rules, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """The limits of the form. Raises Invalid naming each field that cannot be read."""
    currency, errors, wanted = values["currency"], {}, []
    if currency not in CURRENCIES:
        raise Invalid(
            "The currency is not known. Nothing was changed.",
            errors={"currency": [worded("must be a currency code of ISO 4217, such as EUR")]},
        )
    for name in _names(rules):
        written = values[name].strip()
        if not written:
            continue
        whose, _dot, kind = name.partition(".")
        try:
            amount_minor = read_amount(written, currency, chosen_language())
        except ValueError as wrong:
            errors[name] = [wrong.args[0]]
            continue
        guideline_id = None if whose == "brand" else UUID(whose)
        wanted.append({"guideline_id": guideline_id, "kind": kind, "amount_minor": amount_minor})
    if errors:
        raise Invalid("Some amounts cannot be read. Nothing was changed.", errors=errors)
    return wanted


def _form(brand: Brand, rules: Rules, values: Mapping[str, str], error: Invalid | Conflict | None = None) -> Response:
    errors = {name: _(words[0]) for name, words in error.fields.get("errors", {}).items()} if error else {}
    language, words = chosen_language(), limit_words()
    now = _values(rules)
    chosen = values.get("currency", "")
    theirs: tuple[tuple[str, str], ...] = ()
    if error is not None and error.code == "limits_changed":
        named = _field_words(rules)
        theirs = tuple((named[name], now.get(name, "")) for name in named if now.get(name, "") != values.get(name, ""))

    def fields(whose: str) -> tuple[LimitField, ...]:
        kinds = KIND_NAMES if whose == "brand" else KIND_NAMES[1:]
        return tuple(
            LimitField(
                name=f"{whose}.{kind}",
                label=words[kind],
                value=values.get(f"{whose}.{kind}", ""),
                error=errors.get(f"{whose}.{kind}", ""),
            )
            for kind in kinds
        )

    page = LimitsPage(
        brand=look_of(brand),
        url=url_for("empowerment_limits_page.change_limits", brand_id=brand.id),
        back_url=url_for("empowerment_page.empowerment", brand_id=brand.id),
        version=rules.version,
        currencies=tuple(
            Choice(currency_words(code, language), "", value=code, selected=code == chosen)
            for code in sorted(CURRENCIES)
        ),
        is_currency_fixed=currency_words(rules.currency, language) if rules.lines else "",
        fields=fields("brand"),
        scenarios=tuple(_scenario(brand, rules, one, fields(str(one.id))) for one in rules.scenarios.values()),
        errors=errors,
        notice=_notice(error),
        theirs=theirs,
        changed=_changed(rules),
    )
    return make_response(render_page("empowerment/limits.html", page), error.http_status if error else 200)


def _field_words(rules: Rules) -> dict[str, str]:
    words = limit_words()
    titles = {str(one.id): one.title for one in rules.scenarios.values()}
    named = {"currency": _("Currency")}
    for name in _names(rules):
        whose, _dot, kind = name.partition(".")
        named[name] = words[kind] if whose == "brand" else f"{words[kind]} · {titles[whose]}"
    return named


def _scenario(brand: Brand, rules: Rules, one: Scenario, fields: tuple[LimitField, ...]) -> ScenarioLimits:
    offer, state = _("The guideline says nothing of money; the brand's own limits hold."), None
    if one.offer_limit_cents is not None:
        limit = limits_room.offer_limit(one, rules.currency)
        if limit.is_comparable:
            amount = said_amount(limit.amount_minor, rules.currency, chosen_language())
            offer = _("One case: %(amount)s, as the guideline says.", amount=amount)
        else:
            offer = _("The guideline speaks of %(currency)s.", currency=one.offer_currency)
            if rules.is_set_up:
                words = _("Nothing can be given until it speaks of %(currency)s", currency=rules.currency)
                state = StateLook("other_currency", words, "alert", "warn")
    return ScenarioLimits(
        title=one.title,
        offer=offer,
        offer_state=state,
        url=url_for("guidelines_page.guideline", brand_id=brand.id, guideline_id=one.id),
        fields=fields,
        open=any(field.value or field.error for field in fields),
    )


def _notice(error: Invalid | Conflict | None) -> Notice | None:
    if not isinstance(error, Conflict):
        return None
    if error.code == "currency_in_use":
        return Notice(
            "warn",
            _("The ledger holds lines already."),
            _("Nothing was changed."),
            _("Keep the currency; a sum of two currencies would say nothing."),
        )
    return Notice(
        "warn",
        _("Somebody changed these limits while you were at it."),
        _("Nothing of yours was saved; it is still in the form."),
        _("Look at what they say now, put both together and save again."),
    )


def _changed(rules: Rules) -> str:
    if rules.changed_at is None:
        return ""
    day = clocks.full_exact(rules.changed_at, chosen_zone(), chosen_language())
    return _("%(name)s, %(day)s", name=rules.changed_by_name, day=day)
