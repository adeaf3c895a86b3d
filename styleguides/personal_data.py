"""Personal data in a text: mail addresses, phone, card, account and identity numbers, and numbers of a brand's orders.

Numbers that carry a checksum are believed only where it holds. Every function takes time linear in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from styleguides.tokens import Special, specials

Sort = Literal["email", "phone", "card", "bank_account", "national_id", "order", "health"]
SORTS: Final[tuple[Sort, ...]] = ("email", "phone", "card", "bank_account", "national_id", "order", "health")
"""What a rule may name. `health` depends on the language and is found by `styleguides.health`."""


@dataclass(frozen=True, slots=True)
class PersonalData:
    """A stretch of a text, in code points, that names or leads to a person."""

    start: int
    end: int
    sort: Sort


# Digits with what people write between them: single spaces (also narrow and non-breaking ones), dots, hyphens, strokes
# and brackets. At most two marks stand between two digits, so that two numbers of a sentence stay two.
_NUMBER = re.compile(r"\+?[(]?\d(?:[ .\-/()\u00a0\u2009\u202f\u2011\u2013]{0,2}\d){6,33}", re.ASCII)
# Looked at from every word on, because the word before a code may look like its beginning: `to 12345678Z`.
_CODE = re.compile(r"(?<![\w#/-])(?=([A-Za-z]{1,3}[ -]?\d[0-9A-Za-z \-\u00a0]{5,40}|\d{8}[ -]?[A-Za-z]))", re.ASCII)
_DIGIT = re.compile(r"\d", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)

_IBAN_LENGTHS: Final = {
    # ISO 13616 registry: length by country, of those whose people write to European, Brazilian and American brands.
    "AD": 24, "AT": 20, "BE": 16, "BG": 22, "BR": 29, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20,
    "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21,
    "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29, "VA": 22,
}  # fmt: skip


def personal_data(
    text: str, order_patterns: Sequence[str] = (), apart: Sequence[Special] | None = None
) -> list[PersonalData]:
    """Everything found, in order and never overlapping. `apart` are the text's `specials`, where they are known.

    `order_patterns` say how a brand numbers its orders: `#` is a digit, `?` a letter, all else itself (`PW-######`).
    """
    taken = specials(text) if apart is None else apart
    found = [PersonalData(one.start, one.end, "email") for one in taken if one.what == "email"]
    if _DIGIT.search(text) is not None:
        for pattern in order_patterns:
            found.extend(PersonalData(*hit.span(), "order") for hit in order_expression(pattern).finditer(text))
        codes = [one for one in _codes(text) if not _within(one, taken)]
        found.extend(codes)
        found.extend(one for one in _numbers(_without(text, codes)) if not _within(one, taken))
    return _apart(found)


def order_expression(pattern: str) -> re.Pattern[str]:
    """A brand's pattern of order numbers as an expression. Linear: every place of it has one length."""
    places = {"#": r"\d", "?": "[A-Za-z]"}
    body = "".join(places.get(char, re.escape(char)) for char in pattern)
    return re.compile(rf"(?<![\w]){body}(?![\w])", re.ASCII | re.IGNORECASE)


FEWEST_ORDER_PLACES: Final = 4
"""With fewer, years and prices would be orders."""


def order_places(pattern: str) -> int:
    """How many digits and letters a pattern leaves open."""
    return pattern.count("#") + pattern.count("?")


def _within(one: PersonalData, apart: Sequence[Special]) -> bool:
    """Whether it is part of a link or an address. These stand in order and never overlap."""
    place = bisect_right(apart, one.start, key=lambda special: special.start) - 1
    return place >= 0 and one.end <= apart[place].end


def _apart(found: list[PersonalData]) -> list[PersonalData]:
    """Where two overlap, the one that begins first stays, then the longer."""
    kept: list[PersonalData] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end, SORTS.index(one.sort))):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


# ── codes of letters and digits ──────────────────────────────────────────────────────────────────────────────────


def _codes(text: str) -> Iterator[PersonalData]:
    for match in _CODE.finditer(text):
        start = match.start()
        if start and text[start - 1].isalnum():
            continue
        for size, sort in _code_ends(match[1]):
            after = text[start + size : start + size + 1]
            if not after.isalnum():
                yield PersonalData(start, start + size, sort)
                break


def _code_ends(written: str) -> Iterator[tuple[int, Sort]]:
    """Lengths at which what begins here is a code, with its sort."""
    bare: list[str] = []
    wanted = _IBAN_LENGTHS.get(written[:2].upper())
    for size, char in enumerate(written, 1):
        if not char.isalnum():
            continue
        bare.append(char.upper())
        so_far = len(bare)
        if so_far == wanted and _holds_iban("".join(bare)):
            yield size, "bank_account"
        elif so_far == 9 and (_holds_spanish("".join(bare)) or _holds_polish_card("".join(bare))):
            yield size, "national_id"


def _holds_iban(code: str) -> bool:
    """ISO 7064, mod 97-10."""
    return code[2:4].isdigit() and int("".join(str(int(char, 36)) for char in code[4:] + code[:4])) % 97 == 1


_SPANISH_LETTERS: Final = "TRWAGMYFPDXBNJZSQVHLCKE"


def _holds_spanish(code: str) -> bool:
    """DNI and NIE: the last letter is the number modulo 23 (Real Decreto 1553/2005, and the ministry's table)."""
    digits = str("XYZ".find(code[0])) + code[1:8] if code[0] in "XYZ" else code[:8]
    return digits.isdigit() and code[8].isalpha() and _SPANISH_LETTERS[int(digits) % 23] == code[8]


def _holds_polish_card(code: str) -> bool:
    """Identity card: three letters, a check digit, five digits; weights 7, 3, 1 and 7, 3, 1, 7, 3."""
    if not (code[:3].isalpha() and code[3:].isdigit()):
        return False
    values = [int(char, 36) for char in code]
    weights = (7, 3, 1, 0, 7, 3, 1, 7, 3)
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) % 10 == values[3]


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _numbers(text: str) -> Iterator[PersonalData]:
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        if start and (text[start - 1].isalnum() or text[start - 1] in "#_€$£"):
            continue
        if text[end : end + 1].isalpha() or text[end : end + 1] == "_":
            continue
        written = match.group()
        if written[0] == "(" and ")" not in written:  # of the sentence, not of the number
            start, written = start + 1, written[1:]
        yield from _rest(written, start, text[max(0, start - _NEAR) : start].lower())


def _without(text: str, found: Sequence[PersonalData]) -> str:
    """The text with a letter for each character of these, so that a number right behind one is seen."""
    pieces, after = [], 0
    for one in _apart(list(found)):
        pieces += [text[after : one.start], "x" * (one.end - one.start)]
        after = one.end
    return "".join((*pieces, text[after:])) if found else text


def _joined_numbers(written: str, start: int, before: str) -> Iterator[PersonalData]:
    """Numbers that stand so close that they look like one: told apart where one of them carries a checksum."""
    groups = [match.span() for match in _DIGITS.finditer(written)]
    for first in range(len(groups)):
        for last in range(len(groups) - 1, first - 1, -1):
            low, high = groups[first][0], groups[last][1]
            digits = "".join(_DIGIT.findall(written[low:high]))
            if len(digits) >= _FEWEST_WITH_CHECKSUM and (sort := _sort_by_checksum(written[low:high], digits)):
                yield from _rest(written[: groups[first - 1][1] if first else 0], start, before)
                yield PersonalData(start + low, start + high, sort)
                if last + 1 < len(groups):
                    following = groups[last + 1][0]
                    yield from _rest(written[following:], start + following, "")
                return


def _rest(written: str, start: int, before: str) -> Iterator[PersonalData]:
    digits = "".join(_DIGIT.findall(written))
    if len(digits) < _FEWEST_DIGITS:
        return
    sort = _sort_of(written, digits, before)
    if sort is not None:
        yield PersonalData(start, start + len(written), sort)
    elif len(digits) > _MOST_DIGITS_OF_A_PHONE:
        yield from _joined_numbers(written, start, before)


_FEWEST_DIGITS: Final = 7
_FEWEST_WITH_CHECKSUM: Final = 11
_MOST_DIGITS_OF_A_PHONE: Final = 15


def _sort_by_checksum(written: str, digits: str) -> Sort | None:
    if len(digits) == 26 and _holds_iban(f"PL{digits}"):
        return "bank_account"
    if digits[0] in "23456" and _CARD.match(written) and _holds_luhn(digits):
        return "card"
    return "national_id" if any(holds(digits) for holds in _NATIONAL_IDS.get(len(digits), ())) else None


def _sort_of(written: str, digits: str, before: str) -> Sort | None:
    if checked := _sort_by_checksum(written, digits):
        return checked
    if _DATE.match(written):
        return None
    if _NAMES_TAX_NUMBER.search(before) and len(digits) == 9 and _holds_nif(digits):
        return "national_id"
    if _NAMES_NUMBER_OF_THINGS.search(before):
        return None
    return "phone" if _is_phone(written, digits, bool(_NAMES_PHONE.search(before))) else None


_CARD: Final = re.compile(r"(?:\d{13,19}|\d{4}([ \u00a0-])\d{4}\1\d{4}\1\d{1,7}|\d{4}[ -]\d{6}[ -]\d{4,5})$")
"""Lengths by ISO/IEC 7812-1; in one piece, in fours, or as American Express and Diners print theirs."""
_NEAR: Final = 24
_NAMES_PHONE: Final = re.compile(
    r"tel|phone|call|whatsapp|mobile|numer\b|komórk|zadzwo|dzwoni|ligue|liga|llam|móvil|celular|contato"
)
_NAMES_TAX_NUMBER: Final = re.compile(r"\bnif\b|contribuinte|fiscal")
_NAMES_NUMBER_OF_THINGS: Final = re.compile(
    r"(?:order|ref|reference|case|ticket|invoice|booking|zamówieni\w*|zlecen\w*|faktur\w*|rezerwacj\w*|pedido|"
    r"encomenda|fatura|reserva|factura|caso)\W*(?:n[ro.º°]*|num\w*|#|id)?\W*$"
)
_DATE: Final = re.compile(
    r"\d{1,2}[./-]\d{1,2}[./-]\d{4}(?!\d)|\d{4}[./-]\d{1,2}[./-]\d{1,2}(?!\d)|(?:19|20)\d\d ?[-–/] ?(?:19|20)\d\d$"
)
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:[ .\u00a0\u2009\u202f]000)+$")
_NATIONAL_SHAPES: Final = re.compile(
    r"(?:"
    r"\d{3}([ .-])\d{3}\1\d{3}"  # Poland, Portugal, Spain: 600 100 200
    r"|\(?\d{2}\)?[ .-]\d{3}([ .-])\d{2}\2\d{2}"  # Poland: 22 123 45 67; Spain: 91 123 45 67
    r"|\d{3}([ .-])\d{2}\3\d{2}\3\d{2}"  # Spain: 612 34 56 78
    r"|\d{2} \d{3} \d{4}"  # Portugal: 21 123 4567
    r"|\(?0?\d{2}\)?[ -]?9?\d{4}[ .-]\d{4}"  # Brazil: (11) 91234-5678
    r"|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}"  # North America: (212) 555-0123
    r"|\(?0\d{2,4}\)?[ .-]\d{3,4}[ .-]?\d{3,4}"  # Britain and others with a trunk zero: 020 7946 0018
    r"|0\d{9,10}"  # the same in one piece
    r"|[5-9]\d{8}"  # mobile of Poland (45 to 88), Portugal (9) and Spain (6, 7) in one piece
    r"|[1-9]\d9\d{8}"  # Brazil, mobile, in one piece
    r")$"
)


def _is_phone(written: str, digits: str, is_named: bool) -> bool:
    """By its shape, which differs from country to country; where a word names it, by its length (E.164: at most 15)."""
    if len(digits) > 15 or _THOUSANDS.match(written):
        return False
    if written.startswith("+"):
        return len(digits) >= 8
    if digits.startswith("00"):
        return len(digits) >= 10
    return (is_named and len(digits) >= 7) or _NATIONAL_SHAPES.match(written) is not None


def _holds_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, appendix B."""
    doubled = [sum(divmod(2 * int(char), 10)) for char in digits[-2::-2]]
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


def _holds_pesel(digits: str) -> bool:
    """Polish PESEL: a date of birth whose month tells the century, and a check digit (weights 1, 3, 7, 9)."""
    total = sum(int(char) * weight for char, weight in zip(digits[:10], (1, 3, 7, 9) * 3, strict=False))
    if (10 - total % 10) % 10 != int(digits[10]):
        return False
    century = {0: 1900, 1: 2000, 2: 2100, 3: 2200, 4: 1800}[int(digits[2:4]) // 20]
    try:
        date(century + int(digits[:2]), int(digits[2:4]) % 20, int(digits[4:6]))
    except ValueError:
        return False
    return True


def _holds_cpf(digits: str) -> bool:
    """Brazilian CPF: two check digits, modulo 11; eleven equal digits are no number."""

    def check(size: int) -> int:
        left = sum(int(char) * weight for char, weight in zip(digits, range(size + 1, 1, -1), strict=False)) % 11
        return 0 if left < 2 else 11 - left

    return len(set(digits)) > 1 and check(9) == int(digits[9]) and check(10) == int(digits[10])


def _holds_nif(digits: str) -> bool:
    """Portuguese NIF of a person (first digit 1 to 3, or 45): check digit modulo 11."""
    if digits[0] not in "123" and not digits.startswith("45"):
        return False
    left = sum(int(char) * weight for char, weight in zip(digits[:8], range(9, 1, -1), strict=True)) % 11
    return (0 if left < 2 else 11 - left) == int(digits[8])


_NATIONAL_IDS: Final[dict[int, tuple[Callable[[str], bool], ...]]] = {11: (_holds_pesel, _holds_cpf)}
