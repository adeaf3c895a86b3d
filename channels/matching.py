"""Whether a text found on a platform is the one we sent. Pure."""

from __future__ import annotations

import html
import unicodedata
from collections import Counter
from datetime import datetime, timedelta

from channels.errors import Refused
from channels.protocol import ReplyLength

#: A platform's clock may be this far behind ours.
CLOCK_SLACK = timedelta(seconds=120)
#: Words two texts have in common, of all their words, so that one may be what a platform or a person made of the other.
_ALIKE_SHARE = 0.8
#: A text that was cut keeps at least this share.
_CUT_SHARE = 0.5
#: Say how the sign before is drawn.
_VARIATIONS = range(0xFE00, 0xFE10)


def normalised(text: str) -> str:
    """NFC, HTML entities resolved, runs of white space as one blank, no signs that nobody sees (variation selectors,
    joiners, direction marks): what platforms change on the way.
    """
    whole = unicodedata.normalize("NFC", html.unescape(text))
    if not whole.isascii():
        whole = "".join(one for one in whole if ord(one) not in _VARIATIONS and unicodedata.category(one) != "Cf")
    return " ".join(whole.split())


def same_text(one: str, other: str) -> bool:
    return normalised(one) == normalised(other)


def may_be_ours(text: str, created_at: datetime, ours: str, sent_at: datetime) -> bool:
    """The text is ours and it is not older than our sending it."""
    return created_at >= sent_at - CLOCK_SLACK and same_text(text, ours)


def may_have_become(text: str, created_at: datetime, ours: str, sent_at: datetime) -> bool:
    """Other words that ours may have become: signs left out on the way, the end cut off, a few words changed there.
    Where they stand, ours are not surely absent.
    """
    if created_at < sent_at - CLOCK_SLACK:
        return False
    theirs, mine = _letters(text), _letters(ours)
    if theirs == mine:
        return True
    shorter, longer = sorted((theirs, mine), key=len)
    if longer.startswith(shorter) and len(shorter) >= _CUT_SHARE * len(longer):
        return True
    one, other = Counter(_words(text)), Counter(_words(ours))
    return 2 * (one & other).total() >= _ALIKE_SHARE * (one.total() + other.total())


def _letters(text: str) -> str:
    return "".join(_words(text))


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", html.unescape(text)).casefold()
    return "".join(one if one.isalnum() else " " for one in folded).split()


def check_sendable(text: str, longest: ReplyLength) -> None:
    """Raises `Refused` for a text that must not leave: empty, too long, or holding what no platform can store."""
    if not text.strip():
        raise Refused("empty", "The text is empty.")
    if any(char == "\x00" or "\ud800" <= char <= "\udfff" for char in text):
        raise Refused("unsendable", "The text holds characters that cannot be sent.")
    if not longest.allows(text):
        raise Refused("too_long", f"The text has {longest.measure(text)} {longest.unit}, at most {longest.limit} fit.")
