"""What a draft says otherwise than the fact sheet: each kind of value, in each language; what is no contradiction."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styleguides.fact_check import Fact, Facts, fact_findings
from styleguides.fact_values import amounts, days, hours, said_value, time_spans, written_value
from styleguides.rule_kinds import CheckContext

TODAY = date(2026, 11, 22)


def fact(kind: str, value: str, *subjects: tuple[str | None, str], valid_until: date | None = None) -> Fact:
    return Fact(uuid4(), subjects[0][1], kind, written_value(kind, value), subjects, valid_until)


BREAKFAST = (("en", "breakfast"), ("pl", "śniadanie"), ("pt", "pequeno-almoço"), ("es", "desayuno"))
SHEET = Facts(
    [
        fact("amount", "12.50 EUR", *BREAKFAST),
        fact("hours", "07:00-10:00", *BREAKFAST),
        fact("amount", "8 EUR", ("en", "parking"), ("pl", "parking"), ("pt", "estacionamento"), ("es", "parking")),
        fact("yes_no", "no", ("en", "dog"), ("pl", "pies"), ("pl", "psy"), ("pt", "cães"), ("es", "perro")),
        fact("yes_no", "yes", ("en", "pool"), ("pl", "basen"), ("pt", "piscina"), ("es", "piscina")),
        fact("span", "30 days", ("en", "return"), ("pl", "zwrot"), ("pt", "devolução"), ("es", "devolución")),
        fact("link", "https://example.com/help", ("en", "help page")),
        fact("day", "2026-12-24", ("en", "we reopen"), ("pl", "otwarcie"), ("pt", "reabrimos"), ("es", "reabrimos")),
        fact("text", "Ask for the red door.", ("en", "entrance")),
    ]
)


def found(text: str, language: str, facts: Facts = SHEET, today: date = TODAY) -> list[str]:
    context = CheckContext(platform=None, kind=None, language=language, brand_language="en")
    return [text[one.start : one.end] for one in fact_findings(facts, text, context, today)]


@pytest.mark.parametrize(
    ("language", "text", "wrong"),
    [
        ("en", "Breakfast costs 15 EUR.", "15"),
        ("en", "Breakfasts are only €1,500.00 each.", "1,500.00"),
        ("en", "Breakfast costs 12.50 PLN.", "12.50 PLN"),
        ("en", "Breakfast is 15 €, parking is 8 €.", "15"),
        ("en", "Breakfast is served from 7 to 11.", "7 to 11"),
        ("en", "Breakfast: 7am–11am.", "7am–11am"),
        ("en", "Breakfast ends at 11:00.", "11:00"),
        ("en", "Have breakfast with us at 13:00.", "13:00"),
        ("en", "Dogs are welcome!", "welcome"),
        ("en", "Unfortunately we do not have a pool.", "not"),
        ("en", "You may return it within 4 weeks.", "4 weeks"),
        ("en", "Look at our help page www.example.com/other.", "www.example.com/other"),
        ("en", "We reopen on December 25.", "December 25"),
        ("en", "We reopen on 12/25/2026.", "12/25/2026"),
        ("pl", "Śniadanie kosztuje 15,00 €.", "15,00"),
        ("pl", "Do śniadania doliczamy 60 zł.", "60 zł"),
        ("pl", "Śniadania podajemy od 7 do 11.", "7 do 11"),
        ("pl", "Psy są mile widziane.", "mile"),
        ("pl", "Niestety nie mamy basenu.", "nie"),
        ("pl", "Na zwrot jest 14 dni.", "14 dni"),
        ("pl", "Otwarcie już 20 grudnia.", "20 grudnia"),
        ("pt", "O pequeno-almoço custa 15 euros.", "15"),
        ("pt", "O pequeno-almoço é das 7h às 11h.", "7h às 11h"),
        ("pt", "Cães são permitidos.", "permitidos"),
        ("pt", "Infelizmente não temos piscina.", "não"),
        ("pt", "A devolução é possível durante sete dias.", "sete dias"),
        ("pt", "Reabrimos a 25 de dezembro.", "25 de dezembro"),
        ("es", "El desayuno cuesta 15 euros.", "15"),
        ("es", "El desayuno es de 7:00 a 11:00.", "7:00 a 11:00"),
        ("es", "Los perros pueden entrar.", "pueden"),
        ("es", "No tenemos piscina.", "No"),
        ("es", "La devolución es posible en 14 días.", "14 días"),
        ("es", "Reabrimos el 25 de diciembre.", "25 de diciembre"),
    ],
)
def test_another_value_beside_the_subject_contradicts(language: str, text: str, wrong: str) -> None:
    assert found(text, language) == [wrong]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Breakfast is €12.50 and parking 8 €."),
        ("en", "Breakfast is 12.50 EUR, not 10 EUR as the leaflet says."),
        ("en", "Breakfast was lovely. The room costs 90 EUR."),
        ("en", "Breakfast is from 7 am to 10 am."),
        ("en", "Breakfast is from 7 to 10 for 2 to 4 people."),
        ("en", "Come for breakfast at 8:30."),
        ("en", "Are dogs allowed?"),
        ("en", "Thank you for writing about your dog."),
        ("en", "We are not sure about the weather, but the pool is open."),
        ("en", "Returns are taken for 30 days."),
        ("en", "Look at our help page http://www.example.com/help/."),
        ("en", "We reopen on 24 December 2026."),
        ("en", "We reopen on 12/24."),
        ("en", "The entrance costs 5 EUR."),
        ("pl", "Śniadanie kosztuje 12,50 €, a parking 8 EUR."),
        ("pl", "Psy nie są dozwolone."),
        ("pt", "O pequeno-almoço é das 7h às 10h."),
        ("es", "El desayuno cuesta 12,50 euros."),
        ("de", "Das Frühstück kostet 15 EUR."),
    ],
)
def test_what_agrees_or_speaks_of_something_else_does_not(language: str, text: str) -> None:
    assert found(text, language) == []


def test_it_is_a_warning_that_names_the_fact_in_the_language_of_the_draft_and_mends_the_figure() -> None:
    context = CheckContext(platform=None, kind=None, language="pl", brand_language="en", reader_language="en")
    (one,) = fact_findings(SHEET, "Śniadanie kosztuje 15,00 €.", context, TODAY)
    assert (one.level, one.suggestion) == ("warn", "12,50")
    assert "śniadanie: 12,50 EUR" in one.message
    assert "15,00 €" in one.message
    assert one.reader_message is not None
    assert one.reader_message.startswith("The fact sheet says")


def test_a_fact_holds_through_its_last_day() -> None:
    facts = Facts([fact("amount", "5 EUR", ("en", "tea"), valid_until=date(2026, 11, 22))])
    assert found("Tea costs 6 EUR.", "en", facts, date(2026, 11, 22)) == ["6"]
    assert found("Tea costs 6 EUR.", "en", facts, date(2026, 11, 23)) == []


def test_a_subject_without_a_language_is_one_in_any() -> None:
    facts = Facts([fact("amount", "5 EUR", (None, "Pennycard"))])
    for language in ("en", "pl", "pt", "es", "de"):
        assert found("Pennycard: 6 EUR.", language, facts) == ["6"]


@pytest.mark.parametrize(
    ("kind", "typed", "kept", "said"),
    [
        ("amount", "12,50 €", "12.50 EUR", "12,50 EUR"),
        ("amount", "R$ 1.250", "1250 BRL", None),
        ("amount", "1,250.50 USD", "1250.50 USD", None),
        ("hours", "7-10", "07:00-10:00", "07:00–10:00"),
        ("hours", "8:00–12:30; 6pm-10pm", "08:00-12:30, 18:00-22:00", None),
        ("span", "30 dni", "30 day", "30 dni"),
        ("span", "2 weeks", "2 week", "2 tygodnie"),
        ("day", "2026-12-24", "2026-12-24", "24 grudnia 2026"),
        ("yes_no", "tak", "yes", "tak"),
        ("yes_no", "No", "no", "nie"),
        ("link", "example.com/x", "https://example.com/x", "https://example.com/x"),
        ("text", " a  b ", "a b", "a b"),
    ],
)
def test_values_are_kept_in_one_form_and_said_in_a_language(kind: str, typed: str, kept: str, said: str | None) -> None:
    assert written_value(kind, typed) == kept
    assert written_value(kind, kept) == kept
    if said is not None:
        assert said_value(kind, kept, "pl") == said


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("amount", "12"),
        ("amount", "12 EUR or 13 EUR"),
        ("amount", "about 12 EUR"),
        ("hours", "7"),
        ("hours", "25:00-26:00"),
        ("hours", "7:75-8:00"),
        ("span", "soon"),
        ("day", "2026-02-30"),
        ("day", "24.12.2026"),
        ("yes_no", "perhaps"),
        ("link", "javascript:alert(1)"),
        ("link", "a b"),
        ("text", ""),
        ("text", "x" * 501),
    ],
)
def test_what_is_no_such_value_is_refused(kind: str, typed: str) -> None:
    with pytest.raises(ValueError, match=r"must|characters"):
        written_value(kind, typed)


def test_every_language_says_every_kind() -> None:
    for code in ("en", "pl", "pt", "es"):
        for kind, value in (("amount", "1.50 EUR"), ("hours", "07:00-10:00"), ("day", "2026-12-24"), ("yes_no", "no")):
            assert said_value(kind, value, code)
        for unit in ("minute", "hour", "day", "week", "month", "year"):
            for count in (1, 2, 5):
                said = said_value("span", f"{count} {unit}", code)
                assert list(time_spans(said, code)) == [((0, len(said)), (count, unit))], said


@given(st.integers(0, 99_999_999), st.sampled_from(["en", "pl", "pt", "es"]), st.sampled_from(["EUR", "PLN", "BRL"]))
def test_an_amount_is_read_as_it_is_said(cents: int, code: str, currency: str) -> None:
    value = written_value("amount", f"{cents // 100}.{cents % 100:02} {currency}")
    said = said_value("amount", value, code)
    ((span, amount),) = amounts(said)
    assert (span, amount.value, amount.currencies) == ((0, len(said)), Decimal(cents) / 100, (currency,))


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(["en", "pl", "pt", "es"]))
def test_a_day_is_read_as_it_is_said(day: date, code: str) -> None:
    said = said_value("day", day.isoformat(), code)
    meant = {one for _, found in days(said, code) for one in found}
    assert (day.month, day.day, day.year) in meant


WORDS = [
    "breakfast",
    "śniadanie",
    "pequeno-almoço",
    "desayuno",
    "dog",
    "not",
    "12 €",
    "7 to 11",
    "7h",
    "4 weeks",
    ".",
    ",",
]


@given(
    st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=6)), max_size=20),
    st.sampled_from(["en", "pl", "pt", "es"]),
)
def test_spans_lie_in_any_text_and_nothing_falls_over(pieces: list[str], language: str) -> None:
    text = " ".join(pieces)
    context = CheckContext(platform=None, kind=None, language=language, brand_language="en")
    for one in fact_findings(SHEET, text, context, TODAY):
        assert 0 <= one.start < one.end <= len(text)


@pytest.mark.parametrize(
    "piece", ["1 ", "1.", "1:1", "12 €", "1h-", "breakfast 12 € ", "a.b/", "7 to ", "e\u0301 breakfast "]
)
def test_a_long_text_takes_linear_time(piece: str) -> None:
    def seconds(times: int) -> float:
        text = f"breakfast dog help page {piece * times}"
        began = time.thread_time()
        for read in (amounts, lambda t: hours(t, "en"), lambda t: time_spans(t, "en"), lambda t: days(t, "en")):
            list(read(text))
        found(text, "en")
        return time.thread_time() - began

    seconds(50)
    short, long = min(seconds(200) for _ in range(3)), min(seconds(2_000) for _ in range(2))
    assert long < 30 * max(short, 0.002)
