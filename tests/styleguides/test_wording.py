"""Wordings: what differs from customer to customer does not count, a few other words make them near, others far."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styleguides.wording import NEAR, fingerprint_keys, likeness, wording_of

LATE = (
    "Dear {name}, thank you for your review. We are sorry that your order {order} came late. We have spoken with the "
    "courier and it will not happen again. Warm regards, the Pennywell team"
)
OTHER = (
    "Dear {name}, thank you for your review. It makes our day to read that the app helps you save for your holidays. "
    "Warm regards, the Pennywell team"
)
POLISH = (
    "Dzień dobry, Panie {name}! Przepraszamy za opóźnienie przesyłki. Sprawdzimy, co się stało, i oddzwonimy jutro."
)


def features(text: str, name: str | None = None) -> bytes:
    return wording_of(text, name).features


def test_names_numbers_links_capitals_and_marks_do_not_count() -> None:
    one = wording_of(LATE.format(name="Anna", order="PW-123456"), "Anna Nowak")
    other = LATE.format(name="Peter", order="PW-998877").upper().replace(".", " !") + " https://x.example/7?u=9"
    assert wording_of(other, "PETER K.") == one


def test_an_inflected_name_does_not_count_either() -> None:
    assert wording_of(POLISH.format(name="Marku"), "Marek Lis") == wording_of(POLISH.format(name="Pawle"), "Paweł")


def test_a_few_other_words_are_near_and_another_answer_is_far() -> None:
    late = features(LATE.format(name="Anna", order="1"), "Anna")
    changed = LATE.replace("courier", "carrier").replace("Warm", "Kind").format(name="Ola", order="2")
    assert NEAR <= likeness(late, features(changed, "Ola")) < 1
    assert likeness(late, features(OTHER.format(name="Anna"), "Anna")) < NEAR / 2


def test_the_numbers_that_are_stored_stay_what_they_are() -> None:
    found = wording_of("Thank you, see you soon!")
    assert found.exact.hex()[:16] == "65112fec5d67ebdf"
    assert found.features.hex()[:16] == "06b9403e175b8587"
    assert found.bands[0] == -3870099817805521442


@given(st.text(max_size=300), st.text(max_size=30) | st.none())
def test_any_text_has_a_wording_and_is_like_itself(text: str, name: str | None) -> None:
    found = wording_of(text, name)
    assert likeness(found.features, found.features) == 1
    assert len(found.exact) == 32
    assert all(-(2**63) <= band < 2**63 for band in found.bands)
    assert len(found.bands) == 6


@given(st.lists(st.sampled_from(LATE.split()), max_size=40))
def test_likeness_is_the_same_both_ways_and_between_none_and_all(words: list[str]) -> None:
    one, other = features(" ".join(words)), features(LATE)
    assert 0 <= likeness(one, other) == likeness(other, one) <= 1


def test_near_ones_share_a_band_and_far_ones_seldom() -> None:
    """By the figures in the module: 0.9 of pairs at a likeness of 0.6 or more, a quarter at 0.2."""
    base = [f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(60)]
    near = far = 0
    for n in range(200):
        one = [f"{word}x{chr(97 + n % 26)}{chr(97 + n // 26)}" for word in base]
        close = [*one]
        close[10], close[30], close[50] = "first", "second", "third"
        distant = [*one[:20], *(f"other{word}" for word in one[20:])]
        found, nearby, away = (wording_of(" ".join(words)) for words in (one, close, distant))
        assert likeness(found.features, nearby.features) > NEAR
        near += bool(set(found.bands) & set(nearby.bands))
        far += bool(set(found.bands) & set(away.bands))
    assert near >= 190
    assert far <= 70


@pytest.mark.parametrize("text", ["Thank you so much!", "", "😀", "Dziękujemy za miłe słowa."])
def test_what_half_the_world_says_has_no_key(text: str) -> None:
    assert fingerprint_keys(text) == set()


def test_the_same_words_share_every_key_and_others_none() -> None:
    keys = fingerprint_keys(LATE)
    assert len(keys) == 4
    assert all(key.startswith("s:") for key in keys)
    assert fingerprint_keys(LATE.lower()) == keys
    assert not keys & fingerprint_keys(OTHER)
