"""Words somebody types, in a real browser: nothing loses them, whatever happens to the session meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tenants.permissions import Role
from tests.factories import Factory
from tests.flows.conftest import House
from tests.flows.test_browser_path import FIRST, PASSWORD, REVIEW, RULES, SECOND, _sign_in, chromium

__all__ = ["chromium"]
pytestmark = pytest.mark.browser
KEPT = "Object.entries(localStorage).filter(([key]) => key.startsWith('draft:')).map(([, words]) => words)"


@pytest.fixture
def desk(house: House, web: str, chromium: Any) -> Any:
    """A page at an unclaimed review, signed in."""
    make = Factory(house.agency.app)
    staff = make.person(house.agency, Role.STAFF, only_brand_ids=[house.agency.brand_ids[0]], password=PASSWORD)
    house.agency.actors["writer"] = staff
    make.guide(house.agency, RULES)
    make.conversation(house.agency, platform="google_business", kind="review", stars=1, text=REVIEW)
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    _sign_in(page, web, house, staff)
    page.goto(web + "/inbox")
    page.get_by_text(REVIEW[:30]).first.click()
    page.get_by_role("button", name="Take this case").click()
    page.locator("#reply-text").wait_for()
    return page


def test_words_typed_after_the_session_ended_are_kept_and_come_back(house: House, web: str, desk: Any) -> None:
    desk.fill("#reply-text", "Before.")
    desk.locator("#saved", has_text="Saved").wait_for()
    assert desk.evaluate(KEPT) == []
    with house.superuser.begin() as connection:
        connection.execute(text("delete from sign_in_session"))  # signed out from another device
    desk.fill("#reply-text", "Before. And after.")
    desk.locator("#saved", has_text="signed out").wait_for()
    kept = desk.evaluate(KEPT)
    assert len(kept) == 1
    assert "after" not in kept[0], "sealed: whoever signs in here next cannot read them"
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url("**/sign-in**")
    assert len(desk.evaluate(KEPT)) == 1, "sending them signed out loses nothing, either"
    _sign_in(desk, web, house, house.agency.actors["writer"])
    case = house.scalar("select id from conversation")
    desk.goto(f"{web}/inbox/{case}?view=team")
    expect(desk.locator("#reply-text"), "by any address of the case").to_have_value("Before. And after.")
    assert house.scalar("select text from reply_text order by number desc limit 1") == "Before."


def test_what_the_guide_stops_does_not_leave_the_page(house: House, desk: Any) -> None:
    address = desk.url
    desk.fill("#reply-text", FIRST)
    desk.get_by_text("things stop this reply").wait_for()
    desk.keyboard.press("Control+Enter")
    desk.locator(".finding.here").wait_for()
    assert desk.url == address
    assert desk.evaluate("document.activeElement.id") == "reply-text"
    assert house.wait_until(lambda: house.scalar("select text from reply_text") == FIRST), "kept as a draft"
    desk.fill("#reply-text", SECOND)
    desk.get_by_text("In style").wait_for()
    desk.keyboard.press("Control+Enter")
    desk.get_by_text("Waiting for client").first.wait_for()
    assert house.scalar("select state from reply") == "awaiting_approval"
    expect(desk.locator("#rows"), "the queue is still beside it").to_have_count(1)
