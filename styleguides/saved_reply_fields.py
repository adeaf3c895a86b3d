"""What a saved reply may say: its fields, read and refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from styleguides.given_fields import LANGUAGE, Wrong, day, line, read_fields, text
from styleguides.variables import VARIABLES, places
from tenants.errors import Invalid, worded

LONGEST_TITLE: Final = 120
LONGEST_TEXT: Final = 4_000
LONGEST_WORDS: Final = 80
MOST_TEXTS: Final = 12
MOST_WORDS: Final = 40


def values_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields given, as they are stored. Raises Invalid with `errors` by field."""
    values, errors = read_fields(data, _FIELDS)
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


def _texts(value: Any) -> list[dict[str, str]]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, Mapping) for one in value):
        raise Wrong(worded("must be a list of texts with their language"))
    if len(value) > MOST_TEXTS:
        raise Wrong(worded("has %(n)s entries; at most %(limit)s are allowed", n=len(value), limit=MOST_TEXTS))
    texts = [{"language": _language(one.get("language")), "text": text(one.get("text"), LONGEST_TEXT)} for one in value]
    texts = [one for one in texts if one["text"]]
    if not texts:
        raise Wrong(worded("must hold at least one text"))
    for one in texts:
        for place in places(one["text"]):
            if place.name not in VARIABLES:
                raise Wrong(
                    worded(
                        "has %(place)s, which nothing fills; possible are %(names)s",
                        place=f"{{{place.name}}}",
                        names=", ".join(f"{{{name}}}" for name in VARIABLES),
                    )
                )
    return texts


def _language(value: Any) -> str:
    if not isinstance(value, str) or not LANGUAGE.fullmatch(value):
        raise Wrong(worded("needs a language code such as en or pt-BR beside each text"))
    return value


def _words(value: Any) -> list[str]:
    if not isinstance(value, (list, tuple)):
        raise Wrong(worded("must be a list of words"))
    words = [" ".join(text(one, LONGEST_WORDS).split()) for one in value]
    words = list(dict.fromkeys(word for word in words if word))
    if len(words) > MOST_WORDS:
        raise Wrong(worded("has %(n)s entries; at most %(limit)s are allowed", n=len(words), limit=MOST_WORDS))
    return words


_FIELDS: Final[dict[str, Callable[[Any], Any]]] = {
    "title": lambda value: line(value, LONGEST_TITLE),
    "texts": _texts,
    "words": _words,
    "review_by": day,
}
