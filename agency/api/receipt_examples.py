"""Examples of the document: a receipt, and the same as a signed file."""

from __future__ import annotations

from typing import Final

from agency.api.examples import ACCOUNT_ID, BRAND_ID, LATER, OTHER_ID, REPLY_ID, REPLY_WORDS, Example
from agency.replies.words import hash_of

RECEIPT: Final[Example] = {
    "reply_id": REPLY_ID,
    "brand_id": BRAND_ID,
    "account_id": ACCOUNT_ID,
    "platform": "google_business",
    "deed": "reply",
    "private": False,
    "changes_reply_id": None,
    "deed_reason": None,
    "changed_by_reply_ids": [],
    "state": "published",
    "text": REPLY_WORDS,
    "text_hash": hash_of(REPLY_WORDS),
    "written_by": "Sam Example",
    "changed_by": None,
    "guide_version": 3,
    "findings": [],
    "let_go_reason": None,
    "let_go_by": None,
    "approved_by": "Robin Example",
    "approved_at": LATER,
    "decision": "approved",
    "wording": None,
    "wordings": None,
    "attempts": [{"at": LATER, "request_id": OTHER_ID, "outcome": "published", "detail": None}],
    "looks": [],
    "platform_id": "accounts/1/locations/2/reviews/3",
    "published_at": LATER,
    "read_back_at": LATER,
    "live_state": "edited",
    "after": {
        "live_changes": [
            {
                "at": LATER,
                "from_state": "visible",
                "to_state": "edited",
                "seen_by": "sweep",
                "reason": None,
                "text_hash": hash_of("Other words."),
            }
        ],
        "wrote_again_at": LATER,
        "answered_again_by": None,
    },
}
SIGNED_RECEIPT: Final[Example] = {
    "head": {
        "form": "onbrand-receipt-2",
        "installation": "https://onbrand.example",
        "key": "0123456789abcdef",
        "made_at": "2026-11-23T00:09:00.000001Z",
        "parts": {"reply": hash_of("the canonical bytes of the part")},
    },
    "parts": {"reply": {"id": REPLY_ID, "state": "published", "text_hash": hash_of(REPLY_WORDS)}},
    "signature": "of 128 hexadecimal digits",
    "words": {},
}
