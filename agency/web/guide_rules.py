"""One rule of a guide is added, changed or taken away through a form. Of what is no draft a new version is begun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.web.brand_address import brand_at, look_of
from agency.web.contexts_guide import ExampleCheck, GuideRulePage
from agency.web.guide_head import revision_of, told_of
from agency.web.guide_looks import version_states
from agency.web.guide_words import kind_words
from agency.web.looks import Notice
from agency.web.rule_form import (
    data_of,
    empty_values,
    form_of,
    kind_choices,
    replaced,
    typed_values,
    values_of,
)
from agency.web.shell import render_page
from agency.web.who import actor_of_request
from styleguides import guides
from styleguides.check import example_problems
from styleguides.models import StyleGuideVersion
from styleguides.rule_kinds import RULE_KINDS
from styleguides.rules import Rule, RulesInvalid, rules_from_data
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid, NotFound
from tenants.models import Brand
from tenants.permissions import Permission

guide_rules = Blueprint("guide_rules", __name__)


@guide_rules.get("/brands/<brand_id>/guide/<int:number>/new-rule", endpoint="new")
def new(brand_id: str, number: int) -> Response:
    """The kinds to choose from, or the empty form of the one named by `?kind=`."""
    brand = brand_at(brand_id, Permission.GUIDE_WRITE)
    version = guides.get_version(actor_of_request(), brand.id, number)
    kind = request.args.get("kind", "")
    if kind and kind not in RULE_KINDS:
        raise NotFound()
    return _page(brand, version, kind, None, empty_values(kind) if kind else {})


@guide_rules.post("/brands/<brand_id>/guide/<int:number>/rules", endpoint="add")
def add(brand_id: str, number: int) -> AnyResponse:
    """Add one at the end, or only check its examples."""
    return _keep(brand_id, number, None)


@guide_rules.get("/brands/<brand_id>/guide/<int:number>/rules/<rule_id>", endpoint="rule")
def show(brand_id: str, number: int, rule_id: str) -> Response:
    """The form of one."""
    brand = brand_at(brand_id, Permission.GUIDE_WRITE)
    version = guides.get_version(actor_of_request(), brand.id, number)
    rule = _rule(version, rule_id)
    return _page(brand, version, rule.kind, rule.id, values_of(rule), checks=_checks(rule, brand))


@guide_rules.post("/brands/<brand_id>/guide/<int:number>/rules/<rule_id>", endpoint="change")
def change(brand_id: str, number: int, rule_id: str) -> AnyResponse:
    """Change it in its place, or only check its examples."""
    return _keep(brand_id, number, rule_id)


@guide_rules.post("/brands/<brand_id>/guide/<int:number>/rules/<rule_id>/remove", endpoint="remove")
def remove(brand_id: str, number: int, rule_id: str) -> AnyResponse:
    """Take it away."""
    brand, actor = brand_at(brand_id, Permission.GUIDE_WRITE), actor_of_request()
    version = guides.get_version(actor, brand.id, number)
    rule = _rule(version, rule_id)
    rules = replaced(version.rules, rule.id, None)
    try:
        kept = guides.change_draft(actor, brand.id, number, revision_of(request.form), rules_data=rules)
    except Conflict as error:
        return _refused(brand_id, number, rule.kind, rule.id, values_of(rule), error)
    told_of(kept, number)
    return redirect(url_for("guide.guide", brand_id=brand_id, version=kept.number), code=303)


def _keep(brand_id: str, number: int, rule_id: str | None) -> AnyResponse:
    brand, actor = brand_at(brand_id, Permission.GUIDE_WRITE), actor_of_request()
    version = guides.get_version(actor, brand.id, number)
    kind = request.form.get("rule_kind", "") if rule_id is None else _rule(version, rule_id).kind
    if kind not in RULE_KINDS:
        raise NotFound()
    values = typed_values(kind, request.form)
    others = [rule["id"] for rule in version.rules if rule["id"] != rule_id]
    data = data_of(kind, values, others)
    rule, errors = _read(data, others)
    if request.form.get("do") != "save":
        checks = _checks(rule, brand) if rule is not None else ()
        if request.headers.get("HX-Request") == "true":
            words = tuple(errors.values())
            return make_response(render_template("guides/_examples.html", checks=checks, problems=words))
        return _page(brand, version, kind, rule_id, values, errors=errors, checks=checks, status=422 if errors else 200)
    if rule is None:
        return _page(brand, version, kind, rule_id, values, errors=errors, status=422)
    try:
        rules = replaced(version.rules, rule_id, data)
        kept = guides.change_draft(actor, brand.id, number, revision_of(request.form), rules_data=rules)
    except (Invalid, Conflict) as error:
        return _refused(brand_id, number, kind, rule_id, values, error)
    told_of(kept, number)
    here = url_for("guide.guide", brand_id=brand_id, version=kept.number, _anchor=f"rule-{rule.id}")
    return redirect(here, code=303)


def _rule(version: StyleGuideVersion, rule_id: str) -> Rule:
    for rule in rules_from_data(version.rules):
        if rule.id == rule_id:
            return rule
    raise NotFound()


def _read(data: Mapping[str, Any], others: list[str]) -> tuple[Rule | None, dict[str, str]]:
    """The rule, or what is wrong with it by field."""
    try:
        (rule,) = rules_from_data([data])
    except RulesInvalid as wrong:
        return None, {problem.field: _(problem.message) for problem in wrong.problems}
    if rule.id in others:
        return None, {"id": _("Another rule of this guide has this name.")}
    return rule, {}


def _checks(rule: Rule, brand: Brand) -> tuple[ExampleCheck, ...]:
    """Whether each example shows what it should."""
    wrong = {problem.field: _(problem.message) for problem in example_problems([rule], brand.language)}
    words = {"good": _("The good example keeps the rule."), "bad": _("The bad example is found.")}
    return tuple(
        ExampleCheck(field=field, fits=field not in wrong, words=wrong.get(field, words[field]))
        for field, example in (("good", rule.good), ("bad", rule.bad))
        if example is not None
    )


def _refused(
    brand_id: str, number: int, kind: str, rule_id: str | None, values: Mapping[str, Any], error: AppError
) -> Response:
    db.session.rollback()
    brand = brand_at(brand_id, Permission.GUIDE_WRITE)
    version = guides.version_of(brand.id, number)
    notice = Notice("warn" if isinstance(error, Conflict) else "bad", _(error.message))
    return _page(brand, version, kind, rule_id, values, notice=notice, status=error.http_status)


def _page(
    brand: Brand,
    version: StyleGuideVersion,
    kind: str,
    rule_id: str | None,
    values: Mapping[str, Any],
    *,
    errors: Mapping[str, str] | None = None,
    checks: tuple[ExampleCheck, ...] = (),
    notice: Notice | None = None,
    status: int = 200,
) -> Response:
    here: dict[str, Any] = {"brand_id": brand.id, "number": version.number}
    if notice is None and version.state != "draft":
        what, safe = _("This version is not a draft."), _("It stays as it is: saving begins a new draft from it.")
        notice = Notice("info", what, safe)
    fields = form_of(kind, values, errors or {}) if kind else ()
    shown = {field.name for field in fields}
    page = GuideRulePage(
        brand=look_of(brand),
        number=version.number,
        state=version_states()[version.state],
        kind=kind,
        title=kind_words().get(kind, kind) if kind else _("A new rule"),
        kinds=() if kind else kind_choices(kind_words(), url_for("guide_rules.new", **here)),
        url=url_for("guide_rules.change", rule_id=rule_id, **here) if rule_id else url_for("guide_rules.add", **here),
        remove_url=url_for("guide_rules.remove", rule_id=rule_id, **here) if rule_id else "",
        back_url=url_for("guide.guide", brand_id=brand.id, version=version.number),
        revision=version.revision,
        fields=fields,
        checks=checks,
        problems=tuple(f"{field}: {words}" for field, words in (errors or {}).items() if field not in shown),
        notice=notice,
    )
    return make_response(render_page("guides/rule.html", page), status)
