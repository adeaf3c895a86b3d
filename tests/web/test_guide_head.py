"""The form of a guide's head: what is typed is kept, in a draft or a new one, for all languages or for one."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from styleguides import guides
from styleguides.models import StyleGuideVersion
from tenants.brands import LANGUAGES
from tenants.database import db
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.replying import MARKUP, is_inert

FORM = {
    "voice": "Calm and plain.",
    "audience": "Families",
    "address": "You",
    "do": "Thank first\r\n\r\n  Name a day ",
    "dont": "No excuses",
    "vocabulary": "stay, not visit",
    "signatures": "The team",
    "examples-facebook": "Thank you.\r\nSee you.\r\n\r\nHello.",
    "examples-instagram": "",
    "examples-google_business": "",
    "note": "First head",
    "revision": "1",
    "language": "",
}


@pytest.fixture
def lead(whole_app: Flask, ana: Agency) -> Browser:
    return Browser(whole_app, ana.team_lead)


@pytest.fixture
def address(make: Factory, ana: Agency) -> str:
    """Version 1 is in force; free headings as older guides have them."""
    make.guide(ana, [])
    with ana.entered():
        db.session.scalars(select(StyleGuideVersion)).one().identity = {"Odbiorcy": "Rodziny"}
    return f"/brands/{ana.brand_ids[0]}/guide"


def version(agency: Agency, number: int) -> dict[str, Any]:
    with agency.entered():
        found = guides.version_of(agency.brand_ids[0], number)
        return {"state": found.state, "voice": found.voice, "identity": found.identity, "revision": found.revision}


def test_saving_begins_a_draft_and_then_changes_it(lead: Browser, ana: Agency, address: str) -> None:
    page = lead.get(f"{address}/1/head").text
    assert "saving begins a new draft" in page
    assert lead.post(f"{address}/1/head", FORM).headers["Location"] == f"{address}/2/head"
    made = version(ana, 2)
    assert (made["state"], made["voice"]) == ("draft", "Calm and plain.")
    assert made["identity"] == {
        "audience": "Families",
        "address": "You",
        "do": ["Thank first", "Name a day"],
        "dont": ["No excuses"],
        "vocabulary": ["stay, not visit"],
        "signatures": ["The team"],
        "examples": {"facebook": ["Thank you.\nSee you.", "Hello."]},
        "Odbiorcy": "Rodziny",
    }
    assert version(ana, 1)["identity"] == {"Odbiorcy": "Rodziny"}
    assert lead.post(f"{address}/2/head", {**FORM, "audience": "Everybody"}).status_code == 303
    assert (version(ana, 2)["identity"]["audience"], version(ana, 2)["revision"]) == ("Everybody", 2)
    late = lead.post(f"{address}/2/head", {**FORM, "audience": "Nobody"})
    assert late.status_code == 409
    assert "Nobody" in late.text, "what was typed is not lost"
    read = unescape(lead.get(f"{address}?version=2").text)
    for words in ("Whom we write for", "Everybody", "Name a day", "Odbiorcy", "Example on Facebook"):
        assert words in read, words


def test_a_language_has_only_what_differs(lead: Browser, ana: Agency, address: str) -> None:
    lead.post(f"{address}/1/head", FORM)
    empty = dict.fromkeys(FORM, "")
    polish = {**empty, "language": "pl", "revision": "1", "address": "Państwo", "voice": "not for one language"}
    assert lead.post(f"{address}/2/head", polish).status_code == 303
    made = version(ana, 2)
    assert made["voice"] == "Calm and plain."
    assert made["identity"]["languages"] == {"pl": {"address": "Państwo"}}
    assert made["identity"]["address"] == "You"
    assert lead.post(f"{address}/2/head", {**empty, "language": "pl", "revision": "2"}).status_code == 303
    assert "languages" not in version(ana, 2)["identity"]
    for code in LANGUAGES:
        assert lead.get(f"{address}/2/head?language={code}").status_code == 200
    regional = {
        **empty,
        "language": next((code for code in LANGUAGES if "-" in code), "de"),
        "revision": "3",
        "address": "x",
    }
    assert lead.post(f"{address}/2/head", regional).status_code == 303
    assert lead.get(f"{address}/2/head?language=xx").status_code == 404
    assert lead.post(f"{address}/2/head", {**empty, "language": "../x", "revision": "2"}).status_code == 404


def test_what_cannot_be_kept_comes_back_at_its_field(lead: Browser, ana: Agency, address: str) -> None:
    answer = lead.post(f"{address}/1/head", {**FORM, "do": "x" * 3000})
    assert answer.status_code == 422
    assert 'id="do-error"' in answer.text
    assert "No excuses" in answer.text
    hostile = lead.post(f"{address}/1/head", {name: MARKUP for name in FORM if name not in ("revision", "language")})
    assert hostile.status_code == 303
    for path in (f"{address}/2/head", f"{address}?version=2", f"{address}/2/proposal"):
        assert is_inert(lead.get(path).text)


def test_only_who_writes_guides_sees_the_form(whole_app: Flask, ana: Agency, stranger: Agency, address: str) -> None:
    for actor, status in (
        (ana.staff, 403),
        (ana.client_owner, 403),
        (ana.agency_admin, 200),
        (stranger.team_lead, 404),
    ):
        browser = Browser(whole_app, actor)
        assert browser.get(f"{address}/1/head").status_code == status
        if status != 200:
            assert browser.post(f"{address}/1/head", FORM).status_code == status
