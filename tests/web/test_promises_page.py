"""What was promised to customers, where people see it: the list, the case, the composer, the client's place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.replies.promise_lists import list_promises
from tenants import clock
from tenants.database import new_id
from tenants.errors import Invalid
from tests.api.calling import token_for
from tests.factories import Agency, Factory
from tests.replies.conftest import Case
from tests.web.browser import Browser
from tests.web.test_ways_of_answering import composer_form

COPY = """
insert into customer_promise (agency_id, id, brand_id, conversation_id, reply_id, reply_text_id, starts, ends, made_at,
    due_at, ended, ended_at, ended_by)
select r.agency_id, :id, r.brand_id, r.conversation_id, r.id, r.text_id, 3, 12, now() - interval '9 days', :due_at,
    :ended, case when cast(:ended as text) is null then null else now() end,
    case when cast(:ended as text) is null then null else r.written_by end
from reply r where r.id = :reply_id
"""
HOUR = timedelta(hours=1)


def promised(superuser: Engine, reply_id: UUID, due_in: timedelta, ended: str | None = None) -> UUID:
    with superuser.begin() as connection:
        given = {"id": new_id(), "reply_id": reply_id, "due_at": clock.now() + due_in, "ended": ended}
        connection.execute(text(COPY), given)
        return UUID(str(given["id"]))


@pytest.fixture
def reply_id(make: Factory, ana: Agency, superuser: Engine) -> UUID:
    """A published answer."""
    found = Case(ana, make.conversation(ana), superuser).draft("We do it soon.")
    with superuser.begin() as connection:
        connection.execute(
            text("update reply set state = 'published', published_at = now(), platform_id = '9_1' where id = :id"),
            {"id": found},
        )
    return found


def test_the_list_begins_with_what_is_broken_and_goes_on_where_it_stopped(
    whole_app: Flask, ana: Agency, superuser: Engine, reply_id: UUID, statements: Callable[[], list[str]]
) -> None:
    due = [promised(superuser, reply_id, hours * HOUR) for hours in (30, -5, 1, -40)]
    late = [promised(superuser, reply_id, -hours * HOUR, "late") for hours in (1, 2)]
    promised(superuser, reply_id, HOUR, "kept")
    wanted = [due[3], due[1], due[2], due[0]]
    for who in (ana.team_lead, ana.client_owner):
        with ana.entered(who):
            statements()
            first = list_promises(who, "open", limit=3)
            assert len([one for one in statements() if "set_config" not in one]) == 1
            rest = list_promises(who, "open", after=first.next_cursor, limit=3)
            assert [row.promise.id for row in first.rows + rest.rows] == wanted
            assert rest.next_cursor is None
            broken = list_promises(who, "broken", ana.brand_ids[0]).rows
            assert [row.promise.id for row in broken] == wanted[:2]
            newest = list_promises(who, "late", limit=1)
            older = list_promises(who, "late", after=newest.next_cursor)
            assert [row.promise.id for row in newest.rows + older.rows] == late[::-1]
            for cursor in ("x", "2026-01-01T00:00:00_1", f"{clock.now():%Y-%m-%d}_{new_id()}"):
                with pytest.raises(Invalid):
                    list_promises(who, "open", after=cursor)
    page = Browser(whole_app, ana.staff).get("/promises").get_data(as_text=True)
    assert "2 broken, 4 open in all" in page
    assert page.count('class="wait-card') == 4
    assert page.count("Promise broken") == 2
    assert "by the brand&#39;s clock" not in page
    with superuser.begin() as connection:
        connection.execute(text("update brand set time_zone = 'Pacific/Auckland'"))
        connection.execute(
            text("update customer_promise set made_at = '2026-01-01', due_at = '2026-01-09 11:00+00' where id = :id"),
            {"id": due[3]},
        )
    page = Browser(whole_app, ana.staff).get("/promises").get_data(as_text=True)
    assert page.count("by the brand&#39;s clock") == 4
    assert ">24:00 by the brand&#39;s clock" in page, "midnight there is not midnight here"
    assert "No promise was kept too late." not in Browser(whole_app, ana.staff).get("/promises?state=late").text


def test_the_case_says_what_is_open_and_a_press_ends_it(
    whole_app: Flask, ana: Agency, superuser: Engine, reply_id: UUID
) -> None:
    one = promised(superuser, reply_id, HOUR)
    with superuser.connect() as connection:
        case = connection.execute(text("select conversation_id from reply")).scalar_one()
    staff, place = Browser(whole_app, ana.staff), f"/conversations/{case}"
    shown = staff.get(place).text
    asked = whole_app.test_client(use_cookies=False).get(
        f"/api/v1{place}", headers={"Authorization": f"Bearer {token_for(whole_app, ana.staff)}"}
    )
    assert [(p["id"], p["phrase"], p["broken"]) for p in asked.get_json()["promises"]] == [
        (str(one), "do it soo", False)
    ]
    assert "do it soo" in shown.partition('aria-label="What is promised"')[2]
    assert staff.post(f"{place}/promises/{new_id()}", {"do": "kept"}).status_code == 404
    assert staff.post(f"/conversations/{new_id()}/promises/{one}", {"do": "kept"}).status_code == 404
    answer = staff.post(f"{place}/promises/{one}", {"do": "kept", "back": "list"})
    assert (answer.status_code, answer.location) == (303, "/promises")
    assert "Nothing is promised." in staff.get("/promises").text
    assert 'aria-label="What is promised"' not in staff.get(place).text
    with superuser.begin() as connection:
        connection.execute(text("update brand set time_zone = 'Pacific/Auckland'"))
    staff.post(f"{place}/promises/{one}", {"do": "reopened"})
    assert "by the brand&#39;s clock" in staff.get(place).text
    lead = Browser(whole_app, ana.client_owner)
    page = lead.get("/promises").text
    assert f"/approvals/{reply_id}" in page
    assert f"/promises/{one}" not in page, "a client reads"
    assert "/promises" in lead.get("/approvals").text


def test_whoever_writes_sees_what_they_would_promise(
    whole_app: Flask, make: Factory, ana: Agency, statements: Callable[[], list[str]], superuser: Engine
) -> None:
    place = f"/conversations/{make.conversation(ana)}"
    staff = Browser(whole_app, ana.staff)
    form = composer_form(staff.get(place).text, text="Thank you for telling us. We are sorry about all of this.")
    staff.post(f"{place}/check", form)
    statements()
    assert "Promises:" not in staff.post(f"{place}/check", form).text
    before = len(statements())
    form["text"] = "Thank you for telling us. We will write to you by tomorrow."
    assert "by tomorrow → " in staff.post(f"{place}/check", form).text
    assert len(statements()) == before
    with superuser.begin() as connection:
        connection.execute(text("update brand set time_zone = 'Pacific/Auckland'"))
    assert "24:00 by the brand&#39;s clock" in staff.post(f"{place}/check", form).text
