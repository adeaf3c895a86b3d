"""The straight path as people walk it, in a real browser: words in, an approved on-brand reply out, once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from tenants.permissions import Actor, Role
from tests.chromium import patient_chromium
from tests.factories import Factory
from tests.flows.conftest import LOCATION, House

pytestmark = pytest.mark.browser
PASSWORD = "a long enough word for tests"
REVIEW = "Zimne jedzenie i nikt się nami nie zajął. Nie polecam."
FIRST = "Dzień dobry, niestety nie możemy nic zrobić."
SECOND = "Dzień dobry, bardzo nam przykro, że jedzenie było zimne. Zmieniliśmy kuchnię i zapraszamy ponownie."
RULES: list[dict[str, Any]] = [
    {
        "kind": "banned",
        "id": "bez-niestety",
        "level": "stop",
        "phrases": ["niestety nie możemy"],
        "reason": "Piszemy, co możemy zrobić.",
        "good": {"text": "Możemy oddać pieniądze do piątku."},
        "bad": {"text": "Niestety nie możemy oddać pieniędzy."},
    },
    {
        "kind": "empathy",
        "id": "najpierw-zrozumienie",
        "level": "stop",
        "max_stars": 2,
        "any_of": ["bardzo nam przykro"],
        "good": {"text": "Bardzo nam przykro.", "stars": 1},
        "bad": {"text": "Kuchnia działa od szóstej.", "stars": 1},
    },
]


@pytest.fixture
def chromium() -> Iterator[Any]:
    with patient_chromium() as browser:
        yield browser


def _sign_in(page: Any, web: str, house: House, person: Actor) -> None:
    with house.superuser.connect() as connection:
        email = connection.execute(text("select email from person where id = :id"), {"id": person.user_id}).scalar_one()
    page.goto(web + "/sign-in")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_polish_review_is_answered_once_in_the_brands_voice(house: House, web: str, chromium: Any) -> None:
    make = Factory(house.agency.app)
    brand = [house.agency.brand_ids[0]]
    staff = make.person(house.agency, Role.STAFF, only_brand_ids=brand, password=PASSWORD)
    owner = make.person(house.agency, Role.CLIENT_OWNER, only_brand_ids=brand, password=PASSWORD)
    make.guide(house.agency, RULES)
    house.sandbox.tell(
        "reviews",
        {"platform": "google_business", "account": LOCATION, "author": "Ewa Lipska-Test", "stars": 1, "text": REVIEW},
    )
    house.poll()

    desk = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    troubles: list[str] = []
    desk.on("console", lambda message: troubles.append(message.text) if "Content Security" in message.text else None)
    _sign_in(desk, web, house, staff)
    desk.goto(web + "/inbox")
    desk.get_by_text(REVIEW[:30]).first.click()
    desk.get_by_role("button", name="Take this case").click()
    desk.fill("#reply-text", FIRST)
    desk.get_by_text("things stop this reply").wait_for()
    desk.locator("#composer-form button[value=submit]").click()
    desk.locator(".finding.here").first.wait_for()
    expect(desk.locator("#reply-text"), "nothing typed is lost").to_have_value(FIRST)
    assert house.wait_until(lambda: house.scalar("select state from reply") == "draft")
    desk.fill("#reply-text", SECOND)
    desk.get_by_text("In style").wait_for()
    desk.locator("#composer-form button[value=submit]").click()
    desk.get_by_text("Waiting for client").first.wait_for()

    phone = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False).new_page()
    _sign_in(phone, web, house, owner)
    phone.goto(web + "/approvals")
    phone.locator("a[href*='/approvals/']").first.click()
    expect(phone.locator("main")).to_contain_text(REVIEW)
    expect(phone.locator("main")).to_contain_text(SECOND)
    phone.locator("button[value=approve]").click()
    assert house.wait_until(lambda: house.scalar("select state from reply") == "approved")

    for _ in range(3):
        house.pass_time(700)
        house.keep_promises()
    assert house.sandbox.applied() == [SECOND]
    reply_id = house.scalar("select id from reply")
    desk.goto(f"{web}/replies/{reply_id}/receipt")
    receipt = desk.inner_text("main")
    for proof in ("Published once", owner.name, staff.name, house.scalar("select platform_id from reply")):
        assert proof in receipt
    assert house.scalar("select read_back_at is not null from reply")
    assert troubles == []
