"""A version of a style guide is proposed, read by the client without script, approved or answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask

from styleguides import guides
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.guiding import RULES, states
from tests.web.replying import MARKUP, is_inert


@pytest.fixture
def lead(whole_app: Flask, ana: Agency) -> Browser:
    return Browser(whole_app, ana.team_lead)


@pytest.fixture
def owner(whole_app: Flask, ana: Agency) -> Browser:
    return Browser(whole_app, ana.client_owner)


@pytest.fixture
def address(make: Factory, ana: Agency) -> str:
    """Version 1 is in force, 2 is a draft with one rule less and one changed."""
    make.guide(ana, RULES)
    with ana.entered(ana.team_lead):
        changed = [{**RULES[1], "max_count": 0}]
        identity = {"Audience": "Everybody"}
        guides.draft_version(ana.team_lead, ana.brand_ids[0], changed, "Calmer", voice="Calm.", identity=identity)
    return f"/brands/{ana.brand_ids[0]}/guide/2"


def form_of(html: str) -> dict[str, str]:
    """The hidden fields of the decision."""
    found = re.findall(r'<input type="hidden" name="(proposal_id|against)" value="([^"]*)">', html)
    return dict(found)


def test_the_client_reads_what_is_new_and_puts_it_in_force(
    lead: Browser, owner: Browser, ana: Agency, address: str
) -> None:
    assert lead.post(f"{address}/propose", {"note": "Calmer, as we said."}).status_code == 303
    waiting = unescape(owner.get("/approvals").text)
    assert "Calmer, as we said." in waiting
    assert '<span class="count plain">1</span>' in waiting
    assert f"{address}/proposal" in waiting
    page = unescape(owner.get(f"{address}/proposal").text)
    for words in ("Calmer, as we said.", "No exclamation marks.", "Gone", "Changed", "Calm.", "Everybody", "Proposed"):
        assert words in page, words
    assert "1 rule stays" not in page
    answer = owner.post(f"{address}/proposal", {**form_of(page), "do": "approve", "comment": "Good."})
    assert answer.status_code == 303
    assert states(ana) == {1: "retired", 2: "in_force"}
    after = unescape(lead.get(f"{address}/proposal").text)
    for words in ("Approved: in force", "Good.", ana.client_owner.name, ana.team_lead.name):
        assert words in after, words
    assert f"{address}/proposal" not in owner.get("/approvals").text


def test_an_answer_without_words_comes_back_and_one_with_words_returns_the_draft(
    lead: Browser, owner: Browser, ana: Agency, address: str
) -> None:
    lead.post(f"{address}/propose", {"note": "x"})
    form = form_of(owner.get(f"{address}/proposal").text)
    empty = owner.post(f"{address}/proposal", {**form, "do": "answer", "comment": " "})
    assert empty.status_code == 422
    assert "Say in a few words what should be different." in empty.text
    assert states(ana)[2] == "proposed"
    assert owner.post(f"{address}/proposal", {**form, "do": "answer", "comment": "One is fine."}).status_code == 303
    assert states(ana)[2] == "draft"
    assert "One is fine." in lead.get(f"{address}/proposal").text
    late = owner.post(f"{address}/proposal", {**form, "do": "approve"})
    assert late.status_code == 409
    assert states(ana)[2] == "draft"


def test_a_form_from_before_another_came_in_force_decides_nothing_and_keeps_its_words(
    lead: Browser, owner: Browser, ana: Agency, address: str
) -> None:
    with ana.entered(ana.team_lead):
        guides.draft_version(ana.team_lead, ana.brand_ids[0], RULES, "third")
    lead.post(f"{address}/propose", {"note": "x"})
    form = form_of(owner.get(f"{address}/proposal").text)
    assert form["against"] == "1"
    lead.post(address.removesuffix("2") + "3/in-force")
    answer = owner.post(f"{address}/proposal", {**form, "do": "approve", "comment": "My words"})
    assert answer.status_code == 409
    assert "My words" in answer.text
    assert form_of(answer.text)["against"] == "3"
    assert states(ana) == {1: "retired", 2: "proposed", 3: "in_force"}
    for damaged in ("", "x", "-1", "9" * 30, "٣"):
        assert owner.post(f"{address}/proposal", {**form, "against": damaged, "do": "approve"}).status_code == 409
        assert owner.post(f"{address}/proposal", {"proposal_id": damaged, "do": "approve"}).status_code == 409
    assert owner.post(f"{address}/proposal", {**form, "do": "burn"}).status_code == 422


def test_an_earlier_version_comes_back_with_a_reason(lead: Browser, ana: Agency, address: str) -> None:
    assert lead.post(f"{address}/in-force").status_code == 303
    first = address.removesuffix("2") + "1"
    refused = lead.post(f"{first}/in-force")
    assert refused.status_code == 422
    assert "Say why an earlier version comes back." in refused.text
    assert states(ana) == {1: "retired", 2: "in_force"}
    assert lead.post(f"{first}/in-force", {"reason": "Too quiet."}).status_code == 303
    assert states(ana) == {1: "in_force", 2: "retired"}
    assert "Too quiet." in lead.get(f"{first}/proposal").text


def test_where_only_the_client_decides_the_page_offers_no_other_way(
    whole_app: Flask, lead: Browser, ana: Agency, address: str
) -> None:
    assert f"{address}/in-force" in lead.get(f"{address}/proposal").text
    admin = Browser(whole_app, ana.agency_admin)
    brand = address.removesuffix("/guide/2")
    fields = {"name": "Mine", "mark": "MI", "colour": "#123456", "language": "en", "timezone": "UTC"}
    more = {"answer_due_hours": "12", "guide_needs_approval": "1"}
    assert admin.post(brand, {**fields, **more}).status_code == 303
    assert f"{address}/in-force" not in lead.get(f"{address}/proposal").text
    refused = lead.post(f"{address}/in-force")
    assert refused.status_code == 409
    assert "Propose this version to the client" in refused.text
    assert states(ana)[2] == "draft"


@pytest.mark.parametrize("role", list(Role))
def test_who_sees_which_buttons(whole_app: Flask, ana: Agency, address: str, role: Role, lead: Browser) -> None:
    browser = Browser(whole_app, ana.actors[role.value])
    reads, proposes = role is not Role.BILLING_ADMIN, role in (Role.AGENCY_ADMIN, Role.TEAM_LEAD, Role.STAFF)
    page = browser.get(f"{address}/proposal")
    assert page.status_code == (200 if reads else 403)
    assert (f"{address}/propose" in page.text) == proposes
    lead.post(f"{address}/propose", {"note": "x"})
    page = browser.get(f"{address}/proposal")
    assert (f"{address}/call-back" in page.text) == proposes
    assert ('value="approve"' in page.text) == (role is Role.CLIENT_OWNER)
    assert browser.post(f"{address}/call-back").status_code == (303 if proposes else 403)


def test_hostile_words_do_nothing(lead: Browser, owner: Browser, address: str) -> None:
    lead.post(f"{address}/propose", {"note": MARKUP})
    for page in (owner.get("/approvals"), owner.get(f"{address}/proposal"), lead.get(f"{address}/proposal")):
        assert page.status_code == 200
        assert is_inert(page.text)
    for note in ("\x00", "x" * 3000):
        assert lead.post(f"{address}/propose", {"note": note}).status_code in (409, 422)


def test_the_page_takes_few_statements(owner: Browser, address: str, statements: Callable[[], list[str]]) -> None:
    owner.get(f"{address}/proposal")
    statements()
    owner.get(f"{address}/proposal")
    taken = statements()
    assert len(taken) <= 7, taken
