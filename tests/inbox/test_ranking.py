"""Which words move a conversation forward."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agency.inbox.ranking import COMPLAINT, URGENT, RankFacts, rank, said_in
from agency.inbox.weights import DEFAULTS

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LISTED = [word for lists in (URGENT, COMPLAINT) for words in lists.values() for word in words.split()]


def parts(text: str, language: str | None) -> dict[str, dict[str, Any]]:
    ranked = rank(RankFacts(said_in(text, language, None), NOW, NOW), DEFAULTS, NOW)
    return {part["part"]: part for part in ranked.reasons}


@pytest.mark.parametrize(
    ("text", "language", "urgent", "complaint"),
    [
        ("Was my card STOLEN? I want a refund, a refund.", "en", ["stolen"], ["refund"]),
        ("I waste, late, cold, rude", "en", None, ["waste", "late", "cold"]),
        ("unstolen, chocolate, ahead of the ever_late ones", "en", None, None),
        ("To oszustwo! Zatrułam się, reklamacja w toku.", "pl", ["oszustwo", "zatrułam"], ["reklamacja"]),
        ("Comida péssima", "pt", None, ["péssima"]),
        ("Comida péssima", "en", None, None),
        ("péssima, refund, zwrotu", None, None, ["péssima", "refund", "zwrotu"]),
        ("Wo ist mein refund?", "de", None, ["refund"]),
        ("See you later, and do send the latest news", "en", None, None),
        ("La comida pésima, el plato roto", "es", None, ["pésima", "roto"]),
        ("Es urgente: me han robado", "es", ["urgente", "robado"], None),
    ],
)
def test_listed_beginnings_are_found_whole_once_and_in_order(
    text: str, language: str | None, urgent: list[str] | None, complaint: list[str] | None
) -> None:
    found = parts(text, language)
    assert found.get("urgent", {}).get("words") == urgent
    assert found.get("complaint", {}).get("words") == complaint


@given(st.lists(st.one_of(st.sampled_from(LISTED), st.text(max_size=5), st.sampled_from([" ", "_", ".", "İ"]))))
@example(["late", "refund"])
@example(["urgent", "\u0301", "late"])
def test_a_word_counts_exactly_where_it_begins_as_a_listed_one(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = parts(text, "pl")
    words = re.findall(r"\w+", text.lower())
    for part, lists in (("urgent", URGENT), ("complaint", COMPLAINT)):
        wanted = list(dict.fromkeys(word for word in words if word.startswith(tuple(lists["pl"].split()))))
        assert found.get(part, {}).get("words", []) == wanted[:3]
