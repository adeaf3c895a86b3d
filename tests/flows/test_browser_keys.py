"""A morning by keyboard alone: three cases chosen, resolved, taken back, the next one taken, the list of keys."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from agency.inbox.models import Conversation
from tenants.database import db
from tenants.permissions import Role
from tests.factories import Factory
from tests.flows.conftest import House
from tests.flows.test_browser_path import PASSWORD, _sign_in, chromium

__all__ = ["chromium"]
pytestmark = pytest.mark.browser


def test_cases_are_resolved_and_taken_back_without_a_mouse(house: House, web: str, chromium: Any) -> None:
    make = Factory(house.agency.app)
    staff = make.person(house.agency, Role.STAFF, password=PASSWORD)
    account = make.account(house.agency)
    for number in range(4):
        make.conversation(house.agency, account_id=account, author=f"Guest {number}", rank=90 - number)

    def is_open() -> int:
        with house.agency.entered():
            return db.session.query(Conversation).filter(Conversation.status == "open").count()

    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    _sign_in(page, web, house, staff)
    page.goto(web + "/inbox")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Shift+J")
    page.keyboard.press("Shift+J")
    expect(page.locator("#bulk-count")).to_have_text("3 chosen")
    expect(page.locator(".choose-box:checked")).to_have_count(3)
    page.keyboard.press("e")
    expect(page.locator("#toasts")).to_contain_text("3 cases resolved.")
    assert is_open() == 1
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("Taken back: 3 cases are as they were.")
    assert is_open() == 4
    page.keyboard.press("n")
    expect(page.locator(".claim, .talk-tools").first).to_contain_text("You have this case")
    page.keyboard.press("!")
    expect(page.locator("#toasts"), "though its button is in a closed menu").to_contain_text("spam")
    assert is_open() == 3
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("Taken back")
    page.keyboard.press("n")
    expect(page.locator(".claim, .talk-tools").first).to_contain_text("You have this case")
    late: list[Any] = []
    way = page.locator(".row:not([aria-current])").first.get_attribute("href")
    other = page.locator(f".row[href='{way}']")
    page.route(f"**{way}", lambda route: late.append(route))
    other.click(no_wait_after=True)
    expect(other, "the other case is on its way").to_have_class(re.compile("htmx-request"))
    page.keyboard.press("e")
    late[0].continue_()
    expect(other).to_have_attribute("aria-current", "true")
    assert is_open() == 4, "what was pressed meanwhile is not done to the case before"
    page.unroute_all()
    page.route("**/close*", lambda route: late.append(route))
    page.keyboard.press("e")
    page.keyboard.press("n")
    while len(late) < 2:
        page.wait_for_timeout(20)
    late[1].continue_()
    expect(page.locator("#toasts"), "nor is a page left that is on its way").to_contain_text("Resolved")
    page.unroute_all()
    page.wait_for_load_state()  # its words are there before its keys are
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("Taken back")
    page.keyboard.press("?")
    expect(page.locator("#keys-sheet")).to_contain_text("choose the case, for several at once")
    page.keyboard.press("Escape")
    expect(page.locator("#keys-sheet")).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 844})
    held = page.url
    page.keyboard.press("n")
    expect(page, "though the queue is out of sight beside a case").not_to_have_url(held)
