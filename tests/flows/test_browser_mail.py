"""A client on a phone, from the mail to the published reply, without an account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from agency.replies import desk
from tenants.permissions import Role
from tests.chromium import patient_chromium
from tests.factories import Factory
from tests.flows.conftest import LOCATION, House

pytestmark = pytest.mark.browser
REVIEW = "Zimne jedzenie i nikt się nami nie zajął."
DRAFT = "Przepraszamy za zimne jedzenie. Zapraszamy ponownie."
CHANGED = "Bardzo przepraszamy za zimne jedzenie. Zapraszamy do nas."


@pytest.fixture
def phone() -> Iterator[Any]:
    with patient_chromium() as browser:
        yield browser.new_context(viewport={"width": 390, "height": 844}).new_page()


def test_two_words_are_changed_from_the_mail_and_the_reply_stands_there_once(
    house: House, web: str, phone: Any
) -> None:
    make = Factory(house.agency.app)
    owner = make.person(house.agency, Role.CLIENT_OWNER, only_brand_ids=[house.agency.brand_ids[0]])
    review = {
        "platform": "google_business",
        "account": LOCATION,
        "author": "Ewa Lipska-Test",
        "stars": 1,
        "text": REVIEW,
    }
    house.sandbox.tell("reviews", review)
    house.poll()
    staff = house.agency.staff
    with house.agency.entered(staff):
        desk.submit(staff, desk.start_draft(staff, house.scalar("select id from conversation"), DRAFT).id)
    house.keep_promises()
    address = house.scalar(f"select email from person where id = '{owner.user_id}'")

    phone.goto(web + "/mailbox")
    phone.get_by_text(address).first.click()
    letter = phone.locator("main")
    expect(letter).to_contain_text(REVIEW)
    link = re.search(r"/a/[\w-]{43}\?open=change", letter.inner_text())
    assert link is not None
    again = phone.context.new_page()
    for page in (again, phone):
        page.goto(web + link[0])
    expect(phone.locator("main")).to_contain_text(DRAFT)
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    phone.fill("textarea[name=text]", CHANGED)
    expect(phone.locator("#changed ins").first).to_contain_text("Bardzo przepraszamy")
    with phone.expect_navigation():
        phone.locator("button[value=change_and_approve]").click()
    expect(phone.locator("main")).to_contain_text("by you")
    with again.expect_navigation():
        again.locator("button[value=approve]").click()
    expect(again.locator("main")).to_contain_text("Already approved at")

    for _ in range(3):
        house.pass_time(700)
        house.keep_promises()
    assert house.sandbox.applied() == [CHANGED]
    phone.goto(phone.url)
    expect(phone.locator("main")).to_contain_text("Published once")
    assert phone.context.cookies() == [] or all("session" not in c["name"] for c in phone.context.cookies())
