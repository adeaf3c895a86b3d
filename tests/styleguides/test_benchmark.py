"""The style check's benchmark still measures what it says; how fast it is belongs to `make bench`."""

from __future__ import annotations

import pytest

from benchmarks.style_replies import REPLIES

pytest.importorskip("re2")


@pytest.mark.parametrize("language", REPLIES)
@pytest.mark.parametrize("characters", [40, 500, 4_000])
def test_the_benchmark_compares_the_same_hits(language: str, characters: int) -> None:
    from benchmarks import style_check

    assert 0.8 * characters <= len(REPLIES[language].of(characters)) <= 1.2 * characters
    found = style_check.measure(30, characters, language, rounds=1)
    assert found.ours > 0
    assert found.floor > 0


def test_guides_in_use_are_weighed() -> None:
    from benchmarks import style_check

    assert style_check.memory_of_guides(2)["ours"] > 0
