"""Two people at the same case, in real browsers: one wins, the other is told, and no word of either is lost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from agency.inbox import desk, returning
from tenants import clock
from tenants.permissions import Role
from tests.factories import Factory
from tests.flows.conftest import House
from tests.flows.test_browser_path import PASSWORD, _sign_in, chromium

__all__ = ["chromium"]
pytestmark = pytest.mark.browser
SAVED = re.compile(r"^\s*Saved")  # not what begins with "Not saved"
MINUTE = "Thank you for telling us. We look into it today and write again before six. "


@pytest.fixture
def two(house: House, web: str, chromium: Any) -> tuple[Any, Any, str]:
    """Ana's and Ben's pages at one unclaimed case, and its address."""
    make, pages = Factory(house.agency.app), []
    case = make.conversation(house.agency, text="Where is my order?")
    for name in ("ana", "ben"):
        person = make.person(house.agency, Role.STAFF, password=PASSWORD)
        house.agency.actors[name] = person
        page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
        _sign_in(page, web, house, person)
        page.goto(f"{web}/inbox/{case}?view=team")
        pages.append(page)
    return pages[0], pages[1], str(case)


def test_one_wins_the_other_is_told_and_the_draft_comes_back(house: House, two: tuple[Any, Any, str]) -> None:
    ana, ben, case = two
    for told_by in ("**/inbox/pulse?*", "**/holder?*"):  # or he would see it before he presses
        ben.route(told_by, lambda route: route.fulfill(status=204))
    ana.get_by_role("button", name="Take this case").click()
    ana.get_by_text("You have this case").wait_for()
    late: list[Any] = []
    drawn: list[Any] = []
    heard: list[Any] = []
    ben.on("response", lambda answer: heard.append(answer) if "/versions" in answer.url else None)
    ben.route("**/autosave*", lambda route: late.append(route))
    devtools = ben.context.new_cdp_session(ben)  # a route sees no request that a redirection leads to
    devtools.on("Fetch.requestPaused", lambda event: drawn.append(event))
    devtools.send("Fetch.enable", {"patterns": [{"urlPattern": f"*/inbox/{case}*", "requestStage": "Response"}]})
    ben.fill("#reply-text", "Ben's own words.")
    ben.get_by_role("button", name="Take this case").click(no_wait_after=True)
    while not drawn:  # the server draws his page before his words are kept; the page before hears that they are
        ben.wait_for_timeout(20)
    for words in late:
        words.continue_()
    while not heard:
        ben.wait_for_timeout(20)
    ben.unroute("**/autosave*")
    devtools.send("Fetch.continueRequest", {"requestId": drawn[0]["requestId"]})
    devtools.detach()
    ben.locator(".toast", has_text=f"{house.agency.actors['ana'].name} has this case since").wait_for()
    expect(ben.locator("#draft-versions"), "what the loser typed is kept and offered").to_contain_text(
        "Ben's own words."
    )
    ana.fill("#reply-text", "Half a sentence")
    ana.locator("#saved", has_text=SAVED).wait_for()
    ana.context.close()  # the laptop is shut
    later = clock.now() + timedelta(minutes=desk.CLAIM_MINUTES + 1)
    with clock.stopped_at(later):
        with house.agency.entered():
            assert returning.hand_back_expired() == 1
        ben.reload()
        ben.get_by_role("button", name="Take this case").click()
        ben.get_by_text("You have this case").wait_for()
        expect(ben.locator("#reply-text")).to_have_value("Half a sentence")
        expect(ben.locator(".begun")).to_contain_text(house.agency.actors["ana"].name)


def test_given_back_stays_so_and_two_windows_without_a_line_lose_nothing(
    house: House, web: str, two: tuple[Any, Any, str]
) -> None:
    ana, _ben, case = two
    ana.get_by_role("button", name="Take this case").click()
    ana.get_by_text("You have this case").wait_for()
    # A save keeps failing until the page is left.
    ana.route("**/autosave*", lambda route: route.continue_() if b'"left"' in leaving(route) else route.abort())
    ana.fill("#reply-text", "Begun here.")
    ana.locator("#saved", has_text="no connection").wait_for()
    ana.get_by_role("button", name="Give back").click()
    ana.get_by_text("Nobody has this case").wait_for()
    expect(ana.locator("#reply-text")).to_have_value("Begun here.")
    ana.unroute("**/autosave*")

    ana.reload()
    expect(ana.locator("#reply-text")).to_have_value("Begun here.")
    other = ana.context.new_page()
    other.goto(f"{web}/inbox/{case}?view=team")
    expect(other.locator("#reply-text")).to_have_value("Begun here.")
    assert house.scalar("select count(*) from conversation where holder_id is not null") == 0
    ana.context.set_offline(True)
    for page, words in ((other, "From the second window."), (ana, "From the first window.")):
        page.fill("#reply-text", words)
        page.locator("#saved", has_text="no connection").wait_for()
    context = ana.context
    ana.close()
    other.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(f"{web}/inbox/{case}?view=team")
    # What a window sends as it closes may still arrive: then those words are the draft, and the others stand beside it.
    expect(again.locator("#draft-versions")).to_contain_text(re.compile(r"From the (first|second) window\."))
    # Words of several windows are put beside the draft one after the other: the second comes a moment after the first.
    for words in ("From the first window.", "From the second window."):
        if words not in again.input_value("#reply-text"):
            expect(again.locator("#draft-versions")).to_contain_text(words)


def leaving(route: Any) -> bytes:
    return route.request.post_data_buffer or b""


def test_a_minute_of_typing_outlives_whatever_happens(house: House, web: str, two: tuple[Any, Any, str]) -> None:
    ana, _ben, case = two
    words = ""
    area = ana.locator("#reply-text")
    area.click()

    def type_on(more: str) -> None:
        nonlocal words
        ana.keyboard.type(more)
        words += more

    ana.keyboard.insert_text(MINUTE * 2)
    words = MINUTE * 2
    type_on(MINUTE)
    ana.close()  # the tab, without a moment to save
    ana = ana.context.new_page()
    ana.goto(f"{web}/inbox/{case}?view=team")
    expect(ana.locator("#reply-text")).to_have_value(words)

    ana.locator("#reply-text").press("Control+End")
    ana.context.set_offline(True)
    type_on("Offline. ")
    ana.locator("#saved", has_text="no connection").wait_for()
    ana.context.set_offline(False)
    ana.locator("#saved", has_text=SAVED).wait_for()

    with house.superuser.begin() as connection:
        connection.execute(text("delete from sign_in_session"))
    ana.locator("#reply-text").press("Control+End")
    type_on("Signed out. ")
    ana.locator("#saved a", has_text="Sign in again").click()
    _sign_in(ana, web, house, house.agency.actors["ana"])
    ana.goto(f"{web}/inbox/{case}?view=team")
    expect(ana.locator("#reply-text")).to_have_value(words)
    ana.locator("#saved", has_text=SAVED).wait_for()

    lead = house.agency.team_lead
    with house.agency.entered(lead):
        desk.take_over(lead, UUID(case), "You are needed elsewhere")
    ana.locator("#reply-text").press("Control+End")
    type_on("Taken.")
    expect(ana.locator("#draft-versions")).to_contain_text("Taken.")
    expect(ana.locator("#saved")).to_contain_text(f"{lead.name} has this case")
    assert house.scalar("select text from draft_version") == words
