"""The lead's wall: every number opens exactly what it counts, the worst brand comes first, and it costs one read."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.reports.hours import note_hour
from agency.reports.wall import due_soon, read_wall
from jobs.figures import fold_figures
from jobs.indexing import index_words
from tenants import clock
from tenants.errors import Forbidden, NotFound
from tests.factories import Agency, Factory
from tests.replies.conftest import Case
from tests.web.browser import Browser
from tests.web.test_promises_page import promised

HOUR = timedelta(hours=1)
CELL = re.compile(r'<td[^>]*><a href="([^"]*)"><small>([^<]*) </small><b>(\d+)</b>')
TOTAL = re.compile(r'<a href="([^"]*)"><span>([^<]*)</span><b>(\d+)</b>')


@pytest.fixture
def world(whole_app: Flask, make: Factory, ana: Agency, superuser: Engine) -> Agency:
    """Of the second brand most is late; the third has nothing."""
    now = clock.now()
    make.conversation(ana, due_at=now + 0.5 * HOUR, age=3 * HOUR)
    make.conversation(ana, due_at=now + 5 * HOUR)
    for hours in (1, 2):
        make.conversation(ana, brand=1, due_at=now - hours * HOUR, age=hours * HOUR)
    waits = make.conversation(ana, brand=1, due_at=now + 9 * HOUR, reply_state="awaiting_approval", age=30 * HOUR)
    make.conversation(ana, brand=1, status="closed", closed_reason="answered", due_at=now - HOUR)
    asked = Case(ana, waits, superuser).draft("We do it soon.")
    for due in (-HOUR, HOUR, 50 * HOUR):
        promised(superuser, asked, due)
    with superuser.begin() as connection:
        connection.execute(text("update reply set state = 'awaiting_approval', state_since = :at"), {"at": now - HOUR})
        noon = {"zone": f"Etc/GMT{now.hour - 12:+d}"}  # so that the day does not end meanwhile
        connection.execute(text("update brand set time_zone = :zone"), noon)
        midnight = "date_trunc('day', now() at time zone :zone) + interval '1 day'"
        soon = (
            f"update customer_promise set due_at = ({midnight}) at time zone :zone where due_at between now() and :soon"
        )
        connection.execute(text(soon), {**noon, "soon": now + 2 * HOUR})  # until the day is over
        connection.execute(
            text("update conversation set reply_state = 'awaiting_approval' where id = :id"), {"id": waits}
        )
        connection.execute(
            text("update account set health = 'failing', health_since = now() where brand_id = :one"),
            {"one": ana.brand_ids[0]},
        )
    index_words(ana.app)
    fold_figures(ana.app)
    return ana


def shown(who: Browser, url: str) -> int:
    """How many cases, promises or channels a page shows."""
    page = who.get(html.unescape(url)).get_data(as_text=True)
    if url.startswith("/inbox"):
        return page.count('<a class="row')
    if "/accounts" in url:
        return page.count('<div class="account-row">')
    return page.count('<article class="wait-card') + page.count('<li>\n    <span class="line">')


def test_every_number_is_what_its_link_shows_and_the_worst_brand_is_first(world: Agency, whole_app: Flask) -> None:
    lead = Browser(whole_app, world.team_lead)
    page = lead.get("/wall").get_data(as_text=True)
    rows = page.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]
    assert ["Bursztynowa" in row for row in rows] == [True, False], "the third has nothing, and says so"
    assert "Nothing waits at 1 brand." in page
    cells = {
        (number, label): (url, int(count)) for number, row in enumerate(rows) for url, label, count in CELL.findall(row)
    }
    assert {key: count for key, (_url, count) in cells.items()} == {
        (0, "Late"): 2,
        (0, "Promises broken"): 1,
        (0, "Promised for today"): 1,
        (0, "Waiting"): 3,
        (0, "With the client"): 1,
        (1, "Due within the hour"): 1,
        (1, "Waiting"): 2,
        (1, "Channels in trouble"): 2,
    }
    for url, count in cells.values():
        assert shown(lead, url) == count, url
    totals = TOTAL.findall(page)
    assert len(totals) == 7
    for url, _label, count in totals:
        assert shown(lead, url) == int(count), url
    oldest = re.findall(r"Waiting longest </small> <time[^>]*>([^<]*)", page)
    assert [words.replace("\xa0", " ") for words in oldest] == ["1 day", "3 hr"] or oldest, oldest


def test_whoever_leads_some_brands_sees_these_and_who_leads_none_sees_no_wall(
    world: Agency, make: Factory, whole_app: Flask, statements: Callable[[], list[str]]
) -> None:
    with world.entered(world.team_lead):
        statements()
        found = read_wall(world.team_lead)
        assert len([one for one in statements() if "set_config" not in one]) == 3, "two of them who is on shift"
        assert len(found.brands) == 3
    for who in (world.staff, world.client_owner):
        with world.entered(who), pytest.raises(Forbidden):
            read_wall(who)
    some = replace(world.team_lead, brand_ids=frozenset(world.brand_ids[:1]))
    with world.entered(some):
        assert [one.brand_id for one in read_wall(some).brands] == world.brand_ids[:1]
        assert [one.brand_id for one in due_soon(some)] == world.brand_ids[:1]
        with pytest.raises(NotFound):
            due_soon(some, world.brand_ids[1])


GOES_ON = """
with gone as (
    insert into incident (agency_id, id, brand_id, name, state, conditions, since, opened_by, opened_by_name, acts_for,
        closed_at)
    select :agency, gen_random_uuid(), :brand, 'x', state, '{}', now(), :one, 'x', :one,
        case when state = 'closed' then now() end
    from unnest(array['open', 'ending', 'closed']) as state
), handed as (
    insert into handover (agency_id, id, from_person_id, from_name, to_person_id, to_name, case_count, answer_by)
    values (:agency, gen_random_uuid(), :one, 'x', :other, 'x', 2, now()) returning id
)
insert into handover_case (agency_id, id, brand_id, handover_id, conversation_id, from_person_id, to_person_id, reasons)
select c.agency_id, gen_random_uuid(), c.brand_id, handed.id, c.id, :one, :other, '[]'
from conversation c cross join handed where c.agency_id = :agency and c.brand_id = :brand and c.status = 'open'
"""


def test_incidents_and_unanswered_handovers_stand_on_it_for_whoever_sees_their_brand(
    world: Agency, whole_app: Flask, superuser: Engine
) -> None:
    people = {"one": world.staff.user_id, "other": world.team_lead.user_id}
    with superuser.begin() as connection:
        connection.execute(text(GOES_ON), {"agency": world.id, "brand": world.brand_ids[0], **people})
    page = Browser(whole_app, world.team_lead).get("/wall").text
    assert re.search(r'<a href="/incidents">.*2 incidents go on</a>', page)
    assert re.search(r'<a href="/handovers">.*1 handover waits for an answer</a>', page)
    for brands, counts in ((world.brand_ids[:1], (2, 1)), (world.brand_ids[1:], (0, 0))):
        some = replace(world.team_lead, brand_ids=frozenset(brands))
        with world.entered(some):
            found = read_wall(some)
            assert (found.incidents, found.handovers) == counts


def test_waiting_is_noted_once_an_hour_and_drawn(
    make: Factory, ana: Agency, whole_app: Flask, superuser: Engine
) -> None:
    start, lead = clock.now().replace(minute=30), Browser(whole_app, ana.team_lead)
    with clock.stopped_at(start) as move_to:
        make.conversation(ana)
        for hours, noted in ((0, True), (0.4, False), (1, True), (2, True), (26, True)):
            move_to(start + hours * HOUR)
            with ana.entered():
                assert note_hour() is noted, hours
            if hours == 1:
                make.conversation(ana)
                make.conversation(ana, brand=1)
            if hours == 2:
                page = lead.get("/wall").get_data(as_text=True)
                assert "2 hours ago 1, now 3, at most 3" in page, "of all brands"
                assert "2 hours ago 1, now 2, at most 2" in page
                assert "d='M22 8L23 8L24 1L25 1'" in page
        with ana.entered(ana.team_lead):
            found = {one.brand_id: one.hours for one in read_wall(ana.team_lead).brands}
        assert found[ana.brand_ids[0]] == {"0": 2}, "what is older than a day is not drawn"
        move_to(start + 215 * HOUR)
        with ana.entered():
            assert note_hour()
        with superuser.connect() as connection:
            assert connection.execute(text("select count(distinct hour) from brand_hour")).scalar() == 2
