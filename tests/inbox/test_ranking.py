"""Which words move a conversation forward."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agency.inbox.ranking import SAID_BY_STAFF, RankFacts, rank, said_of
from agency.inbox.understanding.reading import read
from agency.inbox.understanding.stored import corrected, to_stored
from agency.inbox.weights import DEFAULTS

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def parts(text: str, language: str | None, **corrections: str) -> dict[str, dict[str, Any]]:
    reading = to_stored(read(text, language))
    for aspect, label in corrections.items():
        reading = corrected(reading, aspect, label)
    ranked = rank(RankFacts(said_of(reading, None), NOW, NOW), DEFAULTS, NOW)
    return {part["part"]: part for part in ranked.reasons}


@pytest.mark.parametrize(
    ("text", "language", "urgent", "complaint"),
    [
        ("Was my card STOLEN? I want a refund, a refund.", "en", ["STOLEN"], ["STOLEN", "refund"]),
        ("I waste, late, cold, rude", "en", None, ["waste", "late", "cold"]),
        ("unstolen, chocolate, ahead of the ever_late ones", "en", None, None),
        ("Comida péssima, quero o reembolso", "pt", None, ["Comida", "péssima", "reembolso"]),
        ("Wo ist mein refund? Das ist wirklich eine Frechheit, seit Wochen nichts", "de", None, None),
        ("See you later, and do send the latest news", "en", None, None),
        ("Es urgente: me han robado", "es", ["urgente", "robado"], None),
    ],
)
def test_words_that_were_read_so_count_and_are_told(
    text: str, language: str | None, urgent: list[str] | None, complaint: list[str] | None
) -> None:
    found = parts(text, language)
    assert found.get("urgent", {}).get("words") == urgent
    assert found.get("complaint", {}).get("words") == complaint


def test_what_a_person_said_counts_in_place_of_what_was_read() -> None:
    text = "I waste, late, cold, rude"
    assert "complaint" not in parts(text, "en", act="chatter")
    assert parts(text, "en", act="complaint")["complaint"]["words"] == ["waste", "late", "cold"]
    assert parts(text, "en", urgency="urgent")["urgent"]["words"] == [SAID_BY_STAFF]
