"""The examples of judged replies in the API's document."""

from __future__ import annotations

from typing import Final

from agency.api.examples import BRAND_ID, LATER, OTHER_ID, REPLY_ID, Example

PERSON_ID = "019a8f00-0000-7000-8000-000000000006"

NEW_JUDGEMENT: Final[Example] = {
    "friendly": "yes",
    "solves": "partly",
    "personal": "yes",
    "note": "Lovely tone. Say next time by when they hear from us.",
    "version": 0,
}
JUDGEMENT: Final[Example] = {
    "id": OTHER_ID,
    "brand_id": BRAND_ID,
    "reply_id": REPLY_ID,
    "author_id": PERSON_ID,
    "judge": "Lee Example",
    "week": "2026-11-09",
    **NEW_JUDGEMENT,
    "version": 2,
    "judged_at": LATER,
    "earlier": [{"friendly": "yes", "solves": "no", "personal": "yes", "note": "", "at": "2026-11-22T09:00:00+00:00"}],
}
SAMPLE: Final[Example] = {
    "week": "2026-11-09",
    "size": 9,
    "judged": 4,
    "items": [
        {
            "reply_id": REPLY_ID,
            "brand_id": BRAND_ID,
            "author_id": PERSON_ID,
            "author": "Sam Example",
            "platform": "facebook",
            "kind": "comment",
            "customer_text": "Where is my parcel?",
            "text": "We are sorry it is late; it comes tomorrow.",
            "guide_version": 3,
            "findings": [],
            "published_at": LATER,
            "judged": False,
        }
    ],
    "next_cursor": None,
}
