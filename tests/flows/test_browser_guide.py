"""A style guide's life in a real browser: begun from a template, proposed, approved, and it stops a draft at once."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tenants.permissions import Role
from tests.factories import Factory
from tests.flows.conftest import LOCATION, House
from tests.flows.test_browser_path import PASSWORD, _sign_in, chromium

pytestmark = pytest.mark.browser
__all__ = ["chromium"]
DRAFT = "Hi Dana, we are sorry. Today we are unable to put the fee back."
REWRITTEN = "Hi Dana, we are sorry. Today we find a way to put the fee back."


def test_a_guide_from_its_template_to_the_receipt_that_names_it(house: House, web: str, chromium: Any) -> None:
    make = Factory(house.agency.app)
    brand = [house.agency.brand_ids[0]]
    people = {role: make.person(house.agency, role, only_brand_ids=brand, password=PASSWORD)
              for role in (Role.TEAM_LEAD, Role.STAFF, Role.CLIENT_OWNER)}  # fmt: skip
    told = {"platform": "google_business", "account": LOCATION, "author": "Dana Test", "stars": 1, "text": "Bad fees."}
    house.sandbox.tell("reviews", told)
    house.poll()
    guide = f"{web}/brands/{brand[0]}/guide"

    lead = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    _sign_in(lead, web, house, people[Role.TEAM_LEAD])
    lead.goto(guide)
    lead.get_by_role("link", name="Start from a template").click()
    lead.locator("form:has(input[value=plain-friendly]) button").click()
    lead.locator("#rule-no-refusal").get_by_role("link", name="Change").click()
    lead.fill("#suggestion", "we find a way to")
    lead.get_by_text("The bad example is found.").wait_for()
    lead.get_by_role("button", name="Save the rule").click()
    lead.get_by_text("Kept in the draft, version 1.").wait_for()
    lead.goto(f"{guide}/1/proposal")
    lead.fill("#note", "A first guide, plain and friendly.")
    lead.get_by_role("button", name="Propose to the client").click()
    lead.get_by_text("has not decided yet").first.wait_for()

    phone = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False).new_page()
    _sign_in(phone, web, house, people[Role.CLIENT_OWNER])
    phone.goto(f"{web}/approvals")
    phone.locator("a[href$='/guide/1/proposal']").click()
    expect(phone.locator("main")).to_contain_text("A first guide, plain and friendly.")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.locator("button[value=approve]").click()
    assert house.wait_until(lambda: house.scalar("select state from style_guide_version") == "in_force")

    desk = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    _sign_in(desk, web, house, people[Role.STAFF])
    desk.goto(f"{web}/inbox")
    desk.get_by_text("Bad fees.").first.click()
    desk.get_by_role("button", name="Take this case").click()
    desk.fill("#reply-text", DRAFT)
    desk.get_by_text("thing stops this reply").wait_for()
    desk.locator("#composer-form button[value=submit]").click()
    desk.locator(".finding.here").first.wait_for()
    assert house.wait_until(lambda: house.scalar("select state from reply") == "draft")
    desk.focus("#reply-text")
    desk.keyboard.press("Alt+ArrowDown")
    desk.keyboard.press("Control+.")
    expect(desk.locator("#reply-text")).to_have_value(REWRITTEN)
    desk.get_by_text("In style").wait_for()
    desk.locator("#composer-form button[value=submit]").click()
    desk.get_by_text("Waiting for client").first.wait_for()
    desk.goto(f"{web}/replies/{house.scalar('select id from reply')}/receipt")
    assert "version 1" in desk.inner_text("main").lower()
