"""Errors a person or a program may be shown. Everything else is a bug and is answered as one.

AppError
├── Invalid      400/422  the words or values given cannot be used
├── NotFound     404      no such thing, or not yours: the two are never told apart
├── Forbidden    403      yours to see, but not yours to do
├── Conflict     409      somebody or something was there first
├── TooMany      429      slow down
└── Unavailable  503      a part we cannot work without is down; nothing was lost
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


class Moment(str):
    """A time of day in a sentence: to programs `14:02 UTC`, to readers, by the door, in their own zone."""

    at: datetime

    def __new__(cls, at: datetime) -> Moment:
        """Of an aware time."""
        words = super().__new__(cls, f"{at.astimezone(UTC):%H:%M} UTC")
        words.at = at
        return words


class Money(str):
    """An amount in a sentence: to programs `12.00 EUR`, to readers as their language writes it."""

    cents: int
    currency: str

    def __new__(cls, cents: int, currency: str) -> Money:
        """Of whole cents; `currency` in any letters."""
        words = super().__new__(cls, f"{cents // 100}.{cents % 100:02} {currency.upper()}")
        words.cents, words.currency = cents, currency.upper()
        return words


class Worded(str):
    """A sentence in English that remembers how it was made, so that a door can say it in its reader's language.

    It is a plain string to everybody else. `template` is what catalogues of translations know, `values` what stands
    in its places; a value that is itself Worded is translated too, a Moment told in the reader's zone, Money as
    they write it, any other (a name, a number) never.
    """

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, values: dict[str, Any] | None = None) -> Worded:
        """The template with its values put in."""
        sentence = super().__new__(cls, template % values if values else template)
        sentence.template, sentence.values = template, values or {}
        return sentence


def worded(template: str, **values: Any) -> Worded:
    """Mark a sentence for translation, as in `worded("At most %(limit)s fit.", limit=5)`; catalogues list all calls."""
    return Worded(template, values)


class AppError(Exception):
    """Trouble with a name. `code` is stable for programs; `message` says what happened, what is safe, what to do.

    The message is a literal or `worded(...)`, never an f-string: only so can it be translated.
    """

    http_status = 500
    code = "error"

    def __init__(self, message: str, *, code: str | None = None, **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.fields = fields


class Invalid(AppError):
    """What was given cannot be used; `fields` may hold `errors`: field name → list of sentences."""

    http_status = 422
    code = "invalid"


class NotFound(AppError):
    """No such thing for this caller. Another tenant's id and a made-up id answer alike."""

    http_status = 404
    code = "not_found"

    def __init__(self, message: str = worded("There is nothing here under this address."), **fields: Any) -> None:
        super().__init__(message, **fields)


class Forbidden(AppError):
    """The caller may see the thing but not do this to it."""

    http_status = 403
    code = "forbidden"


class Conflict(AppError):
    """Somebody or something was there first; `fields` says who or what."""

    http_status = 409
    code = "conflict"


class TooMany(AppError):
    """Asked too often; `fields['retry_after_seconds']` says when to come back."""

    http_status = 429
    code = "too_many_requests"


class Unavailable(AppError):
    """A part this cannot work without is down. Nothing accepted before is lost."""

    http_status = 503
    code = "unavailable"
