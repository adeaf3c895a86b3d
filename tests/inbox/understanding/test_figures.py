"""The published figures of the invented texts are those of the words and weights in the tree."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from agency.inbox.understanding import reading
from agency.inbox.understanding.lexicon import LANGUAGES
from agency.inbox.understanding.stored import VERSION
from benchmarks import understanding_data as data
from benchmarks.understanding_figures import measured

HERE = Path(reading.__file__).parent
DOCUMENT = HERE.parents[2] / "docs" / "understanding.md"
MOST_BYTES = 1_500_000
DIGESTS = {1: "27f2ed9904adf666"}
"""Of words and weights, by the version under which corrections of them are counted."""


@pytest.mark.parametrize("aspect", ["act", "sentiment", "urgency"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_published_figures_hold(language: str, aspect: str) -> None:
    found = measured([row for row in data.hand_made(language) if row.split == "test"], aspect)
    recall = ", ".join(f"{label} {value:.2f}" for label, value in found.recall.items())
    row = (
        f"| {language}: invented texts | {aspect} | {found.rows} | {found.macro_f1:.2f} "
        f"| {found.majority_f1:.2f} | {recall} |"
    )
    assert row in DOCUMENT.read_text("utf-8").splitlines()
    assert found.macro_f1 > found.majority_f1


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_sixty_texts_a_language_with_every_act_in_both_halves(language: str) -> None:
    rows = list(data.hand_made(language))
    assert len(rows) >= 60
    for split in ("dev", "test"):
        acts = {row.act for row in rows if row.split == split}
        assert acts == {"complaint", "question", "praise", "chatter"}


def test_other_words_or_weights_have_another_version_and_stay_small() -> None:
    files = sorted([*HERE.glob("words/*.toml"), *HERE.glob("models/*.json")])
    whole = b"".join(file.read_bytes() for file in files)
    assert len(whole) < MOST_BYTES
    assert hashlib.sha256(whole).hexdigest()[:16] == DIGESTS[VERSION]
