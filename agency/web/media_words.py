"""What platforms call the things people post and attach, in words."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

_MEDIA_WORDS: tuple[tuple[str, Any], ...] = (
    ("story_reply", _l("Answer to our story")),
    ("story_mention", _l("Mention in their story")),
    ("audio", _l("Voice message")),
    ("location", _l("Place")),
    ("file", _l("File")),
    ("unsupported", _l("Something only the platform shows")),
    ("photo", _l("Photo")),
    ("image", _l("Photo")),
    ("carousel", _l("Album")),
    ("album", _l("Album")),
    ("video", _l("Video")),
    ("reel", _l("Video")),
    ("sticker", _l("Sticker")),
    ("animated", _l("Animation")),
    ("share", _l("Link")),
    ("link", _l("Link")),
)
"""What platforms call media, by a part of the word; whatever nobody knows is not named."""


def media_word(kind: object) -> str:
    """What kind of post or attachment it is; empty for what says nothing to people, such as a plain status."""
    name = str(kind or "").lower()
    return next((str(word) for part, word in _MEDIA_WORDS if part in name), "")
