"""An incident as somebody gives it: its name, the words that attach cases, a text to post. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from agency.inbox.triage.given_rules import fields_of
from agency.inbox.triage.terms import READERS_OF_CONDITIONS, Conditions, Effects, Terms, rule_name, stored_of, terms_of
from styleguides.given_fields import Readers, Wrong, read_fields, text
from tenants.errors import Invalid, worded

LONGEST_POST: Final = 5_000
MOST_POSTS: Final = 20
LONGEST_POST_ID: Final = 200
ASKED: Final = ("words", "without", "platforms", "kinds", "languages", "topics")
"""Conditions of a rule of the desk that an incident may ask, too."""


class Given(NamedTuple):
    """What was given. `posts` are posts by their platform's names: all that stands under them belongs to it."""

    name: str
    conditions: Conditions
    posts: tuple[str, ...]
    post: str = ""
    since: datetime | None = None

    def stored(self) -> dict[str, Any]:
        """As a row keeps what attaches cases."""
        kept: dict[str, Any] = {"if": stored_of(Terms(self.conditions, Effects()))["if"]}
        return kept | {"posts": list(self.posts)} if self.posts else kept


def conditions_of(stored: Mapping[str, Any]) -> tuple[Conditions, tuple[str, ...]]:
    """The other way round."""
    return terms_of({"if": stored.get("if", {})}).conditions, tuple(stored.get("posts", ()))


def given_of(stored: Mapping[str, Any]) -> dict[str, Any]:
    """What attaches cases, as it is given."""
    conditions, posts = conditions_of(stored)
    return {**fields_of(Terms(conditions, Effects())), **({"posts": list(posts)} if posts else {})}


def _posts(value: Any) -> tuple[str, ...]:
    good = isinstance(value, (list, tuple)) and len(value) <= MOST_POSTS
    if not good or not all(isinstance(one, str) and 0 < len(one) <= LONGEST_POST_ID for one in value):
        raise Wrong(worded("must be a list of at most %(n)s posts", n=MOST_POSTS))
    if any("\x00" in one for one in value):
        raise Wrong(worded("must be a list of at most %(n)s posts", n=MOST_POSTS))
    return tuple(dict.fromkeys(value))


_READERS: Final[Readers] = {
    "name": rule_name,
    "post": lambda value: text(value, LONGEST_POST),
    "posts": _posts,
    **{name: READERS_OF_CONDITIONS[name] for name in ASKED},
}


def read_incident(data: Mapping[str, Any]) -> Given:
    """Raises Invalid with `errors` by field: also where nothing would attach a case."""
    values, errors = read_fields(data, _READERS)
    if "name" not in values and "name" not in errors:
        errors["name"] = [worded("is missing")]
    conditions = Conditions(**{name: values[name] for name in ASKED if name in values})
    if not errors and not (conditions.words or conditions.topics or values.get("posts")):
        errors["words"] = [worded("are missing: nothing would attach a case")]
    if errors:
        field, messages = next(iter(errors.items()))
        raise Invalid(
            worded(
                "This incident cannot be kept: %(field)s %(problem)s. Nothing was changed. Correct it and save again.",
                field=field,
                problem=messages[0],
            ),
            errors=errors,
        )
    return Given(values["name"], conditions, values.get("posts", ()), values.get("post", ""))
