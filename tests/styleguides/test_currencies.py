"""Amounts as people write them, and the same amounts said again."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styleguides.currencies import (
    CURRENCIES,
    LARGEST_MINOR,
    currency_words,
    of_hundredths,
    plain_amount,
    read_amount,
    said_amount,
    said_figure,
    told_amount,
)

LANGUAGES = ("en", "pl", "pt", "pt-BR", "es")


@pytest.mark.parametrize(
    ("written", "currency", "language", "amount_minor"),
    [
        ("40", "EUR", "en", 4000),
        ("40,50", "EUR", "pl", 4050),
        ("40.50", "EUR", "pl", 4050),
        ("40,5", "EUR", "en", 4050),
        (" 1 200,50 ", "PLN", "pl", 120_050),
        ("1\N{NO-BREAK SPACE}200", "PLN", "pl", 120_000),
        ("1.200", "EUR", "pt", 120_000),
        ("1,200", "EUR", "en", 120_000),
        ("1.234.567,89", "EUR", "en", 123_456_789),
        ("1,234,567", "USD", "pl", 123_456_700),
        ("40 zł", "PLN", "en", 4000),
        ("zł 40", "PLN", "en", 4000),
        ("40 pln", "PLN", "pl", 4000),
        ("€40", "EUR", "en", 4000),
        ("R$ 40,00", "BRL", "pt", 4000),
        ("500", "JPY", "en", 500),
        ("1.000", "JPY", "pl", 1000),
        ("1.234", "KWD", "en", 1234),
        ("0", "EUR", "en", 0),
        ("\N{FULLWIDTH DIGIT FOUR}0", "EUR", "en", 4000),
    ],
)
def test_an_amount_is_read_as_its_writer_means_it(
    written: str, currency: str, language: str, amount_minor: int
) -> None:
    assert read_amount(written, currency, language) == amount_minor


@pytest.mark.parametrize(
    ("written", "currency", "language"),
    [
        *[(words, "EUR", "en") for words in ("", "-4", "4-", "forty", "40 USD", "1,23,4", "0,1,2", "1e3", "NaN", "٤٠")],
        ("1.234", "EUR", "pl"),
        ("1.234", "EUR", "en"),
        ("1 2", "PLN", "pl"),
        ("500.5", "JPY", "en"),
        ("1" * 30, "EUR", "en"),
        ("4" * 100_000, "EUR", "en"),
        ("40.505", "EUR", "en"),
    ],
)
def test_what_may_mean_something_else_is_refused(written: str, currency: str, language: str) -> None:
    with pytest.raises(ValueError, match=r"^(must|may|has|is) "):
        read_amount(written, currency, language)


@given(st.integers(0, LARGEST_MINOR), st.sampled_from(sorted(CURRENCIES)), st.sampled_from(LANGUAGES))
def test_what_is_said_is_read_again(amount_minor: int, currency: str, language: str) -> None:
    plain = plain_amount(amount_minor, currency)
    if CURRENCIES[currency] != 3 or "." in said_figure(amount_minor, currency, "en"):
        assert read_amount(said_figure(amount_minor, currency, language), currency, language) == amount_minor
        assert read_amount(said_amount(amount_minor, currency, language), currency, language) == amount_minor
    assert int(plain.replace(".", "")) == amount_minor
    assert currency in currency_words(currency, language)
    assert told_amount(amount_minor, currency, language)


@given(st.text(max_size=60), st.sampled_from(["EUR", "JPY", "KWD"]), st.sampled_from(LANGUAGES))
def test_nothing_but_an_amount_or_a_sentence_comes_of_any_text(written: str, currency: str, language: str) -> None:
    with suppress(ValueError):
        assert 0 <= read_amount(written, currency, language) <= LARGEST_MINOR


@pytest.mark.parametrize(
    ("cents", "currency", "amount_minor"),
    [(4050, "EUR", 4050), (50_000, "JPY", 500), (199, "JPY", 1), (100, "KWD", 1000)],
)
def test_hundredths_become_minor_units(cents: int, currency: str, amount_minor: int) -> None:
    assert of_hundredths(cents, currency) == amount_minor


def test_a_customer_reads_the_sign_they_know() -> None:
    space = "\N{NO-BREAK SPACE}"
    assert told_amount(4000, "PLN", "pl") == f"40{space}zł"
    assert told_amount(4050, "EUR", "en") == "€40.50"
    assert told_amount(4000, "PLN", "en") == f"PLN{space}40"
    assert told_amount(4000, "BRL", "pt-BR") == f"R${space}40"
