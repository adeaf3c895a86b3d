"""`/contacts`: what programs read and change of people who write."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select

from agency.inbox.models import Conversation
from tenants.database import db
from tenants.permissions import Actor
from tests.api.calling import Caller
from tests.factories import Agency, Factory

Calling = Callable[[Actor | None], Caller]


def writer(agency: Agency, case: UUID) -> str:
    with agency.entered():
        return str(db.session.scalars(select(Conversation.contact_id).where(Conversation.id == case)).one())


def test_a_person_is_found_changed_linked_and_parted(make: Factory, ana: Agency, calling: Calling) -> None:
    staff = calling(ana.staff)
    brand = str(ana.brand_ids[0])
    one = writer(ana, make.conversation(ana, author="Łucja Nowak", text="I am lucja.n on Instagram"))
    other = writer(ana, make.conversation(ana, author="lucja.n", platform="instagram"))
    writer(ana, make.conversation(ana, author="lucja.n", brand=1))
    found = staff.get(f"/contacts?brand_id={brand}&name=LUCJA").get_json()["items"]
    assert {row["id"] for row in found} == {one, other}, "whatever case and accents, in this brand alone"
    first = staff.get(f"/contacts?brand_id={brand}&name=luc&limit=1").get_json()
    second = staff.get(f"/contacts?brand_id={brand}&name=luc&limit=1&cursor={first['next_cursor']}").get_json()
    assert {row["id"] for row in (*first["items"], *second["items"])} == {one, other}
    changed = staff.patch(f"/contacts/{one}", {"is_vip": True, "vip_note": "Runs the fair", "weight": 3})
    assert changed.status_code == 200, changed.get_json()
    assert (changed.get_json()["vip_note"], changed.get_json()["weight"]) == ("Runs the fair", 3)
    assert staff.patch(f"/contacts/{one}", {"is_vip": True}).status_code == 422
    link = {"other_id": other, "kind": "same_handle", "words": "I am lucja.n on Instagram"}
    made = staff.post(f"/contacts/{one}/links", link)
    assert made.status_code == 201, made.get_json()
    assert staff.post(f"/contacts/{one}/links", link).get_json()["code"] == "linked_already"
    assert staff.post(f"/contacts/{other}/notes", {"text": "Likes tea"}).status_code == 201
    person = staff.get(f"/contacts/{other}").get_json()
    assert {row["id"] for row in person["identities"]} == {one, other}
    assert (person["is_vip"], person["weight"], person["vip_by"]) == (True, 3, ana.staff.name)
    assert len(person["cases"]) == person["case_count"] == 2
    assert [row["text"] for row in person["notes"]] == ["Likes tea"]
    vips = staff.get(f"/contacts?brand_id={brand}&vip=true").get_json()["items"]
    assert [row["id"] for row in vips] == [one]
    number = made.get_json()["id"]
    assert staff.delete(f"/contacts/{one}/links/{number}").status_code == 422
    undone = staff.delete(f"/contacts/{one}/links/{number}?reason=Two+people")
    assert undone.get_json()["undo_reason"] == "Two people"
    assert len(staff.get(f"/contacts/{other}").get_json()["identities"]) == 1
    for junk in ("x", "2026-01-01_x", "_"):
        assert staff.get(f"/contacts/{one}?cursor={junk}").get_json()["code"] == "bad_cursor"


def test_a_lead_exports_and_erases(make: Factory, ana: Agency, calling: Calling) -> None:
    person = writer(ana, make.conversation(ana, text="Mine alone"))
    lead, staff = calling(ana.team_lead), calling(ana.staff)
    answer = lead.get(f"/contacts/{person}/export")
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert [row["text"] for row in json.loads(packed.read("person.json"))["messages"]] == ["Mine alone"]
    assert staff.get(f"/contacts/{person}/export").status_code == 403
    assert lead.post(f"/contacts/{person}/erasure", {"confirm": "yes"}).status_code == 422
    made = lead.post(f"/contacts/{person}/erasure", {"confirm": "erase for good"})
    assert made.status_code == 201, made.get_json()
    assert lead.get(f"/erasures/{made.get_json()['id']}").get_json()["state"] == "waiting"
    assert staff.get(f"/erasures/{made.get_json()['id']}").status_code == 403
