"""What is held of one person: exported as a file, or erased for good after a look at what goes and what stays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox import saved_views
from agency.inbox.contacts import erasures, named, reading
from agency.replies.person_export import export_person
from agency.web import clocks
from agency.web.contexts_customers import ErasePage, ErasureLook, ExportPage, LeftLook
from agency.web.customer_looks import person_look
from agency.web.customer_page import known
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Notice, brand_look
from agency.web.shell import render_page
from agency.web.who import actor_of_request
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.permissions import Permission, require

customer_data = Blueprint("customer_data", __name__)


@customer_data.get("/customers/<contact_id>/export")
def export(contact_id: str) -> Response:
    """Which identities, and what the file holds."""
    return _export_page(contact_id)


@customer_data.post("/customers/<contact_id>/export")
def download(contact_id: str) -> Response:
    """The file."""
    actor = actor_of_request()
    found = reading.get_person(actor, known(contact_id))
    try:
        file = export_person(actor, found, _chosen())
    except Invalid as error:
        db.session.rollback()
        return _export_page(contact_id, error)
    answer = send_file(file, mimetype="application/zip", as_attachment=True, download_name=f"person-{found.id}.zip")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@customer_data.get("/customers/<contact_id>/erase")
def erase(contact_id: str) -> Response:
    """What would go, and what stays and why."""
    return _erase_page(contact_id)


@customer_data.post("/customers/<contact_id>/erase")
def order(contact_id: str) -> AnyResponse:
    """Have it done, where the word was typed."""
    actor = actor_of_request()
    found = reading.get_person(actor, known(contact_id))
    if request.form.get("confirm", "").strip().casefold() != erase_word().casefold():
        errors = {"confirm": _("Type the word as it stands.")}
        return _erase_page(contact_id, 422, errors)
    try:
        made = erasures.order(actor, found, _chosen())
    except Invalid as error:
        db.session.rollback()
        return _erase_page(contact_id, 422, {name: _(said[0]) for name, said in error.fields["errors"].items()})
    except Conflict as error:
        db.session.rollback()
        return _erase_page(contact_id, 409, {}, Notice("warn", _(error.message)))
    return redirect(url_for("customer_data.erasure", erasure_id=made.id), code=303)


@customer_data.get("/erasures/<erasure_id>")
def erasure(erasure_id: str) -> Response:
    """How far it is: the page, or its middle part alone."""
    wanted = id_from(erasure_id)
    if wanted is None:
        raise NotFound()
    found = erasures.get_erasure(actor_of_request(), wanted)
    zone, language = chosen_zone(), chosen_language()
    look = ErasureLook(
        words={
            "waiting": _("It begins in a moment."),
            "running": _("Names and ids are gone. The words are being deleted."),
            "done": _done(found.left_count, is_named=bool(found.left_things)),
        }[found.state],
        is_done=found.state == "done",
        value=found.done_count,
        limit=found.message_count,
        views=_views_gone(found.views_gone) if found.views_gone else "",
        left=_left(named.still_left(found.left_things), found.brand_id),
        by=_("%(name)s, %(day)s", name=found.asked_by_name, day=clocks.moment(found.created_at, zone, language).words),
        url=url_for("customer_data.erasure", erasure_id=found.id),
        back_url=url_for("customers_page.customers", brand_id=found.brand_id),
    )
    return make_response(render_page("customers/erasure.html", look))


def _done(left_count: int, *, is_named: bool) -> str:
    if not left_count and is_named:
        return str(_("Done. Nothing of what the person wrote is held here any more."))
    if not left_count:
        return str(_("Done. Nothing of what the person wrote, and nothing that names them, is held here any more."))
    return ngettext(
        "Done, for what was chosen. %(num)s other identity of the same person was not chosen: what is held of it "
        "stays, and nothing says any more that it is the same person.",
        "Done, for what was chosen. %(num)s other identities of the same person were not chosen: what is held of them "
        "stays, and nothing says any more that they are the same person.",
        left_count,
    )


def _views_gone(count: int) -> str:
    return ngettext(
        "%(num)s saved view that looked for them was deleted.",
        "%(num)s saved views that looked for them were deleted.",
        count,
    )


def _left(things: Iterable[named.Left], brand_id: UUID) -> tuple[LeftLook, ...]:
    """What was found, and where the reader changes it; a view of somebody's own is named by its owner alone."""
    actor = actor_of_request()
    mine = {view.id for view in saved_views.list_views(actor)}
    looks = []
    for one in things:
        if one.kind == "view" and one.id in mine:
            looks.append(LeftLook(words=_("Saved view"), shown=one.shown, url=url_for("saved_views_page.views")))
        elif one.kind == "view":
            looks.append(LeftLook(words=_("A saved view of %(name)s, whom to ask", name=one.of)))
        elif one.kind == "label":
            looks.append(LeftLook(words=_("Label"), shown=one.shown, url=url_for("labels_page.labels")))
        elif one.kind == "topic":
            at = url_for("topics_page.topic", brand_id=brand_id, topic_id=one.id)
            looks.append(LeftLook(words=_("Topic"), shown=one.shown, url=at))
        elif one.kind == "rule":
            at = url_for("desk_rules_page.rule", desk_rule_id=one.id)
            looks.append(LeftLook(words=_("Rule of the desk"), shown=one.shown, url=at))
        else:
            at = url_for("saved_replies_page.saved_reply", saved_reply_id=one.id)
            looks.append(LeftLook(words=_("Saved reply"), shown=one.shown, url=at))
    return tuple(looks)


def erase_word() -> str:
    """What is typed to confirm: in the reader's language, so that nobody copies a sign they do not read."""
    return str(_("erase for good"))


def _chosen() -> list[UUID]:
    found = [id_from(one) for one in request.form.getlist("contact_id")[: reading.MOST_AT_ONCE]]
    return [one for one in found if one is not None]


def _common(contact_id: str, permission: Permission) -> tuple[reading.PersonView, dict[str, Any]]:
    actor = actor_of_request()
    found = reading.get_person(actor, known(contact_id))
    require(actor, permission, found.brand_id)
    brand = brand_look(str(found.brand_id), found.brand_name, found.brand_mark, found.brand_colour)
    return found, {"brand": brand, "person": person_look(found)}


def _export_page(contact_id: str, error: Invalid | None = None) -> Response:
    found, common = _common(contact_id, Permission.CONTACT_EXPORT)
    page = ExportPage(
        **common,
        url=url_for("customer_data.download", contact_id=found.id),
        error=_("Choose at least one.") if error is not None else "",
    )
    return make_response(render_page("customers/export.html", page), 422 if error is not None else 200)


def _erase_page(
    contact_id: str, status: int = 200, errors: dict[str, str] | None = None, notice: Notice | None = None
) -> Response:
    found, common = _common(contact_id, Permission.CONTACT_ERASE)
    counts = erasures.preview(actor_of_request(), found, found.contact_ids)
    kept = named.look(found.contact_ids)
    views = len(kept.views)
    counted = (
        (counts.case_notes, ngettext("%(num)s note beside a case", "%(num)s notes beside cases", counts.case_notes)),
        (
            counts.person_notes,
            ngettext("%(num)s note on the person", "%(num)s notes on the person", counts.person_notes),
        ),
        (counts.links, ngettext("%(num)s link with its proof", "%(num)s links with their proof", counts.links)),
        (views, ngettext("%(num)s saved view that looks for them", "%(num)s saved views that look for them", views)),
    )
    goes = (
        ngettext("%(num)s case's words", "the words in %(num)s cases", counts.cases),
        _("names, ids at the platform, pictures and what was attached"),
        *(words for number, words in counted if number),
        _("VIP, weight, drafts as they were typed, and what the search knew of it"),
    )
    stays = (
        (_("that something was said, and when"), _("without it the next poll would bring the words back")),
        (
            _("our answers, sent or only saved"),
            _("they are the brand's; decisions and receipts prove them by their hashes"),
        ),
        (_("what was given"), _("the ledger adds up; it names nobody")),
        (_("who of us did what"), _("the record names ids of ours alone")),
    )
    page = ErasePage(
        **common,
        url=url_for("customer_data.order", contact_id=found.id),
        export_url=url_for("customer_data.export", contact_id=found.id),
        goes=goes,
        stays=stays,
        left=_left(kept.left, found.brand_id),
        word=erase_word(),
        errors=errors or {},
        notice=notice,
    )
    return make_response(render_page("customers/erase.html", page), status)
