"""Loops, cases that come back, birthdays and the wall, by programs."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import select

from agency.inbox.loops import asking, named
from agency.inbox.models import Conversation
from tenants import brands, clock
from tenants.database import db
from tests.api.calling import Caller
from tests.factories import Agency, Factory


def test_a_question_is_asked_read_listed_and_taken_back(
    lead: Caller, staff: Caller, ana: Agency, make: Factory
) -> None:
    case, brand = make.conversation(ana), ana.brand_ids[0]
    given = {"name": "Legal", "sort": "legal", "people": "Ines <legal@example.com>", "hours": 4}
    with ana.entered(ana.team_lead):
        named.create_loop(ana.team_lead, brand, {**given, "language": "en", "answers_by": "community"})
    (loop,) = staff.get(f"/brands/{brand}/loops").get_json()["items"]
    assert loop["people"] == [{"name": "Ines", "email": "legal@example.com"}]
    body = {"loop_id": loop["id"], "question": "May we say so?"}
    url = f"/conversations/{case}/loop-questions"
    assert staff.post(url, {**body, "to_email": "nobody@example.com"}).status_code == 422
    made = staff.post(url, body)
    assert made.status_code == 201
    one = made.get_json()
    assert (one["state"], one["to"], one["loop"], one["conversation_id"]) == ("open", "Ines", "Legal", str(case))
    assert staff.get("/loop-questions?state=mine").get_json()["items"] == [one]
    assert lead.get("/loop-questions?state=mine").get_json()["items"] == []
    with ana.entered():
        found = asking.find_asking(UUID(one["id"]), lock=True)
        assert found is not None
        asking.answer(found, "Yes.", how="mail")
    answered = staff.get(f"/loop-questions/{one['id']}").get_json()
    assert (answered["state"], answered["answer"]) == ("answered", "Yes.")
    assert staff.post(f"/loop-questions/{one['id']}/withdraw").get_json() == answered, "what ended stays"
    other = staff.post(url, {**body, "shows": "nothing"}).get_json()
    assert lead.post(f"/loop-questions/{other['id']}/withdraw").get_json()["state"] == "withdrawn"
    ended = lead.get("/loop-questions?state=ended&limit=1").get_json()
    assert [row["id"] for row in ended["items"]] == [other["id"]]
    rest = lead.get(f"/loop-questions?state=ended&limit=1&cursor={quote(ended['next_cursor'])}").get_json()
    assert [row["id"] for row in rest["items"]] == [one["id"]]


def test_a_case_comes_back_and_a_birthday_is_kept(lead: Caller, staff: Caller, ana: Agency, make: Factory) -> None:
    case = make.conversation(ana)
    url, at = f"/conversations/{case}/comeback", clock.now() + timedelta(days=2)
    assert staff("PUT", url, {"comes_at": clock.now().isoformat(), "reason": "Too late"}).status_code == 422
    made = staff("PUT", url, {"comes_at": at.isoformat(), "reason": "They asked", "draft": "Dear you"}).get_json()
    assert (made["reason"], made["has_draft"], made["person_id"]) == ("They asked", True, str(ana.staff.user_id))
    assert staff.get("/comebacks").get_json() == {"items": [made], "next_cursor": None}
    assert lead.get("/comebacks").get_json()["items"] == []
    assert lead.get("/comebacks?whose=all").get_json()["items"] == [made]
    assert staff.delete(url).get_json() == staff.delete(url).get_json() == {"conversation_id": str(case)}
    assert staff.get("/comebacks").get_json()["items"] == []
    (wall,) = [row for row in lead.get("/wall").get_json()["items"] if row["brand_id"] == str(ana.brand_ids[0])]
    assert (wall["waiting"], wall["late"]) == (1, 0)
    assert staff.get("/wall").status_code == 403
    with ana.entered():
        contact = db.session.scalars(select(Conversation.contact_id).where(Conversation.id == case)).one()
    place = f"/contacts/{contact}/birthday"
    given = {"month": 2, "day": 29, "source": "In July", "agreed_on": "2026-07-01", "agrees": True}
    assert staff("PUT", place, given).get_json()["code"] == "birthdays_off"
    with ana.entered(ana.agency_admin):
        brands.change_brand(ana.agency_admin, ana.brand_ids[0], keeps_birthdays=True)
    assert staff("PUT", place, {**given, "agrees": False}).status_code == 422
    held = staff("PUT", place, given).get_json()
    assert (held["brand_keeps"], held["birthday"]["month"], held["birthday"]["day"]) == (True, 2, 29)
    assert lead.get(place).get_json() == held
    assert staff.delete(place).get_json()["birthday"] is None
