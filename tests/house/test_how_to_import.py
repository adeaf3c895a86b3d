"""The page about importing says what the reader does: its table is the columns, its examples can be read."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from agency.inbox.import_lines import COLUMNS, LARGEST_FILE_BYTES, MOST_LINES, REQUIRED, lines_of
from agency.inbox.importing import PROBLEMS_KEPT
from channels.items import LONGEST_TEXT
from tests.house.test_docs import DOCS, section, unwrapped, words_of

PAGE = DOCS / "how-to-import.md"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
EXAMPLES = re.findall(r"```(csv|json)\n(.*?)```", words_of(PAGE), re.DOTALL)


def test_the_table_of_columns_is_the_readers() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (yes)? ?\| (.+) \|$", section(PAGE, "The file"), re.MULTILINE)
    assert [(name, meaning) for name, _required, meaning in rows] == list(COLUMNS.items())
    assert tuple(name for name, required, _meaning in rows if required) == REQUIRED


def test_its_bounds_are_the_real_ones() -> None:
    said = unwrapped(words_of(PAGE))
    assert f"at most {LARGEST_FILE_BYTES // 1_000_000} MB and {MOST_LINES:,} lines" in said
    assert f"longer than {LONGEST_TEXT:,} characters" in said
    assert f"the first {PROBLEMS_KEPT} of them" in said


@pytest.mark.parametrize(("kind", "example"), EXAMPLES, ids=[kind for kind, _ in EXAMPLES])
def test_its_examples_can_be_read(kind: str, example: str) -> None:
    lines = list(lines_of(example.encode(), now=NOW))
    assert len(lines) >= 2
    assert [line.problem for line in lines if line.problem] == []
    if kind == "csv":
        assert set(example.splitlines()[0].split(",")) <= set(COLUMNS)
