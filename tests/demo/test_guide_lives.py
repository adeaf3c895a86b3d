"""The demo's guides and what became of them: each version can be written, each move made, and the end is as told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from agency.demo import corpus
from agency.demo.guide_lives import guide_of, lives, version_data, write_guide_life
from styleguides.check import guide_problems
from styleguides.guide_difference import rule_changes
from styleguides.guide_steps import steps_of
from styleguides.models import StyleGuideVersion
from styleguides.rules import rules_from_data
from tenants import clock
from tenants.database import db
from tests.factories import Agency

LANGUAGES = {brand.key: brand.language for brand in corpus.load_brands()}
PEOPLE = {"casimir": "team_lead", "zofia": "staff", "bogna": "client_owner"}


def test_each_brand_has_an_earlier_version_and_one_is_asked_about() -> None:
    assert lives().keys() == LANGUAGES.keys()
    for key, versions in lives().items():
        assert [told.get("file", False) for told in versions].count(True) == 1, key
        assert len(versions) >= 2, key


@pytest.mark.parametrize("key", LANGUAGES)
def test_every_version_holds_its_own_examples_and_differs_from_the_one_before(key: str) -> None:
    before = None
    for told in lives()[key]:
        known = {rule["id"] for rule in guide_of(key)["rules"]}
        assert {*told.get("without", ()), *told.get("change", {})} <= known, told["note"]
        rules = rules_from_data(version_data(key, told)["rules"])
        assert guide_problems(rules, LANGUAGES[key]) == []
        assert before is None or rule_changes(before, rules) != ()
        before = rules


@pytest.mark.parametrize("key", LANGUAGES)
def test_the_life_is_lived_and_ends_as_told(ana: Agency, key: str) -> None:
    people = {name: ana.actors[role] for name, role in PEOPLE.items()}
    began = clock.now()
    with ana.entered(ana.agency_admin):
        write_guide_life(ana.brand_ids[0], key, people)
    with ana.entered(ana.agency_admin):
        versions = db.session.scalars(select(StyleGuideVersion).order_by(StyleGuideVersion.number)).all()
        assert len(versions) == len(lives()[key])
        for version, told in zip(versions, lives()[key], strict=True):
            ends = told["story"][-1]["deed"] if told["story"] else ""
            state = {"": "draft", "propose": "proposed"}.get(ends, "in_force" if told.get("file") else "retired")
            assert version.state == state, version.number
            assert version.created_at <= began - timedelta(days=told["days_ago"] - 1)
            assert [step.words for step in steps_of(version)] == [step.get("words", "") for step in told["story"]]
        in_force = next(version for version in versions if version.state == "in_force")
        assert rules_from_data(in_force.rules) == rules_from_data(guide_of(key)["rules"])
        assert version_data(key, lives()[key][0])["rules"] != guide_of(key)["rules"]
        assert clock.now() >= began
