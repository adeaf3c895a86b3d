"""Entries ranked by a text's words: inflected ones count, common ones do not, and asking costs what is shared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styleguides.word_index import Entry, Part, WordIndex

ENTRIES = [
    Entry("late", [Part(3, "late"), Part(3, "where is my parcel"), Part(1, "We are sorry for the delay.", "en")]),
    Entry("refund", [Part(3, "refund"), Part(2, "Money back"), Part(1, "Zwrot pieniędzy dostanie Pan jutro.", "pl")]),
    Entry("thanks", [Part(2, "Thank you"), Part(1, "So glad you liked the cakes and the bread.", "en")]),
    Entry("spóźnienie", [Part(3, "opóźnienie przesyłki"), Part(3, "paczka")]),
]


def keys(text: str, language: str | None = "en", limit: int = 20) -> list[str]:
    return [one.key for one in WordIndex(ENTRIES).rank(text, language, limit)]


@pytest.mark.parametrize(
    ("text", "language", "best"),
    [
        ("I want my money refunded, two refunds!", "en", "refund"),
        ("Where are my parcels?!", "en-GB", "late"),
        ("Gdzie jest moja paczka, przesyłki nie ma", "pl", "spóźnienie"),
        ("Kiedy będzie zwrot?", "pl", "refund"),
        ("parcel", None, "late"),
        ("refund", "de", "refund"),
    ],
)
def test_the_best_shares_the_words_that_say_most(text: str, language: str | None, best: str) -> None:
    assert keys(text, language)[0] == best


@pytest.mark.parametrize(
    "text", ["", "Hello, that was not what you have for the day", "7 8 9 https://refund.example", "xyz"]
)
def test_words_that_say_nothing_find_nothing(text: str) -> None:
    assert keys(text) == []


def test_the_words_it_was_found_by_are_told_as_they_were_written() -> None:
    (found,) = WordIndex(ENTRIES).rank("LATE again! My parcel’s late and my Parcel…", "en")
    assert (found.key, found.words) == ("late", ("LATE", "parcel’s"))


def test_a_rare_word_says_more_than_a_common_one_and_a_label_more_than_the_text() -> None:
    many = [Entry(number, [Part(1, "order broken", "en")]) for number in range(9)]
    index = WordIndex([*many, Entry("rare", [Part(1, "order lavender", "en")]), Entry("label", [Part(3, "broken")])])
    assert index.rank("my order of lavender", "en")[0].key == "rare"
    assert index.rank("broken", "en")[0].key == "label"


def test_what_a_third_of_many_share_is_left_out() -> None:
    index = WordIndex([Entry(number, [Part(1, f"parcel word{chr(97 + number)}")]) for number in range(26)] * 2)
    assert index.rank("parcel", "en") == []
    assert {one.key for one in index.rank("parcel wordc", "en")} == {2}


@given(st.text(max_size=200), st.sampled_from(["en", "pl", "pt", "es", "de", None]), st.integers(0, 3))
def test_any_text_is_answered_in_order_and_alike_each_time(text: str, language: str | None, limit: int) -> None:
    index = WordIndex(ENTRIES)
    found = index.rank(text, language, limit)
    assert len(found) <= limit
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert index.rank(text, language, limit) == found
    assert all(one.score > 0 and one.words and all(word in text for word in one.words) for one in found)
