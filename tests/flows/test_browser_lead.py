"""A lead's day as it is lived, in a real browser, on the day the demo begins in: what the wall says is opened, a storm
becomes an incident, work of somebody who is away moves, points are tried on last week, nothing handed over hangs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from agency.app import create_app
from agency.demo.messages import message_came
from agency.inbox.handover_models import Handover, HandoverCase
from agency.inbox.incidents.models import Incident
from agency.inbox.loops.models import LoopAsking
from agency.inbox.models import Conversation
from agency.inbox.team import team_at
from agency.replies.customer_promise_models import CustomerPromise
from agency.reports.wall import read_wall
from agency.web.who import cookie_name
from channels.models import Account
from tenants import clock, sessions
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.permissions import Actor
from tenants.shifts import Standing
from tests.demo.living import live_through_a_day
from tests.factories import Agency, Factory
from tests.flows.test_browser_path import chromium
from tests.stages import Apps, Stage

__all__ = ["chromium"]
pytestmark = pytest.mark.browser
COMPLAINT = "Your card payment was refused again, {} time today. This is awful, please help me at once."


@pytest.fixture
def agency(front: Stage, apps: Apps, settings_values: dict[str, str], clean: None) -> Iterator[Agency]:
    app = apps(create_app, settings_values | {"ONBRAND_BASE_URL": front.address})
    with front.showing(app):
        yield Factory(app).agency("Lantern Street", brands=("Pennywell", "Bursztynowa", "Sol Poente"))


def _opened(chromium: Any, agency: Agency, front: Stage, actor: Actor) -> Any:
    with agency.app.app_context():
        token = sessions.start(actor.user_id, agency_id=agency.id)
        db.session.commit()
        name = cookie_name(settings_of_app())
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": name, "value": token, "url": front.address}])
    page = context.new_page()
    page.troubles = []
    page.on("console", lambda one: page.troubles.append(one.text) if one.type == "error" else None)
    return page


def _storm(agency: Agency) -> None:
    with agency.entered():
        wanted = select(Account).where(Account.brand_id == agency.brand_ids[0], Account.platform == "facebook")
        account = db.session.execute(wanted).scalar_one()
        for number in range(8):
            at = clock.now() - timedelta(seconds=200 - 20 * number)
            message_came(account, f"storm-{number}", f"Customer {number}", COMPLAINT.format(number), at)


def _is_under_way(agency: Agency, people: dict[str, Actor]) -> None:
    now = clock.now()
    with agency.entered(agency.team_lead):
        team = team_at(now)
        stands = {key: team.standing_of(actor.user_id, now) for key, actor in people.items()}
        assert stands == {
            "imogen": Standing.UNKNOWN,
            "casimir": Standing.ON,
            "della": Standing.ON,
            "zofia": Standing.ON,
            "ines": Standing.ON,
            "tymon": Standing.OFF,
            "benedita": Standing.ABSENT,
        }
        offered = db.session.execute(
            select(Handover.to_person_id, Handover.case_count).where(Handover.ended_at.is_(None))
        ).all()
        assert [tuple(row) for row in offered] == [(people["casimir"].user_id, 3)]
        assert Counter(db.session.scalars(select(HandoverCase.state))) == {"offered": 3, "lapsed": 1}
        assert db.session.scalars(select(LoopAsking.state)).all() == ["answered"]
        assert db.session.scalars(select(Incident.state)).all() == ["open"]
        assert read_wall(agency.team_lead).on_shift == 4
        assert Counter(db.session.scalars(select(CustomerPromise.ended))) == {"kept": 1, None: 3}


def test_the_lead_sees_what_is_about_to_go_wrong_and_leaves_nothing_behind(
    agency: Agency, front: Stage, chromium: Any
) -> None:
    people = live_through_a_day(Factory(agency.app), agency)
    _is_under_way(agency, people)
    _storm(agency)
    page = _opened(chromium, agency, front, agency.team_lead)

    def go(path: str) -> None:
        page.goto(front.address + path)

    def open_count() -> int:
        with agency.entered():
            return len(db.session.scalars(select(Conversation.id).where(Conversation.status == "open")).all())

    # 07:50, the wall: each number opens what it counts.
    go("/wall")
    expect(page.get_by_role("link", name="On shift now: 4")).to_be_visible()
    page.locator(".totals a", has_text="Promises broken").click()
    expect(page.locator(".wait-card", has_text="Damy Pani znać w ciągu 24 godzin")).to_be_visible()
    go("/wall")
    page.locator(".totals a", has_text="Waiting").first.click()
    expect(page.locator("a.row")).to_have_count(open_count())

    # 08:20, the storm: looked at, opened, its cases out of the queue, ended; they are back with their clocks.
    before = open_count()
    go("/incidents")
    expect(page.locator("main")).to_contain_text("8 people")
    page.get_by_role("link", name="Look at it").click()
    page.get_by_label("Name").fill("Card payments are refused")
    page.get_by_role("button", name="Which open cases does it take?").click()
    expect(page.locator("main")).to_contain_text("it takes 8")
    page.get_by_role("button", name="Open the incident").click()
    expect(page.get_by_role("heading", name="Card payments are refused")).to_be_visible()
    assert open_count() == before - 8
    page.get_by_role("button", name="Close, cases to the queue").click()
    expect(page.locator("main")).to_contain_text("No case is in it now.")
    assert open_count() == before

    # 09:00, somebody is away: an absence is agreed; many cases move in one press, and back.
    go("/team")
    away = page.locator("tr", has_text=people["benedita"].name)
    expect(away).to_contain_text("Absent")
    page.get_by_role("button", name="Agree").click()
    expect(page.locator("body")).to_contain_text("The absence is agreed.")
    go("/inbox")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Shift+J")
    page.keyboard.press("Shift+J")
    expect(page.locator("#bulk-count")).to_have_text("3 chosen")
    page.keyboard.press("a")
    page.get_by_label("Who gets them?").select_option(label=people["imogen"].name)
    page.get_by_role("button", name="Give them").click()
    expect(page.locator("#toasts")).to_contain_text("3 cases")
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("Taken back")

    # 10:00, points: last week by others, before they hold.
    go("/ranking")
    page.get_by_role("button", name="Show last week by these points").click()
    expect(page.get_by_role("heading", name="Last week by these points")).to_be_visible()

    # A promise to come back, and what a loop answered, stand at their cases.
    go("/later?whose=all")
    page.get_by_role("link", name="Nikodem Szuwarek").click()
    expect(page.locator("main")).to_contain_text("sala jest wstępnie zajęta")
    go("/loops?state=ended")
    expect(page.locator("main")).to_contain_text("Dział techniczny")

    # 17:00, handovers: what nobody took is told; what is handed to the lead is taken over.
    go("/notices")
    expect(page.locator("main")).to_contain_text("did not answer")
    go("/team")
    page.get_by_role("link", name="hands you 3 cases").click()
    page.get_by_role("button", name="Accept").click()
    expect(page.locator("body")).to_contain_text("3 cases are yours now.")
    assert page.troubles == []
