"""Whether a text found on a platform is the one we sent. Pure."""

from __future__ import annotations

import html
import unicodedata
from datetime import datetime, timedelta

from channels.errors import Refused
from channels.protocol import ReplyLength

#: A platform's clock may be this far behind ours.
CLOCK_SLACK = timedelta(seconds=120)


def normalised(text: str) -> str:
    """NFC, HTML entities resolved, runs of white space as one blank: what platforms change on the way."""
    return " ".join(unicodedata.normalize("NFC", html.unescape(text)).split())


def same_text(one: str, other: str) -> bool:
    return normalised(one) == normalised(other)


def may_be_ours(text: str, created_at: datetime, ours: str, sent_at: datetime) -> bool:
    """The text is ours and it is not older than our sending it."""
    return created_at >= sent_at - CLOCK_SLACK and same_text(text, ours)


def check_sendable(text: str, longest: ReplyLength) -> None:
    """Raises `Refused` for a text that must not leave: empty, too long, or holding what no platform can store."""
    if not text.strip():
        raise Refused("empty", "The text is empty.")
    if any(char == "\x00" or "\ud800" <= char <= "\udfff" for char in text):
        raise Refused("unsendable", "The text holds characters that cannot be sent.")
    if not longest.allows(text):
        raise Refused("too_long", f"The text has {longest.measure(text)} {longest.unit}, at most {longest.limit} fit.")
