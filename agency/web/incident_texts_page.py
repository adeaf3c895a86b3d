"""Texts of an incident: the holding text while it goes on, the follow-up at its end, and what holds them back."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.incidents import lists
from agency.inbox.incidents.models import FOLLOW_UP, HOLDING
from agency.replies import incident_texts
from agency.web.contexts_incidents import IncidentTextField, IncidentTextsPage
from agency.web.guide_words import language_word
from agency.web.looks import Choice, Notice
from agency.web.shell import brand_looks, render_page, toast
from agency.web.who import actor_of_request
from tenants.brands import brand_for
from tenants.database import db
from tenants.errors import AppError, Conflict, Invalid

incident_texts_page = Blueprint("incident_texts_page", __name__)

WORDINGS = {HOLDING: 2, FOLLOW_UP: 3}
"""Fields of each language: a follow-up reads better where not everybody gets the same."""
MOST_LANGUAGES = 6


@incident_texts_page.get("/incidents/<uuid:incident_id>/holding")
def holding(incident_id: UUID) -> Response:
    """The form of the holding text."""
    return _form(incident_id, HOLDING)


@incident_texts_page.post("/incidents/<uuid:incident_id>/holding")
def start(incident_id: UUID) -> AnyResponse:
    """Let it go out, once to each."""
    try:
        incident_texts.start_holding(actor_of_request(), incident_id, _given())
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _form(incident_id, HOLDING, error=error)
    toast(_("Each person gets it once; what the brand’s policy asks for is asked once for all."))
    return _back(incident_id)


@incident_texts_page.post("/incidents/<uuid:incident_id>/holding/stop")
def stop(incident_id: UUID) -> AnyResponse:
    """Nobody else gets it."""
    incident_texts.stop_holding(actor_of_request(), incident_id)
    toast(_("Nobody else gets the holding text."))
    return _back(incident_id)


@incident_texts_page.get("/incidents/<uuid:incident_id>/follow-up")
def follow_up(incident_id: UUID) -> Response:
    """The form that ends it."""
    return _form(incident_id, FOLLOW_UP)


@incident_texts_page.post("/incidents/<uuid:incident_id>/follow-up")
def end(incident_id: UUID) -> AnyResponse:
    """End it, with one follow-up to each."""
    afterwards = request.form.get("afterwards", "")
    try:
        incident_texts.end_with_follow_up(actor_of_request(), incident_id, _given(), afterwards)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _form(incident_id, FOLLOW_UP, error=error)
    toast(_("Each person gets one follow-up, some at a time. Then the incident closes by itself."))
    return _back(incident_id)


@incident_texts_page.post("/incidents/<uuid:incident_id>/go-on")
def go_on(incident_id: UUID) -> AnyResponse:
    """What held the texts back is seen to."""
    incident_texts.try_again(actor_of_request(), incident_id)
    toast(_("It goes on."))
    return _back(incident_id)


def _back(incident_id: UUID) -> AnyResponse:
    return redirect(url_for("incidents_page.incident", incident_id=incident_id), code=303)


def _given() -> dict[str, list[str]]:
    """By language, the fields in their order; more than a form has is refused by the room."""
    given: dict[str, list[str]] = {}
    for name in sorted(request.form):
        if name.startswith("text_"):
            code, _mark, number = name.removeprefix("text_").partition("_")
            if code.isascii() and code.isalpha() and len(code) <= 3 and number:
                given.setdefault(code, []).append(request.form[name])
    return given


def _form(incident_id: UUID, purpose: str, *, error: AppError | None = None) -> Response:
    actor = actor_of_request()
    row = lists.get_incident(actor, incident_id)
    found = row.incident
    typed = _given()
    there: dict[str, list[str]] = {}
    for one in incident_texts.texts_of(incident_id, purpose):
        there.setdefault(one.language, []).append(one.text)
    if purpose == FOLLOW_UP and not there:
        languages = [one.language for one in incident_texts.texts_of(incident_id, HOLDING)]
    else:
        languages = list(there)
    codes = dict.fromkeys([brand_for(actor, found.brand_id).language, *languages, *lists.languages_of(incident_id)])
    fields = []
    for code in [one for one in codes if one][:MOST_LANGUAGES]:
        words = typed.get(code) or there.get(code, [])
        for number in range(WORDINGS[purpose]):
            label = language_word(code)
            fields.append(
                IncidentTextField(
                    name=f"text_{code}_{number + 1}",
                    label=label if not number else _("%(language)s, another wording", language=label),
                    value=words[number] if number < len(words) else "",
                    language=code,
                )
            )
    chosen = request.form.get("afterwards") or found.afterwards or "return"
    page = IncidentTextsPage(
        title=_("Holding text") if purpose == HOLDING else _("Follow-up at the end"),
        name=found.name,
        brand=brand_looks()[found.brand_id],
        is_end=purpose == FOLLOW_UP,
        fields=tuple(fields),
        url=url_for(
            "incident_texts_page.start" if purpose == HOLDING else "incident_texts_page.end", incident_id=incident_id
        ),
        back_url=url_for("incidents_page.incident", incident_id=incident_id),
        afterwards=(
            Choice(_("come back to the queue"), "", value="return", selected=chosen != "resolve"),
            Choice(_("are resolved"), "", value="resolve", selected=chosen == "resolve"),
        ),
        notice=Notice("warn", _(error.message)) if error is not None else None,
    )
    return make_response(render_page("incidents/texts.html", page), error.http_status if error else 200)
