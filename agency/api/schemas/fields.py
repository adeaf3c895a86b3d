"""Fields that take exactly the JSON type they say, and pages of a list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final

from marshmallow import RAISE, Schema, fields, validate

MOST_ROWS: Final = 100
USUAL_ROWS: Final = 50
LONGEST_CURSOR: Final = 500
LONGEST_ID: Final = 200
_DIGITS = re.compile(r"[0-9]{1,9}")


class Strict(Schema):
    """A body, a query or an answer with no fields but its own."""

    class Meta:
        unknown = RAISE


class Text(fields.String):
    """A JSON string without NUL, at most `longest` characters; None where only a room or the body's size limits it."""

    default_error_messages = {
        "invalid": "must be a string",
        "required": "is missing",
        "null": "must not be null",
        "nul": "holds NUL, which cannot be stored",
    }

    def __init__(self, *, longest: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if longest is not None:
            self.validators.insert(0, validate.Length(max=longest, error=f"is longer than {longest} characters"))

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if "\x00" in value:
            raise self.make_error("nul")
        return value


class Choice(Text):
    """One of some words."""

    def __init__(self, *choices: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(validate.OneOf(choices, error="must be one of " + ", ".join(choices)))


class Identifier(Text):
    """An id: an opaque string. One that nobody has and one that cannot be one are treated alike."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=LONGEST_ID, **kwargs)


class Flag(fields.Boolean):
    """A JSON boolean and nothing that looks like one."""

    default_error_messages = {"invalid": "must be true or false", "required": "is missing", "null": "must not be null"}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Whole(fields.Integer):
    """A JSON whole number between two bounds."""

    default_error_messages = {"invalid": "must be a whole number", "required": "is missing", "null": "must not be null"}

    def __init__(self, *, least: int = 0, most: int = 2**31 - 1, **kwargs: Any) -> None:
        super().__init__(strict=True, **kwargs)
        sentence = f"must be from {least} to {most}"
        self.validators.append(validate.Range(min=least, max=most, error=sentence))


class WrittenWhole(Whole):
    """A whole number in a query string, written in plain digits."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if not isinstance(value, str) or not _DIGITS.fullmatch(value):
            raise self.make_error("invalid")
        return int(value)


class WrittenFlag(fields.Boolean):
    """Yes or no in a query string."""

    default_error_messages = {"invalid": "must be true or false"}
    truthy = {"1", "true"}
    falsy = {"0", "false"}


class Moment(fields.AwareDateTime):
    """A time as RFC 3339 in UTC, ending in Z."""

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


class Items(fields.List):
    """A JSON list and nothing that can merely be walked over."""

    default_error_messages = {"invalid": "must be a list", "required": "is missing", "null": "must not be null"}


class Listing(fields.Raw):
    """A JSON list whose form a room reads and explains."""

    default_error_messages = {"invalid": "must be a list", "required": "is missing", "null": "must not be null"}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        return value


class Mapped(fields.Raw):
    """A JSON object whose form a room reads and explains."""

    default_error_messages = {"invalid": "must be an object", "required": "is missing", "null": "must not be null"}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self.make_error("invalid")
        return value


class Nothing(Strict):
    """A body that says nothing: absent, or an empty object."""


class PageQuery(Strict):
    """Which part of a list."""

    limit = WrittenWhole(
        least=1, most=MOST_ROWS, load_default=USUAL_ROWS, metadata={"description": "rows at most, up to 100"}
    )
    cursor = Text(
        longest=LONGEST_CURSOR, load_default=None, metadata={"description": "`next_cursor` of the page before"}
    )


class ReadVersion(Strict):
    """The version that was read, when it matters that nobody changed it since."""

    version = WrittenWhole(least=1, load_default=None)


class KeptQuery(PageQuery):
    """Which part of a list of things that are put away, never deleted."""

    archived = WrittenFlag(load_default=False, metadata={"description": "only those put away"})
    q = Text(longest=200, load_default="", metadata={"description": "words in the names"})


class Kept(Strict):
    """What such a thing says of itself."""

    changed_at = Moment(required=True)
    changed_by = Text(required=True, attribute="changed_by_name")
    archived_at = Moment(required=True, allow_none=True)
    version = Whole(required=True)


def next_cursor() -> Text:
    """The field every page ends with; null on the last."""
    return Text(required=True, allow_none=True, metadata={"description": "send as `cursor` for the next page"})
