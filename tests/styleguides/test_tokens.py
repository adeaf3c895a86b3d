"""Words, links, emoji, sentences and spans, on friendly and on hostile text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styleguides.language import language_data
from styleguides.tokens import WORD, Normalised, emoji_spans, running_words, sentence_spans, specials, word_spans

ODD = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            "aąeé\u0301\u0323\u0327ßİ\u200b\u200d\u00ad\ufe0f👩👨💻🏽🇵🇱❤☀1#*\u20e3"
            "שלוםمرحبا\u202e\u1100\u1161\u11a8क्षि.,!?'’@# \n"
        ),
        st.characters(exclude_categories=()),
    ),
    max_size=80,
)


def cut(text: str, spans: list[tuple[int, int]]) -> list[str]:
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't say “cheap”, say well-priced.", ["Don't", "say", "cheap", "say", "well", "priced"]),
        ("Dzień dobry, Państwu – zażółć gęślą jaźń!", ["Dzień", "dobry", "Państwu", "zażółć", "gęślą", "jaźń"]),
        ("Não há pão às 9h?", ["Não", "há", "pão", "às", "9h"]),
        ("e\u0323\u0302ve", ["e\u0323\u0302ve"]),
        ("nie\u200bstety re\u00adklamacja", ["nie\u200bstety", "re\u00adklamacja"]),
        ("क्षि नमस्ते", ["क्षि", "नमस्ते"]),
        ("👩🏽‍💻 ok ❤️", ["ok"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert cut(text, word_spans(text, [])) == words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write to info@bz.example, please.", [("info@bz.example", "email")]),
        ("(see https://x.example/a?b=1).", [("https://x.example/a?b=1", "link")]),
        ("@ana.k: thanks #sunset!", [("@ana.k", "handle"), ("#sunset", "hashtag")]),
        ("Go to pennywell.com/help or WWW.BZ.PL.", [("pennywell.com/help", "link"), ("WWW.BZ.PL", "link")]),
        ("Koniec.Nowe zdanie, 3.5 zł, 24.12., e.g. this", []),
        ("a@ @ # https:// www.", []),
    ],
)
def test_links_and_handles(text: str, found: list[tuple[str, str]]) -> None:
    assert [(text[special.start : special.end], special.what) for special in specials(text)] == found


def test_the_host_of_a_link_is_what_the_browser_would_visit() -> None:
    text = "https://pennywell.example@evil.example/pennywell.example http://EVIL.example:80?x=pennywell.example"
    assert [special.host for special in specials(text)] == ["evil.example", "evil.example"]


def test_words_inside_links_are_not_running_text() -> None:
    text = "Zobacz https://bz.example/tani-pokoj i @tani_hotel oraz #tanio"
    assert running_words(text) == "Zobacz i oraz"


@pytest.mark.parametrize(
    ("text", "emoji"),
    [
        ("a👩🏽‍💻b🇵🇱❤️1️⃣", ["👩🏽‍💻", "🇵🇱", "❤️", "1️⃣"]),
        ("👨‍👩‍👧‍👦✨", ["👨‍👩‍👧‍👦", "✨"]),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿!", ["🏴󠁧󠁢󠁥󠁮󠁧󠁿"]),
        ("☺ ❤ 👍🏿", ["☺", "❤", "👍🏿"]),
        ("© 2026 ™ 10 € → 5", []),
        ("plain 123 #1 *", []),
    ],
)
def test_emoji_sequences_are_one(text: str, emoji: list[str]) -> None:
    assert cut(text, emoji_spans(text)) == emoji


@pytest.mark.parametrize(
    ("language", "text", "sentences"),
    [
        ("en", "Thanks, Mr. Bean. See you at 6 p.m. on Friday? Yes!", 3),
        ("pl", "Np. w sobotę o godz. 10 przy ul. Długiej 5. Zapraszamy!", 2),
        ("pt", "O Sr. Dias ligou. A Av. Central está fechada…\nAté amanhã", 3),
        ("es", "¡Hola! La Sra. Ruiz le espera. ¿Viene?", 3),
        ("en", "J. Doe wrote: “Fine.” Then left", 2),
        ("en", "...", 1),
        ("en", " \n ", 0),
    ],
)
def test_sentences(language: str, text: str, sentences: int) -> None:
    data = language_data(language)
    spans = list(sentence_spans(text, data.abbreviations, data.late_abbreviations))
    assert len(spans) == sentences, cut(text, spans)


@settings(deadline=None)
@given(ODD)
def test_every_span_lies_in_the_text_and_they_do_not_overlap(text: str) -> None:
    apart = specials(text)
    for spans in (
        word_spans(text, apart),
        emoji_spans(text),
        list(sentence_spans(text, frozenset())),
        [(special.start, special.end) for special in apart],
    ):
        end = 0
        for start, stop in spans:
            assert end <= start < stop <= len(text)
            end = stop


@given(ODD)
@settings(max_examples=400, deadline=None)
def test_normalising_by_cluster_is_normalising(text: str) -> None:
    assert Normalised(text).text == unicodedata.normalize("NFC", text)


@given(ODD, st.data())
@settings(max_examples=400, deadline=None)
def test_a_span_of_the_normalised_text_leads_back_to_the_same_words(text: str, data: st.DataObject) -> None:
    """Cutting the text as given, then normalising, holds what was cut from the normalised text."""
    read = Normalised(text)
    for match in WORD.finditer(read.text):
        start, end = read.given_span(*match.span())
        assert 0 <= start < end <= len(text)
        assert match.group() in unicodedata.normalize("NFC", text[start:end])
    start = data.draw(st.integers(0, len(read.text)))
    end = data.draw(st.integers(start, len(read.text)))
    given_start, given_end = read.given_span(start, end)
    assert 0 <= given_start <= given_end <= len(text)
    assert read.text[start:end] in unicodedata.normalize("NFC", text[given_start:given_end])


@settings(deadline=None)
@given(ODD)
def test_a_normalised_text_keeps_its_positions(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    read = Normalised(text)
    assert read.text is text
    assert read.given_span(0, len(text)) == (0, len(text))
