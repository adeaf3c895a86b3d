"""Incidents: what may be one, those that go on, one of them with its cases; opening, changing, closing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.incidents import lists, opening
from agency.inbox.incidents.given import given_of, read_incident
from agency.inbox.incidents.models import Incident, IncidentSuggestion
from agency.inbox.incidents.trial import MOST_MESSAGES, open_cases_for
from agency.inbox.triage.terms import LIMITS
from agency.web.contexts_incidents import IncidentFormPage, IncidentPage, IncidentsPage
from agency.web.incident_looks import (
    case_look,
    facts_of,
    fits_look,
    incident_look,
    language_choices,
    named_look,
    post_choices,
    state_of,
    suggested_look,
    suggested_words,
    trial_words,
)
from agency.web.incident_progress_look import texts_of
from agency.web.looks import Choice, Notice
from agency.web.shell import brand_looks, render_page, toast
from agency.web.who import actor_of_request
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.permissions import Permission

incidents_page = Blueprint("incidents_page", __name__)

CASES_TRIED = 30
LONGEST_WORDS = 20_000


@incidents_page.get("/incidents")
def incidents() -> Response:
    """What may be one first, then those that go on."""
    actor, closed = actor_of_request(), request.args.get("closed") == "1"
    may, looks = actor.may(Permission.CONVERSATION_REASSIGN), brand_looks()
    here, after = url_for("incidents_page.incidents"), id_from(request.args.get("after", ""))
    rows = lists.list_incidents(actor, closed=closed, after=after, most=lists.MOST_LISTED + 1)
    shown = rows[: lists.MOST_LISTED]
    following = (
        url_for("incidents_page.incidents", closed=1 if closed else None, after=shown[-1].incident.id) if shown else ""
    )
    page = IncidentsPage(
        suggested=()
        if closed or after is not None
        else tuple(
            suggested_look(one, looks[one.brand_id], may=may)
            for one in lists.suggestions(actor)
            if one.brand_id in looks
        ),
        rows=tuple(incident_look(row, looks[row.incident.brand_id]) for row in shown if row.incident.brand_id in looks),
        tabs=(
            Choice(_("Going on"), here, selected=not closed),
            Choice(_("Ended"), f"{here}?closed=1", selected=closed),
        ),
        new_url=url_for("incidents_page.new") if may else "",
        is_closed=closed,
        next_url=following if len(rows) > len(shown) else "",
        first_url=url_for("incidents_page.incidents", closed=1 if closed else None) if after is not None else "",
    )
    return make_response(render_page("incidents/page.html", page))


@incidents_page.get("/incidents/new")
def new() -> Response:
    """An empty form, of a brand or to choose one."""
    return _form(_brand_of_address(), None)


@incidents_page.get("/incidents/suggested/<uuid:suggestion_id>")
def suggested(suggestion_id: UUID) -> AnyResponse:
    """The form, filled from what suggests one, with its cases; once decided, the list."""
    found = lists.suggestion_of(actor_of_request(), suggestion_id)
    if found.state != "open":
        return redirect(url_for("incidents_page.incidents"), code=303)
    return _form(found.brand_id, None, suggestion=found)


@incidents_page.post("/incidents/suggested/<uuid:suggestion_id>/dismiss")
def dismiss(suggestion_id: UUID) -> AnyResponse:
    """It is none."""
    try:
        opening.dismiss(actor_of_request(), suggestion_id)
        toast(_("Nothing more is suggested by these words today."))
    except Conflict as refused:
        db.session.rollback()
        toast(_(refused.message), "warn")
    return redirect(url_for("incidents_page.incidents"), code=303)


@incidents_page.post("/incidents")
def create() -> AnyResponse:
    """Open one, or see first what it takes."""
    actor, brand_id = actor_of_request(), _brand_of_address()
    if brand_id is None:
        raise NotFound()
    given = request.args.get("suggestion", "")
    suggestion_id = id_from(given) if given else None
    if given and suggestion_id is None:
        raise NotFound()
    suggestion = lists.suggestion_of(actor, suggestion_id) if suggestion_id is not None else None
    try:
        if request.form.get("do") == "try":
            return _form(brand_id, None, suggestion=suggestion, form=_data(), tries=True)
        made = opening.open_incident(actor, brand_id, _data(), suggestion_id)
        toast(_("The incident is open. Its cases have left the queue, and more come in by themselves."))
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _form(brand_id, None, suggestion=suggestion, form=_data(), error=error)
    return redirect(url_for("incidents_page.incident", incident_id=made.id), code=303)


@incidents_page.get("/incidents/<uuid:incident_id>")
def incident(incident_id: UUID) -> Response:
    """One, with its cases, fifty at a time."""
    actor, left = actor_of_request(), request.args.get("left") == "1"
    row = lists.get_incident(actor, incident_id)
    found, after = row.incident, request.args.get("after") or None
    cases = lists.cases_of(actor, incident_id, after, left=left)
    may, is_open = actor.may(Permission.CONVERSATION_REASSIGN), found.state == "open"
    here = url_for("incidents_page.incident", incident_id=incident_id, left=1 if left else None)
    page = IncidentPage(
        brand=brand_looks()[found.brand_id],
        name=found.name,
        state=state_of(found.state),
        facts=facts_of(row),
        post=found.post,
        **texts_of(found, may=may),
        cases=tuple(case_look(one, incident_id, works=actor.may(Permission.CONVERSATION_WORK)) for one in cases.rows),
        tabs=(
            Choice(_("In it"), url_for("incidents_page.incident", incident_id=incident_id), selected=not left),
            Choice(
                _("No more in it"), url_for("incidents_page.incident", incident_id=incident_id, left=1), selected=left
            ),
        ),
        empty=_("No case has left it.") if left else _("No case is in it now."),
        next_url=url_for(
            "incidents_page.incident", incident_id=incident_id, left=1 if left else None, after=cases.next_cursor
        )
        if cases.next_cursor
        else "",
        first_url=here if after else "",
        change_url=url_for("incidents_page.edit", incident_id=incident_id) if may and is_open else "",
        close_url=url_for("incidents_page.close", incident_id=incident_id) if may and found.state != "closed" else "",
        back_url=url_for("incidents_page.incidents", closed=None if found.state != "closed" else 1),
    )
    return make_response(render_page("incidents/incident.html", page))


@incidents_page.get("/incidents/<uuid:incident_id>/change")
def edit(incident_id: UUID) -> Response:
    """The form of one."""
    found = lists.get_incident(actor_of_request(), incident_id).incident
    return _form(found.brand_id, found)


@incidents_page.post("/incidents/<uuid:incident_id>")
def change(incident_id: UUID) -> AnyResponse:
    """Change it, unless somebody was faster; or see first what it takes."""
    actor, version = actor_of_request(), request.form.get("version", "")
    found = lists.get_incident(actor, incident_id).incident
    known = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    try:
        if request.form.get("do") == "try":
            return _form(found.brand_id, found, form=_data(found), tries=True, version=known)
        opening.change_incident(actor, incident_id, _data(found), known)
        toast(_("The incident was changed."))
    except (Invalid, Conflict) as error:
        db.session.rollback()
        found = lists.get_incident(actor, incident_id).incident
        return _form(found.brand_id, found, form=_data(found), error=error)
    return redirect(url_for("incidents_page.incident", incident_id=incident_id), code=303)


@incidents_page.post("/incidents/<uuid:incident_id>/close")
def close(incident_id: UUID) -> AnyResponse:
    """End it."""
    try:
        opening.close_incident(actor_of_request(), incident_id, request.form.get("afterwards", ""))
        toast(_("The incident is closed."))
    except Invalid as refused:
        db.session.rollback()
        toast(_(refused.message), "warn")
    return redirect(url_for("incidents_page.incident", incident_id=incident_id), code=303)


@incidents_page.post("/incidents/<uuid:incident_id>/cases/<uuid:conversation_id>/out")
def take_out(incident_id: UUID, conversation_id: UUID) -> AnyResponse:
    """Take a case out; back to the case where it was pressed there."""
    opening.take_out(actor_of_request(), incident_id, conversation_id)
    toast(_("The case is back in the queue."))
    if request.form.get("back") == "case":
        return redirect(url_for("conversation.page", conversation_id=conversation_id), code=303)
    return redirect(url_for("incidents_page.incident", incident_id=incident_id), code=303)


def _brand_of_address() -> UUID | None:
    given = request.args.get("brand", "")
    if not given:
        return None
    wanted = id_from(given)
    if wanted is None or wanted not in brand_looks():
        raise NotFound()
    return wanted


def _data(known: Incident | None = None) -> dict[str, Any]:
    """What the form says; of an incident that is changed what the form does not show stays."""
    form = request.form
    words = [
        {"language": "", "words": one.strip()}
        for one in form.get("words", "")[:LONGEST_WORDS].splitlines()
        if one.strip()
    ]
    shown = ("words", "languages", "posts")
    kept = {name: value for name, value in given_of(known.conditions).items() if name not in shown} if known else {}
    kept |= {name: form.getlist(name) for name in ("languages", "posts") if form.getlist(name)}
    of_languages = [one for one in given_of(known.conditions).get("words", ()) if one["language"]] if known else []
    return {**kept, "name": form.get("name", ""), "words": [*words, *of_languages], "post": form.get("post", "")}


def _form(
    brand_id: UUID | None,
    found: Incident | None,
    *,
    suggestion: IncidentSuggestion | None = None,
    form: dict[str, Any] | None = None,
    error: AppError | None = None,
    tries: bool = False,
    version: int | None = None,
) -> Response:
    looks = brand_looks()
    given = error.fields.get("errors", {}) if error is not None else {}
    errors = {name.split(".", 1)[0]: _(words[0]) for name, words in given.items()}
    notice = None
    if errors:
        notice = Notice(
            "warn",
            _("This incident cannot be kept as it is."),
            _("Nothing was changed."),
            _("Correct what the fields below say and save again."),
        )
    elif error is not None:
        notice = Notice("warn", _(error.message))
    if form is None:
        form = {"name": found.name, "post": found.post, **given_of(found.conditions)} if found is not None else {}
    if suggestion is not None and "words" not in form:
        # The first is what all of them say; another one alone ("today") would take in what has nothing to do with it.
        form["words"] = [{"language": "", "words": one} for one in suggestion.words[:1]]
        form.setdefault("name", ", ".join(map(str, suggestion.words))[: LIMITS["name"]])
    trial = None
    if tries and brand_id is not None:
        trial = open_cases_for(brand_id, read_incident(form))
    if found is not None:
        url = url_for("incidents_page.change", incident_id=found.id)
    else:
        url = url_for(
            "incidents_page.create", brand=brand_id, suggestion=suggestion.id if suggestion is not None else None
        )
    cases: tuple[Any, ...] = ()
    if trial is not None:
        cases = tuple(fits_look(one) for one in trial.found[:CASES_TRIED])
    elif suggestion is not None:
        cases = tuple(map(named_look, lists.cases_named(actor_of_request(), suggestion.conversation_ids)))
    page = IncidentFormPage(
        title=found.name if found is not None else _("New incident"),
        brand=looks.get(brand_id) if brand_id is not None else None,
        brands=tuple(Choice(look.name, "", value=str(one)) for one, look in looks.items()),
        back_url=url_for("incidents_page.incidents")
        if found is None
        else url_for("incidents_page.incident", incident_id=found.id),
        url=url,
        version=version if version is not None else found.version if found is not None else 0,
        name=form.get("name", ""),
        words="\n".join(dict.fromkeys(one["words"] for one in form.get("words", ()) if not one["language"])),
        languages=language_choices(form.get("languages", ())),
        posts=post_choices(brand_id, form.get("posts", ())) if brand_id is not None else (),
        post=form.get("post", ""),
        suggested=suggested_words(suggestion) if suggestion is not None else "",
        cases=cases,
        trial=trial_words(trial, MOST_MESSAGES) if trial is not None else "",
        is_new=found is None,
        errors=errors,
        notice=notice,
    )
    return make_response(render_page("incidents/form.html", page), error.http_status if error else 200)
