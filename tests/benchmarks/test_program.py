"""Every benchmark still measures what it says, at a size that takes seconds; no figure is looked at but counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.__main__ import BENCHMARKS, benchmark, main, write
from benchmarks.rounds import Line
from benchmarks.scratch import Scratch, scratch_servers
from tenants.database import db
from tests.steady import is_steady

at_home = pytest.mark.skipif(is_steady(), reason="no promise of the product: everybody's run at home tries it")
"""`.ci/run` tries that every benchmark is found, and those whose counts the product promises."""


@pytest.fixture(scope="module")
def scratch() -> Iterator[Scratch]:
    with scratch_servers(durable=False) as servers:
        yield servers


def test_a_filled_database_is_copied_whoever_is_still_connected_to_it(scratch: Scratch) -> None:
    filled = scratch.filled(lambda given: None, "held")
    app = filled.base_app()
    with app.app_context(), filled.superuser():
        db.session.connection()
        copy = scratch.database("copy", lambda given: None, filled_as="held")
    assert copy.name != filled.name
    scratch.drop(copy)


def by_name(lines: list[Line], part: str) -> Line:
    (found,) = [each for each in lines if part in each["name"]]
    return found


@pytest.mark.slow
def test_the_inbox_is_measured_signed_in_with_rows_and_few_statements(scratch: Scratch) -> None:
    lines = list(benchmark("inbox_page")(scratch, "tiny"))
    assert 0 < by_name(lines, "SQL statements")["ours"] <= 5
    assert 0 < by_name(lines, "weight")["ours"] <= 42 * 1024


@at_home
@pytest.mark.slow
def test_refresh_and_conversation_are_measured(scratch: Scratch) -> None:
    assert 0 < by_name(list(benchmark("inbox_refresh_304")(scratch, "tiny")), "SQL statements")["ours"] <= 5
    assert 0 < by_name(list(benchmark("conversation_page")(scratch, "tiny")), "SQL statements")["ours"] <= 7


@at_home
@pytest.mark.slow
def test_open_inboxes_are_told_what_changes(scratch: Scratch) -> None:
    assert (
        by_name(list(benchmark("idle_pulse")(scratch, "tiny")), "nothing moved, 3,000 conversations: bytes")["ours"]
        < 200
    )
    seen = by_name(list(benchmark("live")(scratch, "tiny")), "until it is seen")
    assert seen["facts"]["seen"] >= seen["facts"]["expected"] > 0
    assert by_name(list(benchmark("badge_counts")(scratch, "tiny")), "counts of 200 brands")["ratio"] > 0


@at_home
@pytest.mark.slow
def test_storing_is_measured_and_a_known_page_writes_nothing(scratch: Scratch) -> None:
    assert len(list(benchmark("store_items")(scratch, "tiny"))) == 2
    assert by_name(list(benchmark("brand_scan")(scratch, "tiny")), "wrong-brand scan, 30 brands")["ratio"] > 0
    assert by_name(list(benchmark("recheck")(scratch, "tiny")), "40 drafts")["ratio"] > 0
    assert by_name(list(benchmark("approve_many")(scratch, "tiny")), "20 drafts approved")["ratio"] > 0
    lines = list(benchmark("duplicate_poll")(scratch, "tiny"))
    assert by_name(lines, "rows written")["ours"] == 0


@at_home
@pytest.mark.slow
def test_a_race_for_cases_has_one_winner_each_and_everybody_late_is_told(scratch: Scratch) -> None:
    lines = list(benchmark("claim_race")(scratch, "tiny"))
    facts = by_name(lines, "people reach for")["facts"]
    assert (facts["winners"], facts["told"]) == (100, 200)
    facts = by_name(lines, "over HTTP")["facts"]
    assert (facts["winners"], facts["told"]) == (100, 200)
    assert by_name(lines, "kept as it is typed")["ratio"] > 0


@at_home
@pytest.mark.slow
def test_an_idle_poll_cycle_asks_every_account(scratch: Scratch) -> None:
    assert by_name(list(benchmark("poll_cycle")(scratch, "tiny")), "HTTP calls")["ours"] > 0


@at_home
@pytest.mark.slow
def test_webhooks_are_all_kept_and_a_storm_adds_nothing(scratch: Scratch) -> None:
    lines = list(benchmark("webhook_intake")(scratch, "tiny"))
    assert by_name(lines, "accepted")["ours"] > 0
    assert by_name(lines, "rows added")["ours"] == 0


def test_suggestions_are_measured_over_all_entries(tmp_path: Path) -> None:
    lines = list(benchmark("suggestions")(None, "tiny"))  # type: ignore[arg-type]  # asks no server
    assert by_name(lines, "three scenarios")["ours"] > 0
    assert by_name(lines, "made ready")["ours"] > 0


def test_every_benchmark_can_be_found_and_written(tmp_path: Path) -> None:
    for name in BENCHMARKS:
        assert callable(benchmark(name))
    file = write(tmp_path, "style_check", "small", [{"name": "a line"}])
    found = json.loads(file.read_text("utf-8"))
    assert found["lines"] == [{"name": "a line"}]
    assert found["machine"]["cores"] >= 1


def test_an_unknown_benchmark_is_one_sentence() -> None:
    answer = CliRunner().invoke(main, ["nonsense"])
    assert answer.exit_code == 2
    assert "inbox_page" in answer.output
