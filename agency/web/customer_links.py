"""Say that two identities are one person, by a proof that is shown; and undo it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.contacts import linking, reading
from agency.inbox.contacts.reading import ContactRow
from agency.web.contexts_customers import IdentityLook, LinkPage
from agency.web.customer_looks import person_look, shown_name
from agency.web.customer_page import known, refused
from agency.web.looks import Notice, brand_look
from agency.web.reply_looks import platform_word
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.ids import id_from

customer_links = Blueprint("customer_links", __name__)

MOST_SHOWN = 20
LONGEST_SEARCH = 100


@customer_links.get("/customers/<contact_id>/link")
def link(contact_id: str) -> Response:
    """Look for the other identity, and say what proves it."""
    return _form(contact_id)


@customer_links.post("/customers/<contact_id>/link")
def make(contact_id: str) -> AnyResponse:
    """Link them."""
    actor, form = actor_of_request(), request.form
    first = known(contact_id)
    other = id_from(form.get("other_id", ""))
    try:
        if other is None:
            raise Invalid(worded("Choose who it is."), errors={"other_id": [worded("must be chosen")]})
        if form.get("proof") == "staff":
            linking.link_by_decision(actor, first, other, form.get("reason", ""))
        else:
            linking.link_by_words(actor, first, other, form.get("words", ""), None)
    except (Invalid, Conflict) as error:
        db.session.rollback()
        return _form(contact_id, error=error)
    toast(_("They are one person now, until somebody undoes it"))
    return redirect(url_for("customer_page.person", contact_id=contact_id) + "#links", code=303)


@customer_links.post("/customers/<contact_id>/links/<link_id>/undo")
def undo(contact_id: str, link_id: str) -> AnyResponse:
    """Undo this very link."""
    try:
        linking.unlink(actor_of_request(), _link(contact_id, link_id), request.form.get("reason", ""))
    except (Invalid, Conflict) as error:
        return refused(contact_id, error)
    toast(_("Undone: they are apart again"))
    return redirect(url_for("customer_page.person", contact_id=contact_id) + "#links", code=303)


@customer_links.post("/customers/<contact_id>/links/<link_id>/confirm")
def confirm(contact_id: str, link_id: str) -> AnyResponse:
    """Note that they wrote from the handle they gave."""
    try:
        linking.confirm(actor_of_request(), _link(contact_id, link_id))
    except (Invalid, Conflict) as error:
        return refused(contact_id, error)
    toast(_("Noted: they wrote from there themselves"))
    return redirect(url_for("customer_page.person", contact_id=contact_id) + "#links", code=303)


def _link(contact_id: str, link_id: str) -> UUID:
    """The link, if it is one of this person's. Raises NotFound."""
    found = id_from(link_id)
    person = reading.get_person(actor_of_request(), known(contact_id))
    if found is None or found not in {one.id for one in reading.links_of(person)}:
        raise NotFound()
    return found


def _form(contact_id: str, error: Invalid | Conflict | None = None) -> Response:
    actor, form = actor_of_request(), request.form
    found = reading.get_person(actor, known(contact_id))
    q = (request.args.get("q") or form.get("q", ""))[:LONGEST_SEARCH]
    rows = reading.list_by_name(actor, found.brand_id, q, limit=MOST_SHOWN) if q.strip() else []
    mine = frozenset(found.contact_ids)
    errors = {name: _(said[0]) for name, said in error.fields.get("errors", {}).items()} if error is not None else {}
    page = LinkPage(
        brand=brand_look(str(found.brand_id), found.brand_name, found.brand_mark, found.brand_colour),
        person=person_look(found),
        url=url_for("customer_links.make", contact_id=found.id),
        search_url=url_for("customer_links.link", contact_id=found.id),
        q=q,
        rows=tuple(_row(one) for one in rows if one.id not in mine),
        chosen=form.get("other_id", ""),
        proof="staff" if form.get("proof") == "staff" else "words",
        values={name: form.get(name, "") for name in ("words", "reason")},
        errors=errors,
        notice=Notice("warn", _(error.message)) if error is not None and not errors else None,
    )
    return make_response(render_page("customers/link.html", page), error.http_status if error is not None else 200)


def _row(one: ContactRow) -> IdentityLook:
    return IdentityLook(
        id=str(one.id),
        name=shown_name(one.name),
        place=platform_word(one.platform),
        cases="",
        url=url_for("customer_page.person", contact_id=one.id),
    )
