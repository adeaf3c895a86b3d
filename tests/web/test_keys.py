"""The keyboard is one table: nothing means two things where both are listened to, and no page has a key of its own."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from markupsafe import Markup
from sqlalchemy import update

from agency.web import keys
from agency.web.keys import KEYS, MENU_LETTERS, SCREENS, TOPIC_KEYS, press
from agency.web.shell import PLACES
from tenants.database import db
from tenants.models import Person
from tests.factories import Agency
from tests.web.browser import Browser

WEB = Path(keys.__file__).parent
SCRIPTS = WEB / "static"


@pytest.mark.parametrize("screen", SCREENS)
def test_a_key_does_one_thing_on_a_screen(screen: str) -> None:
    counted = Counter(key.name for key in KEYS if key.where in SCREENS[screen])
    assert [name for name, times in counted.items() if times > 1] == []


def test_every_place_is_listened_to_on_some_screen() -> None:
    assert {key.where for key in KEYS} == {where for places in SCREENS.values() for where in places}


def test_no_sequence_begins_with_a_key_that_acts_alone() -> None:
    singles = {key.name for key in KEYS if " " not in key.name}
    assert not singles & {key.name.split()[0] for key in KEYS if " " in key.name}


def test_templates_name_keys_by_the_table_alone() -> None:
    templates = {path: path.read_text(encoding="utf-8") for path in (WEB / "templates").rglob("*.html")}
    assert [path.name for path, text in templates.items() if "data-key=" in text or "data-key " in text] == []
    named = {key.name for key in KEYS}
    used = {
        found for text in templates.values() for found in re.findall(r"""(?:press\(|shortcut=)["']([^"']+)["']""", text)
    } | {key for _endpoint, _icon, key in PLACES if key}
    assert used <= named
    # What no script does by itself must stand on some page; digits are told by questions and by saved views,
    # letters of topics and languages by the menu that corrects a reading.
    by_element = {key.name for key in KEYS if not key.by and not key.name[-1].isdigit()} - {
        *TOPIC_KEYS,
        *MENU_LETTERS.values(),
    }
    assert by_element <= used


def test_a_key_outside_the_table_is_refused() -> None:
    with pytest.raises(LookupError):
        press("q")
    assert press("") == Markup("")


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("e", ' data-key="e" aria-keyshortcuts="e"'),
        ("g i", ' data-key="g i"'),
        ("Mod+Enter", ' data-key="Mod+Enter" aria-keyshortcuts="Control+Enter Meta+Enter"'),
    ],
)
def test_a_screen_reader_is_told_the_key(name: str, attributes: str) -> None:
    assert press(name) == attributes


def test_scripts_do_what_the_table_says_they_do() -> None:
    for key in KEYS:
        if key.by.endswith(".js"):
            script = (SCRIPTS / key.by).read_text(encoding="utf-8")
            last = key.name.rpartition("+")[2]
            assert f'"{last}"' in script or (last.isdigit() and "[1-4]" in script), key


def test_the_sheet_is_a_page_and_a_part_in_every_language(whole_app: Flask) -> None:
    browser = Browser(whole_app, None).client
    for language, word in (("en", "take the top case"), ("pl", "następna sprawa"), ("pt", "próximo caso")):
        headers = {"Accept-Language": language}
        page = browser.get("/keys", headers=headers).text
        part = browser.get("/keys", headers={**headers, "HX-Request": "true"}).text
        assert "<html" in page
        assert "<html" not in part
        assert ("<h2>" in page, "<h3>" in page) == (True, False), "no heading is jumped over under the page's own"
        assert ("<h2>" in part, "<h3>" in part) == (False, True), "the dialog's title stands above them"
        assert page.count("<kbd") == part.count("<kbd") >= len({(key.where, key.does) for key in KEYS})
        assert word in part


def test_the_sheet_is_in_the_readers_own_language(whole_app: Flask, ana: Agency) -> None:
    with whole_app.app_context():
        db.session.execute(update(Person).where(Person.id == ana.staff.user_id).values(language="pl"))
        db.session.commit()
    headers = {"Accept-Language": "en", "HX-Request": "true"}
    assert "następna sprawa" in Browser(whole_app, ana.staff).client.get("/keys", headers=headers).text
