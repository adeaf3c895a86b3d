"""Compiled guides are kept while they are used, and never more than the number says."""

from __future__ import annotations

from uuid import UUID

import pytest

from styleguides import guides, rules_in_use
from tests.factories import Agency, Factory

CALM = {"id": "calm", "kind": "exclamation", "max_count": 1}


def test_the_guide_asked_for_longest_ago_goes(make: Factory, ana: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules_in_use, "MOST_IN_USE", 2)
    rules_in_use._compiled.clear()
    versions: list[UUID] = []
    with ana.entered(ana.team_lead):
        brand = ana.brand_ids[0]
        for number in range(3):
            rules = [{**CALM, "max_count": number}]
            versions.append(guides.draft_version(ana.team_lead, brand, rules).id)
        first, second = (rules_in_use.compiled_rules(version) for version in versions[:2])
        assert rules_in_use.compiled_rules(versions[0]) is first, "read once"
        third = rules_in_use.compiled_rules(versions[2])
        assert list(rules_in_use._compiled) == [versions[0], versions[2]]
        again = rules_in_use.compiled_rules(versions[1])
        assert again is not second
        assert again.rules == second.rules
        assert [one.rules[0].max_count for one in (first, again, third)] == [0, 1, 2]  # type: ignore[attr-defined]
        assert len(rules_in_use._compiled) == 2
