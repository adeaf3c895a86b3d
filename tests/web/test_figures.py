"""Figures of how brands are answered: the cases behind a number come to it, for leads and for a brand's client."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.reports import figures
from agency.reports.figures import COUNTED, PRIVATE, PUBLIC, SPANS, Sums, counted_cases, read_figures
from agency.reports.folding import fold
from agency.reports.models import WAIT_BOUNDS, WAIT_STEPS
from tenants import clock
from tenants.database import new_id
from tenants.errors import Forbidden, Invalid, NotFound
from tests.api.calling import token_for
from tests.factories import Agency, Factory
from tests.web.browser import Browser

DAY = timedelta(days=1)
ANSWERED = """
insert into message (agency_id, id, brand_id, conversation_id, account_id, external_id, direction, text, written_at,
    content_hash)
select agency_id, :id, brand_id, conversation_id, account_id, external_id || 'a', 'out', 'Thank you',
    written_at + :took, content_hash
from message where conversation_id = :case
"""


@pytest.fixture
def world(make: Factory, ana: Agency, superuser: Engine, monkeypatch: pytest.MonkeyPatch) -> Agency:
    """Seven answered after an hour on one day, others public and private, now and three weeks ago; pages of five."""
    monkeypatch.setattr(figures, "PAGE_ROWS", 5)
    account = make.account(ana)
    cases = [make.conversation(ana, account_id=account, age=2 * DAY + timedelta(minutes=n % 7)) for n in range(7)]
    cases += [make.conversation(ana, brand=1, kind="message", age=20 * DAY) for _ in range(2)]
    cases.append(make.conversation(ana, brand=1, age=timedelta(minutes=3)))
    make.conversation(ana, brand=1, age=DAY, status="closed", closed_reason="stars_only")
    make.conversation(ana, brand=1, age=60 * DAY)
    with superuser.begin() as connection:
        for one in cases[:-2]:
            connection.execute(text(ANSWERED), {"id": new_id(), "case": one, "took": timedelta(hours=1)})
        connection.execute(
            text("update conversation set status = 'closed', closed_reason = 'answered' where id = any(:ids)"),
            {"ids": cases[:-2]},
        )
        connection.execute(
            text("insert into figure_due (agency_id, conversation_id) select agency_id, id from conversation")
        )
    with ana.entered():
        assert fold() == 12
    return ana


def test_the_cases_behind_a_number_come_to_it(world: Agency) -> None:
    lead = world.team_lead
    with world.entered(lead):
        for days in SPANS:
            for brand_id in (None, *world.brand_ids):
                found = read_figures(lead, days, brand_id)
                for kind in (PUBLIC, PRIVATE):
                    total = found.total(kind)
                    for of in COUNTED:
                        rows, after = [], None
                        while True:
                            page = counted_cases(lead, of, kind, days, brand_id, after)
                            rows += page.rows
                            after = page.next_cursor
                            if after is None:
                                break
                        number = total.asked - total.answered if of == "unanswered" else getattr(total, of)
                        assert sum(row.adds for row in rows) == number, (of, kind, days, brand_id)
                        assert len({(row.conversation_id, row.day) for row in rows}) == len(rows)
        week, month = (read_figures(lead, days).total(PUBLIC) for days in SPANS)
        private = read_figures(lead, 28).total(PRIVATE)
    assert (week.received, week.asked, week.answered, week.resolved, week.cases) == (9, 8, 7, 7, 8)
    assert week == month
    assert (private.received, private.answered, private.average_seconds) == (2, 1, 3_600)
    assert week.average_seconds == 3_600
    assert abs((week.median_seconds or 0) - 4_500) <= 900, "of the step from an hour to an hour and a half"


def test_pages_show_it_and_a_client_sees_their_brand_alone(world: Agency, whole_app: Flask) -> None:
    lead = Browser(whole_app, world.team_lead)
    page = lead.get("/figures?days=28").get_data(as_text=True)
    links = [html.unescape(one) for one in re.findall(r'href="(/figures/cases[^"]*)"', page)]
    assert len(links) > 6
    for url in links[::4]:
        shown = lead.get(url)
        assert shown.status_code == 200
        assert 'class="due-cases"' in shown.text, url
    answered = next(one for one in links if "of=answered&kind=public" in one)
    first = lead.get(answered).get_data(as_text=True)
    assert "Answered questions, in public, the last 28 days: 7" in first
    assert first.count('<li>\n    <span class="line">') == 5
    (more,) = re.findall(r'href="([^"]*)" rel="next"', first)
    assert lead.get(html.unescape(more)).get_data(as_text=True).count('<li>\n    <span class="line">') == 2
    lines = lead.get("/figures.csv?days=7").get_data().decode("utf-8-sig").splitlines()
    assert [line.split(",")[:6] for line in lines[1:]] == [
        ["Bursztynowa", "public", "7", "2", "1", "0"],
        ["Bursztynowa", "private", "7", "0", "0", "0"],
        ["Pennywell", "public", "7", "7", "7", "7"],
        ["Pennywell", "private", "7", "0", "0", "0"],
    ]
    told = whole_app.test_client(use_cookies=False).get(
        f"/api/v1/brands/{world.brand_ids[0]}/figures?days=28",
        headers={"Authorization": f"Bearer {token_for(whole_app, world.client_owner)}"},
    )
    public = told.get_json()["public"]
    assert (public["messages_received"], public["answered"], public["average_seconds"]) == (7, 7, 3_600)
    assert told.get_json()["private"]["median_seconds"] is None
    owner = Browser(whole_app, world.client_owner)
    assert "Figures" in owner.get("/figures").get_data(as_text=True)
    assert lead.get("/figures/cases?of=nothing").status_code == 404
    with world.entered(world.staff), pytest.raises(Forbidden):
        read_figures(world.staff, 7)
    some = replace(world.client_owner, brand_ids=frozenset(world.brand_ids[1:2]))
    with world.entered(some):
        assert [one.brand_id for one in read_figures(some, 28).brands] == world.brand_ids[1:2]
        with pytest.raises(NotFound):
            counted_cases(some, "received", PUBLIC, 7, world.brand_ids[0])
        for after in ("x", "2026-01-01T00:00:00_1", f"{clock.now():%Y-%m-%d}_{new_id()}"):
            with pytest.raises(Invalid):
                counted_cases(some, "received", PUBLIC, 7, None, after)


def test_a_median_lies_within_its_step_and_both_together_are_both() -> None:
    waits = [0] * WAIT_STEPS
    waits[WAIT_BOUNDS.index(3_600) + 1] = 10
    some = Sums(answered=10, seconds=40_000, waits=tuple(waits))
    assert some.median_seconds == 4_500
    assert (some | some).median_seconds == 4_500
    assert (some | some).average_seconds == 4_000
    assert Sums().median_seconds is None
    waits[-1] = 20
    assert (some._replace(waits=tuple(waits)).median_seconds or 0) > WAIT_BOUNDS[-1]
