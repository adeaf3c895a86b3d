"""Fields that somebody gave, read one by one: what is refused is told by field, and all of it at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from styleguides.guide_steps import storable
from styleguides.tokens import WORD
from tenants.errors import worded

LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me"})
"""Categories of Unicode that show nothing of their own."""

Readers = Mapping[str, Callable[[Any], Any]]
"""Name of a field → what makes its value of what was given. It raises Wrong."""


class Wrong(Exception):
    """What must be otherwise about a field, in worded form."""


class WrongWithin(Wrong):
    """What must be otherwise about a field's own entries: sentences by place, such as `0.name`."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(next(iter(errors.values()))[0])
        self.errors = errors


def read_fields(data: Mapping[str, Any], readers: Readers) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The values as they are stored, and what is wrong, both by field."""
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, value in data.items():
        read = readers.get(name)
        try:
            if read is None:
                raise Wrong(worded("is not known; possible are %(names)s", names=", ".join(readers)))
            values[name] = read(value)
        except WrongWithin as wrong:
            errors |= {f"{name}.{place}": said for place, said in wrong.errors.items()}
        except Wrong as wrong:
            errors[str(name)[:60]] = [wrong.args[0]]
    return values, errors


def text(value: Any, longest: int) -> str:
    """A text in NFC without white space around it, of at most `longest` code points."""
    if not isinstance(value, str):
        raise Wrong(worded("must be text"))
    given = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    if len(given) > longest:
        raise Wrong(worded("is %(n)s characters long; at most %(limit)s are allowed", n=len(given), limit=longest))
    if not storable(given):
        raise Wrong(worded("holds a character that cannot be stored"))
    return given


def line(value: Any, longest: int) -> str:
    """A text on one line, never empty, nor of signs alone that nobody sees."""
    given = " ".join(text(value, longest).split())
    if all(unicodedata.category(char) in _UNSEEN for char in given):
        raise Wrong(worded("must not be empty"))
    return given


def texts(value: Any, longest: int, most: int) -> list[str]:
    """At most `most` texts; empty ones are left out."""
    if not isinstance(value, (list, tuple)):
        raise Wrong(worded("must be a list of texts"))
    return [entry for entry in (text(entry, longest) for entry in _few(value, most)) if entry]


def words_by_language(value: Any, longest: int, most: int) -> list[dict[str, str]]:
    """Phrases as `{"language", "words"}`, the language empty for any; what has no word is left out."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, Mapping) for one in value):
        raise Wrong(worded("must be a list of words with their language"))
    found: list[dict[str, str]] = []
    for one in value:
        language = one.get("language") or ""
        if not isinstance(language, str) or (language and not LANGUAGE.fullmatch(language)):
            raise Wrong(worded("needs a language code such as en or pt-BR beside each text"))
        words = " ".join(text(one.get("words"), longest).split())
        entry = {"language": language, "words": words}
        if WORD.search(words) and entry not in found:
            found.append(entry)
    if len(found) > most:
        raise Wrong(worded("has %(n)s entries; at most %(limit)s are allowed", n=len(found), limit=most))
    return found


def entries(value: Any, most: int, read: Callable[[Mapping[str, Any]], dict[str, Any]]) -> list[dict[str, Any]]:
    """At most `most` entries, each a mapping that `read` reads. Raises WrongWithin for what is wrong in any of them."""
    if not isinstance(value, (list, tuple)):
        raise Wrong(worded("must be a list of entries"))
    found: list[dict[str, Any]] = []
    errors: dict[str, list[str]] = {}
    for place, one in enumerate(_few(value, most)):
        try:
            if not isinstance(one, Mapping):
                raise Wrong(worded("must be an entry with its fields"))
            found.append(read(one))
        except WrongWithin as wrong:
            errors |= {f"{place}.{name}": said for name, said in wrong.errors.items()}
        except Wrong as wrong:
            errors[str(place)] = [wrong.args[0]]
    if errors:
        raise WrongWithin(errors)
    return found


def one_of(names: Sequence[str]) -> Callable[[Any], str]:
    """One of these words."""

    def read(value: Any) -> str:
        if value not in names:
            raise Wrong(worded("must be one of %(names)s", names=", ".join(names)))
        return str(value)

    return read


def some_of(names: Sequence[str]) -> Callable[[Any], list[str]]:
    """Some of these words, each once, in their order."""

    def read(value: Any) -> list[str]:
        if not isinstance(value, (list, tuple)) or any(one not in names for one in value):
            raise Wrong(worded("must be some of %(names)s", names=", ".join(names)))
        return [name for name in names if name in value]

    return read


def ids(value: Any, most: int) -> list[str]:
    """At most `most` ids as JSON keeps them, each once, in their order."""
    if not isinstance(value, (list, tuple)) or len(value) > most:
        raise Wrong(worded("must be a list of at most %(limit)s ids", limit=most))
    try:
        return list(dict.fromkeys(str(UUID(str(entry))) for entry in value))
    except ValueError:
        raise Wrong(worded("holds something that is no id")) from None


def day(value: Any) -> date | None:
    """A day such as 2027-03-31; None for nothing."""
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


def _few(value: Sequence[Any], most: int) -> Sequence[Any]:
    if len(value) > most:
        raise Wrong(worded("has %(n)s entries; at most %(limit)s are allowed", n=len(value), limit=most))
    return value
