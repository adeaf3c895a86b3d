"""Rounds are paired and lines say whether an aim is reached; how fast anything is belongs to `make bench`."""

from __future__ import annotations

import pytest

from benchmarks.rounds import as_text, count, is_met, line, paired


def test_the_quoted_ratio_is_the_median_of_the_pairs_and_not_the_ratio_of_the_medians() -> None:
    ours, floor = iter([10.0, 40.0, 90.0]), iter([10.0, 20.0, 30.0])
    found = paired(lambda: next(ours), lambda: next(floor), rounds=3)
    assert (found.ours, found.floor) == (40.0, 20.0)
    assert (found.low, found.ratio, found.high) == (1.0, 2.0, 3.0)
    ours, floor = iter([9.0, 2.0, 30.0]), iter([3.0, 2.0, 3.0])
    assert paired(lambda: next(ours), lambda: next(floor), rounds=3).ratio == 3.0


def test_ours_and_the_floor_take_turns_at_going_first() -> None:
    order: list[str] = []
    paired(lambda: order.append("ours") or 1.0, lambda: order.append("floor") or 1.0, rounds=3)
    assert order == ["ours", "floor", "floor", "ours", "ours", "floor"]


@pytest.mark.parametrize(
    ("aim", "ratio", "met"),
    [("<= 4", 4.0, True), ("<= 4", 4.01, False), (">= 0.2", 0.2, True), (">= 0.2", 0.19, False)],
)
def test_an_aim_is_met_or_not(aim: str, ratio: float, met: bool) -> None:
    found = line("page", paired(lambda: ratio, lambda: 1.0, rounds=1), "ms", against="floor", aim=aim)
    assert is_met(found) is met
    assert ("NOT MET" in as_text(found)) is not met


def test_a_count_has_no_floor_and_its_aim_speaks_of_the_count() -> None:
    assert is_met(count("rows written", 0, "rows", aim="<= 0")) is True
    assert is_met(count("rows written", 1, "rows", aim="<= 0")) is False
    assert is_met(count("bytes", 1, "bytes")) is None
    assert as_text(count("weight", 56_839, "bytes")).split() == ["weight", "56,839", "bytes"]
