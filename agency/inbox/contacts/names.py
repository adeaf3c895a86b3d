"""What people are looked up by: their name in one spelling, without case, accents and hidden characters. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST_KEY: Final = 60
_READ: Final = 300
"""Characters of a name that are looked at: whoever writes ten thousand is found by the first ones."""
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Signs that Unicode counts as letters or symbols and nobody sees."""
_OWN = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ı": "i"})
"""Letters that are no accented ones to Unicode, and that people without them type plainly."""


def name_key(name: str | None) -> str:
    """What a name is found by: the beginning of it, folded."""
    return folded(name[:_READ])[:LONGEST_KEY] if name else ""


def is_seen(text: str) -> bool:
    """Whether there is anything to be seen of it: not of spaces, hidden characters and blanks alone."""
    return (text.isascii() and text.isalnum()) or any(
        unicodedata.category(one)[0] not in "CMZ" and one not in _BLANK for one in text[:_READ]
    )


def folded(text: str) -> str:
    """A text without case, accents, marks of direction and other hidden characters, a space between words."""
    if text.isascii() and text.isprintable():  # as most are: nothing to take off
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_OWN)
    kept = "".join(" " if c.isspace() else c for c in plain if unicodedata.category(c)[0] not in "MC" or c.isspace())
    return " ".join(kept.split())


def named_as(name: str | None) -> dict[str, str | None]:
    """A name and its key, both None where nobody knows the name: what is known then stays."""
    return {"name": name, "key": None if name is None else name_key(name)}


def key_range(prefix: str) -> tuple[str, str] | None:
    """Keys that begin so: from the first up to, not with, the second. None where nothing is looked for."""
    key = name_key(prefix)
    return (key, key + "\U0010ffff") if key else None
