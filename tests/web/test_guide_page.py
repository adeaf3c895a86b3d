"""The style guide as people read, write, compare and put it in force; and the guidelines beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import yaml
from flask import Flask
from sqlalchemy import select

from agency.web.guide_source import source_of
from styleguides import guides, saved_replies
from styleguides.importing import read_source
from styleguides.models import Guideline, StyleGuideVersion
from styleguides.rules import RULE_KINDS
from tenants import brands
from tenants.database import db
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.guiding import RULES, states
from tests.web.replying import MARKUP, is_inert


@pytest.fixture
def lead(whole_app: Flask, ana: Agency) -> Browser:
    return Browser(whole_app, ana.team_lead)


@pytest.fixture
def address(make: Factory, ana: Agency) -> str:
    make.guide(ana, RULES)
    return f"/brands/{ana.brand_ids[0]}/guide"


def source_in(html: str) -> str:
    area = re.search(r'<textarea[^>]*name="source"[^>]*>\n(.*?)</textarea>', html, re.S)
    assert area is not None
    return unescape(area.group(1))


def write(data: Any, **more: str) -> dict[str, str]:
    return {"source": yaml.safe_dump(data), "note": "why", "based_on": "1", "do": "save", **more}


def test_rules_are_told_in_plain_words_with_their_examples(lead: Browser, address: str) -> None:
    page = lead.get(address).text
    told = ("Words to avoid", "Do not write “synergy”, in any of their forms.", "Nobody says it.", "We use synergy.")
    for words in (*told, "At most 1 exclamation mark.", "version 1", "in force"):
        assert words in unescape(page), words


def test_every_kind_of_rule_has_words(whole_app: Flask) -> None:
    from agency.web.guide_words import kind_words

    with whole_app.test_request_context():
        assert set(kind_words()) == set(RULE_KINDS)


def test_a_new_version_is_kept_as_a_draft_and_put_in_force(lead: Browser, ana: Agency, address: str) -> None:
    page = lead.get(f"{address}?tab=write").text
    text = source_in(page).replace("synergy", "leverage")
    answer = lead.post(address, {"source": text, "note": "New word", "based_on": "1", "do": "save"})
    assert answer.status_code == 303
    assert states(ana) == {1: "in_force", 2: "draft"}
    assert "leverage" not in lead.get(address).text
    assert lead.post(f"{address}/2/in-force").status_code == 303
    assert lead.post(f"{address}/2/in-force").status_code == 303, "twice is harmless"
    assert states(ana) == {1: "retired", 2: "in_force"}
    assert "leverage" in lead.get(address).text
    assert "synergy" in lead.get(f"{address}?version=1").text
    compared = lead.get(f"{address}/compare?older=1&newer=2").text
    assert "leverage" in compared[compared.index("<ins>") :]
    assert "1 rule is the same in both." in compared


def test_problems_name_line_rule_and_field_and_lose_nothing(lead: Browser, ana: Agency, address: str) -> None:
    first = "  - kind: banned\n    id: no-x\n    levle: stop\n    phrases: [x]\n"
    text = f"rules:\n{first}  - kind: emoji\n    id: few\n    max_count: lots\n"
    answer = lead.post(address, {"source": text, "note": "My note", "based_on": "1", "do": "save"})
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert "Line 4, no-x" in page
    assert "levle" in page
    assert "Line 8, few" in page
    assert "2 things keep this version back" in page
    assert source_in(answer.text) == text
    assert "My note" in page
    assert states(ana) == {1: "in_force"}


def test_checking_saves_nothing(lead: Browser, ana: Agency, address: str) -> None:
    answer = lead.post(address, write({"rules": RULES}, do="check"))
    assert answer.status_code == 200
    assert "2 rules can be read" in answer.text
    assert states(ana) == {1: "in_force"}


def test_examples_that_disagree_keep_a_draft_out_of_force(lead: Browser, ana: Agency, address: str) -> None:
    wrong = [{**RULES[0], "bad": "Nothing to see here."}]
    assert lead.post(address, write({"rules": wrong})).status_code == 303
    answer = lead.post(f"{address}/2/in-force")
    assert answer.status_code == 422
    assert "the bad example keeps the rule it should break" in answer.text
    assert "no-jargon" in answer.text
    assert states(ana) == {1: "in_force", 2: "draft"}


def test_a_version_written_meanwhile_is_told_before_saving(lead: Browser, ana: Agency, address: str) -> None:
    with ana.entered(ana.agency_admin):
        guides.draft_version(ana.agency_admin, ana.brand_ids[0], RULES, "faster")
    answer = lead.post(address, write({"rules": RULES[:1]}))
    assert answer.status_code == 409
    assert "came while you were writing" in answer.text
    assert states(ana) == {1: "in_force", 2: "draft"}
    assert lead.post(address, write({"rules": RULES[:1]}, based_on="2")).status_code == 303


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "rules: {a: b}",
        "rules:\n - &a {kind: banned}\n - *a",
        "a: &a [x]\nb: *a",
        "rules: " + "[" * 200 + "]" * 200,
        "rules: [\x00]",
        "rules: [\ud800]",
        "rules: !!python/object/apply:os.system ['true']",
        "rules: []\nrules: []",
        "rules: [2024-99-99]",
        "voice: [1]\nrules: []",
        "identity: 7\nrules: []",
        "? [a]\n: b",
        "rules: " + "9" * 5000,
        "x" * 500_000,
        "\ttabs",
        "rules:\n  - 'unclosed",
    ],
)  # fmt: skip
def test_hostile_sources_are_refused_with_words(lead: Browser, ana: Agency, address: str, text: str) -> None:
    sent = text.encode("utf-8", "surrogatepass")
    answer = lead.post(address, {"source": sent, "note": "n", "based_on": "1", "do": "save"})  # type: ignore[dict-item]
    assert answer.status_code == 422
    assert states(ana) == {1: "in_force"}


def test_what_the_editor_shows_reads_back_to_the_same(address: str, ana: Agency) -> None:
    with ana.entered():
        version = db.session.scalars(select(StyleGuideVersion)).one()
        version.voice, version.identity = "Plain: words\nand lines", {"Do": ["yes", "no"]}
        text = source_of(version)
        source = read_source(text)
        assert source.problems == ()
        assert (source.voice, source.identity, source.rules_data) == (version.voice, version.identity, version.rules)


def test_a_text_can_be_tried(lead: Browser, address: str) -> None:
    found = lead.post(f"{address}/try", {"text": "Our synergy is great"}).text
    assert '<mark class="u-stop">synergy</mark>' in found
    assert "In style" in lead.post(f"{address}/try", {"text": "All is well."}).text


@pytest.mark.parametrize("role", list(Role))
def test_who_reads_and_who_writes(whole_app: Flask, ana: Agency, address: str, role: Role) -> None:
    browser = Browser(whole_app, ana.actors[role.value])
    reads = role is not Role.BILLING_ADMIN
    writes = role in (Role.AGENCY_ADMIN, Role.TEAM_LEAD)
    assert browser.get(address).status_code == (200 if reads else 403)
    assert browser.post(address, write({"rules": RULES})).status_code == (303 if writes else 403)
    if reads:
        assert ("?tab=write" in browser.get(address).text) == writes


def test_a_foreign_guide_is_not_there(whole_app: Flask, ana: Agency, stranger: Agency, address: str) -> None:
    browser = Browser(whole_app, stranger.team_lead)
    for path in (address, f"{address}?tab=write", f"{address}/compare", address.replace("guide", "guidelines")):
        assert browser.get(path).status_code == 404
    assert browser.post(address, write({"rules": RULES})).status_code == 404
    assert browser.post(f"{address}/1/in-force").status_code == 404
    owner = Browser(whole_app, ana.client_owner)
    assert owner.get(f"/brands/{ana.brand_ids[1]}/guide").status_code == 404


@pytest.mark.parametrize("query", ["version=9", "version=x", "version=-1", "version=99999999999999999999"])
def test_versions_that_are_not_there(lead: Browser, address: str, query: str) -> None:
    assert lead.get(f"{address}?{query}").status_code == 404


def test_hostile_words_do_nothing(lead: Browser, address: str) -> None:
    rules = [{"kind": "banned", "id": "x", "phrases": [MARKUP], "reason": MARKUP, "good": MARKUP + " a", "bad": MARKUP}]
    assert lead.post(address, write({"rules": rules, "voice": MARKUP}, note=MARKUP)).status_code == 303
    for query in ("version=2", "version=2&tab=write", "tab=versions"):
        assert is_inert(lead.get(f"{address}?{query}").text)
    assert is_inert(lead.get(f"{address}/compare").text)
    assert is_inert(lead.post(f"{address}/try", {"text": MARKUP}).text)
    assert is_inert(lead.post(address, {"source": MARKUP, "note": MARKUP, "do": "save"}).text)


def test_the_pages_take_few_statements(lead: Browser, address: str, statements: Callable[[], list[str]]) -> None:
    for path in (address, f"{address}?tab=versions", address.replace("guide", "guidelines")):
        lead.get(path)
        statements()
        assert lead.get(path).status_code == 200
        taken = statements()
        assert len(taken) <= 6, taken


def guideline_of(agency: Agency) -> Guideline:
    with agency.entered():
        found = db.session.scalars(select(Guideline)).one()
        db.session.expunge(found)
        return found


GUIDELINE = {
    "title": "Lost luggage",
    "when": "Somebody lost a bag",
    "steps": "Say sorry\nAsk for the tag",
    "offer": "20,50",
    "currency": "eur",
    "never_say": "Not our fault",
    "visibility": "both",
}


def test_guidelines_are_added_changed_and_taken_away(lead: Browser, ana: Agency, address: str) -> None:
    place = address.replace("guide", "guidelines")
    assert lead.post(place, GUIDELINE).status_code == 303
    found = guideline_of(ana)
    assert (found.steps, found.offer_limit_cents, found.currency) == (["Say sorry", "Ask for the tag"], 2050, "EUR")
    assert "20.50 EUR" in lead.get(place).text
    one = f"{place}/{found.id}"
    assert "Lost luggage" in lead.get(one).text
    assert lead.post(one, {**GUIDELINE, "title": "Lost bags", "version": "1"}).status_code == 303
    late = lead.post(one, {**GUIDELINE, "title": "My title", "version": "1"})
    assert late.status_code == 409
    assert "Lost bags" in late.text, "what it says now"
    assert 'value="My title"' in late.text, "what was typed"
    assert lead.post(f"{one}/delete", {"version": "1"}).status_code == 409
    assert lead.post(f"{one}/delete", {"version": "2"}).status_code == 303
    assert lead.get(one).status_code == 404
    assert "Lost bags" not in lead.get(place).text


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", " "), ("offer", "a lot"), ("offer", "1e99"), ("offer", "NaN"), ("offer", "-5"), ("currency", "euros"),
     ("visibility", "maybe"), ("when", "\x00")],
)  # fmt: skip
def test_a_guideline_that_cannot_be_kept_comes_back(lead: Browser, address: str, field: str, value: str) -> None:
    answer = lead.post(address.replace("guide", "guidelines"), {**GUIDELINE, field: value})
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert "Ask for the tag" in answer.text


def test_what_a_changed_rule_asked_and_asks_stands_side_by_side_and_what_stayed_stands_once(
    lead: Browser, ana: Agency, address: str
) -> None:
    stricter = [{**RULES[0], "reason": "Nobody <b>ever</b> says it."}, {**RULES[1], "level": "stop", "max_count": 0}]
    with ana.entered(ana.team_lead):
        guides.draft_version(ana.team_lead, ana.brand_ids[0], stricter, "Stricter")
    shown = re.sub(r"\s+", " ", lead.get(f"{address}/compare?older=1&newer=2").text)
    rows = re.findall(r'<tr><th scope="row"[^>]*>(.*?)</th>(.*?)</tr>', shown)
    told = {(label, re.sub(r"<(?!/?(?:ins|del)\b)[^>]*>", "", cells)) for label, cells in rows}
    assert ("Why", "Nobody says it.Nobody<ins> &lt;b&gt;ever&lt;/b&gt;</ins> says it.") in told
    assert ("How strict", "<del>Hint</del><ins>Stops</ins>") in told
    assert ("What it asks", "Do not write “synergy”, in any of their forms.") in told
    assert not {"Good", "Not so"} & {label for label, _cells in told}
    with ana.entered(ana.team_lead):
        guides.put_in_force(ana.team_lead, ana.brand_ids[0], 2)
    back = f"{address}/1/proposal#in-force"
    assert back in lead.get(f"{address}?tab=versions").text
    assert back not in Browser(lead.app, ana.staff).get(f"{address}?tab=versions").text
    with ana.entered(ana.agency_admin):
        brands.change_brand(ana.agency_admin, ana.brand_ids[0], guide_needs_approval=True)
    asked = Browser(lead.app, ana.staff).get(f"{address}?tab=versions").text
    assert f"{address}/1/proposal#propose" in asked
    assert "Bring back" not in Browser(lead.app, ana.client_owner).get(f"{address}?tab=versions").text


def test_saved_replies_that_fit_are_ticked_shown_and_those_of_other_brands_refused(
    lead: Browser, ana: Agency, address: str
) -> None:
    texts = {"texts": [{"language": "en", "text": "We are sorry."}]}
    with ana.entered(ana.agency_admin):
        own, shared, foreign = (
            saved_replies.create_saved_reply(ana.agency_admin, brand, {"title": title, **texts}).id
            for brand, title in ((ana.brand_ids[0], "Late <b>"), (None, "Thanks"), (ana.brand_ids[1], "Elsewhere"))
        )
    place = address.replace("guide", "guidelines")
    form = lead.get(f"{place}/new").text
    assert "Late &lt;b&gt;" in form
    assert "For every brand" in form
    assert "Elsewhere" not in form
    assert lead.post(place, {**GUIDELINE, "saved_reply_ids": [str(shared), str(own)]}).status_code == 303
    found = guideline_of(ana)
    assert found.saved_reply_ids == [str(shared), str(own)]
    assert "Late &lt;b&gt;" in lead.get(place).text
    assert "Elsewhere" not in lead.get(place).text
    refused = lead.post(f"{place}/{found.id}", {**GUIDELINE, "saved_reply_ids": [str(foreign)], "version": "1"})
    assert refused.status_code == 422
    assert "holds a saved reply that this brand does not have" in refused.text
    with ana.entered(ana.team_lead):
        saved_replies.archive_saved_reply(ana.team_lead, own, None)
    form = lead.get(f"{place}/{found.id}").text
    assert form.index(f'value="{own}" checked') < form.index("Put away, so it is not offered")
    kept = lead.post(f"{place}/{found.id}", {**GUIDELINE, "saved_reply_ids": [str(own)], "version": "1"})
    assert kept.status_code == 303, "what stood there already may stay"
    assert guideline_of(ana).saved_reply_ids == [str(own)]


def test_hostile_guidelines_do_nothing(lead: Browser, ana: Agency, address: str) -> None:
    place = address.replace("guide", "guidelines")
    hostile = {**GUIDELINE, "title": MARKUP, "when": MARKUP, "steps": MARKUP, "never_say": MARKUP}
    assert lead.post(place, hostile).status_code == 303
    assert is_inert(lead.get(place).text)
    assert is_inert(lead.get(f"{place}/{guideline_of(ana).id}").text)
