"""What an open form sends by itself, what becomes of words that cannot be saved, and the choice among versions."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, update

from agency.inbox import desk
from agency.inbox.desk_models import DraftVersion
from agency.replies.models import Reply
from tenants import clock
from tenants.database import db, new_id
from tenants.models import Person
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.web.test_inbox_pages import Visit, column, composer_form, replies, visit
from tests.web.test_ways_of_answering import published
from tests.web.visiting import Visitor

__all__ = ["visit"]


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana)


def form_at(visitor: Visitor, case: UUID) -> dict[str, str]:
    return composer_form(visitor.get(f"/inbox/{case}").text, "")


def typed(visitor: Visitor, case: UUID, form: dict[str, str], words: str, turn: int = 1) -> Any:
    return visitor.post(f"/conversations/{case}/autosave", {**form, "text": words, "turn": str(turn)})


def versions(agency: Agency) -> list[tuple[str, str]]:
    with agency.entered():
        rows = db.session.execute(select(DraftVersion.text, DraftVersion.why).order_by(DraftVersion.id))
        return [(row[0], row[1]) for row in rows]


def test_words_typed_while_a_lead_took_the_case_are_ones_own_version_and_offered(
    ana: Agency, case: UUID, visit: Visit
) -> None:
    holder, lead = visit(ana.staff), visit(ana.team_lead)
    form = form_at(holder, case)
    assert typed(holder, case, form, "Dear customer").status_code == 204
    with ana.entered(ana.team_lead):
        desk.take_over(ana.team_lead, case, "I answer this one.")
    lost = typed(holder, case, form, "Dear customer, we", 2)
    assert lost.status_code == 409
    assert lost.get_json()["kept"] is True
    assert ana.team_lead.name in lost.get_json()["message"]
    typed(holder, case, form, "Dear customer, we are sorry", 3)
    assert versions(ana) == [("Dear customer, we are sorry", "held")], "typing on changes the version, adds none"
    page = lead.get(f"/inbox/{case}").text
    assert f"{ana.staff.name} wrote these words" in page, "whoever has it now goes on from them"
    assert "Dear customer, we are sorry" in page, "and may choose what was typed afterwards"
    url = re.search(r'action="([^"]*/versions/[^"]*)"', page)
    assert url is not None
    assert lead.post(unescape(url.group(1)), {"do": "take"}).status_code == 303
    assert replies(ana) == [("draft", "Dear customer, we are sorry")]
    page = lead.get(f"/inbox/{case}").text
    assert "Go on from these" not in page, "nothing waits for a choice any more"
    assert f"/conversations/{case}/versions" in page.split('class="versions"')[1].split("</div>")[0], (
        "but one finds them"
    )
    assert "Dear customer</p>" in lead.get(f"/conversations/{case}/versions").text, "what the draft said before"
    assert holder.get(f"/conversations/{case}/versions").status_code == 200


def test_a_button_that_cannot_save_keeps_the_words_beside_the_draft(ana: Agency, case: UUID, visit: Visit) -> None:
    first, second = visit(ana.staff), visit(ana.staff)
    one, two = form_at(first, case), form_at(second, case)
    assert typed(first, case, one, "From the first window").status_code == 204
    answer = second.post(f"/conversations/{case}/reply", {**two, "text": "From the second window", "do": "submit"})
    assert answer.status_code == 409
    assert "You changed this draft in another window." in unescape(answer.text)
    assert "From the second window</textarea>" in answer.text
    assert "From the first window" in answer.text, "both stand side by side"
    assert replies(ana) == [("draft", "From the first window")]
    assert versions(ana) == [("From the second window", "changed")]


def test_what_is_sent_late_from_a_form_that_was_handed_in_changes_nothing(
    ana: Agency, case: UUID, visit: Visit
) -> None:
    visitor = visit(ana.staff)
    form = form_at(visitor, case)
    typed(visitor, case, form, "Thank you", 1)
    sent = {**form, "text": "Thank you for telling us.", "do": "submit", "turn": "3"}
    assert visitor.post(f"/conversations/{case}/reply", sent).status_code == 303
    assert typed(visitor, case, form, "Thank you for", 2).status_code == 204
    assert replies(ana) == [("awaiting_approval", "Thank you for telling us.")]
    assert versions(ana) == []
    other = typed(visitor, case, {**form, "idempotency_key": "old tab"}, "Something else")
    assert (other.status_code, other.get_json()["code"]) == (409, "submitted")
    assert versions(ana) == [("Something else", "submitted")]


def test_light_seats_read_drafts_and_versions_and_clients_neither(
    ana: Agency, make: Factory, case: UUID, visit: Visit
) -> None:
    staff = visit(ana.staff)
    typed(staff, case, form_at(staff, case), "Unchecked words")
    with ana.entered(ana.staff):
        desk.assign(ana.team_lead, case, ana.team_lead.user_id, seen_holder_id=ana.staff.user_id)
    typed(staff, case, form_at(staff, case), "Words beside it")
    light, owner = visit(ana.light), visit(ana.client_owner)
    read = light.get(f"/inbox/{case}").text
    assert "Unchecked words" in read
    assert re.search(rf'<a href="/conversations/{case}/versions[^"]*">All versions', read), (
        "and are led to what is beside"
    )
    assert "Words beside it" in light.get(f"/conversations/{case}/versions").text
    assert "/versions/" not in light.get(f"/conversations/{case}/versions").text, "and choose nothing"
    assert "Unchecked words" not in owner.get(f"/inbox/{case}").text
    assert owner.get(f"/conversations/{case}/versions").status_code == 403


def test_a_strangers_version_is_none(ana: Agency, stranger: Agency, case: UUID, visit: Visit, make: Factory) -> None:
    staff = visit(ana.staff)
    with ana.entered(ana.team_lead):
        desk.claim(ana.team_lead, case)
    typed(staff, case, form_at(staff, case), "Ours")
    with ana.entered():
        version = db.session.scalars(select(DraftVersion.id)).one()
    only_second = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]])
    other_case = make.conversation(ana)
    for visitor, place in ((visit(stranger.team_lead), case), (visit(only_second), case), (staff, other_case)):
        for deed in ("take", "join", "settle", "nonsense"):
            answer = visitor.post(f"/conversations/{place}/versions/{version}", {"do": deed})
            assert answer.status_code == 404, (place, deed)
    assert visit(stranger.team_lead).get(f"/conversations/{case}/versions").status_code == 404


def test_hostile_forms_keep_nothing_and_break_nothing(ana: Agency, case: UUID, visit: Visit) -> None:
    visitor = visit(ana.staff)
    form = form_at(visitor, case)
    for turn in ("-1", "x", "9" * 30, "१", ""):
        assert typed(visitor, case, form, "Words", 1).status_code == 204
        odd = visitor.post(f"/conversations/{case}/autosave", {**form, "text": "Words", "turn": turn})
        assert odd.status_code == 204
    long = {**form, "idempotency_key": "k" * 500, "text": "x" * 10_001}
    refused = visitor.post(f"/conversations/{case}/autosave", long)
    assert (refused.status_code, refused.get_json()["kept"]) == (409, True), "too long for a reply: kept beside it"
    assert refused.get_json()["message"].endswith("Shorten it. What you wrote is kept beside the draft.")
    whole = "Zażółć gęślą jaźń 🫠👩🏽‍🚀 مرحبا \u202eabc\u202c\r\n" * 1_400
    assert len(whole) > 50_000
    refused = visitor.post(f"/conversations/{case}/autosave", {**form, "text": whole + "\x00", "idempotency_key": "b"})
    assert (refused.status_code, refused.get_json()["kept"]) == (409, True)
    refused = visitor.post(f"/conversations/{case}/autosave", {**long, "text": "x" * 60_001, "idempotency_key": "c"})
    assert (refused.status_code, refused.get_json()["kept"]) == (409, False), "no end: it stays in the browser"
    assert "kept" not in refused.get_json()["message"]
    assert visitor.post(f"/conversations/{case}/autosave", {"text": "No binding"}).status_code == 409
    assert versions(ana) == [("x" * 10_001, "refused"), (whole.replace("\r\n", "\n"), "refused")]
    with ana.entered():
        version = db.session.scalars(select(DraftVersion.id).order_by(DraftVersion.id)).first()
    assert visitor.post(f"/conversations/{case}/versions/{version}", {"do": "take"}).status_code == 303
    assert replies(ana) == [("draft", "Words")], "and is no draft before it is shorter"


def test_words_that_come_as_a_page_is_left_are_kept_and_take_no_case(ana: Agency, case: UUID, visit: Visit) -> None:
    """Given back is given back, although the page being left still sends what it could not save before."""
    visitor, leaving = visit(ana.staff), {"left": "1"}
    form = form_at(visitor, case)
    assert typed(visitor, case, {**form, **leaving}, "Dear").status_code == 204
    assert replies(ana) == [("draft", "Dear")], "the first words make a draft"
    assert column(ana, case, "holder_id") is None
    assert typed(visitor, case, form, "Dear customer", 2).status_code == 204
    assert column(ana, case, "holder_id") == ana.staff.user_id, "whoever types has the case"
    assert visitor.post(f"/conversations/{case}/release").status_code == 303
    for turn, words in ((3, "Dear customer, we"), (4, "Dear customer, we are")):
        assert typed(visitor, case, {**form, **leaving}, words, turn).status_code == 204
    way = {**form, **leaving, "private": "1", "idempotency_key": "loaded again", "text": "Dear customer, we are sorry"}
    assert visitor.post(f"/conversations/{case}/autosave", way).status_code == 204
    assert replies(ana) == [("draft", "Dear customer, we are sorry")]
    assert column(ana, case, "holder_id") is None
    with ana.entered(ana.team_lead):
        desk.claim(ana.team_lead, case)
    assert typed(visitor, case, {**form, **leaving}, "Dear customer, we were", 9).get_json()["kept"] is True
    assert column(ana, case, "holder_id") == ana.team_lead.user_id


def test_a_refusal_tells_times_where_its_reader_is(ana: Agency, case: UUID, visit: Visit) -> None:
    with ana.entered(), clock.stopped_at(datetime(2026, 7, 1, 12, 30, tzinfo=UTC)):
        desk.claim(ana.team_lead, case)
        db.session.execute(update(Person).where(Person.id == ana.staff.user_id).values(time_zone="Asia/Kathmandu"))
    with clock.stopped_at(datetime(2026, 7, 1, 12, 31, tzinfo=UTC)):
        visitor = visit(ana.staff)
        told = typed(visitor, case, form_at(visitor, case), "Words").get_json()["message"]
        assert "has this case since 18:15. " in told
        press = {"press": str(new_id()), "case": str(case), "deed": "resolve"}
        assert visitor.post("/inbox/press", press).status_code == 303
        assert "since 18:15." in visitor.get(f"/inbox/presses/{press['press']}").text, "and where it was kept"


def test_versions_beside_a_change_of_a_published_answer_are_asked_for_as_such(
    ana: Agency, superuser: Engine, case: UUID, visit: Visit
) -> None:
    base = published(superuser, ana, case)
    visitor = visit(ana.staff)
    page = visitor.get(f"/inbox/{case}?change={base}").text
    url = re.search(r'data-versions="([^"]+)"', page)
    assert url is not None
    assert unescape(url.group(1)) == f"/conversations/{case}/versions?change={base}"
    with ana.entered(ana.team_lead):
        desk.take_over(ana.team_lead, case, "I change it.")
    refused = typed(visitor, case, composer_form(page, ""), "Other words for it")
    assert (refused.status_code, refused.get_json()["kept"]) == (409, True)
    asked, elsewhere = (
        visitor.get(one, HX_Request="true").text.split("<details")[0]
        for one in (unescape(url.group(1)), f"/conversations/{case}/versions")
    )
    assert "Other words for it" in asked
    assert "Other words for it" not in elsewhere, "beside the next answer nobody is asked about them"


def test_a_draft_of_somebody_else_is_there_for_whoever_comes_next(
    ana: Agency, make: Factory, case: UUID, visit: Visit
) -> None:
    staff = visit(ana.staff)
    typed(staff, case, form_at(staff, case), "Half a sentence")
    staff.post("/away", {"next": "/inbox"})
    ben = visit(make.person(ana, Role.STAFF))
    page = ben.get(f"/inbox/{case}").text
    assert "Half a sentence</textarea>" in page
    assert f"{ana.staff.name} wrote these words, last at" in page
    with ana.entered():
        db.session.execute(update(Reply).values(draft_text=None, draft_by=None))
    assert "wrote these words" in ben.get(f"/inbox/{case}").text
