"""The style check's benchmark still measures what it says; how fast it is belongs to `make bench`."""

from __future__ import annotations

import pytest


def test_the_benchmark_compares_the_same_hits() -> None:
    pytest.importorskip("re2")
    from benchmarks import style_check

    ours, floor = style_check.measure(30, rounds=1)
    assert ours > 0
    assert floor > 0
