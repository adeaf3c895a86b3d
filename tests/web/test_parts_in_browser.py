"""Keyboard, composer and looks in a real Chromium, on pages with invented cases."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from werkzeug.serving import make_server

from agency.web import parts_samples
from agency.web.parts_sample_pages import samples
from agency.web.parts_samples import DRAFT
from tests.chromium import patient_chromium
from tests.steady import is_steady, share_of
from tests.web import keyboard
from tests.web.pages_app import pages_app
from tests.web.sweep import Sweep, Trouble, still_pages

pytestmark = pytest.mark.browser
APP = pages_app()
with APP.test_request_context("/"):
    NAMES = ["parts", "parts/beside", *(f"parts/pages/{name}" for name in samples())]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, APP, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with patient_chromium() as chromium:
        yield chromium


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda problem: complaints.append(str(problem)))
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    assert complaints == []


@pytest.mark.slow
def test_pages_are_accessible_and_never_wider_than_the_screen(browser: Browser, site: str) -> None:
    """The frame is the same on all of them, and whole on every page of `test_every_page_in_browser`. In `.ci/run` each
    stands still, in one look of two.
    """
    found: Trouble = []
    parts = {name: "main" if name in NAMES[3:] else "html" for name in NAMES}
    if is_steady():
        client = APP.test_client()
        shown = [(name, client.get(f"/{name}").text, within) for name, within in parts.items()]
        found += still_pages(browser, APP, shown[::2], theme="dark", width=390)
        found += still_pages(browser, APP, shown[1::2], theme="light", width=1440)
    else:
        sweep = Sweep(browser)
        for name, within in parts.items():
            found += sweep.look_at(f"{site}/{name}", within)
        sweep.close()
    assert found == [], "\n".join(map(str, found))


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_is_gone_through_by_keyboard_alone(page: Page, site: str, width: int) -> None:
    """Everything is reached by Tab in the order of the page, with a ring that is seen, and beneath nothing; menus,
    drawers and dialogs open by Enter and Space and give the keyboard back. In `.ci/run` one page of each width,
    others after each change of a page.
    """
    page.set_viewport_size({"width": width, "height": 900})
    found: Trouble = []
    for name in share_of(NAMES[2:], _pages_as_they_are() + width, of=len(NAMES)):
        page.goto(f"{site}/{name}")
        page.wait_for_load_state("networkidle")
        keyboard.begin(page)
        part = "#main" if page.locator("#main").count() and name not in NAMES[2:4] else "body"
        found += keyboard.walk(page, name, part)
        found += keyboard.open_each(page, name, part)
    assert found == [], "\n".join(map(str, found))


def _pages_as_they_are() -> int:
    """A number that is another one once a page, its looks or its scripts are."""
    web = Path(parts_samples.__file__).parent
    read = 0
    for path in sorted([*web.glob("templates/**/*.html"), *web.glob("static/*.*")]):
        read = zlib.crc32(path.read_bytes(), read)
    return read


def test_columns_scroll_and_the_page_does_not(page: Page, site: str) -> None:
    for name in ("inbox", "inbox-open", "conversation", "conversation-answered"):
        page.goto(f"{site}/parts/pages/{name}")
        assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0, name


def test_keys_walk_the_queue_and_open_a_case(page: Page, site: str) -> None:
    page.goto(f"{site}/parts/pages/inbox")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(page.locator(".row").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox-open?case=1")  # with its scripts: keys pressed before them are nobody's
    expect(page.locator("#talk-heading")).to_have_text("Hotel Bursztynowa Zatoka")
    expect(page.locator('.row[aria-current="true"]')).to_have_count(1)
    page.keyboard.press("r")
    expect(page.locator("#reply-text")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys-sheet")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.type("padar")
    expect(page.locator("#brand-list li:visible")).to_have_count(1)


def test_keys_never_act_while_somebody_types_and_can_be_switched_off(page: Page, site: str) -> None:
    page.goto(f"{site}/parts/pages/inbox-open")
    page.locator("#reply-text").focus()
    page.keyboard.type("j?b")
    expect(page.locator("#keys-sheet")).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.locator("#keys-off").check()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys-sheet")).to_be_hidden()


LISTEN = """() => {
  window.pressed = [];
  document.addEventListener("click", (event) => {
    pressed.push(event.target.closest("[data-key]")?.dataset.key);
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
}"""
BORNE = """[...new Set([...document.querySelectorAll("[data-key]")].map((one) => one.dataset.key))]
  .filter((name) => !name.startsWith("Mod") && onbrandKeys.find(name))"""


def test_each_key_presses_what_bears_it(page: Page, site: str) -> None:
    address = f"{site}/parts/pages/inbox-open"
    page.goto(address)
    tried = page.evaluate(BORNE)
    assert {*"resacz/n?LC!", "g i", "g w", "g a"} <= set(tried)
    for key in tried[:: 4 if is_steady() else 1]:
        page.goto(address)  # anew: what one key opens moves the focus a moment later
        page.evaluate(LISTEN)
        for part in key.split():
            page.keyboard.press(f"Shift+{part}" if part.isalpha() and part.isupper() else part)
        assert page.evaluate("pressed[0] ?? document.activeElement.dataset.key") == key


def test_findings_follow_the_text_and_one_key_applies_the_suggestion(page: Page, site: str) -> None:
    page.goto(f"{site}/parts/pages/inbox-open")
    area = page.locator("#reply-text")
    area.fill("🧨 Zapraszamy na recepcja@example.com dziś")
    expect(page.locator(".finding")).to_have_count(1)
    expect(page.locator(".underlay mark")).to_have_text("recepcja@example.com")
    area.focus()
    page.keyboard.press("Control+.")
    expect(area).to_have_value("🧨 Zapraszamy na wiadomość prywatną dziś")
    expect(page.locator(".finding")).to_have_count(0)


def test_typed_words_survive_a_closed_page(page: Page, site: str) -> None:
    page.route("**/parts/draft", lambda route: None)  # never answered; an abort would be a complaint
    page.goto(f"{site}/parts/pages/inbox-open")
    page.locator("#reply-text").fill("Half a sentence that nobody may lose")
    page.goto(f"{site}/parts/pages/inbox-open")
    expect(page.locator("#reply-text")).to_have_value("Half a sentence that nobody may lose")
    page.get_by_role("button", name="Use the saved ones").click()
    expect(page.locator("#reply-text")).to_have_value(DRAFT)


def _save_nowhere(page: Page) -> None:
    """To an address that saves nothing: no route holds what a page sends as it is left."""
    page.locator("form[data-autosave]").evaluate("form => { form.dataset.autosave = '/parts/check'; }")


@pytest.mark.parametrize("before", ["", "Half a sentence"])
def test_words_typed_before_the_script_came_are_checked_and_kept(page: Page, site: str, before: str) -> None:
    address = f"{site}/parts/pages/inbox-open"
    if before:
        page.goto(address)
        _save_nowhere(page)
        page.locator("#reply-text").fill(before)
    held: list[Route] = []
    page.route("**/composer.js*", lambda route: held.append(route))
    with page.expect_request("**/composer.js*"):
        page.goto(address, wait_until="commit")
    words = "Zapraszamy na recepcja@example.com dziś"
    page.locator("#reply-text").fill(words)
    _save_nowhere(page)
    held[0].continue_()
    expect(page.locator(".finding")).to_have_count(1)
    expect(page.locator("#reply-text")).to_have_value(f"{before}\n{words}" if before else words)
    page.unroute("**/composer.js*")
    page.goto(address)
    expect(page.locator("#reply-text"), "kept in this browser at once").to_have_value(re.compile(words))


def test_pages_work_without_script(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 900, "height": 844})
    page = context.new_page()
    page.goto(f"{site}/parts/pages/inbox")
    page.locator(".row").first.click()
    expect(page.locator("#talk-heading")).to_be_visible()
    page.locator("summary", has_text="Snooze").click()
    expect(page.get_by_text("Tomorrow morning")).to_be_visible()
    page.get_by_role("button", name="About").click()
    expect(page.locator("#side-heading")).to_be_visible()
    context.close()


def test_the_voice_stands_beside_the_case_once_it_is_seen(page: Page, site: str) -> None:
    page.goto(f"{site}/parts/pages/inbox-open")
    expect(page.locator("#side .voice-words")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "voice" in request.url else None)
    page.goto(f"{site}/parts/pages/conversation")
    expect(page.locator("#talk-heading")).to_be_visible()
    assert asked == [], "a folded column asks for nothing"
    page.get_by_role("button", name="About").click()
    expect(page.locator("#side .voice-words")).to_be_visible()
    expect(page.locator("#side .guideline").nth(0).locator("p").first).to_be_visible()
    expect(page.locator("#side .guideline").nth(1).locator("p").first).to_be_hidden()


def test_a_case_is_given_away_by_keys_alone(page: Page, site: str) -> None:
    page.goto(f"{site}/parts/pages/inbox-open")
    page.keyboard.press("a")
    expect(page.locator(".assign button").first).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".assign button").nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("summary", has_text="Assign")).to_be_focused()
    expect(page.locator(".assign")).to_be_hidden()
    page.locator("summary", has_text="Snooze").click()
    page.locator(".own-time span").first.click()
    expect(page.locator("input[name=own]").first, "a click on words of a menu leaves it open").to_be_focused()
    page.get_by_role("button", name="Put off until then").focus()
    page.keyboard.press("Tab")
    expect(page.locator("input[name=own]").first, "going on by Tab closes it").to_be_hidden()


@pytest.mark.parametrize("path", ["parts/voice", "parts/people"])
def test_what_stands_beside_a_case_opens_without_script(browser: Browser, site: str, path: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{site}/parts/pages/conversation")
    if path == "parts/voice":
        page.get_by_role("button", name="About").click()
        page.get_by_role("link", name="How Hotel Bursztynowa Zatoka speaks").click()
    else:
        page.locator("summary", has_text="Assign").click()
        page.get_by_role("link", name="Choose who gets it").click()
    expect(page).to_have_url(f"{site}/{path}")
    expect(page.locator("h1")).to_be_visible()
    context.close()


@pytest.mark.parametrize("width", [360, 390, 768, 1440])
@pytest.mark.parametrize("long_word", [False, True])
def test_nothing_of_the_frame_is_cut_or_scrolls_out_of_sight(
    browser: Browser, site: str, width: int, long_word: bool
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{site}/parts/pages/inbox")
    if width < 700:
        page.get_by_role("button", name="Places and brands").click()
    if long_word:
        page.locator(".rail-name").evaluate_all("all => all.forEach(one => { one.textContent = 'Wszystkie marki' })")
        page.locator(".queue-head .tabs a").evaluate_all(
            "all => all.forEach(one => { one.firstChild.data = 'Com o cliente'; })"
        )
    cut = """all => all.filter(one => one.checkVisibility()
        && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1))
        .map(one => one.textContent)"""
    assert (
        page.locator(
            ".rail-name:not(.rail-foot *), .queue-head .tabs, .queue-head .tabs a, .queue-head h2"
        ).evaluate_all(cut)
        == []
    )
    context.close()


def test_words_that_arrived_are_not_put_back(page: Page, site: str) -> None:
    page.goto(f"{site}/parts/pages/inbox-open")
    page.locator("#reply-text").fill("Sent and done")
    arrived = f"{site}/parts/pages/inbox-open"  # shows a toast, as every page after a post does
    page.route("**/parts/reply", lambda route: route.fulfill(status=303, headers={"Location": arrived}))
    page.get_by_role("button", name="Send for approval").click()
    expect(page.locator("#saved")).not_to_contain_text("are back")
    expect(page.locator("#reply-text")).to_have_value(DRAFT)


def test_back_and_forward_show_what_the_address_names(page: Page, site: str) -> None:
    page.goto(f"{site}/parts/pages/inbox")
    page.locator(".row").nth(2).click()
    expect(page.locator("#talk-heading")).to_be_visible()
    expect(page).to_have_url(re.compile(r"inbox-open\?case=2$"))
    page.go_back()
    expect(page.locator("#talk-heading")).to_have_count(0)
    expect(page.locator(".row").first).to_be_visible()
    page.go_forward()
    expect(page.locator("#talk-heading")).to_be_visible()
    expect(page.locator("nav.tabs")).to_have_count(1)


def test_a_saved_reply_is_put_in_and_the_form_says_which(page: Page, site: str) -> None:
    page.goto(f"{site}/parts/pages/conversation")
    page.locator("#reply-text").fill("")
    page.locator("#beside-saved_replies [data-saved-reply]").first.click()
    expect(page.locator("#reply-text")).to_have_value(re.compile("śniadanie było zimne"))
    expect(page.locator("#composer-form input[name=saved_reply]")).to_have_value("1")


def test_a_case_that_belongs_in_private_is_answered_so_by_one_press(page: Page, site: str) -> None:
    page.goto(f"{site}/parts/pages/conversation-answered")
    private = page.locator("#composer-form input[name=private]")
    proposal = page.locator("#beside-scenarios [data-private]").first
    expect(page.locator("#beside-scenarios .where").first).to_be_visible()
    expect(private).to_be_checked()
    expect(proposal, "it is private already").to_be_hidden()
    private.uncheck()
    proposal.click()
    expect(private).to_be_checked()
    expect(page.locator("#reply-text")).to_be_focused()
    page.goto(f"{site}/parts/pages/conversation")
    expect(page.locator("#beside-scenarios .where").first).to_be_visible()
    expect(page.locator("#beside-scenarios [data-private]").first, "nothing there goes in private").to_be_hidden()


def test_a_quiz_is_answered_by_digits_alone(page: Page, site: str) -> None:
    page.goto(f"{site}/parts/pages/quiz")
    page.keyboard.press("2")
    expect(page.locator("input[name=q0][value='1']")).to_be_checked()
    expect(page.locator("input[name=q1]").first).to_be_focused()
    expect(page.locator("input[name=q1]:checked")).to_have_count(0)
    for key in ("3", "1"):  # there is no third answer
        page.keyboard.press(key)
    expect(page.locator("input[name=q1][value='0']")).to_be_checked()
    expect(page.get_by_role("button", name="Hand in")).to_be_focused()
