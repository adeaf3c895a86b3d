"""The examples of guides, guidelines, facts, saved replies and client sheets in the API's document."""

from __future__ import annotations

from typing import Final

from agency.api.examples import BRAND_ID, FINDING, LATER, MORNING, OTHER_ID, REPLY_ID, Example

_RULE: Final[Example] = {"kind": "banned", "id": "no-guarantee", "level": "stop", "phrases": ["guarantee"]}
NEW_VERSION: Final[Example] = {"rules": [_RULE], "voice": "Warm and plain.", "note": "No promises."}
VERSION: Final[Example] = {
    "id": OTHER_ID,
    "brand_id": BRAND_ID,
    "number": 3,
    "state": "in_force",
    "voice": "Warm and plain.",
    "identity": {},
    "rules": [_RULE],
    "note": "No promises.",
    "written_by": "Sam Example",
    "created_at": MORNING,
    "put_in_force_at": LATER,
    "retired_at": None,
    "proposal_id": None,
}
GUIDE_FILE: Final[Example] = {
    "source": "voice: Warm and plain.\nnote: No promises.\nrules:\n- kind: banned\n  id: no-guarantee\n"
    "  level: stop\n  phrases:\n  - guarantee\n"
}
GUIDE_STEPS: Final[Example] = {
    "number": 3,
    "state": "proposed",
    "items": [
        {
            "id": OTHER_ID,
            "deed": "propose",
            "words": "Softer words for complaints.",
            "against": 2,
            "made_by": "Sam Example",
            "created_at": LATER,
        }
    ],
}
GUIDE_TRIAL: Final[Example] = {
    "number": 4,
    "held": 200,
    "stopped_now": 1,
    "cases": [{"reply_id": REPLY_ID, "outcome": "stopped_now", "text": "We guarantee it.", "findings": [FINDING]}],
}
PROPOSED_VERSION: Final[Example] = {
    **VERSION,
    "state": "proposed",
    "put_in_force_at": None,
    "proposal_id": OTHER_ID,
}

NEW_GUIDELINE: Final[Example] = {
    "title": "Refunds up to 50 EUR",
    "when": "Something arrived late or broken.",
    "steps": ["Say sorry once.", "Ask for the order number in private."],
    "offer_limit_cents": 5000,
    "currency": "EUR",
    "never_say": ["our fault"],
    "visibility": "private",
    "words": ["broken", "arrived late"],
    "case_kinds": ["complaint"],
    "max_stars": 3,
    "visibility_reason": "The order number is nobody else's business.",
    "final_by": "team_lead",
    "example": "That should not have happened. Please send us your order number in a message.",
}
GUIDELINE: Final[Example] = {
    "id": OTHER_ID,
    **NEW_GUIDELINE,
    "saved_reply_ids": [],
    "kinds": [],
    "platforms": [],
    "languages": [],
    "min_stars": None,
    "version": 1,
}

NEW_FACT: Final[Example] = {
    "name": "Breakfast",
    "kind": "amount",
    "value": "12.50 EUR",
    "subjects": [{"language": "en", "words": "breakfast"}],
    "valid_until": "2027-03-31",
    "note": "Children under six eat for nothing.",
}
FACT: Final[Example] = {
    "id": OTHER_ID,
    "brand_id": BRAND_ID,
    **NEW_FACT,
    "changed_at": LATER,
    "changed_by": "Sam Example",
    "archived_at": None,
    "version": 1,
}

NEW_SAVED_REPLY: Final[Example] = {
    "brand_id": BRAND_ID,
    "title": "Late parcel",
    "texts": [{"language": "en", "text": "Dear {customer_name}, we are sorry that {order} is late."}],
    "words": ["late", "where is my parcel"],
    "review_by": "2027-03-31",
}
SAVED_REPLY: Final[Example] = {
    "id": OTHER_ID,
    **NEW_SAVED_REPLY,
    "is_stale": False,
    "uses": 12,
    "last_used_at": LATER,
    "changed_at": LATER,
    "changed_by": "Sam Example",
    "archived_at": None,
    "version": 1,
}
SUGGESTED_SAVED_REPLY: Final[Example] = {
    "saved_reply": SAVED_REPLY,
    "words": ["late"],
    "guideline": None,
    "texts": [{"language": "en", "text": "Dear Ana, we are sorry that {order} is late.", "missing": ["order"]}],
}

CLIENT_SHEET: Final[Example] = {
    "does": "A bakery with four cafés; bread at seven, cakes to order.",
    "products": "Sourdough, rye, birthday cakes.",
    "hours": "Every day 7 to 19, closed on 25 December.",
    "never_say": "Never name the supplier of the flour.",
    "contacts": [{"name": "Robin Example", "about": "complaints about cakes", "reach": "by message, 8 to 16"}],
    "campaigns": [
        {
            "title": "Advent boxes",
            "starts_on": "2026-11-29",
            "ends_on": "2026-12-24",
            "expected_load": "more",
            "say": "Until they are sold.",
        }
    ],
    "version": 1,
}

EARLIER_ANSWERS: Final[Example] = {
    "items": [
        {
            "reply_id": REPLY_ID,
            "receipt_id": REPLY_ID,
            "conversation_id": OTHER_ID,
            "platform": "facebook",
            "kind": "comment",
            "private": False,
            "account_name": "Example Page",
            "answered_at": MORNING,
            "by": "Sam Example",
            "question": "What does parking cost? Call ••• please.",
            "text": "Dear •••, parking is 12 EUR a day.",
            "language": "en",
            "standing": "stands",
            "same_person": False,
            "words": ["parking", "cost"],
        }
    ],
    "differing": [
        {
            "kind": "amount",
            "sides": [{"reply_id": None, "said": ["15 EUR"]}, {"reply_id": REPLY_ID, "said": ["12 EUR"]}],
        }
    ],
    "facts": [FACT],
}
