"""Personal data: what is found, in every form people write it; what looks alike and is none; any text at all."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styleguides.personal_data import PersonalData, order_expression, personal_data

SENTENCES = (
    "{}",
    "Please write to {} and we will look into it.",
    "Proszę zadzwonić: {}. Czekamy!",
    "Olá, o nosso contacto é {}, obrigado.",
    "¿Es correcto {}? Gracias",
    "({})",
)


def _digits(rng: random.Random, count: int, first: str = "0123456789") -> str:
    return rng.choice(first) + "".join(rng.choice("0123456789") for _ in range(count - 1))


def _grouped(digits: str, *sizes: int, by: str = " ") -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(digits[at : at + size])
        at += size
    return by.join([*parts, digits[at:]] if at < len(digits) else parts)


def _card(rng: random.Random) -> str:
    """The check digit is the one with which the doubled sum ends in 0, found by trying."""
    body = _digits(rng, 15, "3456")

    def total(number: str) -> int:
        return sum(
            int(char) if place % 2 else sum(divmod(int(char) * 2, 10))
            for place, char in enumerate(number, len(number) % 2)
        )

    number = next(body + last for last in "0123456789" if total(body + last) % 10 == 0)
    return rng.choice((number, _grouped(number, 4, 4, 4), _grouped(number, 4, 4, 4, by="-")))


def _iban(rng: random.Random) -> str:
    country, length = rng.choice((("PL", 28), ("ES", 24), ("PT", 25), ("DE", 22), ("GB", 22)))
    body = "ABCD" + _digits(rng, length - 8) if country == "GB" else _digits(rng, length - 4)
    for check in range(2, 99):
        code = f"{country}{check:02d}{body}"
        if int("".join(str(int(char, 36)) for char in code[4:] + code[:4])) % 97 == 1:
            fours = " ".join(code[at : at + 4] for at in range(0, length, 4))
            return rng.choice((code, fours, code.lower()))
    raise AssertionError


def _polish_account(rng: random.Random) -> str:
    while not (code := _iban(rng).upper().replace(" ", "")).startswith("PL"):
        pass
    return rng.choice((code[2:], _grouped(code[2:], 2, 4, 4, 4, 4, 4)))


def _pesel(rng: random.Random) -> str:
    century_months = rng.choice((0, 20))
    body = f"{rng.randrange(100):02d}{rng.randrange(1, 13) + century_months:02d}{rng.randrange(1, 29):02d}"
    body += _digits(rng, 4)
    weights = (9, 7, 3, 1) * 3
    return body + str(sum(int(a) * b for a, b in zip(body, weights, strict=False)) % 10)


def _cpf(rng: random.Random) -> str:
    digits = [rng.randrange(10) for _ in range(9)]
    if len(set(digits)) == 1:
        digits[0] = (digits[0] + 1) % 10
    for _ in range(2):
        digits.append(sum(d * w for w, d in enumerate(reversed(digits), 2)) * 10 % 11 % 10)
    d = "".join(map(str, digits))
    return rng.choice((d, f"{d[:3]}.{d[3:6]}.{d[6:9]}-{d[9:]}"))


def _dni(rng: random.Random) -> str:
    number = rng.randrange(10_000_000, 100_000_000)
    letter = "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23]
    return rng.choice((f"{number}{letter}", f"{number}-{letter}", f"{number} {letter}"))


def _nie(rng: random.Random) -> str:
    first, number = rng.randrange(3), rng.randrange(10**6, 10**7)
    return f"{'XYZ'[first]}{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[(first * 10**7 + number) % 23]}"


def _polish_card(rng: random.Random) -> str:
    letters = "".join(rng.choice("ABCDEFGHIJKLMNOPRSTUWXYZ") for _ in range(3))
    rest = _digits(rng, 5)
    total = sum((ord(c) - 55) * w for c, w in zip(letters, (7, 3, 1), strict=True))
    total += sum(int(c) * w for c, w in zip(rest, (7, 3, 1, 7, 3), strict=True))
    return rng.choice((f"{letters}{total % 10}{rest}", f"{letters} {total % 10}{rest}"))


def _nif(rng: random.Random) -> str:
    body = _digits(rng, 8, "123")
    left = 11 - sum(int(c) * w for c, w in zip(body, (9, 8, 7, 6, 5, 4, 3, 2), strict=True)) % 11
    return f"NIF {body}{left if left < 10 else 0}"


def _phone(rng: random.Random) -> str:
    n = _digits(rng, 8)
    return rng.choice(
        (
            f"+48 6{n[:2]} {n[2:5]} {n[5:]}",
            f"+486{n}",
            f"6{n[:2]} {n[2:5]} {n[5:]}",
            f"6{n[:2]}-{n[2:5]}-{n[5:]}",
            f"(22) {n[:3]} {n[3:5]} {n[5:7]}",
            f"+351 91{n[0]} {n[1:4]} {n[4:7]}",
            f"91{n[0]} {n[1:4]} {n[4:7]}",
            f"+34 6{n[:2]} {n[2:4]} {n[4:6]} {n[6:]}",
            f"6{n[:2]} {n[2:4]} {n[4:6]} {n[6:]}",
            f"(11) 9{n[:4]}-{n[4:]}",
            f"+55 11 9{n[:4]}-{n[4:]}",
            f"(212) 555-{n[:4]}",
            f"212-555-{n[:4]}",
            f"+1 (212) 555-{n[:4]}",
            f"020 7946 {n[:4]}",
            f"07700 {n[:6]}",
            f"0044 20 7946 {n[:4]}",
        )
    )


def _email(rng: random.Random) -> str:
    name = "".join(rng.choice("abcdefghij") for _ in range(6))
    return rng.choice((f"{name}@mail.example", f"{name}.b+shop@sub.mail.example", f"{name.upper()}@MAIL.EXAMPLE"))


MAKERS: dict[str, tuple[str, Callable[[random.Random], str]]] = {
    "card": ("card", _card),
    "iban": ("bank_account", _iban),
    "polish account": ("bank_account", _polish_account),
    "pesel": ("national_id", _pesel),
    "cpf": ("national_id", _cpf),
    "dni": ("national_id", _dni),
    "nie": ("national_id", _nie),
    "polish identity card": ("national_id", _polish_card),
    "nif": ("national_id", _nif),
    "phone": ("phone", _phone),
    "email": ("email", _email),
}


@pytest.mark.parametrize("name", MAKERS)
def test_what_is_planted_is_found_whole(name: str) -> None:
    """The issue's bar is 99 %; numbers of one kind may by chance hold another's checksum, which is found as well."""
    sort, make = MAKERS[name]
    rng = random.Random(name)
    tried, missed, other = 0, [], 0
    for _ in range(300):
        planted = make(rng)
        text = rng.choice(SENTENCES).format(planted)
        start = text.index(planted)
        start, end = start + (4 if name == "nif" else 0), start + len(planted)
        tried += 1
        # A bracket in front is no part of the number.
        hits = [one for one in personal_data(text) if abs(one.start - start) <= 1 and one.end == end]
        if not hits:
            missed.append(text)
        elif hits[0].sort != sort:
            other += 1
    assert len(missed) * 100 <= tried, missed[:5]
    assert other * 20 <= tried


@pytest.mark.parametrize(
    "text",
    [
        "We open at 9:00 and close at 17:30, from 2026-11-22 until 24.12.2026.",
        "Zapraszamy 22.11.2026 w godz. 10-18, ul. Długa 12/14, 00-950 Warszawa.",
        "O preço é 1 200 000 reais, 1.500.000 no total.",
        "Your order 123456789 has left our warehouse.",
        "Zamówienie nr 600 100 200 jest już w drodze.",
        "Version 10.0.19045.3570 of the app, 1024x768",
        "Between 2019-2024 we served 3 000 000 guests, 100 % happy.",
        "See https://pennywell.example/help/4111111111111111 for more",
        "#600100200 €600100200 £1,234,567.89",
        "The card 4111 1111 1111 1112 has no valid check digit",
        "IBAN PL00 0000 is not complete",
        "Pokój 101, 102 i 103 na 2 piętrze",
        "12 345 678 900 000",
        "",
    ],
)
def test_what_looks_alike_is_left_alone(text: str) -> None:
    assert personal_data(text) == []


def test_a_number_is_a_phone_where_a_word_says_so() -> None:
    assert personal_data("It is 7654321.") == []
    assert personal_data("Call me: 7654321.") == [PersonalData(9, 16, "phone")]


def test_order_numbers_follow_the_brands_own_pattern() -> None:
    text = "Sorry about PW-123456 and pw-999999x, PW-1234567."
    assert personal_data(text, ["PW-######"]) == [PersonalData(12, 21, "order")]
    assert personal_data("AB12 (cd34)", ["??##"]) == [PersonalData(0, 4, "order"), PersonalData(6, 10, "order")]
    assert order_expression("a.b(#").search("a.b(7") is not None
    assert order_expression("a.b(#").search("axb(7") is None


texts = st.text(
    alphabet=st.one_of(st.characters(exclude_categories=()), st.sampled_from("0123456789 .-/()+@#PLXYZ\u00a0")),
    max_size=200,
)


@given(texts)
def test_any_text_gives_spans_in_order_that_never_overlap(text: str) -> None:
    found = personal_data(text, ["??-###", "#"])
    assert found == personal_data(text, ["??-###", "#"])
    end = 0
    for one in found:
        assert end <= one.start < one.end <= len(text)
        end = one.end


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PL61109010140000071219812874 4111 1111 1111 1111", ["bank_account", "card"]),
        ("4111 1111 1111 1111 600 100 200", ["card", "phone"]),
        ("600 100 200 4111 1111 1111 1111", ["phone", "card"]),
        ("4111111111111111 5500005555555559", ["card", "card"]),
        ("529.982.247-25 4111 1111 1111 1111", ["national_id", "card"]),
        ("1234 5678 9012 3456 7890 1234 5678", []),
    ],
)
def test_two_numbers_with_one_space_between_are_both_found(text: str, found: list[str]) -> None:
    assert [one.sort for one in personal_data(text)] == found
    assert [one.sort for one in personal_data(f"Numbers {text}.")] == found


@given(st.text(alphabet="0123456789 -+.ABXYZ@a/()\u00a0", max_size=80))
def test_what_is_too_short_to_hold_any_is_never_said_to(text: str) -> None:
    """`styleguides.masking` leaves texts alone by this."""
    if personal_data(text):
        assert "@" in text or sum(char.isdigit() for char in text) >= 6
