"""The rules of the desk: their list, one of them, writing, trying, moving, switching, putting away."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.triage import rules as room
from agency.inbox.triage.last_week import try_rule
from agency.inbox.triage.rules import MOST_COUNTED, RuleRow, may_write
from agency.inbox.triage.terms import LIMITS
from agency.web import clocks
from agency.web.contexts_desk_rules import DeskRulePage, DeskRuleRow, DeskRulesPage, TrialLook
from agency.web.desk_rule_form import (
    Form,
    data_of,
    first_languages,
    form_of,
    form_of_request,
    help_words,
    kept_words,
    labels_of,
    loops_of,
    people_of,
    seen_choices,
    skills_of,
    star_choices,
    ticks_of,
    words_fields,
)
from agency.web.desk_rule_offers import guidelines_of, saved_replies_of
from agency.web.desk_rule_trial import trial_look
from agency.web.desk_rule_words import Names, condition_words, effect_words, names_for
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import BrandLook, Choice, Notice, StateLook
from agency.web.shell import brand_looks, render_page, toast
from agency.web.who import actor_of_request
from tenants.brands import brand_for
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid, NotFound
from tenants.ids import id_from

desk_rules_page = Blueprint("desk_rules_page", __name__)


@desk_rules_page.get("/rules", endpoint="rules")
def show_list() -> Response:
    """In their order, with what each did in a week."""
    actor, brand_id = actor_of_request(), _brand_of_address()
    archived = request.args.get("archived") == "1"
    rows = room.list_rules(actor, brand_id, archived=archived, counted=not archived)
    names, may = names_for(row.terms for row in rows), may_write(actor, brand_id)
    looks, here = brand_looks(), _list_url(brand_id)
    page = DeskRulesPage(
        brand=_look(brand_id),
        places=(
            Choice(_("Every brand"), "", value="", selected=brand_id is None),
            *(Choice(look.name, "", value=str(one), selected=one == brand_id) for one, look in looks.items()),
        ),
        rows=tuple(_row(row, names, place, len(rows), may=may) for place, row in enumerate(rows, 1)),
        tabs=(
            Choice(_("In use"), here, selected=not archived),
            Choice(_("Put away"), url_for("desk_rules_page.rules", brand=brand_id, archived=1), selected=archived),
        ),
        new_url=url_for("desk_rules_page.new", brand=brand_id) if may else "",
        is_archived=archived,
        before=_("The rules for every brand are asked before these.") if brand_id and not archived else "",
        before_url=_list_url(None),
    )
    return make_response(render_page("desk_rules/page.html", page))


@desk_rules_page.get("/rules/new")
def new() -> Response:
    """An empty form."""
    brand_id = _brand_of_address()
    return _form(brand_id, None, form_of_request() | {"is_on": True})


@desk_rules_page.post("/rules")
def create() -> AnyResponse:
    """Keep a new one, or try it first."""
    brand_id, form = _brand_of_address(), form_of_request()
    try:
        if request.form.get("do") == "try":
            return _form(brand_id, None, form, trial=_trial(brand_id, None, form))
        made = room.create_rule(actor_of_request(), brand_id, data_of(form))
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _form(brand_id, None, form, error=error)
    toast(_("Rule “%(name)s” added; it holds for what comes in from now on.", name=made.name))
    return redirect(_list_url(brand_id), code=303)


@desk_rules_page.get("/rules/<uuid:desk_rule_id>")
def rule(desk_rule_id: UUID) -> Response:
    """The form of one."""
    found = room.get_rule(actor_of_request(), desk_rule_id)
    return _form(found.brand_id, found, form_of(found))


@desk_rules_page.post("/rules/<uuid:desk_rule_id>")
def change(desk_rule_id: UUID) -> AnyResponse:
    """Change it, unless somebody was faster; or try first what the form says."""
    actor, form, version = actor_of_request(), form_of_request(), request.form.get("version", "")
    found = room.get_rule(actor, desk_rule_id)
    known = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    try:
        if request.form.get("do") == "try":
            return _form(found.brand_id, found, form, trial=_trial(found.brand_id, desk_rule_id, form), version=known)
        room.change_rule(actor, desk_rule_id, {**data_of(form), "version": known})
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _form(found.brand_id, room.get_rule(actor, desk_rule_id), form, error=error)
    toast(_("Rule changed; it holds for what comes in from now on."))
    return redirect(_list_url(found.brand_id), code=303)


@desk_rules_page.post("/rules/<uuid:desk_rule_id>/switch")
def switch(desk_rule_id: UUID) -> AnyResponse:
    """Let it act, or not."""
    on = request.form.get("on") == "1"
    found = room.switch_rule(actor_of_request(), desk_rule_id, on=on)
    toast(_("“%(name)s” is on", name=found.name) if on else _("“%(name)s” is off", name=found.name))
    return redirect(_list_url(found.brand_id), code=303)


@desk_rules_page.post("/rules/<uuid:desk_rule_id>/move")
def move(desk_rule_id: UUID) -> AnyResponse:
    """One place up or down."""
    found = room.move_rule(actor_of_request(), desk_rule_id, up=request.form.get("up") == "1")
    return redirect(_list_url(found.brand_id), code=303)


@desk_rules_page.post("/rules/<uuid:desk_rule_id>/archive")
def archive(desk_rule_id: UUID) -> AnyResponse:
    """Put it away, or bring it back."""
    archived = request.form.get("archived") == "1"
    try:
        found = room.archive_rule(actor_of_request(), desk_rule_id, archived=archived)
    except Conflict as error:
        db.session.rollback()
        found = room.get_rule(actor_of_request(), desk_rule_id)
        return _form(found.brand_id, found, form_of(found), error=error)
    toast(_("Put away; it does nothing any more.") if archived else _("Back in use, behind the others"))
    return redirect(_list_url(found.brand_id), code=303)


def _brand_of_address() -> UUID | None:
    given = request.args.get("brand", "")
    if not given:
        return None
    wanted = id_from(given)
    if wanted is None or wanted not in brand_looks():
        raise NotFound()
    return wanted


def _look(brand_id: UUID | None) -> BrandLook | None:
    return brand_looks().get(brand_id) if brand_id is not None else None


def _list_url(brand_id: UUID | None) -> str:
    return url_for("desk_rules_page.rules", brand=brand_id)


def _row(found: RuleRow, names: Names, place: int, count: int, *, may: bool) -> DeskRuleRow:
    week = ""
    if found.week_count is not None and found.week_count > MOST_COUNTED:
        week = _("more than %(n)s messages in seven days", n=MOST_COUNTED)
    elif found.week_count is not None:
        week = ngettext("%(num)s message in seven days", "%(num)s messages in seven days", found.week_count)
    moves = may and not found.is_archived
    return DeskRuleRow(
        name=found.name,
        place=str(place),
        conditions=condition_words(found.terms.conditions, names),
        effects=effect_words(found.terms, names),
        is_on=found.is_on,
        state=StateLook("on", _("On"), "check", "good")
        if found.is_on
        else StateLook("off", _("Off"), "pause", "plain"),
        stops=found.stops,
        note=found.note,
        week=week,
        changed=_changed(found),
        url=url_for("desk_rules_page.rule", desk_rule_id=found.id) if may else "",
        switch_url=url_for("desk_rules_page.switch", desk_rule_id=found.id) if moves else "",
        move_url=url_for("desk_rules_page.move", desk_rule_id=found.id) if moves else "",
        is_first=place == 1,
        is_last=place == count,
    )


def _changed(found: RuleRow) -> str:
    day = clocks.full_exact(found.changed_at, chosen_zone(), chosen_language())
    return _("Version %(n)s by %(name)s, %(day)s", n=found.version, name=found.changed_by_name, day=day)


def _trial(brand_id: UUID | None, rule_id: UUID | None, form: Form) -> TrialLook:
    return trial_look(try_rule(actor_of_request(), brand_id, data_of(form), rule_id), brand_id)


def _form(
    brand_id: UUID | None,
    found: RuleRow | None,
    form: Form,
    *,
    error: AppError | None = None,
    trial: TrialLook | None = None,
    version: int | None = None,
) -> Response:
    actor = actor_of_request()
    room.refuse_writing(actor, brand_id)
    given = error.fields.get("errors", {}) if error is not None else {}
    errors = {name.split(".", 1)[0]: _(words[0]) for name, words in given.items()}
    notice: Notice | None = None
    if error is not None and error.code == "rule_changed":
        notice = Notice(
            "warn",
            _("Somebody changed this rule while you were at it."),
            _("Nothing of yours was saved; it is still in the form."),
            _("Open it in another window to see what it says now, put both together and save again."),
        )
    elif isinstance(error, Invalid) and errors:
        notice = Notice(
            "warn",
            _("This rule cannot be kept as it is."),
            _("Nothing was changed."),
            _("Correct what the fields below say and save again."),
        )
    elif error is not None:
        notice = Notice("warn", _(error.message))
    url, put_url = url_for("desk_rules_page.create", brand=brand_id), ""
    if found is not None:
        url = url_for("desk_rules_page.change", desk_rule_id=found.id)
        put_url = url_for("desk_rules_page.archive", desk_rule_id=found.id)
    language = "" if brand_id is None else brand_for(actor, brand_id).language
    page = DeskRulePage(
        title=found.name if found is not None else _("New rule"),
        brand=_look(brand_id),
        back_url=_list_url(brand_id),
        url=url,
        put_url=put_url,
        is_archived=found is not None and found.is_archived,
        version=version if version is not None else found.version if found is not None else 0,
        values={name: value for name, value in form.items() if isinstance(value, str)},
        words=words_fields(form, "words", first_languages(language)),
        without=words_fields(form, "without", []),
        ticks=ticks_of(actor, form, brand_id),
        seen_by=seen_choices(form["seen_by"]),
        stars_from=star_choices(form["stars_from"]),
        stars_to=star_choices(form["stars_to"]),
        is_vip=form["vip"],
        labels=labels_of(actor, form, brand_id),
        people=people_of(actor, form),
        loops=loops_of(actor, form, brand_id),
        skills=skills_of(actor, form),
        is_by_language=form["by_language"],
        acknowledge=form["acknowledge"],
        guidelines=guidelines_of(actor, form["guideline_id"], brand_id),
        saved_replies=saved_replies_of(actor, form["saved_reply_id"], brand_id),
        stops=form["stops"],
        is_on=form["is_on"],
        most_points=LIMITS["points"],
        kept=kept_words(),
        help=help_words(),
        errors=errors,
        notice=notice,
        changed=_changed(found) if found is not None else "",
        trial=trial,
    )
    return make_response(render_page("desk_rules/rule.html", page), error.http_status if error else 200)
