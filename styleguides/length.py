"""How long a text is for a platform, and for a reader."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from styleguides.tokens import word_spans

Unit = Literal["characters", "bytes"]


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """What the checker must know of a platform. `answer` bounds public answers, `message` private ones."""

    label: str
    answer: tuple[int, Unit]
    message: tuple[int, Unit] | None = None


PLATFORMS: Final[dict[str, PlatformFacts]] = {
    # Google: `ReviewReply.comment`, 4,096 bytes of UTF-8 by its reference. Instagram: 2,200 characters by Meta's
    # reference for texts. Facebook: 8,000 characters, what its comment box takes; the reference names none.
    # Direct messages and private replies, by Meta's references of sending: 2,000 characters, 1,000 bytes of UTF-8.
    "facebook": PlatformFacts("Facebook", (8000, "characters"), (2000, "characters")),
    "instagram": PlatformFacts("Instagram", (2200, "characters"), (1000, "bytes")),
    "google_business": PlatformFacts("Google", (4096, "bytes")),
}
"""The platforms rules may name, and the only place in `styleguides` that lists them."""

PLATFORM_LABELS: Final = {platform: facts.label for platform, facts in PLATFORMS.items()}

WORDS_A_MINUTE: Final = 190
"""Reading speed behind the product brief's row 17: 547 words take 2 min 53 s."""


def _limit_of(platform: str | None, kind: str | None) -> tuple[int, Unit] | None:
    facts = PLATFORMS.get(platform or "")
    return None if facts is None else facts.message if kind == "message" else facts.answer


def length_unit(platform: str | None, kind: str | None = None) -> Unit:
    """The unit a platform counts in; characters are Unicode code points. `kind` "message": of direct messages."""
    known = _limit_of(platform, kind)
    return known[1] if known else "characters"


def length_limit(platform: str | None, kind: str | None = None) -> int | None:
    """The longest reply, or message, a platform takes, in its own unit; None for one we know no limit of."""
    known = _limit_of(platform, kind)
    return known[0] if known else None


def length(text: str, platform: str | None, kind: str | None = None) -> int:
    """Length of the text in the platform's unit, as it is sent: in normal form C."""
    if text.isascii():
        return len(text)
    sent = unicodedata.normalize("NFC", text)
    return len(sent.encode("utf-8", "surrogatepass")) if length_unit(platform, kind) == "bytes" else len(sent)


def seconds_for_words(count: int) -> int:
    """Whole seconds it takes to read so many words; at least one where there is a word."""
    return max(1, round(count * 60 / WORDS_A_MINUTE)) if count else 0


def reading_seconds(text: str) -> int:
    """Whole seconds a customer needs to read the text."""
    return seconds_for_words(len(word_spans(text, [])))
