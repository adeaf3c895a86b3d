"""A brand's own addresses and numbers, however somebody writes them: with the country's prefix or without."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_MARKS: Final = str.maketrans("", "", " .-/()\u00a0\u2009\u202f\u2011\u2013")
_SHORTEST: Final = 7

_TWO_DIGITS: Final = frozenset(
    (20, 27, *range(30, 35), 36, 39, 40, 41, *range(43, 50), *range(51, 59), *range(60, 67), 81, 82, 84, 86,
     *range(90, 96), 98)
)  # fmt: skip
"""Calling codes of two digits by ITU-T E.164's list of assigned codes; 1 and 7 have one digit, all others three."""


def bare(written: str) -> str:
    """A number without what stands between its digits, `00` in front as `+`; all else in small letters."""
    number = written.strip().translate(_MARKS)
    if number.removeprefix("+").isdigit():
        return f"+{number[2:]}" if number.startswith("00") else number
    is_code = number.isalnum() and number[2:4].isdigit() and "." not in written
    return number.casefold() if is_code else written.strip().casefold()


def is_own(found: str, own: Iterable[str]) -> bool:
    """Whether `found` is an own address, an address of an own domain, or an own number. All of them `bare`."""
    if "@" in found:
        return any(entry in (found, found.rpartition("@")[2]) for entry in own)
    return any(_same(found, entry) for entry in own)


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    if one[:2].isalpha() or other[:2].isalpha():  # an account number with its country or without
        letters, digits = (one, other) if one[:2].isalpha() else (other, one)
        return digits.isdigit() and len(digits) > 15 and letters[2:] == digits
    if min(len(one), len(other)) < _SHORTEST or not (_is_number(one) and _is_number(other)):
        return False
    if one.startswith("+") and other.startswith("+"):
        return False
    if not one.startswith("+") and not other.startswith("+"):
        return one.removeprefix("0") == other.removeprefix("0")
    whole, national = (one, other) if one.startswith("+") else (other, one)
    digits = whole[1:]
    return national in (digits, within_country(digits)) or national.removeprefix("0") == within_country(digits)


def _is_number(written: str) -> bool:
    return written.removeprefix("+").isdigit()


def within_country(digits: str) -> str:
    """An international number, without its plus, without its country's code."""
    if digits[:1] in ("1", "7"):
        return digits[1:]
    return digits[2:] if digits[:2].isdigit() and int(digits[:2]) in _TWO_DIGITS else digits[3:]
