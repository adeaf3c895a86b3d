"""A brand's own number is its own however it is written, and no other number is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styleguides.own_numbers import bare, is_own, within_country


@pytest.mark.parametrize(
    ("own", "written"),
    [
        ("+48 22 123 45 67", ["22 123 45 67", "(22) 123-45-67", "0048 22 1234567", "+48221234567", "48 22 123 45 67"]),
        ("+44 20 7946 0018", ["020 7946 0018", "20 7946 0018", "+442079460018"]),
        ("020 7946 0018", ["+44 20 7946 0018", "20 7946 0018"]),
        ("+351 912 345 678", ["912 345 678", "00351 912345678"]),
        ("+1 (212) 555-0123", ["212-555-0123", "1 212 555 0123"]),
        ("+55 11 91234-5678", ["(11) 91234-5678"]),
        ("PL61 1090 1014 0000 0712 1981 2874", ["61109010140000071219812874", "pl61109010140000071219812874"]),
        ("shop.example", ["any.one@shop.example"]),
        ("Help@shop.example", ["help@SHOP.example"]),
    ],
)
def test_an_own_number_is_known_however_it_is_written(own: str, written: list[str]) -> None:
    for one in written:
        assert is_own(bare(one), [bare(own)]), one


@pytest.mark.parametrize(
    ("own", "others"),
    [
        # The old way compared the last seven digits: all of these were taken for the brand's own.
        ("+48 22 123 45 67", ["33 123 45 67", "123 45 67", "+49 22 123 45 67", "+48 33 123 45 67", "5 22 123 45 67"]),
        ("123 45 67", ["22 123 45 67", "+48 22 123 45 67"]),
        ("+351 912 345 678", ["+55 912 345 678", "+34 912 345 678", "12 345 678"]),
        ("+1 212 555 0123", ["312 555 0123", "555 0123", "+7 212 555 0123"]),
        ("shop.example", ["x@evilshop.example", "x@shop.example.evil"]),
        ("PL61 1090 1014 0000 0712 1981 2874", ["62109010140000071219812874"]),
    ],
)
def test_another_number_is_not(own: str, others: list[str]) -> None:
    for one in others:
        assert not is_own(bare(one), [bare(own)]), one


def test_country_codes_have_one_two_or_three_digits() -> None:
    assert [within_country(d) for d in ("12125550123", "79161234567", "48221234567", "351912345678")] == [
        "2125550123",
        "9161234567",
        "221234567",
        "912345678",
    ]


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=3))
def test_anything_may_be_asked(found: str, own: list[str]) -> None:
    assert is_own(bare(found), [bare(entry) for entry in own]) in (True, False)


@given(st.integers(min_value=10**6, max_value=10**12), st.integers(min_value=10**6, max_value=10**12))
def test_two_numbers_of_one_country_are_the_same_only_when_equal(one: int, other: int) -> None:
    assert is_own(bare(f"+48{one}"), [bare(f"+48{other}")]) == (one == other)
