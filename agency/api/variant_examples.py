"""Examples of wordings to choose from, for the API's document."""

from __future__ import annotations

from typing import Final

from agency.api.examples import REPLY_ID, Example
from agency.replies.words import hash_of

VARIANTS: Final[Example] = {
    "reply_id": REPLY_ID,
    "items": [
        {
            "place": 2,
            "text": "Dear Ines, thank you.",
            "text_hash": hash_of("Dear Ines, thank you."),
            "findings": [],
            "guide_version": 3,
            "written_by": "Sam Example",
            "is_safe": False,
            "is_offered": False,
        }
    ],
    "seen": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
