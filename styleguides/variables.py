"""Places in a saved reply that a conversation fills: `{customer_name}`. What nobody filled never leaves the house."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from styleguides.personal_data import order_expression

VARIABLES: Final = ("customer_name", "order", "location", "brand", "my_name")
"""customer_name: how to greet them (`styleguides.names.first_name`). order: the number they wrote, by the brand's own
patterns of order numbers, else after a word for it. location: the Google location that was reviewed. brand: the brand's
name. my_name: the first name of whoever writes."""

_PLACE = re.compile(r"\{ ?([^\W\d_][\w .-]{0,39})\}")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in braces, in code points of the text, braces included."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with its variables filled; those in `missing` still stand in it."""

    text: str
    missing: tuple[str, ...]


def places(text: str) -> list[Place]:
    """Every place in braces, whether we know its name or not, in order. Linear in the text."""
    if "{" not in text:
        return []
    return [Place(*match.span(), match.group(1).strip()) for match in _PLACE.finditer(text)]


def fill(text: str, values: Mapping[str, str | None]) -> Filled:
    """The text with the values in their places, in one pass: what stands in a value is never taken for a place."""
    missing: list[str] = []

    def put(match: re.Match[str]) -> str:
        name = match.group(1).strip()
        value = values.get(name)
        if value:
            return value
        missing.append(name)
        return match.group()

    filled = _PLACE.sub(put, text) if "{" in text else text
    return Filled(filled, tuple(dict.fromkeys(missing)))


_NAMES_AN_ORDER = re.compile(
    r"(?:\border|\bref(?:erence)?|\bbooking|\binvoice|zamówieni\w{0,4}|rezerwacj\w{0,3}|faktur\w{0,3}|pedido|encomenda|"
    r"reserva\w?|fatura|factura|reservación)\s{0,2}(?:n[ro.º°]{1,2}|num\w{0,6}|nº|id|#|:){0,2}\s{0,2}#?"
    r"([A-Z]{0,4}-?\d[\dA-Z-]{2,18})",
    re.IGNORECASE,
)


def order_in(text: str, order_patterns: Sequence[str] = ()) -> str | None:
    """The order's number a customer wrote: by the brand's patterns, else what follows a word for it; the last one."""
    found: str | None = None
    for pattern in order_patterns:
        for match in order_expression(pattern).finditer(text):
            found = match.group()
    if found is None:
        for match in _NAMES_AN_ORDER.finditer(text):
            found = match.group(1).rstrip("-")
    return found
