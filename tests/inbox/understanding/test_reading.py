"""What a text says of itself: any text at all is read, and what is named stands in it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agency.inbox.languages import language_of
from agency.inbox.understanding.lexicon import EVERYWHERE, LANGUAGES, table_of
from agency.inbox.understanding.reading import LONGEST_READ, MOST_WORDS, UNKNOWN, Reading, cut, read

LABELS = {
    "sentiment": {"positive", "neutral", "negative", UNKNOWN},
    "act": {"complaint", "question", "praise", "chatter", UNKNOWN},
    "urgency": {"urgent", "calm", UNKNOWN},
    "anger": {"angry", "calm", UNKNOWN},
    "toxicity": {"toxic", "clean", UNKNOWN},
}
SAID = ["refund", "not", "never", "good", "third", "time", "nie", "polecam", "não", "chegou", "nadie", "responde"]
SAID += ["?", "!", "👍", "😡", "İ", "’", "it's", "22", "111", "22", "22", "a@b.pl"]


def judgements(reading: Reading) -> list[tuple[str, float, tuple[str, ...]]]:
    return [reading.language, *(getattr(reading, name) for name in LABELS), *reading.topics, *reading.personal_data]


@given(
    st.one_of(st.text(max_size=800), st.lists(st.sampled_from(SAID)).map(" ".join)),
    st.one_of(st.none(), st.sampled_from(["en", "pl", "pt-BR", "es", "de", "xx", ""])),
    st.one_of(st.none(), st.integers(1, 5)),
)
@example("İ " * 30 + "refund", "en", None)
@example("\x00\ud800", "en", None)
def test_any_text_is_read_and_what_is_named_stands_in_it(text: str, language: str | None, stars: int | None) -> None:
    reading = read(text, language, stars=stars)
    for name, labels in LABELS.items():
        assert getattr(reading, name).label in labels
    for label, confidence, words in judgements(reading):
        assert 0 <= confidence <= 1
        assert (confidence == 0) == (label == UNKNOWN)
        assert len(set(words)) == len(words)
        for word in words:
            assert word
            assert word in text[:LONGEST_READ]
    assert read(text, language, stars=stars, words=cut(text)) == reading


@given(
    st.one_of(
        st.text(max_size=700), st.lists(st.sampled_from([*SAID, "the", "is", "jest", "é", "don’t"])).map(" ".join)
    )
)
def test_whoever_has_cut_a_text_is_told_the_same_language(text: str) -> None:
    assert language_of(text, cut(text)) == language_of(text)


@given(st.text(max_size=50))
def test_what_stands_behind_the_read_part_changes_nothing(more: str) -> None:
    text = "This is the third time. Refund! " * 30
    assert read(text[:LONGEST_READ] + more, "en") == read(text, "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_knows_every_sign(language: str) -> None:
    table = table_of(language)
    assert all(table[sign] is not None for sign in EVERYWHERE)


@pytest.mark.parametrize(
    ("text", "language", "act", "words"),
    [
        ("This is the third time, I want a refund!", "en", "complaint", {"third", "time", "refund"}),
        ("To już trzeci raz, proszę o zwrot pieniędzy", "pl", "complaint", {"trzeci", "raz", "zwrot"}),
        ("É a terceira vez, quero o reembolso", "pt", "complaint", {"terceira", "vez", "reembolso"}),
        ("Es la tercera vez, quiero el reembolso", "es", "complaint", {"tercera", "vez", "reembolso"}),
        ("Nie polecam, brudno", "pl", "complaint", {"Nie", "polecam", "brudno"}),
        ("Não recomendo", "pt", "complaint", {"Não", "recomendo"}),
        ("A que horas abrem no domingo?", "pt", "question", {"?"}),
        ("Przepyszne śniadanie, dziękujemy!", "pl", "praise", {"Przepyszne", "dziękujemy"}),
        ("jajaja nosotros cuando llueve", "es", "chatter", {"jajaja"}),
    ],
)
def test_what_a_text_is_and_by_which_words(text: str, language: str, act: str, words: set[str]) -> None:
    reading = read(text, language)
    assert reading.act.label == act
    assert words <= set(reading.act.words)
    assert len(reading.act.words) <= 2 * MOST_WORDS


def test_not_turns_praise_over_but_not_across_a_comma() -> None:
    assert read("The staff was not friendly", "en").sentiment.label == "negative"
    assert read("Why not, the staff is friendly and helpful", "en").sentiment.label == "positive"


def test_of_another_language_nothing_is_said() -> None:
    text = "Wo ist mein refund, das ist doch eine Unverschämtheit und ein Betrug"
    reading = read(text, "de")
    assert reading.language.label == "de"
    assert {getattr(reading, name).label for name in LABELS} == {UNKNOWN}


def test_stars_say_what_words_we_cannot_read_do_not() -> None:
    assert read("", None, stars=1).act.label == "complaint"
    assert read("Отлично, спасибо большое", "ru", stars=5).sentiment.label == "positive"
    assert read("", None).act.label == UNKNOWN


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Urgent: my daughter is allergic", "en"),
        ("Pilne! Córka ma alergię", "pl"),
        ("Urgente: a minha filha é alérgica", "pt"),
        ("Urgente: mi hija es alérgica", "es"),
    ],
)
def test_haste_is_heard(text: str, language: str) -> None:
    reading = read(text, language)
    assert reading.urgency.label == "urgent"
    assert "allergy" in [one.label for one in reading.topics]


def test_personal_data_is_named_by_sort_alone() -> None:
    (found,) = read("Call me: someone@example.com", "en").personal_data
    assert found.label == "email"
    assert found.words == ()
