"""What a customer answers to a story is copied while the platform has it, and shown as long as the words are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from agency.app import create_app
from tenants.settings import Settings
from tests.flows.conftest import PROFILE, House
from tests.flows.test_browser_connects import Eyes, signed_in
from tests.flows.test_browser_path import chromium  # noqa: F401 - a fixture
from tests.web.browser import Browser

MORE_THAN_A_DAY = 25 * 3_600


def _told(house: House, **story: Any) -> str:
    """Somebody answers our story; returns where the platform has the picture."""
    mine = {"platform": "instagram", "account": PROFILE}
    posted = house.sandbox.tell("posts", mine | {"text": "Fresh bread", "media_product_type": "STORY"})
    wish = {"author": "Bo Fan", "text": "wow", "story": {"reply_to": {"id": posted["external_id"], **story}}}
    house.sandbox.tell("messages", mine | wish)
    house.poll()
    return str(house.scalar("select url from kept_media"))


def _page(house: House, actor: str = "staff") -> tuple[Browser, str]:
    whole = create_app(Settings.from_environment(house.values))
    browser = Browser(whole, getattr(house.agency, actor))
    case = house.scalar("select id from conversation where kind = 'message'")
    return browser, browser.get(f"/conversations/{case}").text


def _passes(house: House, seconds: int) -> None:
    house.sandbox.tell("clock", {"move_seconds": seconds})


@pytest.mark.parametrize(
    ("kind", "tag", "content_type"), [("image", "img", "image/png"), ("video", "video", "video/mp4")]
)
def test_the_page_shows_our_copy_when_the_story_is_over(house: House, kind: str, tag: str, content_type: str) -> None:
    address = _told(house, kind=kind)
    house.keep_promises()
    there = house.sandbox.http.get(address)
    assert there.status_code == 200
    _passes(house, MORE_THAN_A_DAY)
    assert house.sandbox.http.get(address).status_code == 404
    house.poll()
    house.keep_promises()
    browser, page = _page(house)
    (ours,) = set(re.findall(rf'<{tag}[^>]* src="(/conversations/[^"]+/media/[^"]+)"', page))
    assert "Answer to our story" in page
    assert address.partition("?")[0] not in page
    answer = browser.get(ours)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, there.content, content_type)
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"
    part = browser.get(ours, headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.data) == (206, there.content[4:8])
    assert Browser(browser.app).get(ours).status_code in (302, 401)
    assert Browser(browser.app, house.agency.billing_admin).get(ours).status_code == 403


def test_what_expired_first_says_so(house: House) -> None:
    address = _told(house, kind="image")
    _passes(house, MORE_THAN_A_DAY)
    house.keep_promises()
    assert house.scalar("select state || ' ' || reason from kept_media") == "gone expired"
    _, page = _page(house)
    assert "Expired on the platform before we could copy it." in page
    assert address not in page


def test_what_is_no_picture_is_not_kept(house: House) -> None:
    _told(house, kind="file")
    house.keep_promises()
    assert house.scalar("select state || ' ' || reason from kept_media") == "refused kind"
    _, page = _page(house)
    assert "neither a picture nor a film nor a sound" in page


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_draws_our_copy_after_the_platforms_address_died(
    house: House,
    web: str,
    chromium: Any,  # noqa: F811
    tmp_path: Path,
    scheme: str,
) -> None:
    address = _told(house, kind="image")
    house.keep_promises()
    _passes(house, MORE_THAN_A_DAY)
    assert house.sandbox.http.get(address).status_code == 404
    asked: list[str] = []
    page = signed_in(chromium, house, web, house.agency.staff)
    page.emulate_media(color_scheme=scheme)
    page.on("request", lambda request: asked.append(request.url))
    case = house.scalar("select id from conversation where kind = 'message'")
    page.goto(f"{web}/conversations/{case}")
    picture = page.locator("figure.kept img")
    picture.scroll_into_view_if_needed()
    # Not wait_for_function: it polls through eval, which our Content-Security-Policy refuses.
    picture.evaluate("one => one.decode()")
    assert picture.evaluate("one => one.naturalWidth") > 0
    Eyes(tmp_path).look(page, "story")
    assert not [url for url in asked if not url.startswith((web, "data:"))], "nothing is asked of anybody else"

    saved = page.request.get(web + picture.get_attribute("src"))
    assert saved.headers["content-disposition"].startswith("attachment")
    with house.superuser.begin() as connection:
        connection.execute(text("update message set deleted_at = now()"))
    assert page.request.get(web + picture.get_attribute("src")).status == 404
    assert house.scalar("select count(*) from kept_media") == 0
