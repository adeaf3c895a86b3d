"""Incidents beside the queue and at a case: what may be one, above a lead's queue; a case put in by hand."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.conversation_view import ConversationView, get_conversation
from agency.inbox.incidents import lists, opening
from agency.inbox.incidents.beside import going_beside
from agency.web.contexts_incidents import PutInPage, StormBanner
from agency.web.inbox_address import read_address
from agency.web.incident_looks import suggested_look
from agency.web.looks import Choice, Notice, brand_look
from agency.web.shell import brand_looks, render_page, toast
from agency.web.who import actor_of_request
from tenants.database import db
from tenants.errors import Conflict, worded
from tenants.ids import id_from
from tenants.permissions import Permission, require

incident_case_page = Blueprint("incident_case_page", __name__)

SHOWN = 2
"""Above the queue; the page of incidents has all."""
EXCERPT_CHARACTERS = 300


@incident_case_page.get("/incidents/now")
def banner() -> AnyResponse:
    """What may be an incident now, above the queue; without script the page of incidents."""
    if request.headers.get("HX-Request") != "true":
        return redirect(url_for("incidents_page.incidents"), code=303)
    looks = brand_looks()
    found = [one for one in lists.suggestions(actor_of_request(), SHOWN + 1) if one.brand_id in looks]
    storm = StormBanner(
        suggested=tuple(suggested_look(one, looks[one.brand_id], may=True) for one in found[:SHOWN]),
        more_url=url_for("incidents_page.incidents") if len(found) > SHOWN else "",
    )
    return make_response(render_template("incidents/_banner.html", storm=storm))


@incident_case_page.get("/conversations/<uuid:conversation_id>/incident")
def choose(conversation_id: UUID) -> Response:
    """Which of the brand's open incidents."""
    return _form(_view(conversation_id))


@incident_case_page.post("/conversations/<uuid:conversation_id>/incident")
def put_in(conversation_id: UUID) -> AnyResponse:
    """Put it in; back to the case."""
    view, wanted = _view(conversation_id), id_from(request.form.get("incident", ""))
    try:
        if wanted is None:
            raise Conflict(
                worded("No incident was chosen. Nothing was changed. Choose one and try again."), code="none_chosen"
            )
        opening.put_in(actor_of_request(), wanted, view.id)
    except Conflict as refused:
        db.session.rollback()
        return _form(_view(conversation_id), Notice("warn", _(refused.message)), refused.http_status)
    toast(_("The case is part of the incident."))
    return redirect(read_address().case_url(conversation_id), code=303)


def _view(conversation_id: UUID) -> ConversationView:
    view = get_conversation(conversation_id)
    require(actor_of_request(), Permission.CONVERSATION_WORK, view.brand_id)
    return view


def _form(view: ConversationView, notice: Notice | None = None, status: int = 200) -> Response:
    address, going = read_address(), going_beside(view.further)
    newest = next((m for m in reversed(view.messages) if m.direction == "in" and m.deleted_at is None), None)
    chosen = request.form.get("incident", "") or (str(going[0].id) if len(going) == 1 else "")
    page = PutInPage(
        brand=brand_look(str(view.brand_id), view.brand_name, view.brand_mark, view.brand_colour),
        customer=view.contact_name or view.author_name or _("Somebody"),
        excerpt=newest.text[:EXCERPT_CHARACTERS] if newest is not None else "",
        back_url=address.case_url(view.id),
        url=address.deed_url(view.id, "incident"),
        choices=tuple(Choice(one.name, "", value=str(one.id), selected=str(one.id) == chosen) for one in going),
        notice=notice,
    )
    return make_response(render_page("incidents/put_in.html", page), status)
