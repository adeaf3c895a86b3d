"""The fact sheet of a brand: who may write, what is kept and told, two at one fact, and drafts held against it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from styleguides import facts
from styleguides.brand_check import check_for_brand
from styleguides.brand_state import state_of
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import BrandAudit
from tests.factories import Agency

FEE = {
    "name": "Delivery",
    "kind": "amount",
    "value": "4,90 €",
    "subjects": [{"language": "en", "words": "delivery fee"}, {"language": "pl", "words": "dostawa"}],
    "note": "Free from 50 EUR.",
}


def written(agency: Agency, actor: str = "team_lead", brand: int = 0, **more: Any) -> UUID:
    with agency.entered(agency.actors[actor]):
        return facts.create_fact(agency.actors[actor], agency.brand_ids[brand], {**FEE, **more}).id


def changed(agency: Agency, fact_id: UUID, data: dict[str, Any], actor: str = "team_lead") -> int:
    with agency.entered(agency.actors[actor]):
        return facts.change_fact(agency.actors[actor], agency.brand_ids[0], fact_id, data).version


def warned(agency: Agency, text: str, brand: int = 0, language: str = "en") -> list[str]:
    with agency.entered(agency.staff):
        result = check_for_brand(agency.brand_ids[brand], text, "facebook", "comment", language)
    return [text[one.start : one.end] for one in result.findings if one.rule == "fact-sheet"]


def test_a_draft_is_held_against_what_the_sheet_says_at_that_moment(ana: Agency) -> None:
    draft = "The delivery fee is 5.90 EUR."
    assert warned(ana, draft) == []
    fact = written(ana)
    assert warned(ana, draft) == ["5.90"]
    assert warned(ana, "Dostawa kosztuje 5,90 €.", language="pl") == ["5,90"]
    assert warned(ana, draft, brand=1) == [], "of another brand of the agency"
    changed(ana, fact, {"value": "5.90 EUR", "version": 1})
    assert warned(ana, draft) == []
    assert warned(ana, "The delivery fee is 4.90 EUR.") == ["4.90"]
    today = clock.now().date()
    changed(ana, fact, {"valid_until": (today - timedelta(days=2)).isoformat(), "version": 2})
    assert warned(ana, "The delivery fee is 4.90 EUR.") == []
    changed(ana, fact, {"valid_until": (today + timedelta(days=2)).isoformat(), "version": 3})
    assert warned(ana, "The delivery fee is 4.90 EUR.") == ["4.90"]
    for put, expected in ((facts.archive_fact, []), (facts.restore_fact, ["4.90"])):
        with ana.entered(ana.team_lead):
            put(ana.team_lead, ana.brand_ids[0], fact)
        assert warned(ana, "The delivery fee is 4.90 EUR.") == expected


def test_what_was_rolled_back_is_not_remembered(ana: Agency) -> None:
    fact = written(ana)
    with pytest.raises(RuntimeError), ana.entered(ana.team_lead):
        facts.change_fact(ana.team_lead, ana.brand_ids[0], fact, {"value": "9 EUR", "version": 1})
        assert facts.facts_of(ana.brand_ids[0], state_of(ana.brand_ids[0]))[0][0].value == "9 EUR"
        raise RuntimeError
    changed(ana, fact, {"value": "7 EUR", "version": 1})
    assert warned(ana, "The delivery fee is 9 EUR.") == ["9"]


def test_the_check_costs_one_statement_more_and_the_list_one(ana: Agency, statements: Callable[[], list[str]]) -> None:
    for number in range(3):
        written(ana, name=f"Fact {number}")
    warned(ana, "The delivery fee is 5 EUR.")
    with ana.entered(ana.staff):
        db.session.connection()
        statements()
        check_for_brand(ana.brand_ids[0], "The delivery fee is 5 EUR.", "facebook", "comment", "en")
        assert len([one for one in statements() if one.lstrip().upper().startswith("SELECT")]) == 1
        facts.list_facts(ana.staff, ana.brand_ids[0])
        assert len([one for one in statements() if one.lstrip().upper().startswith("SELECT")]) == 1


def test_the_list_goes_on_behind_the_last_one_and_finds_by_name_and_value(ana: Agency) -> None:
    for name in ("b", "a", "c", "a"):
        written(ana, name=name)
    written(ana, name="Else", value="7 EUR", brand=1)
    seen: list[UUID] = []
    with ana.entered(ana.staff):
        while rows := facts.list_facts(ana.staff, ana.brand_ids[0], after=seen[-1] if seen else None, limit=1):
            seen += [row.id for row in rows]
        names = [facts.get_fact(ana.staff, ana.brand_ids[0], one).name for one in seen]
        assert names == ["a", "a", "b", "c"]
        assert [row.name for row in facts.list_facts(ana.staff, ana.brand_ids[0], q="B")] == ["b"]
        assert len(facts.list_facts(ana.staff, ana.brand_ids[0], q="4.90")) == 4
        assert facts.list_facts(ana.staff, ana.brand_ids[0], q="%") == []
        assert facts.list_facts(ana.staff, ana.brand_ids[0], archived=True) == []


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"kind": "price"}, "kind"),
        ({"value": "cheap"}, "value"),
        ({"kind": "hours"}, "value"),
        ({"subjects": "fee"}, "subjects"),
        ({"subjects": [{"language": "English", "words": "fee"}]}, "subjects"),
        ({"subjects": [{"language": "en", "words": f"w{n}"} for n in range(41)]}, "subjects"),
        ({"valid_until": "soon"}, "valid_until"),
        ({"note": "a\x00b"}, "note"),
        ({"price": "1"}, "price"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_field(ana: Agency, data: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        written(ana, **data)
    assert list(refused.value.fields["errors"]) == [field]
    fact = written(ana)
    with pytest.raises(Invalid):
        changed(ana, fact, {**data, "version": 1})


def test_a_new_kind_reads_the_value_that_stands_there(ana: Agency) -> None:
    fact = written(ana)
    with pytest.raises(Invalid):
        changed(ana, fact, {"kind": "day", "version": 1})
    assert changed(ana, fact, {"kind": "text", "version": 1}) == 2


def test_who_may_write_and_whose_it_is(ana: Agency, stranger: Agency) -> None:
    fact = written(ana)
    for actor in ("staff", "client_owner"):
        with pytest.raises(Forbidden):
            written(ana, actor)
        with pytest.raises(Forbidden):
            changed(ana, fact, {"name": "x", "version": 1}, actor)
    with stranger.entered(stranger.team_lead):
        for brand in (ana.brand_ids[0], stranger.brand_ids[0]):
            with pytest.raises(NotFound):
                facts.get_fact(stranger.team_lead, brand, fact)
    with ana.entered(ana.team_lead):
        with pytest.raises(NotFound):
            facts.get_fact(ana.team_lead, ana.brand_ids[1], fact)
        with pytest.raises(NotFound):
            facts.get_fact(ana.team_lead, ana.brand_ids[0], new_id())


def test_of_two_who_change_one_the_second_is_told_and_the_record_has_what_stood_there(ana: Agency) -> None:
    fact = written(ana)
    assert changed(ana, fact, {"value": "5 EUR", "version": 1}) == 2
    with pytest.raises(Conflict) as refused:
        changed(ana, fact, {"value": "6 EUR", "version": 1})
    assert (refused.value.code, refused.value.fields["version"]) == ("fact_changed", 2)
    with ana.entered(ana.team_lead):
        noted = db.session.execute(
            select(BrandAudit.action, BrandAudit.facts)
            .where(BrandAudit.subject_id == str(fact))
            .order_by(BrandAudit.id)
        ).all()
    assert [one.action for one in noted] == ["fact.written", "fact.changed"]
    assert (noted[1].facts["before"], noted[1].facts["value"]) == ("4.90 EUR", "5 EUR")
