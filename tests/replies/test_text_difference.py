"""The difference of two texts loses and invents nothing, and reads well."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agency.replies.text_difference import LONGEST_WORDS, Piece, text_difference

WORDS = st.lists(st.sampled_from(["Pani", "Anno", ",", " ", "\n", "zażółć", "🧨", "\u202e", "niestety", "!"])).map(
    "".join
)


def _sides(pieces: tuple[Piece, ...]) -> tuple[str, str]:
    before = "".join(p.text for p in pieces if p.kind != "added")
    after = "".join(p.text for p in pieces if p.kind != "removed")
    return before, after


@given(before=st.one_of(WORDS, st.text()), after=st.one_of(WORDS, st.text()))
def test_both_texts_can_be_read_back(before: str, after: str) -> None:
    pieces = text_difference(before, after)
    assert _sides(pieces) == (before, after)
    assert all(piece.text for piece in pieces)


@given(WORDS)
def test_equal_texts_show_no_change(text: str) -> None:
    assert {piece.kind for piece in text_difference(text, text)} <= {"same"}


def test_changed_words_are_shown_as_words_and_neighbours_as_one() -> None:
    assert text_difference("We are very sorry.", "We are truly sad.") == (
        Piece("same", "We are "),
        Piece("removed", "very sorry"),
        Piece("added", "truly sad"),
        Piece("same", "."),
    )


def test_very_long_texts_count_as_replaced() -> None:
    before, after = "a " * LONGEST_WORDS, "b " * LONGEST_WORDS
    assert [piece.kind for piece in text_difference(before, after)] == ["removed", "added"]


def test_what_nobody_would_see_is_named() -> None:
    assert [piece.unseen for piece in text_difference("Pay here", "Pay\u200b\u3164 here")] == ["", "U+200B U+3164", ""]
    assert [piece.unseen for piece in text_difference("a" + "\u2060" * 9, "a")] == [
        "",
        "U+2060 U+2060 U+2060 U+2060 U+2060",
    ]
    for before, after in (("a b", "a\nb"), ("👩", "👩\u200d💻"), ("a", "b\u200b")):
        assert not any(piece.unseen for piece in text_difference(before, after)), "something is to be seen there"
