"""Versions of a guide and reply guidelines against a real server, as the application's role."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import event, select

import agency.demo
from styleguides import guidelines, guides
from styleguides.brand_check import check_for_brand
from styleguides.guide_steps import steps_of
from styleguides.models import StyleGuideVersion
from styleguides.picking import picked_for
from styleguides.rules import rules_from_data, rules_to_data
from styleguides.scenarios import CaseFacts
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import BrandAudit
from tests.factories import Agency

GUIDES = Path(agency.demo.__file__).parent / "data" / "guides"
RULES: list[dict[str, Any]] = [
    {"kind": "banned", "id": "no-policy", "level": "stop", "phrases": ["our policy"], "bad": "It is our policy."},
    {"kind": "exclamation", "id": "calm", "max_count": 1, "good": "Thanks!", "bad": "Thanks!!"},
]


def states(agency: Agency) -> dict[int, str]:
    with agency.entered():
        found = db.session.execute(
            select(StyleGuideVersion.number, StyleGuideVersion.state).where(
                StyleGuideVersion.brand_id == agency.brand_ids[0]
            )
        )
        return {row.number: row.state for row in found}


def put(agency: Agency, rules: list[dict[str, Any]] = RULES) -> int:
    with agency.entered(agency.team_lead):
        version = guides.draft_version(agency.team_lead, agency.brand_ids[0], rules, "why")
        guides.put_in_force(agency.team_lead, agency.brand_ids[0], version.number)
        return version.number


def test_a_draft_does_not_count_before_it_is_in_force(ana: Agency) -> None:
    brand = ana.brand_ids[0]
    with ana.entered(ana.team_lead):
        guides.draft_version(
            ana.team_lead, brand, RULES, "first", voice="Plain and warm.", identity={"Audience": "all"}
        )
        assert guides.version_in_force(brand) is None
        assert check_for_brand(brand, "It is our policy.", "facebook", "comment", "en").guide_version is None


def test_putting_in_force_retires_the_one_before_and_is_recorded(ana: Agency) -> None:
    assert [put(ana), put(ana)] == [1, 2]
    assert states(ana) == {1: "retired", 2: "in_force"}
    with ana.entered():
        lines = db.session.execute(
            select(BrandAudit.action, BrandAudit.facts, BrandAudit.actor_name).order_by(BrandAudit.id)
        ).all()
    assert [(line.action, line.facts["number"]) for line in lines] == [
        ("style_guide.drafted", 1),
        ("style_guide.put_in_force", 1),
        ("style_guide.drafted", 2),
        ("style_guide.put_in_force", 2),
    ]
    assert lines[-1].facts["against"] == 1
    assert {line.actor_name for line in lines} == {ana.team_lead.name}


def test_a_check_follows_the_version_in_force(ana: Agency) -> None:
    brand = ana.brand_ids[0]
    put(ana)
    with ana.entered(ana.staff):
        result = check_for_brand(brand, "It is our policy!!", "google_business", "review", "en")
    assert [finding.rule for finding in result.findings] == ["no-policy", "calm"]
    assert (result.guide_version, result.length, result.length_limit, result.stopped) == (1, 18, 4096, True)
    put(ana, RULES[1:])
    with ana.entered(ana.staff):
        result = check_for_brand(brand, "It is our policy!!", "google_business", "review", "en")
    assert (result.guide_version, [finding.rule for finding in result.findings]) == (2, ["calm"])


def test_rolling_back_puts_a_retired_version_in_force_again(ana: Agency) -> None:
    put(ana)
    put(ana, RULES[1:])
    with ana.entered(ana.team_lead):
        with pytest.raises(Invalid) as refused:
            guides.put_in_force(ana.team_lead, ana.brand_ids[0], 1, "  ")
        assert list(refused.value.fields["errors"]) == ["reason"]
        guides.put_in_force(ana.team_lead, ana.brand_ids[0], 1, "The second one stopped too much.")
    assert states(ana) == {1: "in_force", 2: "retired"}
    with ana.entered():
        steps = steps_of(guides.version_of(ana.brand_ids[0], 1))
        assert [(step.deed, step.words, step.against, step.made_by_name) for step in steps] == [
            ("put_in_force", "", None, ana.team_lead.name),
            ("put_in_force", "The second one stopped too much.", 2, ana.team_lead.name),
        ]


def test_a_warm_check_asks_for_the_state_of_the_brand_alone(ana: Agency) -> None:
    put(ana)
    brand = ana.brand_ids[0]
    seen: list[str] = []

    def count(*given: Any) -> None:
        seen.append(given[2])

    with ana.entered(ana.staff):
        check_for_brand(brand, "Hello.", "facebook", "comment", "en")
        event.listen(db.engine, "before_cursor_execute", count)
        check_for_brand(brand, "Hello again.", "facebook", "comment", "en")
        event.remove(db.engine, "before_cursor_execute", count)
    assert len(seen) == 1, seen


def test_a_guide_whose_examples_disagree_stays_a_draft(ana: Agency) -> None:
    put(ana)
    wrong = [{**RULES[1], "good": "Thanks!!!"}, {**RULES[0], "bad": "We are sorry."}]
    with ana.entered(ana.team_lead):
        version = guides.draft_version(ana.team_lead, ana.brand_ids[0], wrong, "")
        with pytest.raises(Invalid) as refused:
            guides.put_in_force(ana.team_lead, ana.brand_ids[0], version.number)
    assert refused.value.code == "examples_disagree"
    assert set(refused.value.fields["errors"]) == {"calm.good", "no-policy.bad"}
    assert states(ana) == {1: "in_force", 2: "draft"}


def test_faulty_rules_are_named_and_nothing_is_kept(ana: Agency) -> None:
    with ana.entered(ana.team_lead):
        with pytest.raises(Invalid) as refused:
            guides.draft_version(
                ana.team_lead, ana.brand_ids[0], [{"kind": "banned", "id": "x"}, {"kind": "magic"}], ""
            )
        assert refused.value.fields["errors"].keys() == {"x.phrases", "rule 2.kind"}
        with pytest.raises(Invalid):
            guides.draft_version(ana.team_lead, ana.brand_ids[0], RULES, "a\x00b")
    assert states(ana) == {}


def test_putting_the_same_version_in_force_twice_is_a_conflict(ana: Agency) -> None:
    put(ana)
    with ana.entered(ana.team_lead), pytest.raises(Conflict):
        guides.put_in_force(ana.team_lead, ana.brand_ids[0], 1)


def test_who_may_write_and_who_may_read(ana: Agency) -> None:
    brand = ana.brand_ids[0]
    put(ana)
    for actor in (ana.staff, ana.light, ana.client_owner):
        with ana.entered(actor):
            with pytest.raises(Forbidden):
                guides.draft_version(actor, brand, RULES, "")
            with pytest.raises(Forbidden):
                guides.put_in_force(actor, brand, 1)
            assert [version.number for version in guides.list_versions(actor, brand)] == [1]
            in_force = guides.get_version_in_force(actor, brand)
            assert in_force is not None
            assert in_force.rules == RULES


def test_another_agencys_brand_is_like_none(ana: Agency, stranger: Agency) -> None:
    put(ana)
    actor = stranger.team_lead
    for brand in (ana.brand_ids[0], new_id()):
        with stranger.entered(actor):
            for call in (
                lambda brand=brand: guides.draft_version(actor, brand, RULES, ""),
                lambda brand=brand: guides.put_in_force(actor, brand, 1),
                lambda brand=brand: guides.list_versions(actor, brand),
                lambda brand=brand: guides.get_version(actor, brand, 1),
                lambda brand=brand: guides.version_in_force(brand),
                lambda brand=brand: check_for_brand(brand, "x", "facebook", "comment"),
                lambda brand=brand: guidelines.list_guidelines(actor, brand),
                lambda brand=brand: guidelines.create_guideline(actor, brand, {"title": "x"}),
                lambda brand=brand: guidelines.get_guideline(actor, brand, new_id()),
            ):
                with pytest.raises(NotFound):
                    call()


CASE = {
    "title": "Card not delivered",
    "when": "The card has not come after ten days.",
    "steps": ["Say sorry.", "Offer tracked post."],
    "offer_limit_cents": 2500,
    "currency": "EUR",
    "never_say": ["It is the post's fault."],
    "visibility": "public",
    "saved_reply_ids": [],
    "words": ["late", "parcel"],
    "case_kinds": ["complaint"],
    "kinds": ["comment", "review"],
    "platforms": ["facebook"],
    "languages": ["en", "pl"],
    "min_stars": 1,
    "max_stars": 3,
    "visibility_reason": "Others wait, too.",
    "final_by": "team_lead",
    "example": "Your parcel should be there by now. Where may we look?",
}


def test_a_guideline_is_written_read_changed_and_taken_away(ana: Agency) -> None:
    lead, brand = ana.team_lead, ana.brand_ids[0]
    with ana.entered(lead):
        made = guidelines.create_guideline(lead, brand, CASE)
        guideline_id = made.id
        assert guidelines.guideline_data(made) == {**CASE, "id": str(guideline_id), "version": 1}
    with ana.entered(lead):
        changed = guidelines.change_guideline(lead, brand, guideline_id, {"visibility": "private", "version": 1})
        assert (changed.version, changed.visibility, changed.title) == (2, "private", CASE["title"])
    with ana.entered(lead):
        with pytest.raises(Conflict) as refused:
            guidelines.change_guideline(lead, brand, guideline_id, {"title": "Mine", "version": 1})
        assert refused.value.fields["version"] == 2
        assert guidelines.get_guideline(lead, brand, guideline_id).title == CASE["title"]
        guidelines.delete_guideline(lead, brand, guideline_id, 2)
        assert list(guidelines.list_guidelines(lead, brand)) == []
        with pytest.raises(NotFound):
            guidelines.get_guideline(lead, brand, guideline_id)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": " "}, "title"),
        ({"steps": "one"}, "steps"),
        ({"offer_limit_cents": -1}, "offer_limit_cents"),
        ({"offer_limit_cents": True}, "offer_limit_cents"),
        ({"currency": None}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"visibility": "secret"}, "visibility"),
        ({"saved_reply_ids": ["7"]}, "saved_reply_ids"),
        ({"never_say": ["a\x00"]}, "never_say"),
        ({"colour": "red"}, "colour"),
        ({"words": ["x" * 101]}, "words"),
        ({"case_kinds": ["anger"]}, "case_kinds"),
        ({"kinds": "review"}, "kinds"),
        ({"platforms": [["facebook"]]}, "platforms"),
        ({"languages": ["polski"]}, "languages"),
        ({"languages": [7]}, "languages"),
        ({"min_stars": 0}, "min_stars"),
        ({"max_stars": True}, "max_stars"),
        ({"min_stars": 4, "max_stars": 3}, "max_stars"),
        ({"final_by": "nobody"}, "final_by"),
    ],
)
def test_a_guideline_that_cannot_be_kept_names_its_field(ana: Agency, change: dict[str, Any], field: str) -> None:
    with ana.entered(ana.team_lead), pytest.raises(Invalid) as refused:
        guidelines.create_guideline(ana.team_lead, ana.brand_ids[0], {**CASE, **change})
    assert list(refused.value.fields["errors"]) == [field]


def test_a_change_of_one_end_of_the_stars_is_held_against_the_other(ana: Agency) -> None:
    lead, brand = ana.team_lead, ana.brand_ids[0]
    with ana.entered(lead):
        made = guidelines.create_guideline(lead, brand, CASE).id
        with pytest.raises(Invalid) as refused:
            guidelines.change_guideline(lead, brand, made, {"min_stars": 4, "version": 1})
        assert list(refused.value.fields["errors"]) == ["max_stars"]
        guidelines.change_guideline(lead, brand, made, {"min_stars": None, "max_stars": None, "version": 1})


def test_what_fits_a_case_follows_every_change_at_once(ana: Agency, statements: Callable[[], list[str]]) -> None:
    lead, brand = ana.team_lead, ana.brand_ids[0]
    case = CaseFacts("The parcels are late.", "en", 2, frozenset({"complaint"}), "review", "facebook")

    def found() -> list[str]:
        with ana.entered(ana.staff):
            return [guideline.title for guideline, _ in picked_for(ana.staff, brand, case)]

    assert found() == []
    with ana.entered(lead):
        made = guidelines.create_guideline(lead, brand, CASE).id
        guidelines.create_guideline(lead, ana.brand_ids[1], {**CASE, "title": "Of another brand"})
    assert found() == [CASE["title"]]
    statements()
    assert found() == [CASE["title"]]
    assert sum("guideline" in one for one in statements()) == 2, "the scenarios are kept ready"
    with ana.entered(lead):
        guidelines.change_guideline(lead, brand, made, {"max_stars": 1, "version": 1})
    assert found() == []
    with ana.entered(lead):
        guidelines.change_guideline(lead, brand, made, {"max_stars": 2, "version": 2})
    assert found() == [CASE["title"]]
    with ana.entered(lead):
        guidelines.delete_guideline(lead, brand, made)
    assert found() == []
    with ana.entered(ana.billing_admin), pytest.raises(Forbidden):
        picked_for(ana.billing_admin, brand, case)


def test_staff_read_guidelines_and_do_not_write_them(ana: Agency) -> None:
    with ana.entered(ana.staff):
        assert list(guidelines.list_guidelines(ana.staff, ana.brand_ids[0])) == []
        with pytest.raises(Forbidden):
            guidelines.create_guideline(ana.staff, ana.brand_ids[0], CASE)


def together(agency: Agency, *calls: Callable[[], object]) -> list[BaseException]:
    """Each call in a thread, a session and a transaction of its own, all at once; what they raised."""
    start = threading.Barrier(len(calls))
    raised: list[BaseException] = []

    def work(call: Callable[[], object]) -> None:
        try:
            with agency.entered(agency.team_lead):
                start.wait(timeout=30)
                call()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_drafts_written_at_once_get_numbers_of_their_own(ana: Agency) -> None:
    lead, brand = ana.team_lead, ana.brand_ids[0]
    assert together(ana, *[lambda: guides.draft_version(lead, brand, RULES, "")] * 4) == []
    assert states(ana) == dict.fromkeys((1, 2, 3, 4), "draft")


def test_of_versions_put_in_force_at_once_one_stays(ana: Agency) -> None:
    lead, brand = ana.team_lead, ana.brand_ids[0]
    for _ in range(3):
        with ana.entered(lead):
            guides.draft_version(lead, brand, RULES, "")
    calls = [lambda number=number: guides.put_in_force(lead, brand, number) for number in (1, 2, 3)]
    assert together(ana, *calls) == []
    assert sorted(states(ana).values()) == ["in_force", "retired", "retired"]


def test_of_two_who_change_a_guideline_at_once_one_is_told(ana: Agency) -> None:
    lead, brand = ana.team_lead, ana.brand_ids[0]
    with ana.entered(lead):
        made = guidelines.create_guideline(lead, brand, CASE).id
    calls = [
        lambda title=title: guidelines.change_guideline(lead, brand, made, {"title": title, "version": 1})
        for title in ("Mine", "Yours")
    ]
    (refused,) = together(ana, *calls)
    assert isinstance(refused, Conflict)
    with ana.entered(lead):
        assert guidelines.get_guideline(lead, brand, made).version == 2


@pytest.mark.parametrize("name", ["pennywell", "bursztynowa-zatoka", "sol-poente"])
def test_the_demo_guides_can_be_put_in_force(ana: Agency, name: str) -> None:
    lead, brand = ana.team_lead, ana.brand_ids[0]
    data = yaml.safe_load((GUIDES / f"{name}.yaml").read_text(encoding="utf-8"))
    with ana.entered(lead):
        version = guides.draft_version(
            lead, brand, data["rules"], data["note"], voice=data["voice"], identity=data["identity"]
        )
        guides.put_in_force(lead, brand, version.number)
    with ana.entered(ana.staff):
        in_force = guides.version_in_force(brand)
        assert in_force is not None
        assert rules_to_data(in_force.rules) == rules_to_data(rules_from_data(data["rules"]))
