"""Guides to start from: each can be put in force as it is, and speaks for the brand that began from it."""

from __future__ import annotations

import pytest

from styleguides import guide_templates, guides
from styleguides.check import example_problems
from styleguides.guide_templates import FOLDER, NAMES, template
from styleguides.rules import rules_from_data
from tenants.errors import NotFound
from tests.factories import Agency


def test_every_file_is_offered_and_no_other() -> None:
    assert {file.stem for file in FOLDER.glob("*.yaml")} == set(NAMES)
    for name in ("", "../rules", "plain-friendly.yaml"):
        with pytest.raises(NotFound):
            template(name, "x")


@pytest.mark.parametrize("name", NAMES)
def test_each_can_be_put_in_force_as_it_is(ana: Agency, name: str) -> None:
    found = template(name, "Pennywell {x}")
    rules = rules_from_data(found.rules)
    assert len(rules) == guide_templates.rule_count(name) >= 6
    assert [str(problem) for problem in example_problems(rules)] == []
    assert any(rule.bad for rule in rules)
    lead, brand = ana.team_lead, ana.brand_ids[0]
    with ana.entered(lead):
        version = guides.draft_version(lead, brand, found.rules, found.note, voice=found.voice, identity=found.identity)
        guides.put_in_force(lead, brand, version.number)
        assert "Pennywell {x}" in str(version.identity["signatures"])
