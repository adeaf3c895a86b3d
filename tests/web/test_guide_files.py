"""A guide is begun from a template, taken out as a file and brought in again."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask

from styleguides import guides
from styleguides.guide_templates import NAMES
from tests.factories import Agency, Factory
from tests.web.browser import Browser


@pytest.fixture
def lead(whole_app: Flask, ana: Agency) -> Browser:
    return Browser(whole_app, ana.team_lead)


@pytest.fixture
def address(ana: Agency) -> str:
    return f"/brands/{ana.brand_ids[0]}/guide"


def data(agency: Agency, number: int) -> tuple[Any, ...]:
    with agency.entered():
        found = guides.version_of(agency.brand_ids[0], number)
        return found.state, found.voice, found.identity, found.rules


@pytest.mark.parametrize("ending", ["yaml", "md"])
def test_from_a_template_out_as_a_file_and_in_again(lead: Browser, ana: Agency, address: str, ending: str) -> None:
    assert f"{address}/templates" in lead.get(address).text, "a brand without a guide is shown where to begin"
    offered = lead.get(f"{address}/templates").text
    assert all(f'value="{name}"' in offered for name in NAMES)
    assert lead.post(f"{address}/templates", {"template": "formal-polish"}).status_code == 303
    state, *begun = data(ana, 1)
    assert state == "draft"
    taken = lead.get(f"{address}/1/export.{ending}")
    assert taken.status_code == 200
    assert "attachment" in taken.headers["Content-Disposition"]
    sent = {
        "file": (io.BytesIO(taken.data), f"guide.{ending}"),
        "source": "",
        "note": "again",
        "based_on": "1",
        "do": "save",
    }
    answer = lead.post(address, sent, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    assert list(data(ana, 2)[1:]) == begun


def test_files_that_are_none_are_refused_with_words(lead: Browser, ana: Agency, address: str) -> None:
    for words in (b"\xff\xfe\x00", b"rules: [", b"x" * 2_000_000):
        sent = {"file": (io.BytesIO(words), "x.yaml"), "note": "n", "based_on": "", "do": "save"}
        answer = lead.post(address, sent, content_type="multipart/form-data")
        assert answer.status_code in (413, 422)
    assert lead.post(f"{address}/templates", {"template": "../x"}).status_code == 404


def test_who_reads_takes_it_out_and_who_writes_begins(
    whole_app: Flask, ana: Agency, make: Factory, stranger: Agency, address: str
) -> None:
    make.guide(ana, [])
    for actor, reads, writes in ((ana.client_owner, 200, 403), (ana.staff, 200, 403), (stranger.team_lead, 404, 404)):
        browser = Browser(whole_app, actor)
        assert browser.get(f"{address}/1/export.yaml").status_code == reads
        assert browser.get(f"{address}/templates").status_code == writes
        assert browser.post(f"{address}/templates", {"template": "health"}).status_code == writes
