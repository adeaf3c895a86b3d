"""The quality pages as a browser and a program see them: judge and go on, and who is shown what was found."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from agency.inbox.models import Message
from agency.replies.models import Reply
from agency.training import quality
from agency.training import quality_sample as sampling
from tenants import clock
from tenants.database import db
from tenants.permissions import ROLE_PERMISSIONS, Actor, Permission, Role
from tests.api.calling import Caller, token_for
from tests.factories import Agency, Factory
from tests.training.sent import ALL_YES, sent_reply
from tests.web.replying import HOSTILE, is_inert
from tests.web.visiting import Visitor

Visit = Callable[[Actor], Visitor]
NOTE = "CANARYnote say by when"
FORM = {"friendly": "yes", "solves": "no", "personal": "partly", "note": NOTE, "version": "0"}


@pytest.fixture
def visit(whole_app: Flask) -> Visit:
    return lambda actor: Visitor(whole_app, actor)


@pytest.fixture
def replies(make: Factory, ana: Agency) -> list[UUID]:
    """Two of the sample, in the order of their lots."""
    for words in ("Thank you, it is on its way.", HOSTILE):
        sent_reply(make, ana, ana.staff, customer="Where is it? +48 601 234 567", words=words)
    with ana.entered(ana.team_lead):
        return [row.id for row in sampling.sample_of(ana.team_lead, sampling.newest_week()).rows]


def chosen(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="radio" name="(\w+)" value="(\w+)"[^>]* checked', page))


def test_a_lead_judges_one_after_the_other(ana: Agency, replies: list[UUID], visit: Visit) -> None:
    lead = visit(ana.team_lead)
    page = lead.get("/quality").text
    assert "0 of 2 judged" in page
    assert "601 234" not in page
    assert f'href="/quality/replies/{replies[0]}" data-key="n"' in page
    first = lead.get(f"/quality/replies/{replies[0]}").text
    assert "601 234" not in first
    assert "Answered after" in first
    assert ana.staff.name in first
    went_on = lead.post(f"/quality/replies/{replies[0]}", FORM)
    assert (went_on.status_code, went_on.location) == (303, f"/quality/replies/{replies[1]}")
    last = lead.post(f"/quality/replies/{replies[1]}", FORM)
    assert last.location.startswith("/quality?week=")
    done = lead.get(last.location).text
    assert "2 of 2 judged" in done
    assert "You have judged all of them." in done
    again = lead.get(f"/quality/replies/{replies[0]}").text
    assert chosen(again) == {"friendly": "yes", "solves": "no", "personal": "partly"}
    assert lead.post(f"/quality/replies/{replies[0]}", {**FORM, "solves": "yes", "version": "1"}).status_code == 303
    assert "Changed 1 time" in lead.get(f"/quality/replies/{replies[0]}").text
    assert "2 judged<" in lead.get("/quality/trends").text


def test_what_was_typed_stays_where_it_cannot_be_kept(ana: Agency, replies: list[UUID], visit: Visit) -> None:
    lead, here = visit(ana.team_lead), f"/quality/replies/{replies[0]}"
    refused = lead.post(here, {**FORM, "solves": ""})
    assert refused.status_code == 422
    assert 'id="solves-error"' in refused.text
    assert NOTE in refused.text
    assert chosen(refused.text) == {"friendly": "yes", "personal": "partly"}
    assert lead.post(here, FORM).status_code == 303
    slower = lead.post(here, {**FORM, "friendly": "no"})
    assert slower.status_code == 409
    assert "You judged this reply elsewhere" in unescape(slower.text)
    assert chosen(slower.text)["friendly"] == "no"
    assert 'name="version" value="1"' in slower.text


def test_a_second_click_judges_once_and_goes_on(ana: Agency, replies: list[UUID], visit: Visit) -> None:
    lead, here = visit(ana.team_lead), f"/quality/replies/{replies[0]}"
    for _click in range(2):
        went_on = lead.post(here, FORM)
        assert (went_on.status_code, went_on.location) == (303, f"/quality/replies/{replies[1]}")
    for _click in range(2):
        assert lead.post(here, {**FORM, "solves": "yes", "version": "1"}).status_code == 303
    assert "Changed 1 time" in lead.get(here).text


def test_what_the_customer_deleted_meanwhile_is_refused_with_the_reason(
    ana: Agency, replies: list[UUID], visit: Visit
) -> None:
    with ana.entered():
        message_id = db.session.scalars(select(Reply.in_reply_to_id).where(Reply.id == replies[0])).one()
        db.session.execute(update(Message).where(Message.id == message_id).values(deleted_at=clock.now(), text=""))
    refused = visit(ana.team_lead).post(f"/quality/replies/{replies[0]}", FORM)
    assert refused.status_code == 409
    assert "This reply is not in your sample" in unescape(refused.text)


def test_what_the_customer_deleted_is_no_rating_without_words(ana: Agency, replies: list[UUID], visit: Visit) -> None:
    with ana.entered(ana.team_lead):
        quality.judge(ana.team_lead, replies[0], ALL_YES)
    with ana.entered():
        message_id = db.session.scalars(select(Reply.in_reply_to_id).where(Reply.id == replies[0])).one()
        db.session.execute(update(Message).where(Message.id == message_id).values(deleted_at=clock.now(), text=""))
    page = visit(ana.staff).get("/quality/mine").text
    assert "Deleted by the customer." in page
    assert "A rating without words." not in page


def test_hostile_words_are_inert(ana: Agency, replies: list[UUID], visit: Visit) -> None:
    lead = visit(ana.team_lead)
    for reply in replies:
        lead.post(f"/quality/replies/{reply}", {**FORM, "note": HOSTILE})
    assert is_inert(lead.get("/quality").text)
    assert all(is_inert(lead.get(f"/quality/replies/{reply}").text) for reply in replies)
    assert is_inert(visit(ana.staff).get("/quality/mine").text)


def test_the_author_reads_it_and_nobody_else_by_any_door(
    whole_app: Flask, make: Factory, ana: Agency, replies: list[UUID], visit: Visit
) -> None:
    with ana.entered(ana.team_lead):
        quality.judge(ana.team_lead, replies[0], {**ALL_YES, "note": NOTE})
    with ana.entered():
        conversation = db.session.scalars(select(Reply.conversation_id).where(Reply.id == replies[0])).one()
    colleague = make.person(ana, Role.STAFF)
    lead_elsewhere = make.person(ana, Role.TEAM_LEAD, only_brand_ids=[ana.brand_ids[1]])
    pages = [
        "/quality",
        "/quality/mine",
        "/quality/trends",
        f"/quality/replies/{replies[0]}",
        f"/replies/{replies[0]}/receipt",
        f"/conversations/{conversation}",
    ]
    paths = ["/quality/mine", "/quality/sample", f"/replies/{replies[0]}", f"/replies/{replies[0]}/receipt"]
    paths.append(f"/conversations/{conversation}")
    for actor in (ana.light, ana.client_owner, ana.billing_admin, colleague, lead_elsewhere):
        seen, caller = visit(actor), Caller(whole_app, token_for(whole_app, actor))
        assert not any(NOTE in seen.get(page).text for page in pages), actor.role
        assert not any(NOTE in caller.get(path).text for path in paths), actor.role
        assert ana.staff.name not in seen.get("/quality/trends").text
        tried = caller.post(f"/replies/{replies[0]}/judgement", ALL_YES)
        assert tried.status_code == (404 if actor is lead_elsewhere else 403)
    assert NOTE in visit(ana.staff).get("/quality").text
    assert NOTE in Caller(whole_app, token_for(whole_app, ana.staff)).get("/quality/mine").text
    assert NOTE in visit(ana.team_lead).get(f"/quality/replies/{replies[0]}").text
    assert NOTE not in visit(ana.agency_admin).get(f"/quality/replies/{replies[0]}").text, "yet to judge"


@pytest.mark.parametrize("role", list(Role))
def test_pages_and_menu_by_role(ana: Agency, visit: Visit, role: Role) -> None:
    seen, allowed = visit(ana.actors[role.value]), ROLE_PERMISSIONS[role]
    own = 200 if Permission.QUALITY_READ_OWN in allowed else 403
    assert (seen.get("/quality").status_code, seen.get("/quality/mine").status_code) == (own, own)
    leads = 200 if Permission.QUALITY_JUDGE in allowed else 403
    assert seen.get("/quality/trends").status_code == leads
    assert ('href="/quality"' in seen.get("/more").text) == (own == 200)


def test_a_program_judges(whole_app: Flask, ana: Agency, replies: list[UUID]) -> None:
    lead = Caller(whole_app, token_for(whole_app, ana.team_lead))
    page = lead.get("/quality/sample?limit=1").get_json()
    assert (page["size"], page["judged"], page["items"][0]["reply_id"]) == (2, 0, str(replies[0]))
    assert "601 234" not in page["items"][0]["customer_text"]
    rest = lead.get(f"/quality/sample?cursor={page['next_cursor']}").get_json()
    assert [one["reply_id"] for one in rest["items"]] == [str(replies[1])]
    path = f"/replies/{replies[0]}/judgement"
    assert lead.post(path, {**FORM, "version": 0}).get_json()["version"] == 1
    assert lead.post(path, {**FORM, "version": 0}).get_json()["version"] == 1, "a second click"
    assert lead.post(path, {**FORM, "version": 0, "solves": "yes"}).status_code == 409
    changed = lead.post(path, {**FORM, "version": 1, "solves": "yes"}).get_json()
    assert [one["solves"] for one in changed["earlier"]] == ["no"]
    assert lead.get("/quality/sample").get_json()["judged"] == 1
    mine = Caller(whole_app, token_for(whole_app, ana.staff)).get("/quality/mine").get_json()
    assert [(one["solves"], one["note"]) for one in mine["items"]] == [("yes", NOTE)]


@pytest.mark.parametrize(
    "address",
    [
        "/quality?week=soon",
        "/quality?week=2999-01-01",
        "/quality?after=x",
        "/quality/mine?after=x",
        "/quality/trends?after=x",
        "/quality/trends?after=019a8f00-0000-7000-8000-000000000001&after_name=%00",
    ],
)
def test_a_damaged_address_is_refused(ana: Agency, visit: Visit, address: str) -> None:
    assert visit(ana.team_lead).get(address).status_code == 422


def test_a_foreign_reply_cannot_be_told_from_nothing(
    make: Factory, ana: Agency, stranger: Agency, visit: Visit
) -> None:
    theirs = sent_reply(make, stranger, stranger.staff)
    lead = visit(ana.team_lead)
    for reply in (str(theirs), "019a8f00-0000-7000-8000-000000000001", "x"):
        assert lead.get(f"/quality/replies/{reply}").status_code == 404
        assert lead.post(f"/quality/replies/{reply}", FORM).status_code == 404
