"""Fields that somebody gave, read one by one: what is refused is told by field, and all of it at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from tenants.errors import worded

LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")


class Wrong(Exception):
    """What must be otherwise about a field, in worded form."""


def read_fields(
    data: Mapping[str, Any], readers: Mapping[str, Callable[[Any], Any]]
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The values as they are stored, and what is wrong, both by field. A reader raises Wrong."""
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, value in data.items():
        read = readers.get(name)
        try:
            if read is None:
                raise Wrong(worded("is not known; possible are %(names)s", names=", ".join(readers)))
            values[name] = read(value)
        except Wrong as wrong:
            errors[str(name)[:60]] = [wrong.args[0]]
    return values, errors


def text(value: Any, longest: int) -> str:
    """A text in NFC without white space around it, of at most `longest` code points. Raises Wrong."""
    if not isinstance(value, str):
        raise Wrong(worded("must be text"))
    given = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    if len(given) > longest:
        raise Wrong(worded("is %(n)s characters long; at most %(limit)s are allowed", n=len(given), limit=longest))
    if "\x00" in given or any("\ud800" <= char <= "\udfff" for char in given):
        raise Wrong(worded("holds a character that cannot be stored"))
    return given


def line(value: Any, longest: int) -> str:
    """A text on one line, never empty. Raises Wrong."""
    given = " ".join(text(value, longest).split())
    if not given:
        raise Wrong(worded("must not be empty"))
    return given


def day(value: Any) -> date | None:
    """A day such as 2027-03-31; None for nothing. Raises Wrong."""
    if value is None or value == "":
        return None
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Wrong(worded("must be a day such as 2027-03-31"))
