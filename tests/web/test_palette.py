"""The command palette: what a role may open and no more; cases by their words; a page without script."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import urlencode

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from agency.inbox import saved_views
from agency.web.palette_matching import points
from jobs.indexing import index_words
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory
from tests.web.visiting import Visitor

Visit = Callable[[Actor], Visitor]


@pytest.fixture
def visit(whole_app: Flask) -> Visit:
    return lambda actor: Visitor(whole_app, actor)


def urls(page: str) -> list[str]:
    """Where its options lead."""
    return [unescape(url) for url in re.findall(r'data-url="([^"]+)"', page)]


@pytest.mark.parametrize("role", Role)
def test_every_place_it_names_lets_the_role_in(role: Role, ana: Agency, visit: Visit) -> None:
    visitor = visit(ana.actors[role.value])
    listed = urls(visitor.get("/palette", HX_Request="true").text)
    assert listed
    for url in dict.fromkeys(listed):
        assert visitor.get(url).status_code in (200, 302, 303), url
    assert ("/people" in listed) == (role in (Role.AGENCY_ADMIN, Role.TEAM_LEAD))
    assert any("holder=" in url for url in listed) == (role in (Role.AGENCY_ADMIN, Role.TEAM_LEAD, Role.STAFF))


def test_brands_colleagues_and_views_are_those_one_may_see(ana: Agency, make: Factory, visit: Visit) -> None:
    only_second = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]])
    elsewhere = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[0]])
    with ana.entered(ana.team_lead):
        shared = {"state": ["closed"]}
        saved_views.create_view(ana.team_lead, "Lately closed", shared, is_shared=True)
    page = visit(only_second).get("/palette", HX_Request="true").text
    assert "Bursztynowa" in page
    assert "Pennywell" not in page
    assert "Lately closed" in page
    listed = urls(page)
    assert f"/inbox?brand={ana.brand_ids[1]}" in listed
    assert f"/inbox?holder={ana.staff.user_id}" in listed
    assert f"/inbox?holder={elsewhere.user_id}" not in listed
    assert "/inbox?state=closed" in listed


def test_cases_are_found_by_their_words_and_people(ana: Agency, stranger: Agency, make: Factory, visit: Visit) -> None:
    case = make.conversation(ana, text="The <b>refund</b>, call 600 100 200", author="Zofia Nowak")
    make.conversation(stranger, text="A refund, too", author="Zofia Nowak")
    closed = make.conversation(ana, text="No refund", author="Jan", status="closed")
    index_words(ana.app)
    visitor = visit(ana.staff)
    found = visitor.get("/palette/found?q=refund", HX_Request="true").text
    assert [url.split("?")[0] for url in urls(found)] == [f"/inbox/{case}", f"/inbox/{closed}"]
    assert found.index('data-of="customers"') < found.index('data-of="cases"')
    assert "<mark>refund</mark>" in found
    assert "&lt;b&gt;" in found
    assert "600" not in found
    assert "Zofia Nowak" in visitor.get("/palette/found?q=zof").text
    assert urls(visitor.get("/palette/found?q=r").text) == urls(visitor.get("/palette/found").text) == []
    assert visit(ana.actors["billing_admin"]).get("/palette/found?q=refund").status_code == 403


def test_customers_are_found_by_their_names_within_the_brands_one_sees(
    ana: Agency, stranger: Agency, make: Factory, visit: Visit
) -> None:
    for brand, name in (
        (0, "Żaneta Król"),
        (1, "Zanet Kowal"),
        (1, "@zanet.k"),
        (0, "<b>Zanetta</b>"),
        (0, "Eva Zanet"),
    ):
        make.conversation(ana, brand=brand, author=name)
    make.conversation(stranger, author="Zaneta Foreign")
    names = '<span class="palette-label cut" dir="auto">([^<]*(?:&lt;[^<]*)?)</span>'

    def found(visitor: Visitor, typed: str) -> list[str]:
        page = visitor.get("/palette/found?" + urlencode({"q": typed})).text
        return re.findall(names, page.split('data-of="cases"')[0])

    everywhere = visit(ana.staff)
    assert sorted(found(everywhere, "ZANET")) == ["@zanet.k", "Zanet Kowal", "Żaneta Król"]
    assert found(everywhere, "żaneta k") == ["Żaneta Król"]
    assert found(everywhere, "<b>Z") == ["&lt;b&gt;Zanetta&lt;/b&gt;"]
    only_second = visit(make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]]))
    assert sorted(found(only_second, "@zanet")) == ["@zanet.k", "Zanet Kowal"]
    for typed in ("z", "@", "%", "_", "\u202e\u202d", "'; drop table contact --", "\U0010ffff\U0010ffff", "x" * 10_000):
        assert found(everywhere, typed) == []
    page = everywhere.get("/palette?q=zanet").text
    for url in urls(everywhere.get("/palette/found?q=zanet").text):
        assert everywhere.get(url).status_code == 200
        assert f'href="{url}"' in page


def test_without_script_it_is_a_page(ana: Agency, make: Factory, visit: Visit) -> None:
    case = make.conversation(ana, text="The refund")
    index_words(ana.app)
    visitor = visit(ana.staff)
    page = visitor.get("/palette?q=refund").text
    assert f'href="/inbox/{case}?q=refund"' in page
    assert 'href="/inbox?q=refund"' in page
    assert 'value="refund"' in page
    narrowed = visitor.get("/palette?q=pennyw").text
    assert f'href="/inbox?brand={ana.brand_ids[0]}"' in narrowed
    assert f'href="/inbox?brand={ana.brand_ids[1]}"' not in narrowed.split('id="main"')[1]
    assert visitor.get("/palette?q=%00%22%3E%3Cscript%3E" + "x" * 5000).status_code == 200


def test_a_page_carries_nothing_of_it_but_the_key(ana: Agency, visit: Visit) -> None:
    page = visit(ana.staff).get("/inbox").text
    assert page.count('data-key="Mod+k"') == 1
    assert "palette.js" not in page
    assert "palette-" not in page


@pytest.mark.parametrize(
    ("label", "typed", "better"),
    [
        ("Inbox", "in", "Brands in a row"),
        ("Hotel Bursztynowa Zatoka", "zat bur", "Grzbiet, zabur"),
        ("Łódź", "lod", "Old"),
    ],
)
def test_the_nearer_fits_better(label: str, typed: str, better: str) -> None:
    assert points(label, typed) > points(better, typed)


@given(st.text(max_size=30), st.text(max_size=30))
def test_what_is_typed_whole_fits_and_what_is_not_there_does_not(label: str, typed: str) -> None:
    assert points(label, "") == 1
    if label.split():
        assert points(label, label.split()[0]) > 0
    assert points(label, typed + " \ue000\ue001") == 0


def test_a_rail_of_many_places_keeps_those_of_work_and_more_leads_to_all(ana: Agency, visit: Visit) -> None:
    def links(of: Actor, path: str, after: str, until: str) -> list[str]:
        part = visit(of).get(path).text.partition(after)[2].partition(until)[0]
        return re.findall(r'<a href="(/[^"?]*)"', part)

    rail = links(ana.team_lead, "/brands", 'aria-label="Places"', "</nav>")
    assert rail == ["/inbox", "/wall", "/approvals", "/promises", "/later", "/team", "/incidents", "/more"]
    assert "/more" not in links(ana.client_owner, "/approvals", 'aria-label="Places"', "</nav>")
    every = links(ana.team_lead, "/more", "<h1>", "</main>")
    assert len(every) == len(set(every))
    listed = urls(visit(ana.team_lead).get("/palette", HX_Request="true").text)
    assert set(every) == {url for url in listed if "?" not in url}
