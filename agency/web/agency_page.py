"""The agency's own page: how its mails look, where answers to them go, and how long what needs no yes can be undone."""

from __future__ import annotations

from email.utils import parseaddr

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as AnyResponse

from agency.notices.agency_look import OURS
from agency.replies.sending_time import set_undo_seconds
from agency.web.contexts_setup import AgencyPage
from agency.web.looks import Notice
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from tenants.agency_settings import agency_of, refuse_leading_some, set_mail_look
from tenants.base_app import settings_of_app
from tenants.brand_colours import ink_on, tones_of
from tenants.database import db
from tenants.errors import Invalid

agency_page = Blueprint("agency_page", __name__)

_LONGEST = 300


@agency_page.get("/agency")
def agency() -> Response:
    """What is set for every brand."""
    refuse_leading_some(actor_of_request())
    return _page(200)


@agency_page.post("/agency")
def change() -> AnyResponse:
    """Say so."""
    actor, form = actor_of_request(), request.form
    given = form.get("undo_seconds", "").strip()
    try:
        colour = form.get("colour", "") if form.get("own_colour") == "1" else ""
        set_mail_look(actor, colour[:_LONGEST], form.get("answers_to", "")[:_LONGEST])
        set_undo_seconds(actor, int(given) if given.isascii() and given.isdigit() and len(given) < 5 else -1)
    except Invalid as refused:
        db.session.rollback()
        return _page(refused.http_status, refused)
    toast(_("Changed"))
    return redirect(url_for("agency_page.agency"), code=303)


def _page(status: int, refused: Invalid | None = None) -> Response:
    """One statement beside the frame's."""
    mine = agency_of(actor_of_request())
    values = {
        "own_colour": "1" if mine.colour else "",
        "colour": mine.colour or OURS,
        "answers_to": mine.answers_to or "",
        "undo_seconds": str(mine.undo_seconds),
    }
    if refused is not None:
        values = {name: request.form.get(name, "")[:_LONGEST] for name in values}
    accent = tones_of(mine.colour or OURS).on_light
    name, address = parseaddr(settings_of_app().onbrand_mail_from)
    page = AgencyPage(
        url=url_for("agency_page.change"),
        notice=Notice("bad", _(refused.message)) if refused is not None else None,
        values=values,
        errors={field: _(said[0]) for field, said in refused.fields.get("errors", {}).items()} if refused else {},
        sample=_sample(mine.name, accent),
        sender=f"{mine.name or name} <{address}>",
        rules_url=url_for("people.people"),
    )
    return make_response(render_page("agency/page.html", page), status)


def _sample(name: str, accent: str) -> Markup:
    """The head of a mail, drawn: a colour of somebody's own stands in no style sheet here."""
    return Markup(
        '<svg class="mail-sample" viewBox="0 0 320 48" width="320" height="48" role="img" aria-label="{name}">'
        '<rect width="320" height="48" rx="6" fill="{accent}"/>'
        '<text x="16" y="30" font-size="16" font-weight="700" fill="{ink}">{short}</text></svg>'
    ).format(name=name, accent=accent, ink=ink_on(accent), short=escape(name[:34]))
