"""`/contacts`: people who write, what proves that two identities are one person, and their data as a file or erased."""

from __future__ import annotations

from typing import Any

from flask import Response

from agency.api import contact_examples as examples
from agency.api.bearer import caller, id_or_nobody, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.listing import bad_cursor, page_of
from agency.api.schemas.contacts import (
    ContactChanges,
    ContactPage,
    ContactQuery,
    Erasure,
    ExportQuery,
    Link,
    NewErasure,
    NewLink,
    NewNote,
    Person,
    PersonNote,
    PersonQuery,
    Undoing,
)
from agency.inbox.contacts import deeds, erasures, linking, reading
from agency.inbox.contacts.names import LONGEST_KEY
from agency.replies.person_export import export_person
from tenants.errors import Invalid, NotFound, worded
from tenants.ids import id_from

blueprint = ApiBlueprint("contacts", __name__, description="People who write, by proof alone one person.")

_ZIP: dict[str, Any] = {"application/zip": {"schema": {}}}
CONFIRM = "erase for good"


@blueprint.get("/contacts")
@blueprint.arguments(ContactQuery, location="query")
@blueprint.response(200, ContactPage, example={"items": [examples.CONTACT], "next_cursor": None})
def list_contacts(query: dict[str, Any]) -> Any:
    """Identities of a brand by the beginning of their name, or its VIPs, the newest first."""
    brand_id, limit = id_or_nobody(query["brand_id"]), query["limit"]
    if query["vip"]:
        after = id_from(query["cursor"]) if query["cursor"] else None
        if query["cursor"] and after is None:
            raise bad_cursor()
        rows = reading.list_vips(caller(), brand_id, after=after, limit=limit + 1)
        return page_of(rows, limit, lambda row: str(row.id))
    place = None
    if query["cursor"]:
        number, mark, key = query["cursor"].partition("_")
        found = id_from(number)
        if found is None or not mark or len(key) > LONGEST_KEY:
            raise bad_cursor()
        place = (key, found)
    rows = reading.list_by_name(caller(), brand_id, query["name"], after=place, limit=limit + 1)
    return page_of(rows, limit, lambda row: f"{row.id}_{row.name_key}")


@blueprint.get("/contacts/<contact_id>")
@blueprint.arguments(PersonQuery, location="query")
@blueprint.response(200, Person, example=examples.PERSON)
def get_contact(query: dict[str, Any], contact_id: str) -> Any:
    """The person behind an identity, with their cases newest first, links with their proof, and notes."""
    return _person(contact_id, query["limit"], query["cursor"])


@blueprint.patch("/contacts/<contact_id>")
@blueprint.arguments(ContactChanges, example={"is_vip": True, "vip_note": "Runs the fair", "weight": 3})
@blueprint.response(200, Person, example=examples.PERSON)
def change_contact(body: dict[str, Any], contact_id: str) -> Any:
    """Make them a VIP with a reason, end it, or say how much more the whole person counts, 0 to 10."""
    number = known_id(contact_id)
    reading.get_person(caller(), number)
    if "is_vip" in body:
        deeds.set_vip(caller(), number, is_vip=body["is_vip"], note=body.get("vip_note", ""))
    if "weight" in body:
        deeds.set_weight(caller(), number, body["weight"])
    return _person(contact_id, 50, None)


@blueprint.post("/contacts/<contact_id>/notes")
@blueprint.arguments(NewNote, example={"text": "Prefers short answers."})
@blueprint.response(201, PersonNote, example=examples.NOTE)
def write_note(body: dict[str, Any], contact_id: str) -> Any:
    """Write a note on a person; customers never see it."""
    return deeds.add_note(caller(), known_id(contact_id), body["text"])


@blueprint.post("/contacts/<contact_id>/links")
@blueprint.arguments(NewLink, example=examples.NEW_LINK)
@blueprint.response(201, Link, example=examples.LINK)
def link_contact(body: dict[str, Any], contact_id: str) -> Any:
    """Say that another identity of the same brand is this person: by their own `words`, or by a `reason` of yours.

    409 `linked_already` where they are one person.
    """
    first, other = known_id(contact_id), id_or_nobody(body["other_id"])
    if body["kind"] == "same_handle":
        return linking.link_by_words(caller(), first, other, body["words"], None)
    return linking.link_by_decision(caller(), first, other, body["reason"])


@blueprint.delete("/contacts/<contact_id>/links/<link_id>")
@blueprint.arguments(Undoing, location="query")
@blueprint.response(200, Link, example=examples.LINK)
def unlink_contact(query: dict[str, Any], contact_id: str, link_id: str) -> Any:
    """Undo this very link, with a reason. 409 `undone_already`."""
    person, number = reading.get_person(caller(), known_id(contact_id)), known_id(link_id)
    if number not in {one.id for one in reading.links_of(person)}:
        raise NotFound()
    return linking.unlink(caller(), number, query["reason"])


@blueprint.get("/contacts/<contact_id>/export")
@blueprint.arguments(ExportQuery, location="query")
@blueprint.doc(responses={"200": {"description": "A zip, to be saved", "content": _ZIP}})
def export_contact(query: dict[str, Any], contact_id: str) -> Response:
    """Everything held of the person as JSON and as a page, in a zip; of one identity with `identity_id`."""
    person = reading.get_person(caller(), known_id(contact_id))
    chosen = person.contact_ids if query["identity_id"] is None else (id_or_nobody(query["identity_id"]),)
    file = export_person(caller(), person, chosen)
    answer = Response(file, mimetype="application/zip", direct_passthrough=True)
    answer.headers.set("Content-Disposition", "attachment", filename=f"person-{person.id}.zip")
    return answer


@blueprint.post("/contacts/<contact_id>/erasure")
@blueprint.arguments(NewErasure, example={"confirm": CONFIRM})
@blueprint.response(201, Erasure, example=examples.ERASURE)
def erase_contact(body: dict[str, Any], contact_id: str) -> Any:
    """Erase everything held of the person, or of the identities named, for good. A job does it; ask how far it is."""
    person = reading.get_person(caller(), known_id(contact_id))
    if body["confirm"] != CONFIRM:
        raise Invalid(
            "Nothing was erased: `confirm` must say so. Send it again with the words of the documentation.",
            errors={"confirm": [worded("must be “%(word)s”", word=CONFIRM)]},
        )
    chosen = person.contact_ids if body["contact_ids"] is None else tuple(map(id_or_nobody, body["contact_ids"]))
    return erasures.order(caller(), person, chosen)


@blueprint.get("/erasures/<erasure_id>")
@blueprint.response(200, Erasure, example=examples.ERASURE)
def get_erasure(erasure_id: str) -> Any:
    """How far an erasing is."""
    return erasures.get_erasure(caller(), known_id(erasure_id))


def _person(contact_id: str, limit: int, cursor: str | None) -> dict[str, Any]:
    found = reading.get_person(caller(), known_id(contact_id))
    cases = reading.cases_of(found, after=reading.read_cursor(cursor, bad_cursor), limit=limit + 1)
    page = page_of(cases, limit, reading.cursor_of)
    vip = found.vip if found.is_vip else None
    return {
        **found._asdict(),
        "name": found.name,
        "vip_note": vip.vip_note if vip else "",
        "vip_by": vip.vip_by_name if vip else None,
        "case_count": found.case_count,
        "first_at": found.first_at,
        "last_at": found.last_at,
        "languages": list(found.languages),
        "links": reading.links_of(found),
        "notes": reading.notes_of(caller(), found),
        "cases": page["items"],
        "next_cursor": page["next_cursor"],
    }
