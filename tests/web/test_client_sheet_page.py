"""The client sheet's page, its form, and its card beside a case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from styleguides.client_sheet import change_sheet
from tenants import clock
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.replying import MARKUP, is_inert


def day(offset: int) -> str:
    return (clock.now().date() + timedelta(days=offset)).isoformat()


@pytest.fixture
def written(ana: Agency) -> None:
    data: dict[str, Any] = {
        "does": MARKUP,
        "never_say": "Never name the mill.\n\nNever say never.",
        "contacts": [{"name": "Robin Example", "about": "cakes", "reach": "8 to 16"}],
        "campaigns": [
            {"title": "Long gone", "ends_on": day(-9)},
            {"title": "Much later", "starts_on": day(9), "load": "usual"},
            {"title": "Right now", "starts_on": day(-2), "ends_on": day(2), "load": "much_more", "say": "Be patient."},
        ],
    }
    with ana.entered():
        change_sheet(ana.team_lead, ana.brand_ids[0], data, 0)


def page(app: Flask, actor: Any, agency: Agency, query: str = "") -> str:
    answer = Browser(app, actor).get(f"/brands/{agency.brand_ids[0]}/sheet{query}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_what_is_on_comes_first_and_what_is_over_last(whole_app: Flask, ana: Agency, written: None) -> None:
    html = page(whole_app, ana.staff, ana)
    places = [html.index(words) for words in ("Right now", "Much later", "Never name the mill.", "Long gone")]
    assert places == sorted(places)
    assert "Expect customers to write far more than usual." in html
    assert is_inert(html)
    assert f"/brands/{ana.brand_ids[0]}/sheet/change" not in html
    assert f"/brands/{ana.brand_ids[0]}/sheet/change" in page(whole_app, ana.team_lead, ana)


def test_it_is_one_key_away_from_a_case_and_leads_back(
    whole_app: Flask, make: Factory, ana: Agency, written: None
) -> None:
    case = make.conversation(ana)
    html = Browser(whole_app, ana.staff).get(f"/conversations/{case}").get_data(as_text=True)
    assert f'href="/brands/{ana.brand_ids[0]}/sheet?case={case}" data-key="i"' in html
    assert f'href="/conversations/{case}"' in page(whole_app, ana.staff, ana, f"?case={case}")
    assert 'href="/conversations/' not in page(whole_app, ana.staff, ana, "?case=nonsense")


def test_the_card_shows_what_is_on_and_not_what_is_over(
    whole_app: Flask, make: Factory, ana: Agency, written: None
) -> None:
    case = make.conversation(ana)
    html = Browser(whole_app, ana.staff).get(f"/conversations/{case}/beside").get_data(as_text=True)
    assert "Right now" in html
    assert "Long gone" not in html
    assert is_inert(html)


def test_no_card_where_nothing_is_written(whole_app: Flask, make: Factory, ana: Agency) -> None:
    case: UUID = make.conversation(ana)
    assert "beside-sheet" not in Browser(whole_app, ana.staff).get(f"/conversations/{case}/beside").get_data(
        as_text=True
    )


def test_a_form_that_cannot_be_kept_comes_back_whole(whole_app: Flask, ana: Agency) -> None:
    lead, url = Browser(whole_app, ana.team_lead), f"/brands/{ana.brand_ids[0]}/sheet"
    form = {
        "version": "0",
        "does": "Bread",
        "title_3": "Advent",
        "from_3": day(5),
        "until_3": day(1),
        "about_1": "cakes",
    }
    refused = lead.post(url, form)
    html = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert 'id="until_3-error"' in html
    assert 'id="name_1-error"' in html
    assert ">\nBread</textarea>" in html
    kept = lead.post(url, {**form, "until_3": day(9), "name_1": "Robin Example"})
    assert kept.status_code == 303
    html = page(whole_app, ana.staff, ana)
    assert "Advent" in html
    assert "Robin Example" in html


def test_emptied_rows_go_and_who_was_overtaken_is_told(whole_app: Flask, ana: Agency, written: None) -> None:
    lead, url = Browser(whole_app, ana.team_lead), f"/brands/{ana.brand_ids[0]}/sheet"
    assert lead.post(url, {"version": "1", "does": "Bread", "load_0": "more"}).status_code == 303
    assert "Right now" not in page(whole_app, ana.staff, ana)
    late = lead.post(url, {"version": "1", "does": "Cakes"})
    assert late.status_code == 409
    assert ">\nCakes</textarea>" in late.get_data(as_text=True)
    assert "Bread" in page(whole_app, ana.staff, ana)
    again = lead.post(url, {"version": "2", "does": "Cakes"})
    assert again.status_code == 303
