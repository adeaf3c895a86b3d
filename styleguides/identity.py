"""The head of a guide: for whom the brand speaks, how it addresses people, what it does and does not do.

Named fields, the same again for a language that differs, and free headings beside them (guides had nothing else
before). Reads and writes plain data: JSON, YAML, the column `style_guide_version.identity`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Literal

from styleguides.given_fields import LANGUAGE
from styleguides.guide_steps import storable
from styleguides.length import PLATFORMS
from tenants.errors import worded

LONGEST_ENTRY: Final = 2_000
MOST_ENTRIES: Final = 100
MOST_HEADINGS: Final = 50
MOST_LANGUAGES: Final = 20
LONGEST_HEADING: Final = 100

NAMED: Final[dict[str, Literal["text", "list"]]] = {
    "audience": "text",
    "address": "text",
    "do": "list",
    "dont": "list",
    "vocabulary": "list",
    "signatures": "list",
}
"""The named fields in reading order, and whether each is a text or a list of texts."""

Value = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """The head of a guide. Empty fields say nothing.

    `audience`: who reads. `address`: how people are spoken to. `vocabulary`: the brand's own words and what they mean.
    `signatures`: how replies are signed. `examples`: platform → replies as they should be. `languages`: language code →
    what differs there; it has no `languages` of its own. `other`: free headings.
    """

    audience: str = ""
    address: str = ""
    do: tuple[str, ...] = ()
    dont: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    languages: Mapping[str, Identity] = field(default_factory=dict)
    other: Mapping[str, Value] = field(default_factory=dict)

    def spoken_in(self, language: str | None) -> Identity:
        """As it holds for one language: what its own variant says (`pt-BR`, else `pt`), the rest as for all."""
        code = language or ""
        variant = self.languages.get(code) or self.languages.get(code.partition("-")[0])
        if variant is None:
            return replace(self, languages={})
        said = {name: getattr(variant, name) for name in NAMED if getattr(variant, name)}
        examples = {**self.examples, **variant.examples}
        return replace(self, **said, examples=examples, other={**self.other, **variant.other}, languages={})

    def is_empty(self) -> bool:
        """Whether nothing is said at all."""
        return not any(getattr(self, one.name) for one in fields(self))


class IdentityInvalid(ValueError):
    """The data is no head of a guide. `field` names the place, such as `languages.pl.do`; `message` what is wrong."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(f"{field_name}: {message}")
        self.field, self.message = field_name, message


def identity_from_data(data: Any) -> Identity:
    """Read a mapping. Raises IdentityInvalid at the first thing that does not fit."""
    return _read(data, "", whole=True)


def identity_to_data(identity: Identity) -> dict[str, Any]:
    """As plain data, which `identity_from_data` reads back to an equal one; what is empty is left out."""
    data: dict[str, Any] = {}
    for name in NAMED:
        if value := getattr(identity, name):
            data[name] = _plain(value)
    if identity.examples:
        data["examples"] = {platform: list(texts) for platform, texts in identity.examples.items()}
    data |= {heading: _plain(value) for heading, value in identity.other.items()}
    if identity.languages:
        data["languages"] = {code: identity_to_data(one) for code, one in identity.languages.items()}
    return data


def _plain(value: Value) -> str | list[str]:
    return value if isinstance(value, str) else list(value)


def _read(data: Any, place: str, *, whole: bool) -> Identity:
    if not isinstance(data, Mapping):
        raise IdentityInvalid(place or "identity", worded("must be a mapping of headings to texts"))
    if len(data) > MOST_HEADINGS:
        raise IdentityInvalid(place or "identity", worded("has more than %(n)s headings", n=MOST_HEADINGS))
    named: dict[str, Any] = {}
    other: dict[str, Value] = {}
    for heading, value in data.items():
        name = _text(heading, place or "identity", LONGEST_HEADING)
        here = f"{place}.{name}" if place else name or "identity"
        if name in NAMED:
            named[name] = _text(value, here) if NAMED[name] == "text" else _texts(value, here)
        elif name == "examples":
            named[name] = _examples(value, here)
        elif name == "languages" and whole:
            named[name] = _languages(value, here)
        elif name == "languages":
            raise IdentityInvalid(here, worded("cannot stand within a language"))
        else:
            kept = _text(value, here) if isinstance(value, str) else _texts(value, here)
            if name.strip() and kept:
                other[name] = kept
    return Identity(**named, other=other)


def _text(value: Any, place: str, longest: int = LONGEST_ENTRY) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise IdentityInvalid(place, worded("must be text"))
    if len(value) > longest:
        raise IdentityInvalid(place, worded("must be text of at most %(limit)s characters", limit=longest))
    if not storable(value):
        raise IdentityInvalid(place, worded("holds a control character"))
    return value.replace("\r\n", "\n").strip()


def _texts(value: Any, place: str) -> tuple[str, ...]:
    if value is None:
        return ()
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, Sequence):
        raise IdentityInvalid(place, worded("must be a list of texts, not %(what)s", what=type(value).__name__))
    if len(given) > MOST_ENTRIES:
        raise IdentityInvalid(
            place, worded("has %(n)s entries; at most %(limit)s are allowed", n=len(given), limit=MOST_ENTRIES)
        )
    return tuple(text for entry in given if (text := _text(entry, place)))


def _examples(value: Any, place: str) -> dict[str, tuple[str, ...]]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise IdentityInvalid(place, worded("must be a mapping of headings to texts"))
    found: dict[str, tuple[str, ...]] = {}
    for platform, texts in value.items():
        if platform not in PLATFORMS:
            names = ", ".join(sorted(PLATFORMS))
            raise IdentityInvalid(
                place, worded("must hold only %(names)s, not %(what)s", names=names, what=f"{platform!r:.60}")
            )
        if read := _texts(texts, f"{place}.{platform}"):
            found[platform] = read
    return found


def _languages(value: Any, place: str) -> dict[str, Identity]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > MOST_LANGUAGES:
        raise IdentityInvalid(place, worded("must be a mapping of headings to texts"))
    found: dict[str, Identity] = {}
    for code, one in value.items():
        if not isinstance(code, str) or not LANGUAGE.fullmatch(code):
            raise IdentityInvalid(
                place, worded("must hold language codes such as en, pl, pt, not %(what)s", what=f"{code!r:.60}")
            )
        read = _read(one, f"{place}.{code}", whole=False)
        if not read.is_empty():
            found[code] = read
    return found
