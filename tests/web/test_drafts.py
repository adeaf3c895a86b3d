"""What an open form sends by itself, what becomes of words that cannot be saved, and the choice among versions."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from agency.inbox import desk
from agency.inbox.desk_models import DraftVersion
from agency.replies.models import Reply
from tenants.database import db
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.web.test_inbox_pages import Visit, composer_form, replies, visit
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
    assert (refused.status_code, refused.get_json()["kept"]) == (409, False), "too long: it stays in the browser"
    assert visitor.post(f"/conversations/{case}/autosave", {"text": "No binding"}).status_code == 409
    assert versions(ana) == []


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
