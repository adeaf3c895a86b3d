"""Languages recognised honestly, and forms of a word found under one key."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styleguides.explain import message_language
from styleguides.language import (
    SUPPORTED_LANGUAGES,
    StemCache,
    base_language,
    detect_language,
    language_data,
    stems,
)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Thank you for telling us about the card that never came.", "en"),
        ("Bardzo nam przykro, że pokój był zimny.", "pl"),
        ("Lamentamos muito que o bolo tenha chegado seco.", "pt"),
        ("Sentimos mucho que la habitación estuviera fría.", "es"),
        ("BARDZO ZIMNA ZUPA I NIEMIŁA OBSŁUGA", "pl"),
        ("Das Essen war kalt und niemand kam.", "de"),
        ("Суп был холодный, и никто не подошёл", "ru"),
        ("Dziękujemy! 🌊🌊🌊 https://example.com/thank-you-very-much-for-coming @thank.you", "pl"),
    ],
)
def test_a_language_is_recognised(text: str, language: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize(
    "text", ["", " ", "ok", "super!", "👍👍👍", "123 456 789", "@ana https://a.example", "Hotel!", "\x00\ud800"]
)
def test_too_little_to_say_is_none(text: str) -> None:
    assert detect_language(text) is None


@settings(deadline=None)  # the first text loads the model
@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=60))
def test_recognising_never_fails(text: str) -> None:
    assert detect_language(text) is None or len(detect_language(text) or "") in (2, 3)


def test_the_model_is_not_loaded_before_a_text_needs_it() -> None:
    code = (
        "import sys, styleguides.check, styleguides.rules;"
        "from styleguides.check import check_text, CheckContext;"
        "check_text((), 'Hello there', CheckContext(language='en'));"
        "assert not {'py3langid', 'numpy'} & set(sys.modules), 'loaded too early'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


SAME_WORD = {
    "en": [
        "complaint complaints",
        "guarantee guarantees guaranteed guaranteeing",
        "refund refunds refunded",
        "policy policies",
        "cheap cheaper cheapest",
        "can't cannot",
        "apologise apologised apologize",
    ],
    "pl": [
        "reklamacja reklamacji reklamację reklamacją reklamacje reklamacjami",
        "tani tania tanie taniego taniej tanich tanio",
        "klient klienta klientowi klienci klientów klientami",
        "gość goście gości gościom gościem",
        "pokój pokoju pokoje pokoi pokojów",
        "problem problemu problemem problemów",
        "możemy możecie mogę może",
        "zniżka zniżki zniżkę",
        "gwarantujemy gwarantuję gwarantować",
        "błąd błędu błędów",
    ],
    "pt": [
        "reclamação reclamações",
        "promoção promoções",
        "barato barata baratos baratinho",
        "política políticas",
        "impossível impossíveis",
        "garantimos garantir garantido",
        "desculpe desculpas desculpa",
        "podemos posso pode",
    ],
    "es": ["reclamación reclamaciones", "barato baratos barata", "garantizamos garantizar"],
}
OTHER_WORD = {
    "en": ["policy police", "custom customer", "card care"],
    "pl": ["pokój pokora", "gość gotowy", "klient klimat"],
    "pt": ["pão pau", "mais mal", "infelizmente feliz"],
    "es": ["caro carro"],
}


@pytest.mark.parametrize(
    ("language", "forms"), [(code, forms) for code, groups in SAME_WORD.items() for forms in groups]
)
def test_forms_of_a_word_share_a_key(language: str, forms: str) -> None:
    cache = stems(language)
    assert len({cache[form] for form in forms.split()} | {cache[form.upper()] for form in forms.split()}) == 1


@pytest.mark.parametrize(
    ("language", "words"), [(code, words) for code, pairs in OTHER_WORD.items() for words in pairs]
)
def test_other_words_do_not(language: str, words: str) -> None:
    one, other = words.split()
    assert stems(language)[one] != stems(language)[other]


def test_marks_nobody_sees_change_no_word() -> None:
    assert stems("pl")["nie\u200bste\u00adty"] == stems("pl")["niestety"]
    assert stems("en")["can’t"] == stems("en")["can't"]


def test_the_cache_stays_small_and_long_words_never_enter_it() -> None:
    cache = StemCache(language_data("en"))
    for number in range(25_000):
        cache[f"word{number}"]
    assert len(cache) <= 20_000
    assert cache["x" * 200_000] == "x" * 200_000
    assert "x" * 200_000 not in cache


def test_threads_get_the_same_stems() -> None:
    words = [
        f"{start}{end}" for start in ("reklam", "gwarant", "klient", "zniż") for end in ("acja", "ować", "ami", "ki")
    ]
    alone = StemCache(language_data("pl"))
    expected = {word: alone[word] for word in words}
    shared = StemCache(language_data("pl"))
    wrong: list[str] = []

    def work() -> None:
        for _ in range(50):
            wrong.extend(word for word in words if shared[word] != expected[word])
            shared.clear()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_every_language_has_every_message_with_the_same_places() -> None:
    import string

    def places(template: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(template) if name}

    english = language_data("en").messages
    for code in SUPPORTED_LANGUAGES:
        messages = language_data(code).messages
        assert messages.keys() == english.keys(), code
        for key, template in messages.items():
            assert places(template) == places(english[key]), (code, key)


def test_language_codes_and_fall_backs() -> None:
    assert [base_language(code) for code in ("pt-BR", "pt_PT", "EN", "und", "", None)] == [
        "pt",
        "pt",
        "en",
        None,
        None,
        None,
    ]
    assert message_language("de", "pl") == "pl"
    assert message_language("de", None) == "en"
