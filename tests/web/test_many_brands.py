"""An agency of many brands: the frame stays small, and every brand is still one step away."""

from __future__ import annotations

from flask import Flask

from agency.inbox.badges import badges
from agency.web.shell import BUSIEST_BRANDS, FEW_BRANDS
from tenants.scope import Scope, in_scope
from tests.factories import Factory
from tests.web.visiting import Visitor


def test_the_rail_holds_the_busiest_and_the_chosen_brand_and_the_switcher_all(whole_app: Flask, make: Factory) -> None:
    names = tuple(f"Brand {number:03}" for number in range(FEW_BRANDS + 6))
    agency = make.agency("Large House", brands=names)
    busy, quiet = len(names) - 1, len(names) - 2
    make.conversation(agency, brand=busy)
    visitor = Visitor(whole_app, agency.staff)

    page = visitor.get("/inbox").text
    rail = page.partition('class="rail-part rail-brands"')[2].partition("</nav>")[0]
    assert rail.count("/inbox?brand=") == BUSIEST_BRANDS
    assert names[busy] in rail
    assert names[quiet] not in page

    chosen = visitor.get(f"/inbox?brand={agency.brand_ids[quiet]}").text
    assert names[quiet] in chosen
    several = visitor.get(f"/inbox?brand={agency.brand_ids[quiet]}&brand={agency.brand_ids[0]}").text
    assert ">2 brands</h2>" in several
    assert several.count('aria-current="true" title="Brand') == 2

    assert 'data-url="/inbox/brands"' in page
    for headers in ({"HX_Request": "true"}, {}):
        switch = visitor.get("/inbox/brands", **headers).text
        assert all(name in switch for name in names)
        assert all(f'/inbox?brand={brand_id}&amp;back=1"' in switch for brand_id in agency.brand_ids)
        assert all(f'name="brand" value="{brand_id}"' in switch for brand_id in agency.brand_ids)
        assert switch.count('class="count"') == 1, "only who has open cases bears a number"
        assert f'<span>{names[busy]}</span><span class="count">1 open</span>' in switch
    assert "<html" not in visitor.get("/inbox/brands", HX_Request="true").text


def test_few_brands_all_stand_in_the_rail(whole_app: Flask, make: Factory) -> None:
    names = tuple(f"Brand {number:03}" for number in range(FEW_BRANDS))
    page = Visitor(whole_app, make.agency("House", brands=names).staff).get("/inbox").text
    assert all(f'title="{name}"' in page for name in names)
    assert "Switch brand" not in page.partition('class="rail-part rail-brands"')[2].partition("</nav>")[0]


def test_a_badge_counts_each_state_of_a_brand_in_scope(whole_app: Flask, make: Factory) -> None:
    agency, other = (
        make.agency("Large House", brands=("One", "Two", "Three")),
        make.agency("Their House", brands=("Theirs",)),
    )
    make.conversation(other)
    for brand, status in ((0, "open"), (0, "open"), (0, "snoozed"), (0, "closed"), (2, "closed")):
        make.conversation(agency, brand=brand, status=status)
    with agency.entered():
        counted = badges()
        assert [tuple(counted.of(brand_id)) for brand_id in agency.brand_ids] == [(2, 1, 1), (0, 0, 0), (0, 0, 1)]
        assert tuple(counted.of(other.brand_ids[0])) == (0, 0, 0)
    with in_scope(whole_app, Scope(agency.id, frozenset({agency.brand_ids[2]}))):
        assert len(badges()) == 1
