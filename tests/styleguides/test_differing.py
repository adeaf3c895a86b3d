"""What two answers say otherwise: read in four languages, the same whichever comes first, silent where unsure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styleguides.differing import VALUE_KINDS, Told, contrasts, differences, told_in
from styleguides.questions import question_words

LANGUAGES = ("en", "pl", "pt", "es", "de", None)
HOSTILE = st.one_of(
    st.text(max_size=300),
    st.text("0123456789:.,-–zł€$ ahomdn\u0301\u200b?！؟", max_size=300),
    st.lists(
        st.sampled_from(
            [
                "15 zł",
                "12,50 EUR",
                "€7",
                "8h-14h",
                "7:00 do 10:30",
                "9 to 5 pm",
                "14 days",
                "dois dias",
                "3 December",
                "2026-12-24",
                "3/4",
                "yes",
                "no,",
                "tak",
                "nie",
                "sim",
                "não",
                "sí",
                "dogs",
                "not forbidden",
                "closed.",
                "?",
                "psy są",
                "{name}",
                "\n",
                "…",
                "9",
            ]
        ),
        max_size=25,
    ).map(" ".join),
)


def told(text: str, language: str, asked: str) -> list[Told]:
    return told_in(text, language, question_words(asked, language))


def said(one: str, other: str, language: str, asked: str) -> list[tuple[str, list[str], list[str]]]:
    found = differences(told(one, language, asked), told(other, language, asked))
    return [(each.kind, [a.said for a in each.here], [b.said for b in each.there]) for each in found]


PARKING = "How much is the parking?"
DOG = "Can I bring my dog?"


@pytest.mark.parametrize(
    ("one", "other", "language", "asked", "expected"),
    [
        ("It costs 15 zł.", "Parking is 12 zł a day.", "en", PARKING, [("amount", ["15 zł"], ["12 zł"])]),
        ("It costs 15 zł.", "Parking is 15,00 PLN.", "en", PARKING, []),
        ("It costs 15 zł.", "Parking is 4 EUR.", "en", PARKING, []),
        ("Parking is 15 zł, a room 400 zł.", "A room is 400 zł, parking 12 zł.", "en", PARKING,
         [("amount", ["15 zł"], ["12 zł"])]),
        ("Breakfast is 59 zł.", "Parking is 40 zł. The sauna is 20 zł.", "en", PARKING, []),
        ("Open from 7:00 to 10:30.", "We serve it at 8:00.", "en", "When is breakfast?", []),
        ("Open from 7 to 10 am.", "We open at 8 am.", "en", "Open?", [("hours", ["7 to 10 am"], ["8 am"])]),
        ("Open from 7:00 to 10:30.", "Breakfast 7:00-10:00", "en", "When is breakfast?",
         [("hours", ["7:00 to 10:30"], ["7:00-10:00"])]),
        ("Send it back in 30 days.", "You have two weeks.", "en", "How long?", [("span", ["30 days"], ["two weeks"])]),
        ("Send it back in 14 days.", "You have two weeks.", "en", "How long?", []),
        ("Until 3 December.", "Until 2026-12-05.", "en", "Until when?", [("day", ["3 December"], ["2026-12-05"])]),
        ("Until 3 December.", "Until 2026-12-03.", "en", "Until when?", []),
        ("Do 3 grudnia.", "Tylko do 5 grudnia.", "pl", "Do kiedy?", [("day", ["3 grudnia"], ["5 grudnia"])]),
    ],
)  # fmt: skip
def test_values_differ_where_they_speak_of_the_same(
    one: str, other: str, language: str, asked: str, expected: list[object]
) -> None:
    assert said(one, other, language, asked) == expected


@pytest.mark.parametrize(
    ("text", "language", "asked", "expected"),
    [
        ("Yes, dogs are welcome, but not in the restaurant.", "en", DOG, "yes"),
        ("We are happy to see dogs.", "en", DOG, "yes"),
        ("Unfortunately we do not accept dogs.", "en", DOG, "no"),
        ("No, sorry.", "en", DOG, "no"),
        ("Dogs are prohibited.", "en", DOG, "no"),
        ("Dogs are not prohibited.", "en", DOG, None),
        ("No problem, we will look into it.", "en", DOG, None),
        ("Would your dog be allowed?", "en", DOG, None),
        ("If your dog is allowed we tell you.", "en", DOG, None),
        ("Dogs are welcome. Dogs cannot stay alone.", "en", DOG, None),
        ("Cats are not allowed.", "en", DOG, None),
        ("Tak, psy są mile widziane.", "pl", "Czy można z psem?", "yes"),
        ("Niestety nie przyjmujemy psów.", "pl", "Czy można z psem?", "no"),
        ("Nie ma problemu, zapraszamy z psem.", "pl", "Czy można z psem?", "yes"),
        ("Psy nie są zabronione.", "pl", "Czy można z psem?", None),
        ("Sim, estamos abertos ao domingo.", "pt", "Abrem ao domingo?", "yes"),
        ("Ao domingo estamos fechados.", "pt", "Abrem ao domingo?", "no"),
        ("Não há problema.", "pt", "Abrem ao domingo?", None),
        ("Sí, los perros son bienvenidos.", "es", "¿Admiten perros?", "yes"),
        ("No admitimos perros.", "es", "¿Admiten perros?", "no"),
        ("Hunde sind willkommen.", "de", "Darf mein Hund mit?", None),
    ],
)
def test_yes_and_no_are_read_with_their_negation_or_not_at_all(
    text: str, language: str, asked: str, expected: str | None
) -> None:
    found = [one.value for one in told(text, language, asked) if one.kind == "yes_no"]
    assert found == ([] if expected is None else [expected])


def test_of_several_answers_each_side_is_named_once_in_their_order() -> None:
    texts = [told(words, "en", PARKING) for words in ("15 zł.", "It is 12 zł.", "15 zł a day.", "Nothing.", "20 zł.")]
    (found,) = contrasts(texts)
    assert found.kind == "amount"
    assert [(place, [one.said for one in sides]) for place, sides in found.sides] == [
        (0, ["15 zł"]), (1, ["12 zł"]), (2, ["15 zł"]), (4, ["20 zł"])
    ]  # fmt: skip


@given(HOSTILE, HOSTILE, st.sampled_from(LANGUAGES), HOSTILE)
def test_swapped_texts_give_swapped_differences_whatever_they_say(
    one: str, other: str, language: str | None, asked: str
) -> None:
    words = question_words(asked, language)
    first, second = told_in(one, language, words), told_in(other, language, words)
    there = differences(first, second)
    assert [(d.kind, d.there, d.here) for d in there] == [(d.kind, d.here, d.there) for d in differences(second, first)]
    assert differences(first, first) == []
    assert [d.kind for d in there] == [kind for kind in VALUE_KINDS if any(d.kind == kind for d in there)]
    for found, text in ((first, one), (second, other)):
        assert all(0 <= each.start < each.end <= len(text) for each in found)
    assert [c.kind for c in contrasts([first, second])] == [d.kind for d in there]
    sides = [place for each in contrasts([first, second, first]) for place, _ in each.sides]
    assert set(sides) <= {0, 1, 2}


@pytest.mark.parametrize("piece", ["1 zł ", "9-", "12:00 ", "yes ", "3/4 ", "dogs not, ", "a\u0301", "(", "14 days "])
def test_a_text_without_end_is_read_to_a_bound(piece: str) -> None:
    found = told_in(piece * 200_000, "en", {"dog": "dog"})
    assert all(one.end <= 10_001 for one in found)
    assert len(found) <= 60
