"""What is told piece by piece, from what was remembered, is what the whole text says."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from styleguides.language import SUPPORTED_LANGUAGES, language_data, plain, stems
from styleguides.pieces import APART, DIGIT, EMOJI, UNPRINTABLE, Pieces
from styleguides.promises import time_words
from styleguides.reading import Reading
from styleguides.remembered import LONGEST_REMEMBERED, MOST_REMEMBERED, Remembered
from styleguides.rule_kinds import CheckContext
from styleguides.sign import Sign
from styleguides.tokens import WORD, may_hold_emoji, may_hold_specials
from tests.styleguides.test_hostile import mixed

CODES = (*SUPPORTED_LANGUAGES, None)


def reading_of(text: str, code: str | None) -> Reading:
    return Reading(text, language_data(code), stems(code), CheckContext())


@given(mixed)
@settings(max_examples=300, deadline=None)
@example("a  b\n")
def test_pieces_hold_what_the_text_holds(text: str) -> None:
    holds = Pieces(text).holds
    assert bool(holds & APART) == may_hold_specials(text)
    assert bool(holds & EMOJI) == may_hold_emoji(text)
    assert bool(holds & DIGIT) == (re.search(r"\d", text, re.ASCII) is not None)
    assert bool(holds & UNPRINTABLE) == (not text.isprintable())


ends = st.lists(
    st.sampled_from(["np.", "m.in.", "e.g.", "St.", "ſt.", "No.", "r.", "koniec.", "End.", "a.b.", ".", "!", "?!", "\n",
                     "x.\ny.", "będzie", "we'll", "will", "{}", "https://will.example/a.b", "@will"])
).map(" ".join)  # fmt: skip


@pytest.mark.parametrize("code", CODES)
@given(text=st.one_of(mixed, ends))
@settings(max_examples=150, deadline=None)
def test_sentences_end_and_speak_of_the_future_where_the_whole_text_says_so(code: str | None, text: str) -> None:
    reading = reading_of(text, code)
    found = [match.start() for match in reading.language.sure_end.finditer(reading.text)]
    assert reading._ends == found
    stretches = list(zip([0, *found], [*found, len(reading.text)], strict=True))
    future = time_words(reading.language.code).speaks_of_future
    speaking = {
        at for at, stretch in enumerate(stretches)
        if any(future(plain(word)) for word in WORD.findall(reading.text, *stretch))
    }  # fmt: skip
    assert reading.sentences_showing(Sign.FUTURE) == speaking
    for place in range(len(reading.words)):
        first, last = stretches[reading.sentence_of(place)]
        assert first <= reading.span(place)[0] < last


@pytest.mark.parametrize("code", SUPPORTED_LANGUAGES)
def test_no_abbreviation_holds_a_space(code: str) -> None:
    data = language_data(code)
    assert not [short for short in data.abbreviations | data.late_abbreviations if " " in short]


def test_what_is_remembered_is_bounded() -> None:
    asked: list[str] = []

    def make(word: str) -> int:
        asked.append(word)
        return len(word)

    known = Remembered(make)
    long = "x" * (LONGEST_REMEMBERED + 1)
    assert [known["one"], known["one"], known[long], known[long]] == [3, 3, len(long), len(long)]
    assert asked == ["one", long, long]
    for number in range(2 * MOST_REMEMBERED):
        assert known[str(number)] == len(str(number))
        assert len(known) <= MOST_REMEMBERED
