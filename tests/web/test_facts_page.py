"""The pages of the fact sheet, and a draft that says otherwise, as a browser sees them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from uuid import UUID

import pytest
from flask import Flask

from styleguides import facts
from tenants.permissions import Actor
from tests.factories import Agency
from tests.web.visiting import Visitor

Visit = Callable[[Actor], Visitor]
FORM = {
    "name": "Breakfast <b>",
    "kind": "amount",
    "value": "12,50 €",
    "valid_until": "",
    "note": "Children eat free.",
    "words_en": "breakfast\nmorning meal",
    "words_pl": "śniadanie",
    "words_any": "",
}


@pytest.fixture
def visit(whole_app: Flask) -> Visit:
    return lambda actor: Visitor(whole_app, actor)


def written(agency: Agency, name: str = "Breakfast", brand: int = 0) -> UUID:
    with agency.entered(agency.team_lead):
        data = {"name": name, "kind": "amount", "value": "12.50 EUR", "subjects": []}
        return facts.create_fact(agency.team_lead, agency.brand_ids[brand], data).id


def names(page: str) -> list[str]:
    return [unescape(name) for name in re.findall(r'<h2 class="grow" dir="auto">(.*?)</h2>', page)]


def test_a_lead_writes_changes_and_puts_away(ana: Agency, visit: Visit) -> None:
    lead, here = visit(ana.team_lead), f"/brands/{ana.brand_ids[0]}/facts"
    assert "New fact" in lead.get(f"{here}/new").text
    assert lead.post(here, FORM).status_code == 303
    page = lead.get(here).text
    assert names(page) == ["Breakfast <b>"]
    assert "<b>12.50 EUR</b>" in page
    assert '<q dir="auto">morning meal</q>' in page
    one = re.search(rf'href="({here}/[0-9a-f-]+)"', page)
    assert one is not None
    form = lead.get(one.group(1)).text
    assert re.search(r'name="words_en"[^>]*>\s*breakfast\nmorning meal</textarea>', form)
    assert '<option value="amount" selected>' in form
    assert lead.post(one.group(1), {**FORM, "value": "13 EUR", "version": "1"}).status_code == 303
    faster = lead.post(one.group(1), {**FORM, "value": "14 EUR", "version": "1"})
    assert faster.status_code == 409
    assert 'value="14 EUR"' in faster.text, "what was typed is still there"
    assert re.search(r"<dt>Value</dt><dd[^>]*>13 EUR</dd>", faster.text)
    assert lead.post(f"{one.group(1)}/archive", {"version": "2"}).status_code == 303
    assert (names(lead.get(here).text), names(lead.get(f"{here}?archived=1").text)) == ([], ["Breakfast <b>"])
    assert lead.post(f"{one.group(1)}/restore", {"version": "3"}).status_code == 303
    assert names(lead.get(here).text) == ["Breakfast <b>"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("value", "cheap", "must be an amount"), ("name", " ", "must not be empty"), ("valid_until", "soon", "such as")],
)
def test_what_cannot_be_kept_is_said_at_its_field(ana: Agency, visit: Visit, field: str, value: str, said: str) -> None:
    lead = visit(ana.team_lead)
    refused = lead.post(f"/brands/{ana.brand_ids[0]}/facts", {**FORM, field: value})
    assert refused.status_code == 422
    error = re.search(rf'id="{field}-error">.*?</span>', refused.text, re.S)
    assert error is not None
    assert said in unescape(error.group(0))
    assert "morning meal" in refused.text


def test_the_list_is_in_pages_and_read_by_whoever_reads_the_guide(ana: Agency, visit: Visit) -> None:
    for number in range(51):
        written(ana, f"Fact {number:02}")
    here = f"/brands/{ana.brand_ids[0]}/facts"
    staff = visit(ana.staff)
    page = staff.get(here).text
    assert names(page) == [f"Fact {number:02}" for number in range(50)]
    assert "New fact" not in page
    following = re.search(r'href="([^"]*after=[^"]*)"', page)
    assert following is not None
    assert names(staff.get(unescape(following.group(1))).text) == ["Fact 50"]
    assert names(staff.get(f"{here}?q=fact+07").text) == ["Fact 07"]
    assert names(visit(ana.client_owner).get(here).text) == names(page)
    assert staff.post(here, FORM).status_code == 403


def test_a_foreign_fact_cannot_be_told_from_nothing(ana: Agency, stranger: Agency, visit: Visit) -> None:
    fact = written(stranger)
    lead = visit(ana.team_lead)
    for brand in (ana.brand_ids[0], stranger.brand_ids[0]):
        assert lead.get(f"/brands/{brand}/facts/{fact}").status_code == 404
    assert lead.get(f"/brands/{stranger.brand_ids[0]}/facts").status_code == 404
    assert lead.get(f"/brands/{ana.brand_ids[0]}/facts?after={fact}").status_code == 200
