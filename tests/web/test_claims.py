"""Who has a case, told where people stand: the loser of a race, whoever lost a case, whoever asks for the next one."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest

from agency.inbox import deeds, desk
from tenants import clock
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.web.test_inbox_pages import Visit, column, visit

__all__ = ["visit"]


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana)


def look_url(html: str) -> str:
    found = re.search(r'id="claim" hx-get="([^"]+)"', html)
    assert found
    return unescape(found.group(1))


def test_who_comes_second_is_told_who_was_first_on_the_case_itself(ana: Agency, case: UUID, visit: Visit) -> None:
    loser = visit(ana.staff)
    loser.get(f"/inbox/{case}")
    with ana.entered(ana.team_lead):
        desk.claim(ana.team_lead, case)
    answer = loser.post(f"/conversations/{case}/claim")
    assert answer.status_code == 303
    told = loser.get(answer.headers["Location"]).text
    assert re.search(rf"{ana.team_lead.name} has this case since \d\d:\d\d\. Nothing was changed; what you", told)


def test_an_open_page_asks_for_news_of_the_claim(ana: Agency, make: Factory, case: UUID, visit: Visit) -> None:
    with ana.entered(ana.staff):
        desk.claim(ana.staff, case)
    holder = visit(ana.staff)
    url = look_url(holder.get(f"/inbox/{case}").text)
    assert holder.get(url, HX_Request="true").status_code == 204, "nothing new, nothing sent"
    with ana.entered(ana.team_lead):
        desk.take_over(ana.team_lead, case, "You are needed elsewhere.")
    news = holder.get(url, HX_Request="true").text
    assert "Taken from you: You are needed elsewhere. What you wrote is kept." in news
    assert f"{ana.team_lead.name} has this case" in news
    assert holder.get(look_url(news), HX_Request="true").status_code == 204
    other = visit(make.person(ana, Role.STAFF))
    assert "Taken from you" not in other.get(f"/inbox/{case}").text
    assert "Taken from you" in holder.get(f"/inbox/{case}").text, "and whoever opens it anew"


def test_an_idle_case_is_offered_to_colleagues(ana: Agency, make: Factory, case: UUID, visit: Visit) -> None:
    start = clock.now()
    with clock.stopped_at(start) as move_to:
        with ana.entered(ana.team_lead):
            desk.claim(ana.team_lead, case)
        colleague = visit(ana.staff)
        assert "/take-over" not in colleague.get(f"/inbox/{case}").text
        move_to(start + timedelta(minutes=deeds.IDLE_MINUTES))
        page = colleague.get(f"/inbox/{case}").text
        assert "and does nothing now" in page
        colleague.post(f"/conversations/{case}/take-over", {"reason": "Lunch"})
    assert column(ana, case, "holder_id") == ana.staff.user_id
    assert column(ana, case, "hold_reason") == "Lunch"


def test_next_says_who_took_the_case_that_stood_first(ana: Agency, make: Factory, visit: Visit) -> None:
    low, high = (make.conversation(ana, rank=rank) for rank in (1, 9))
    visitor = visit(ana.staff)
    seen = re.search(r'name="seen" value="([^"]+)"', visitor.get("/inbox").text)
    assert seen is not None
    assert seen.group(1) == str(high)
    with ana.entered(ana.team_lead):
        desk.claim(ana.team_lead, high)
    answer = visitor.post("/inbox/next", {"seen": seen.group(1)})
    assert str(low) in answer.headers["Location"]
    assert f"{ana.team_lead.name} has this case since" in visitor.get(answer.headers["Location"]).text
    for hostile in ("", "x", str(ana.brand_ids[0]), str(low)):
        assert visitor.post("/inbox/next", {"seen": hostile}).status_code == 303


def test_away_and_signing_out_hold_nothing(ana: Agency, make: Factory, case: UUID, visit: Visit) -> None:
    other = make.conversation(ana)
    at_work, second = visit(ana.staff), visit(ana.staff)
    for deed, visitor, left in (("/away", at_work, None), ("/sign-out", second, ana.staff.user_id)):
        for one in (case, other):
            with ana.entered(ana.staff):
                desk.claim(ana.staff, one)
        visitor.get("/inbox")
        assert visitor.post(deed, {"next": "/inbox?view=mine"}).status_code == 303
        assert {column(ana, one, "holder_id") for one in (case, other)} == {left}, "another browser is still at work"
    at_work.get("/inbox")
    at_work.post("/sign-out")
    assert column(ana, case, "holder_id") is None
    at_work = visit(ana.staff)
    at_work.post("/away")
    assert "there was none to give back" in at_work.get("/inbox").text
    light = visit(ana.light)
    assert "/away" not in light.get("/inbox").text
    assert light.post("/away").status_code == 403
