"""Published guides written by others, expressed as ours: what can be said is said, and its examples show it.

What could not be expressed stands in `docs/style-guide-format.md`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from styleguides.check import example_problems
from styleguides.exchange import read_guide, write_guide
from styleguides.identity import identity_from_data
from styleguides.rules import rules_from_data

GUIDES = sorted((Path(__file__).parent / "real_guides").glob("*.yaml"))


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_a_published_guide_is_held_by_ours(path: Path) -> None:
    found = read_guide(path.read_text(encoding="utf-8"))
    rules = rules_from_data(found.rules)
    identity_from_data(found.identity)
    assert [str(problem) for problem in example_problems(rules)] == []
    shown = sum(1 for rule in rules if rule.bad is not None)
    assert shown >= len(rules) - 2, "nearly every rule shows what it finds"
    again = read_guide(write_guide("markdown", voice=found.voice, identity=found.identity, rules=found.rules))
    assert rules_from_data(again.rules) == rules


def test_there_are_three_of_them() -> None:
    assert [path.stem for path in GUIDES] == ["18f", "mozilla", "vale-google"]
