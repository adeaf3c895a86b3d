"""Several cases at once on pages: with boxes and without script, with what was left, and taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select, update

from agency.inbox import desk
from agency.inbox.bulk_models import BulkDeed
from agency.inbox.models import Contact, Conversation
from agency.inbox.reranking import rerank_due
from agency.inbox.returning import hand_back_expired
from agency.web.snoozing import moments
from tenants import clock
from tenants.database import db, new_id
from tenants.permissions import Actor
from tests.factories import Agency, Factory
from tests.web.visiting import Visitor

Visit = Callable[[Actor], Visitor]


@pytest.fixture
def visit(whole_app: Flask) -> Visit:
    return lambda actor: Visitor(whole_app, actor)


@pytest.fixture
def make(whole_app: Flask) -> Factory:
    return Factory(whole_app)


@pytest.fixture
def cases(make: Factory, ana: Agency) -> list[UUID]:
    account = make.account(ana)
    return [make.conversation(ana, account_id=account, rank=100 - n, author=f"Guest {n}") for n in range(3)]


def statuses(agency: Agency, cases: list[UUID]) -> list[str]:
    with agency.entered():
        found = {row[0]: row[1] for row in db.session.execute(select(Conversation.id, Conversation.status))}
        return [found[case] for case in cases]


def undo_address(page: str) -> str:
    return unescape(re.search(r'action="([^"]+/undo[^"]*)"', page)[1])  # type: ignore[index]


def test_without_script_boxes_are_ticked_resolved_and_taken_back(ana: Agency, cases: list[UUID], visit: Visit) -> None:
    visitor = visit(ana.staff)
    page = visitor.get("/inbox/choose").text
    assert [one for one in map(str, cases) if f'name="case" value="{one}" form="bulk-form"' not in page] == []
    press = re.search(r'name="press" value="([^"]+)"', page)[1]  # type: ignore[index]
    answer = visitor.post("/inbox/press", {"press": press, "case": list(map(str, cases[:2])), "deed": "resolve"})
    assert answer.status_code == 303
    assert statuses(ana, cases) == ["closed", "closed", "open"]
    listed = visitor.get("/inbox").text
    assert "2 cases resolved." in listed
    visitor.post(undo_address(listed))
    assert statuses(ana, cases) == ["open"] * 3
    assert "Taken back: 2 cases are as they were." in visitor.get("/inbox").text
    assert "Taken back" in visitor.get("/inbox/presses").text


def test_what_was_left_is_told_case_by_case(ana: Agency, cases: list[UUID], visit: Visit) -> None:
    with ana.entered(ana.team_lead):
        desk.claim(ana.team_lead, cases[0])
    visitor = visit(ana.staff)
    visitor.post("/inbox/press", {"press": str(new_id()), "all": "1", "deed": "resolve"})
    listed = visitor.get("/inbox").text
    assert "2 cases resolved. 1 of 3 not." in listed
    address = unescape(re.search(r'href="(/inbox/presses/[^"]+)"', listed)[1])  # type: ignore[index]
    told = visitor.get(address).text
    assert "Guest 0" in told
    assert ana.team_lead.name in told
    assert visit(ana.team_lead).get(address).status_code == 404


def test_a_single_case_is_undone_where_it_was_done(ana: Agency, cases: list[UUID], visit: Visit) -> None:
    visitor = visit(ana.staff)
    for deed, form, status in (
        ("close", {}, "closed"),
        ("spam", {}, "closed"),
        ("snooze", {"until": (clock.now() + timedelta(hours=3)).isoformat()}, "snoozed"),
        ("snooze", {"own": "2099-01-01T00:00"}, "open"),
    ):
        visitor.post(f"/conversations/{cases[0]}/{deed}", form)
        assert statuses(ana, cases)[0] == status, deed
        page = visitor.get(f"/inbox/{cases[0]}").text
        if status != "open":
            back = visitor.post(undo_address(page))
            assert back.headers["Location"].endswith(f"/inbox/{cases[0]}")
            assert statuses(ana, cases)[0] == "open"


def test_a_mark_closes_what_comes_next_and_only_a_lead_lifts_it(ana: Agency, cases: list[UUID], visit: Visit) -> None:
    visitor = visit(ana.staff)
    visitor.post(f"/conversations/{cases[0]}/spam", {"mark": "1"})
    page = visitor.get("/inbox/spam").text
    assert "Guest 0" in page
    assert "All but reviews with stars" in page
    assert "/lift" not in page
    with ana.entered():
        marked = db.session.scalars(select(Contact.id).where(Contact.spam_since.is_not(None))).one()
    assert visitor.post(f"/inbox/spam/{marked}/lift").status_code == 403
    lead = visit(ana.team_lead)
    lead.post(f"/inbox/spam/{marked}/lift")
    assert "Nobody is marked" in lead.get("/inbox/spam").text


def test_the_undo_of_a_single_spam_lifts_its_mark(ana: Agency, cases: list[UUID], visit: Visit) -> None:
    visitor = visit(ana.staff)
    visitor.post(f"/conversations/{cases[0]}/spam", {"mark": "1"})
    visitor.post(undo_address(visitor.get(f"/inbox/{cases[0]}").text))
    assert "Nobody is marked" in visitor.get("/inbox/spam").text
    assert statuses(ana, cases)[0] == "open"


WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-25T09:20:00+00:00", ["2026-11-25T14:00", "2026-11-26T09:00", "2026-11-30T09:00", "2026-12-02T09:00"]),
        ("2026-11-25T21:00:00+00:00", ["2026-11-26T09:00", "2026-11-30T09:00", "2026-12-02T09:00"]),
        ("2026-11-22T11:00:00+00:00", ["2026-11-22T15:00", "2026-11-23T09:00", "2026-11-29T09:00"]),
        # The night the clocks go back, and forward: nine in the morning stays nine.
        ("2026-10-24T10:00:00+00:00", ["2026-10-24T15:00", "2026-10-25T09:00", "2026-10-26T09:00", "2026-10-31T09:00"]),
        ("2026-03-28T10:30:00+00:00", ["2026-03-28T15:00", "2026-03-29T09:00", "2026-03-30T09:00", "2026-04-04T09:00"]),
    ],
)
def test_moments_are_of_the_readers_own_day(ana: Agency, now: str, expected: list[str]) -> None:
    with ana.app.test_request_context():
        found = moments(datetime.fromisoformat(now).astimezone(UTC), WARSAW)
    assert [at.astimezone(WARSAW).strftime("%Y-%m-%dT%H:%M") for _label, at in found] == expected
    assert len({label for label, _at in found}) == len(found)


def test_a_case_put_off_comes_back_on_top_and_says_why(ana: Agency, cases: list[UUID], visit: Visit) -> None:
    visitor, start = visit(ana.staff), clock.now()
    until = start + timedelta(hours=3)
    visitor.post(f"/conversations/{cases[2]}/snooze", {"until": until.isoformat()})
    assert f"/inbox/{cases[2]}" not in visitor.get("/inbox").text
    with clock.stopped_at(until + timedelta(minutes=1)), ana.entered():
        assert hand_back_expired() == 1
        rerank_due()
    listed = visitor.get("/inbox").text
    first = next(one for one in re.findall(r'href="/inbox/([0-9a-f-]{36})"', listed) if UUID(one) in cases)
    assert first == str(cases[2])
    assert "You put this off, and now it is time." in visitor.get(f"/inbox/{cases[2]}").text
    assert "This was put off, and now it is time." in visit(ana.team_lead).get(f"/inbox/{cases[2]}").text


def test_a_mark_that_cannot_be_set_leaves_the_case_as_it_was(ana: Agency, cases: list[UUID], visit: Visit) -> None:
    with ana.entered():
        db.session.execute(update(Conversation).values(contact_id=None))
    visitor = visit(ana.staff)
    visitor.post(f"/conversations/{cases[0]}/spam", {"mark": "1"})
    assert "The case was not changed." in visitor.get(f"/inbox/{cases[0]}").text
    assert statuses(ana, cases[:1]) == ["open"]
    visitor.post("/inbox/press", {"press": str(new_id()), "deed": "resolve"})
    assert "Choose a case first." in visitor.get("/inbox").text
    assert '/undo"' not in visitor.get("/inbox/presses").text
    with ana.entered():
        assert db.session.scalars(select(BulkDeed.id)).all() == [], "what was refused is no press"
