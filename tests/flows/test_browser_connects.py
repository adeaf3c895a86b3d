"""Connecting, seeing it alive, breaking and mending, in a real browser, through the sandbox's dialogs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from agency.notices.sending import mails_kept
from agency.web.who import cookie_name
from tenants import sessions
from tenants.database import db
from tenants.permissions import Actor
from tenants.settings import Settings
from tests.factories import Factory
from tests.flows.conftest import LOCATION, PAGE, PROFILE, House
from tests.flows.test_browser_path import chromium  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WRITTEN = {
    "facebook": (
        "comments",
        {"platform": "facebook", "account": PAGE, "author": "Ada Vale", "text": "Open on Sunday?"},
    ),
    "instagram.facebook": (
        "comments",
        {"platform": "instagram", "account": PROFILE, "author": "ada.vale", "text": "What a cake!"},
    ),
    "google_business": (
        "reviews",
        {"platform": "google_business", "account": LOCATION, "stars": 2, "text": "Zimny pokój."},
    ),
}
WAYS = tuple(WRITTEN)
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


class Eyes:
    """Looks at a page in both widths: nothing inaccessible, nothing wider than the screen."""

    def __init__(self, folder: Path) -> None:
        from axe_playwright_python.sync_playwright import Axe

        self.folder, self.axe = folder, Axe()

    def look(self, page: Any, name: str) -> None:
        before = page.viewport_size
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            page.screenshot(path=str(self.folder / f"{name}-{size['width']}.png"), full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (name, size)
            found = self.axe.run(page, options={"runOnly": WCAG, "resultTypes": ["violations"]}).response["violations"]
            assert [(name, size, v["id"], v["nodes"][0]["html"]) for v in found] == []
        page.set_viewport_size(before)


def signed_in(browser: Any, house: House, web: str, actor: Actor) -> Any:
    with house.agency.app.app_context():
        token = sessions.start(actor.user_id, agency_id=actor.agency_id)
        db.session.commit()
    settings = Settings.from_environment(house.values | {"ONBRAND_BASE_URL": web})
    context = browser.new_context(viewport=DESK)
    context.add_cookies([{"name": cookie_name(settings), "value": token, "url": web}])
    return context.new_page()


def test_three_platforms_are_connected_seen_alive_broken_and_mended(
    house: House,
    web: str,
    chromium: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    agency = Factory(house.agency.app).agency("Quay Street", brands=("Pennywell",))
    own = House(agency, house.sandbox, house.values, house.superuser, {})
    eyes = Eyes(tmp_path)
    page = signed_in(chromium, own, web, agency.agency_admin)

    for way in WAYS:
        page.goto(f"{web}/connect?way={way}")
        if way == WAYS[0]:
            eyes.look(page, "start")
        page.get_by_role("button", name="Sign in at").click()
        page.wait_for_url(f"{house.sandbox.url}/**")
        page.get_by_role("button", name="Allow").click()
        page.wait_for_url(f"{web}/connect/**")
        if way == WAYS[-1]:
            eyes.look(page, "choose")
        page.get_by_role("button", name="Connect").click()
        page.wait_for_url(f"{web}/connect/done**")
        page.get_by_text("We look for what is there now").first.wait_for()
        own.keep_promises()
        own.poll()
        page.get_by_text("Connected, test open").first.wait_for()
        assert page.get_by_text("Connected and tested").count() == 0, "nothing real came back yet"
        kind, line = WRITTEN[way]
        own.sandbox.tell(kind, {"author": "Ewa L.", **line})
        own.poll()
        page.get_by_text("Connected and tested").first.wait_for()
        expect(page.get_by_text("test open"), "every one of them was tested").to_have_count(0)
    eyes.look(page, "done")

    page.goto(f"{web}/accounts")
    expect(page.locator(".account")).to_have_count(3)
    expect(page.locator(".account").get_by_text("Alive")).to_have_count(3)
    eyes.look(page, "alive")
    page.goto(f"{web}/inbox")
    for words in ("Open on Sunday?", "What a cake!", "Zimny pokój."):
        page.get_by_text(words).first.wait_for()

    own.sandbox.tell("tokens/kill", {"platform": "facebook", "account": PAGE, "subcode": 460})
    own.poll()
    page.goto(f"{web}/accounts")
    page.get_by_text("no longer accepts our connection").first.wait_for()
    eyes.look(page, "broken")
    own.keep_promises()
    own.keep_promises()

    client = chromium.new_context(viewport=PHONE).new_page()
    client.goto(web + link_for(own, "The facebook account"))
    client.get_by_text("The password of whoever signed in was changed.").wait_for()
    eyes.look(client, "mend")
    client.get_by_role("button", name="Sign in at").click()
    client.wait_for_url(f"{house.sandbox.url}/**")
    client.get_by_role("button", name="Allow").click()
    client.wait_for_url(f"{web}/reconnected/**")
    client.get_by_text("is connected again").first.wait_for()
    own.sandbox.tell("comments", {"platform": "facebook", "account": PAGE, "author": "Tom", "text": "And on Monday?"})
    own.keep_promises()
    own.poll()
    client.get_by_text("Connected and tested").first.wait_for()
    eyes.look(client, "mended")
    page.goto(f"{web}/accounts")
    expect(page.locator(".account", has_text="facebook account").get_by_text("Alive")).to_have_count(1)


def link_for(house: House, account_name: str) -> str:
    """The path in the client's mail that mends this account; what broke with it stands in the same mail."""
    with house.agency.app.app_context():
        about = [mail for kept, mail in mails_kept() if kept.notice == "connection_broke"]
        bodies = [str(body.get_content()) for mail in about if (body := mail.get_body(("plain",))) is not None]
        (words,) = [words for words in bodies if account_name in words]
        return "/reconnect/" + words.partition(account_name)[2].partition("/reconnect/")[2].split()[0]
