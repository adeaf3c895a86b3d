"""Everything held of everybody who writes to a brand: ordered, left alone, found again, fetched while it is kept."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, redirect, send_file, url_for
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.contacts import exports
from agency.web import clocks
from agency.web.brand_address import brand_at, look_of
from agency.web.contexts_customers import PeopleExportPage
from agency.web.language import chosen_language, chosen_zone
from agency.web.shell import render_page
from agency.web.who import actor_of_request
from tenants.errors import NotFound
from tenants.ids import id_from
from tenants.permissions import Permission

people_export_page = Blueprint("people_export_page", __name__)


@people_export_page.get("/brands/<brand_id>/customers/export", endpoint="people_export")
def show(brand_id: str) -> Response:
    """What the file holds, how far it is, and the file; its middle part is asked for again while it is made."""
    brand = brand_at(brand_id, Permission.CONTACT_EXPORT)
    found = exports.standing(actor_of_request(), brand.id)
    url = url_for("people_export_page.people_export", brand_id=brand.id)
    page = PeopleExportPage(
        brand=look_of(brand),
        url=url,
        list_url=url_for("customers_page.customers", brand_id=brand.id),
        begin=_begin(found),
        **({} if found is None else _standing(found, brand_id)),
    )
    return make_response(render_page("customers/people_export.html", page))


@people_export_page.post("/brands/<brand_id>/customers/export")
def order(brand_id: str) -> AnyResponse:
    """Have it made, or go on where it stopped."""
    brand = brand_at(brand_id, Permission.CONTACT_EXPORT)
    exports.order(actor_of_request(), brand.id)
    return redirect(url_for("people_export_page.people_export", brand_id=brand.id), code=303)


@people_export_page.get("/brands/<brand_id>/customers/export/<export_id>")
def fetch(brand_id: str, export_id: str) -> Response:
    """The file."""
    brand, wanted = brand_at(brand_id, Permission.CONTACT_EXPORT), id_from(export_id)
    if wanted is None:
        raise NotFound()
    file = exports.file_of(actor_of_request(), brand.id, wanted)
    answer = send_file(file, mimetype="application/gzip", as_attachment=True, download_name=f"people-{wanted}.jsonl.gz")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _begin(found: exports.Standing | None) -> str:
    """What the button says; none while it is made."""
    if found is None:
        return str(_("Make the file"))
    if found.has_stopped:
        return str(_("Go on"))
    return "" if found.state in exports.UNDER_WAY else str(_("Make it anew"))


def _standing(found: exports.Standing, brand_id: str) -> dict[str, Any]:
    zone, language = chosen_zone(), chosen_language()
    until = clocks.moment(found.expires_at, zone, language).words
    people = ngettext("%(num)s identity", "%(num)s identities", found.done_count)
    is_made = found.state in exports.UNDER_WAY and not found.has_stopped
    words = {
        "waiting": _("It begins in a moment."),
        "running": _("It is being made. You can leave this page and come back: it goes on by itself."),
        "done": _("It is ready: %(people)s, %(size)s kB.", people=people, size=_thousands(found.byte_count)),
        "void": _("Somebody in it was erased, so the file is gone. Nothing else changed. Make it anew."),
        "refused": _(
            "Whoever asked for it may not have it any more, so it was not made. Nothing is kept. Make it anew."
        ),
    }[found.state]
    if found.has_stopped:
        words = _("It has stopped on the way. What is made so far is kept. Go on where it stopped.")
    return {
        "words": words,
        "is_made": is_made,
        "is_bad": found.has_stopped or found.state in ("void", "refused"),
        "value": found.done_count,
        "limit": max(found.people_count, found.done_count) if is_made or found.has_stopped else 0,
        "by": _(
            "%(name)s, %(day)s",
            name=found.asked_by_name,
            day=clocks.moment(found.created_at, zone, language).words,
        ),
        "until": _("It is kept until %(day)s.", day=until) if found.state == "done" else "",
        "file_url": url_for("people_export_page.fetch", brand_id=brand_id, export_id=found.id)
        if found.state == "done"
        else "",
    }


def _thousands(size_bytes: int) -> str:
    return str(format_decimal(max(1, round(size_bytes / 1000))))
