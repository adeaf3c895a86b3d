"""What a saved reply may say: its fields, read and refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from styleguides.variables import VARIABLES, places
from tenants.errors import Invalid, worded

LONGEST_TITLE: Final = 120
LONGEST_TEXT: Final = 4_000
LONGEST_WORDS: Final = 80
MOST_TEXTS: Final = 12
MOST_WORDS: Final = 40

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")


class _Wrong(Exception):
    """What must be otherwise about a field."""


def values_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields given, as they are stored. Raises Invalid with `errors` by field."""
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, value in data.items():
        read = _FIELDS.get(name)
        try:
            if read is None:
                raise _Wrong(worded("is not known; possible are %(names)s", names=", ".join(_FIELDS)))
            values[name] = read(value)
        except _Wrong as wrong:
            errors[str(name)[:60]] = [wrong.args[0]]
    if errors:
        raise invalid(errors)
    return values


def invalid(errors: dict[str, list[str]]) -> Invalid:
    """The refusal that names the first field and carries them all."""
    field, messages = next(iter(errors.items()))
    return Invalid(
        worded(
            "This saved reply cannot be kept: %(field)s %(problem)s. Nothing was changed. Correct it and save again.",
            field=field,
            problem=messages[0],
        ),
        errors=errors,
    )


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        raise _Wrong(worded("must be text"))
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    if len(text) > longest:
        raise _Wrong(worded("is %(n)s characters long; at most %(limit)s are allowed", n=len(text), limit=longest))
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise _Wrong(worded("holds a character that cannot be stored"))
    return text


def _title(value: Any) -> str:
    title = " ".join(_text(value, LONGEST_TITLE).split())
    if not title:
        raise _Wrong(worded("must not be empty"))
    return title


def _texts(value: Any) -> list[dict[str, str]]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, Mapping) for one in value):
        raise _Wrong(worded("must be a list of texts with their language"))
    if len(value) > MOST_TEXTS:
        raise _Wrong(worded("has %(n)s entries; at most %(limit)s are allowed", n=len(value), limit=MOST_TEXTS))
    texts = [
        {"language": _language(one.get("language")), "text": _text(one.get("text"), LONGEST_TEXT)} for one in value
    ]
    texts = [one for one in texts if one["text"]]
    if not texts:
        raise _Wrong(worded("must hold at least one text"))
    for one in texts:
        for place in places(one["text"]):
            if place.name not in VARIABLES:
                raise _Wrong(
                    worded(
                        "has %(place)s, which nothing fills; possible are %(names)s",
                        place=f"{{{place.name}}}",
                        names=", ".join(f"{{{name}}}" for name in VARIABLES),
                    )
                )
    return texts


def _language(value: Any) -> str:
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        raise _Wrong(worded("needs a language code such as en or pt-BR beside each text"))
    return value


def _words(value: Any) -> list[str]:
    if not isinstance(value, (list, tuple)):
        raise _Wrong(worded("must be a list of words"))
    words = [" ".join(_text(one, LONGEST_WORDS).split()) for one in value]
    words = list(dict.fromkeys(word for word in words if word))
    if len(words) > MOST_WORDS:
        raise _Wrong(worded("has %(n)s entries; at most %(limit)s are allowed", n=len(words), limit=MOST_WORDS))
    return words


def _day(value: Any) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else _no_day()
    except ValueError:
        return _no_day()


def _no_day() -> date:
    raise _Wrong(worded("must be a day such as 2027-03-31"))


_FIELDS: Final[dict[str, Callable[[Any], Any]]] = {
    "title": _title,
    "texts": _texts,
    "words": _words,
    "review_by": _day,
}
