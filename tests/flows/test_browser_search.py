"""The palette and the search by keyboard alone, in a real browser."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from jobs.indexing import index_words
from tenants.permissions import Role
from tests.factories import Factory
from tests.flows.conftest import House
from tests.flows.test_browser_path import PASSWORD, _sign_in, chromium

__all__ = ["chromium"]
import pytest

pytestmark = pytest.mark.browser
# Two keys in one task, as a busy machine hands them on: the palette is not there yet, or not yet drawn as closed.
PALETTE_AND_SLASH = """() => {
  for (const key of [{ key: "k", ctrlKey: true }, { key: "/" }])
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { ...key, bubbles: true, cancelable: true }));
}"""


def test_a_walk_by_keyboard(house: House, web: str, chromium: Any) -> None:
    agency = house.agency
    make = Factory(agency.app)
    staff = make.person(agency, Role.STAFF, password=PASSWORD)
    brand_id, name = agency.brand_ids[0], house.scalar(f"select name from brand where id = '{agency.brand_ids[0]}'")
    make.conversation(agency, text="Something else")
    case = make.conversation(agency, text="I still wait for the refund", author="Nadia Reed")
    index_words(agency.app)
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    _sign_in(page, web, house, staff)
    page.goto(web + "/inbox")
    box = page.locator("#palette-q")
    chosen = page.locator('#palette [aria-selected="true"]')

    page.evaluate(PALETTE_AND_SLASH)
    expect(box).to_be_focused()
    expect(page.locator("#q"), "what is typed while the palette comes is no key of the page").to_be_hidden()
    page.keyboard.type(name[:5].lower())
    expect(chosen).to_contain_text(name)
    assert box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/inbox?brand={brand_id}")

    page.keyboard.press("Control+k")
    expect(chosen, "what was chosen comes first").to_contain_text(name)
    page.keyboard.type("nadia")
    expect(page.locator('#palette [data-group="cases"] [role="option"]')).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.evaluate(PALETTE_AND_SLASH)
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("#q"), "a key right after the one that closes is heard").to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#q")).not_to_be_focused()

    page.keyboard.press("Control+k")
    expect(box).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("refunds")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=refunds**")
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".row mark")).to_have_text("refund")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/inbox/{case}?**")
    expect(page.locator("#talk")).to_contain_text("I still wait for the refund")
