"""Examples of people who write in the API's document. A test holds each of them to its schema."""

from __future__ import annotations

from typing import Final

from agency.api.examples import BRAND_ID, CONVERSATION_ID, LATER, MORNING, Example

CONTACT_ID = "019a8f00-0000-7000-8000-000000000041"
OTHER_CONTACT_ID = "019a8f00-0000-7000-8000-000000000042"
_ACCOUNT_ID = "019a8f00-0000-7000-8000-000000000002"

CONTACT: Final[Example] = {
    "id": CONTACT_ID,
    "brand_id": BRAND_ID,
    "platform": "instagram",
    "name": "tabitha.fern",
    "is_vip": True,
    "vip_note": "Runs the Fernhollow savings circle",
    "weight": 3,
    "group_id": CONTACT_ID,
    "created_at": MORNING,
}
NEW_LINK: Final[Example] = {
    "other_id": OTHER_CONTACT_ID,
    "kind": "same_handle",
    "words": "I am Tabitha Fernhollow on Facebook",
}
LINK: Final[Example] = {
    "id": "019a8f00-0000-7000-8000-000000000043",
    "contact_id": CONTACT_ID,
    "other_id": OTHER_CONTACT_ID,
    "kind": "same_handle",
    "reply_id": None,
    "words": "I am Tabitha Fernhollow on Facebook",
    "reason": "",
    "made_by": "Della Quillfeather",
    "created_at": LATER,
    "confirmed_at": None,
    "undone_at": None,
    "undone_by": None,
    "undo_reason": "",
}
NOTE: Final[Example] = {
    "id": "019a8f00-0000-7000-8000-000000000044",
    "contact_id": CONTACT_ID,
    "text": "Prefers short answers.",
    "author": "Della Quillfeather",
    "created_at": LATER,
    "edited_at": None,
    "version": 1,
}
PERSON: Final[Example] = {
    "id": CONTACT_ID,
    "brand_id": BRAND_ID,
    "name": "tabitha.fern",
    "is_vip": True,
    "vip_note": "Runs the Fernhollow savings circle",
    "vip_by": "Della Quillfeather",
    "weight": 3,
    "case_count": 1,
    "first_at": MORNING,
    "last_at": LATER,
    "languages": ["en"],
    "identities": [
        {
            "id": CONTACT_ID,
            "account_id": _ACCOUNT_ID,
            "platform": "instagram",
            "name": "tabitha.fern",
            "case_count": 1,
            "is_erased": False,
        }
    ],
    "links": [LINK],
    "notes": [NOTE],
    "cases": [
        {
            "id": CONVERSATION_ID,
            "contact_id": CONTACT_ID,
            "platform": "instagram",
            "kind": "message",
            "status": "open",
            "excerpt": "My card has still not come",
            "language": "en",
            "stars": None,
            "message_count": 1,
            "last_message_at": LATER,
        }
    ],
    "next_cursor": None,
}
ERASURE: Final[Example] = {
    "id": "019a8f00-0000-7000-8000-000000000045",
    "brand_id": BRAND_ID,
    "contact_ids": [CONTACT_ID],
    "state": "running",
    "asked_by": "Casimir Vale",
    "left_count": 0,
    "message_count": 300,
    "done_count": 200,
    "created_at": LATER,
    "finished_at": None,
}
