"""The examples of what may be given and of the ledger. A test holds each of them to its schema."""

from __future__ import annotations

from typing import Final

from agency.api.examples import BRAND_ID, CONVERSATION_ID, LATER, MORNING, OTHER_ID, PERSON_ID, REPLY_ID, Example

_NO_GUIDELINE: Final = {"guideline_id": None}
LIMIT_CHANGES: Final[Example] = {
    "currency": "EUR",
    "version": 1,
    "limits": [
        {**_NO_GUIDELINE, "kind": "case", "amount_minor": 4000},
        {**_NO_GUIDELINE, "kind": "brand_month", "amount_minor": 50_000},
    ],
}
LIMITS: Final[Example] = {
    "brand_id": BRAND_ID,
    "currency": "EUR",
    "minor_digits": 2,
    "version": 1,
    "limits": [{**one, "from_guideline": False, "is_comparable": True} for one in LIMIT_CHANGES["limits"]],
    "changed_at": MORNING,
    "changed_by": "Sam Example",
}
NEW_GIVING: Final[Example] = {
    "amount_minor": 1250,
    "currency": "EUR",
    "words": "Cold breakfast",
    "guideline_id": None,
    "over_reason": "",
}
LEDGER_LINE: Final[Example] = {
    "id": OTHER_ID,
    "number": 12,
    "deed": "given",
    "amount_minor": 1250,
    "currency": "EUR",
    "given_on": "2026-11-22",
    "made_on": "2026-11-22",
    "made_at": LATER,
    "made_by": PERSON_ID,
    "made_by_name": "Sam Example",
    "conversation_id": CONVERSATION_ID,
    "contact_id": None,
    "guideline_id": None,
    "scenario": "",
    "words": "Cold breakfast",
    "reply_id": REPLY_ID,
    "over_reason": None,
    "limits": [{**_NO_GUIDELINE, "kind": "case", "limit_minor": 4000, "given_minor": 0}],
    "takes_back": None,
    "taken_back_by": None,
}
CASE_GOODWILL: Final[Example] = {
    "conversation_id": CONVERSATION_ID,
    "currency": "EUR",
    "minor_digits": 2,
    "rooms": [
        {
            **_NO_GUIDELINE,
            "title": "",
            "room_minor": 2750,
            "limits": [{**_NO_GUIDELINE, "kind": "case", "limit_minor": 4000, "given_minor": 1250, "left_minor": 2750}],
        }
    ],
    "lines": [LEDGER_LINE],
}
