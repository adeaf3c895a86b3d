"""The hash of a check is another as soon as the check might find something else."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from styleguides import passed_check
from styleguides.brand_state import BrandState
from styleguides.passed_check import key_of_check, program
from styleguides.rule_kinds import CheckContext

BRAND, OTHER = UUID(int=1), UUID(int=2)
STATE = BrandState("en", "UTC", UUID(int=3), 1, (datetime(2026, 1, 1, tzinfo=UTC), 4), (0, 0))
CONTEXT = CheckContext(brand_language="en")
KEY = key_of_check(BRAND, STATE, "Thank you.", CONTEXT)
OTHERS: dict[str, Any] = {
    "platform": "facebook",
    "kind": "comment",
    "language": "pl",
    "stars": 1,
    "customer_name": "Maria",
    "brand_language": "pl",
    "reader_language": "pl",
    "complaint": True,
    "began_with": "Thank",
}


def test_whatever_a_check_asks_about_makes_it_another() -> None:
    assert OTHERS.keys() == {one.name for one in fields(CheckContext)}, "another field, another case here"
    keys = [KEY, key_of_check(OTHER, STATE, "Thank you.", CONTEXT), key_of_check(BRAND, STATE, "Thank you!", CONTEXT)]
    keys += [key_of_check(BRAND, STATE, "Thank you.", replace(CONTEXT, **{name: OTHERS[name]})) for name in OTHERS]
    for other in ({"version_id": None}, {"facts": None}, {"time_zone": "Europe/Lisbon"}):
        keys.append(key_of_check(BRAND, STATE._replace(**other), "Thank you.", CONTEXT))
    assert len(set(keys)) == len(keys)
    assert key_of_check(BRAND, STATE._replace(guidelines=(9, 9)), "Thank you.", CONTEXT) == KEY


def test_a_release_that_judges_otherwise_trusts_no_check_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "languages").mkdir()
    (tmp_path / "judges.py").write_text("A = 1\n")
    (tmp_path / "languages" / "en.toml").write_text("a = 1\n")
    monkeypatch.setattr(passed_check, "__file__", str(tmp_path / "passed_check.py"))
    seen = set()
    for name, text in (("judges.py", "A = 1\n"), ("judges.py", "A = 2\n"), ("languages/en.toml", "a = 2\n")):
        (tmp_path / name).write_text(text)
        seen.add(program.__wrapped__())
    monkeypatch.setattr(passed_check, "version", lambda _name: "0")
    assert len({*seen, program.__wrapped__()}) == 4
