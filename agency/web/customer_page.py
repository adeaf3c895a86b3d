"""One person who writes: who they are, their cases with the brand, what they were told and given, and what we know."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from agency.inbox.contacts import birthdays, deeds, reading
from agency.inbox.contacts.reading import PersonView
from agency.inbox.models import MOST_WEIGHT
from agency.replies.one_person import last_answers
from agency.web.birthday_part import FIELDS, birthday_look, given_birthday
from agency.web.contexts_customers import CustomerPage
from agency.web.customer_looks import answer_look, case_look, link_look, note_look, person_look
from agency.web.empowerment_words import line_look
from agency.web.looks import Choice, Notice, brand_look
from agency.web.shell import render_page, toast
from agency.web.who import actor_of_request
from styleguides.empowerment_reading import lines_of_contacts
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound
from tenants.ids import id_from
from tenants.permissions import Permission

customer_page = Blueprint("customer_page", __name__)

PAGE_CASES = 20
MOST_LINES = 20


@customer_page.get("/customers/<contact_id>")
def person(contact_id: str) -> Response:
    """The page."""
    return show(contact_id)


@customer_page.post("/customers/<contact_id>/vip")
def vip(contact_id: str) -> AnyResponse:
    """Make them a VIP with a reason, or end it."""
    is_vip, note = request.form.get("is_vip") == "1", request.form.get("vip_note", "")
    try:
        deeds.set_vip(actor_of_request(), known(contact_id), is_vip=is_vip, note=note)
    except (Invalid, Conflict) as error:
        return refused(contact_id, error)
    toast(_("They are a VIP now") if is_vip else _("They are no VIP any more"))
    return _back(contact_id)


@customer_page.post("/customers/<contact_id>/weight")
def weight(contact_id: str) -> AnyResponse:
    """Say how much more they count in the queue."""
    given = request.form.get("weight", "")
    try:
        is_number = given.isascii() and given.isdigit() and len(given) <= 2
        deeds.set_weight(actor_of_request(), known(contact_id), int(given) if is_number else -1)
    except (Invalid, Conflict) as error:
        return refused(contact_id, error)
    toast(_("Changed; their open cases are ranked again"))
    return _back(contact_id)


@customer_page.post("/customers/<contact_id>/birthday")
def birthday(contact_id: str) -> AnyResponse:
    """Write down the birthday they gave, or forget it."""
    actor, found = actor_of_request(), known(contact_id)
    ends = request.form.get("end") == "1"
    try:
        if ends:
            birthdays.end(actor, found)
        else:
            birthdays.note(actor, found, **given_birthday())
    except (Invalid, Conflict) as error:
        return refused(contact_id, error)
    toast(_("The birthday is forgotten") if ends else _("Birthday kept"))
    return _back(contact_id)


@customer_page.post("/customers/<contact_id>/notes")
def add_note(contact_id: str) -> AnyResponse:
    """Write a note."""
    try:
        deeds.add_note(actor_of_request(), known(contact_id), request.form.get("text", ""))
    except (Invalid, Conflict) as error:
        return refused(contact_id, error)
    toast(_("Note kept"))
    return _back(contact_id)


@customer_page.post("/customers/<contact_id>/notes/<note_id>")
def change_note(contact_id: str, note_id: str) -> AnyResponse:
    """Put other words in its place."""
    found = id_from(note_id)
    given = request.form.get("version", "")
    actor = actor_of_request()
    notes = reading.notes_of(actor, reading.get_person(actor, known(contact_id)))
    if found is None or found not in {one.id for one in notes}:
        raise NotFound()
    version = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    try:
        deeds.change_note(actor, found, request.form.get("text", ""), version)
    except (Invalid, Conflict) as error:
        return refused(contact_id, error)
    toast(_("Note changed; what it said is kept with it"))
    return _back(contact_id)


def known(contact_id: str) -> UUID:
    """The id in the address. Raises NotFound for what is none."""
    found = id_from(contact_id)
    if found is None:
        raise NotFound()
    return found


def refused(contact_id: str, error: Invalid | Conflict) -> Response:
    """The page again with what was typed, and what to do."""
    db.session.rollback()
    errors = {name: _(said[0]) for name, said in error.fields.get("errors", {}).items()}
    notice = None
    if not errors:
        notice = Notice("warn", _(error.message))
    values = {name: request.form.get(name, "") for name in ("vip_note", "text", "weight", "reason", *FIELDS)}
    return show(contact_id, status=error.http_status, values=values, errors=errors, notice=notice)


def show(contact_id: str, *, status: int = 200, **refusal: Any) -> Response:
    """Eight statements, however many cases there are; fewer where the reader may see less."""
    actor = actor_of_request()
    found = reading.get_person(actor, known(contact_id))
    after = reading.read_cursor(request.args.get("after", ""), NotFound)
    cases = reading.cases_of(found, after=after, statuses=("closed",), limit=PAGE_CASES + 1)
    open_cases = [] if after else reading.cases_of(found, statuses=("open", "snoozed"), limit=reading.MOST_AT_ONCE)
    here: dict[str, Any] = {"contact_id": found.id}
    is_there = not found.is_erased
    may = {one: actor.may(one) and is_there for one in (*Permission,)}
    page = CustomerPage(
        brand=brand_look(str(found.brand_id), found.brand_name, found.brand_mark, found.brand_colour),
        person=person_look(found),
        list_url=url_for("customers_page.customers", brand_id=found.brand_id),
        open_cases=tuple(case_look(row) for row in open_cases),
        cases=tuple(case_look(row) for row in cases[:PAGE_CASES]),
        next_url=_older_url(found, cases[PAGE_CASES - 1]) if len(cases) > PAGE_CASES else "",
        first_url=url_for("customer_page.person", **here) if after else "",
        answers=tuple(answer_look(row) for row in last_answers(actor, found))
        if actor.may(Permission.REPLY_READ)
        else (),
        lines=tuple(
            line_look(row, names={}, here=row.conversation_id)
            for row in lines_of_contacts(actor, found.brand_id, found.contact_ids, MOST_LINES)
        ),
        may_see_lines=actor.may(Permission.EMPOWERMENT_READ),
        notes=tuple(note_look(one, actor) for one in reading.notes_of(actor, found)),
        notes_url=url_for("customer_page.add_note", **here) if may[Permission.NOTE_WRITE] else "",
        reads_notes=actor.may(Permission.NOTE_READ),
        links=tuple(link_look(row, found, actor) for row in reading.links_of(found)),
        link_url=url_for("customer_links.link", **here) if may[Permission.CONTACT_LINK] else "",
        vip_url=url_for("customer_page.vip", **here) if may[Permission.CONTACT_WRITE] else "",
        weight_url=url_for("customer_page.weight", **here) if may[Permission.CONTACT_WRITE] else "",
        weights=tuple(
            Choice(_("0, like anybody") if n == 0 else str(n), "", value=str(n), selected=n == found.weight)
            for n in range(MOST_WEIGHT + 1)
        ),
        birthday=birthday_look(actor, found, refusal.get("values", {})),
        export_url=url_for("customer_data.export", **here) if may[Permission.CONTACT_EXPORT] else "",
        erase_url=url_for("customer_data.erase", **here) if may[Permission.CONTACT_ERASE] else "",
        **refusal,
    )
    return make_response(render_page("customers/person.html", page), status)


def _older_url(found: PersonView, last: reading.CaseRow) -> str:
    return url_for("customer_page.person", contact_id=found.id, after=reading.cursor_of(last))


def _back(contact_id: str) -> AnyResponse:
    return redirect(url_for("customer_page.person", contact_id=contact_id), code=303)
