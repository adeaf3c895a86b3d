"""The words of a reply as they are stored, hashed, approved and sent: one form, byte for byte."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from styleguides.tokens import shows_nothing
from tenants.errors import Invalid, worded

LONGEST_TEXT = 10_000
"""Characters a draft may have at most; every platform's own limit is lower (`channels` traits)."""
LONGEST_KEPT = 60_000
"""Characters of words that are kept beside a draft: what was typed is not lost for being no reply yet."""
_LINE_END = re.compile("\r\n?")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def accepted(text: object) -> str:
    """The text in NFC, as it will be sent: lines end as forms send them back, or whoever is asked for a yes could only
    change the words and never say yes to them as they are.

    Raises Invalid when it is no text, shows nothing, holds what cannot be stored (NUL, lone surrogates), or is
    longer than any platform takes.
    """
    if not isinstance(text, str):
        raise Invalid(
            "A reply's text must be a string. Nothing was saved.", errors={"text": [worded("must be a string")]}
        )
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise Invalid(
            "The text holds characters no platform accepts. Nothing was saved; remove them and save again.",
            errors={"text": [worded("holds NUL or half of a character")]},
        )
    normal = unicodedata.normalize("NFC", _LINE_END.sub("\n", text))
    if shows_nothing(normal):
        raise Invalid("The reply is empty. Write something first.", errors={"text": [worded("is empty")]})
    if len(normal) > LONGEST_TEXT:
        raise Invalid(
            worded(
                "The reply has %(n)s characters; no platform takes more than %(limit)s. "
                "Nothing was cut; what was saved before stays. Shorten it.",
                n=len(normal),
                limit=LONGEST_TEXT,
            ),
            errors={"text": [worded("is too long")]},
        )
    return normal


def keepable(text: str) -> str | None:
    """What can be kept of words that are no reply, such as too many: without NUL and halves of characters. None for
    nothing, and for more than LONGEST_KEPT.
    """
    kept = unicodedata.normalize("NFC", _UNSTORABLE.sub("", _LINE_END.sub("\n", text)))
    return kept if kept.strip() and len(kept) <= LONGEST_KEPT else None


def hash_of(text: str) -> str:
    """SHA-256, hex, over the UTF-8 bytes of the text after NFC: what an approval and a receipt name."""
    return hashlib.sha256(unicodedata.normalize("NFC", text).encode("utf-8")).hexdigest()


def target_fingerprint(
    *, brand_id: object, account_id: object, external_id: str, content_hash: bytes, way: str = ""
) -> bytes:
    """SHA-256 over where the words go and what they answer; when it changes, an approval no longer holds.

    `way` tells a private reply, or the change of a published one, from a plain answer: a yes to public words is none
    to private ones.
    """
    parts = (str(brand_id), str(account_id), external_id, content_hash.hex(), *([way] if way else ()))
    return hashlib.sha256("\n".join(parts).encode()).digest()
