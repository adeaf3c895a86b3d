"""The examples in the API's document. A test holds each of them to its schema."""

from __future__ import annotations

from typing import Any, Final

from agency.replies.words import hash_of

Example = dict[str, Any]

_BRAND_ID = "019a8f00-0000-7000-8000-000000000001"
_ACCOUNT_ID = "019a8f00-0000-7000-8000-000000000002"
_CONVERSATION_ID = "019a8f00-0000-7000-8000-000000000003"
_MESSAGE_ID = "019a8f00-0000-7000-8000-000000000004"
_REPLY_ID = "019a8f00-0000-7000-8000-000000000005"
_PERSON_ID = "019a8f00-0000-7000-8000-000000000006"
_OTHER_ID = "019a8f00-0000-7000-8000-000000000007"
_MORNING = "2026-11-22T08:00:00.000000Z"
_LATER = "2026-11-22T09:30:00.000000Z"
_WORDS = "Dear Ines, thank you for telling us. We have sent the card again. Kind regards, Pennywell"

BRAND: Final[Example] = {
    "id": _BRAND_ID,
    "name": "Pennywell",
    "mark": "PW",
    "colour": "#1d6f8f",
    "language": "en",
    "time_zone": "Europe/London",
    "needs_approval": True,
    "guide_needs_approval": False,
    "answer_due_hours": 12,
    "created_at": _MORNING,
    "paused_at": None,
    "archived_at": None,
}
NEW_BRAND: Final[Example] = {"name": "Pennywell", "language": "en", "time_zone": "Europe/London"}

ACCOUNT: Final[Example] = {
    "id": _ACCOUNT_ID,
    "brand_id": _BRAND_ID,
    "platform": "google_business",
    "external_id": "accounts/1/locations/2",
    "name": "Pennywell, High Street",
    "login": None,
    "health": "ok",
    "health_reason": None,
    "health_since": _MORNING,
    "state": "healthy",
    "action": "none",
    "last_polled_at": _LATER,
    "next_poll_at": _LATER,
    "throttled_until": None,
    "writes_paused_until": None,
    "messages_paused_until": None,
    "last_event_at": _LATER,
    "last_item_at": _LATER,
    "last_sent_at": None,
    "scopes": ["https://www.googleapis.com/auth/business.manage"],
    "tasks": [],
    "features": [{"name": "reviews", "stands": True, "missing_scopes": [], "lacks_task": False}],
    "set_up": "tested",
    "tested_at": _LATER,
    "access_ends_at": None,
    "access_checked_at": _MORNING,
    "access_problem": None,
    "subscribed_at": _MORNING,
    "subscription_problem": None,
    "missed_count": 0,
    "last_missed_at": None,
    "usage_percent": None,
    "connected_at": _MORNING,
    "disconnected_at": None,
}
DISCONNECTED_ACCOUNT: Final[Example] = {
    **ACCOUNT,
    "health": "disconnected",
    "state": "disconnected",
    "next_poll_at": None,
    "action": "connect",
    "set_up": "disconnected",
    "tested_at": None,
    "subscribed_at": None,
    "disconnected_at": _LATER,
}
NEW_CREDENTIAL: Final[Example] = {"credential": "1//another-refresh-token"}
RECONNECT_LINK: Final[Example] = {
    "url": "https://onbrand.example/reconnect/TOKEN",
    "expires_at": "2026-11-29T09:30:00.000000Z",
}
PLATFORMS: Final[Example] = {
    "items": [
        {
            "platform": "google_business",
            "login": None,
            "sign_in_at": "Google",
            "is_set_up": True,
            "connect_url": "https://onbrand.example/connect?way=google_business",
            "features": [
                {
                    "name": "reviews",
                    "scopes": ["https://www.googleapis.com/auth/business.manage"],
                    "tasks": [],
                    "is_always_on": False,
                    "is_usual": True,
                }
            ],
        }
    ]
}
NEW_ACCOUNT: Final[Example] = {
    "brand_id": _BRAND_ID,
    "platform": "google_business",
    "external_id": "accounts/1/locations/2",
    "credential": "the refresh token",
    "name": "Pennywell, High Street",
}

HOLDER: Final[Example] = {"id": _PERSON_ID, "name": "Sam Example", "until": _LATER}
CLAIM: Final[Example] = {"conversation_id": _CONVERSATION_ID, "holder": HOLDER}

FINDING: Final[Example] = {
    "rule": "no-guarantee",
    "level": "stop",
    "message": "“guarantee” is a promise this brand does not make.",
    "start": 3,
    "end": 12,
    "suggestion": "do our best",
    "needs_approval": False,
}

NEW_REPLY: Final[Example] = {"text": _WORDS}
REPLY: Final[Example] = {
    "id": _REPLY_ID,
    "brand_id": _BRAND_ID,
    "conversation_id": _CONVERSATION_ID,
    "account_id": _ACCOUNT_ID,
    "in_reply_to": _MESSAGE_ID,
    "platform": "google_business",
    "kind": "review",
    "private": False,
    "automatic": False,
    "deed": "reply",
    "changes_reply_id": None,
    "deed_reason": None,
    "saved_reply_id": None,
    "state": "draft",
    "state_since": _LATER,
    "state_reason": None,
    "text": _WORDS,
    "text_hash": hash_of(_WORDS),
    "findings": [],
    "guide_version": 3,
    "let_go_reason": None,
    "let_go_by": None,
    "written_by": "Sam Example",
    "written_by_id": _PERSON_ID,
    "created_at": _LATER,
    "submitted_at": None,
    "published_at": None,
    "read_back_at": None,
    "platform_id": None,
    "live_state": None,
}
SHOWN: Final[Example] = {"text_hash": hash_of(_WORDS)}
LET_GO: Final[Example] = {"let_go_reason": "The client asked for this very word.", "let_go_by": "Lee Example"}
SUBMITTED: Final[Example] = {"state": "awaiting_approval", "submitted_at": _LATER}
CHANGE: Final[Example] = {"deed": "edit", "changes_reply_id": _OTHER_ID}
PUBLISHED: Final[Example] = {
    "state": "published",
    "submitted_at": _LATER,
    "published_at": _LATER,
    "platform_id": "accounts/1/locations/2/reviews/3",
}
RECEIPT: Final[Example] = {
    "reply_id": _REPLY_ID,
    "brand_id": _BRAND_ID,
    "account_id": _ACCOUNT_ID,
    "platform": "google_business",
    "deed": "reply",
    "private": False,
    "changes_reply_id": None,
    "deed_reason": None,
    "changed_by_reply_ids": [],
    "state": "published",
    "text": _WORDS,
    "text_hash": hash_of(_WORDS),
    "written_by": "Sam Example",
    "changed_by": None,
    "guide_version": 3,
    "findings": [],
    "let_go_reason": None,
    "let_go_by": None,
    "approved_by": "Robin Example",
    "approved_at": _LATER,
    "decision": "approved",
    "attempts": [{"at": _LATER, "request_id": _OTHER_ID, "outcome": "published", "detail": None}],
    "looks": [],
    "platform_id": "accounts/1/locations/2/reviews/3",
    "published_at": _LATER,
    "read_back_at": _LATER,
    "live_state": "approved",
}

DEED: Final[Example] = {
    "id": _OTHER_ID,
    "message_id": _MESSAGE_ID,
    "deed": "hide",
    "state": "waiting",
    "reason": None,
    "asked_by": "Sam Example",
    "created_at": _LATER,
    "finished_at": None,
}
CONVERSATION_ROW: Final[Example] = {
    "id": _CONVERSATION_ID,
    "brand_id": _BRAND_ID,
    "account_name": "Pennywell, High Street",
    "platform": "google_business",
    "kind": "review",
    "status": "open",
    "closed_reason": None,
    "rank": 70,
    "excerpt": "My card never arrived.",
    "author_name": "Ines Example",
    "language": "en",
    "stars": 1,
    "message_count": 1,
    "reply_state": "draft",
    "last_message_at": _MORNING,
    "last_customer_at": _MORNING,
    "due_at": _LATER,
    "holder": HOLDER,
}
CONVERSATION: Final[Example] = {
    "id": _CONVERSATION_ID,
    "brand_id": _BRAND_ID,
    "account_id": _ACCOUNT_ID,
    "account_name": "Pennywell, High Street",
    "platform": "google_business",
    "kind": "review",
    "external_id": "accounts/1/locations/2/reviews/3",
    "status": "open",
    "closed_reason": None,
    "rank": 70,
    "rank_reasons": [{"part": "due", "points": 70, "at": _LATER}],
    "author_name": "Ines Example",
    "contact": {"id": _OTHER_ID, "name": "Ines Example"},
    "language": "en",
    "stars": 1,
    "context": {},
    "permalink": None,
    "message_count": 1,
    "reply_state": "draft",
    "last_message_at": _MORNING,
    "created_at": _MORNING,
    "clocks": {
        "last_customer_at": _MORNING,
        "due_at": _LATER,
        "snoozed_until": None,
        "held_since": _MORNING,
        "held_until": _LATER,
    },
    "holder": HOLDER,
    "window": None,
    "messages": [
        {
            "id": _MESSAGE_ID,
            "external_id": "accounts/1/locations/2/reviews/3",
            "parent_external_id": None,
            "direction": "in",
            "author_name": "Ines Example",
            "text": "My card never arrived.",
            "truncated": False,
            "language": "en",
            "stars": 1,
            "attachments": [{"kind": "image", "url": None, "title": None, "expires": True}],
            "copies": [
                {
                    "id": _OTHER_ID,
                    "position": 0,
                    "state": "kept",
                    "reason": None,
                    "content_type": "image/jpeg",
                    "url": f"/api/v1/conversations/{_CONVERSATION_ID}/media/{_OTHER_ID}",
                }
            ],
            "permalink": None,
            "written_at": _MORNING,
            "edited_at": None,
            "deleted_at": None,
            "hidden": False,
            "liked": False,
            "moderation": None,
            "reply_id": None,
        }
    ],
    "more_before": None,
    "notes": [{"id": _OTHER_ID, "author_name": "Sam Example", "text": "Sent on Monday.", "created_at": _LATER}],
    "deeds": [],
    "earlier": [],
    "replies": [REPLY],
}

_RULE: Final[Example] = {"kind": "banned", "id": "no-guarantee", "level": "stop", "phrases": ["guarantee"]}
NEW_VERSION: Final[Example] = {"rules": [_RULE], "voice": "Warm and plain.", "note": "No promises."}
VERSION: Final[Example] = {
    "id": _OTHER_ID,
    "brand_id": _BRAND_ID,
    "number": 3,
    "state": "in_force",
    "voice": "Warm and plain.",
    "identity": {},
    "rules": [_RULE],
    "note": "No promises.",
    "written_by": "Sam Example",
    "created_at": _MORNING,
    "put_in_force_at": _LATER,
    "retired_at": None,
    "proposal_id": None,
}
GUIDE_STEPS: Final[Example] = {
    "number": 3,
    "state": "proposed",
    "items": [
        {
            "id": _OTHER_ID,
            "deed": "propose",
            "words": "Softer words for complaints.",
            "against": 2,
            "made_by": "Sam Example",
            "created_at": _LATER,
        }
    ],
}
GUIDE_TRIAL: Final[Example] = {
    "number": 4,
    "held": 200,
    "stopped_now": 1,
    "cases": [{"reply_id": _REPLY_ID, "outcome": "stopped_now", "text": "We guarantee it.", "findings": [FINDING]}],
}
PROPOSED_VERSION: Final[Example] = {
    **VERSION,
    "state": "proposed",
    "put_in_force_at": None,
    "proposal_id": _OTHER_ID,
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
    "id": _OTHER_ID,
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
    "id": _OTHER_ID,
    "brand_id": _BRAND_ID,
    **NEW_FACT,
    "changed_at": _LATER,
    "changed_by": "Sam Example",
    "archived_at": None,
    "version": 1,
}

NEW_SAVED_REPLY: Final[Example] = {
    "brand_id": _BRAND_ID,
    "title": "Late parcel",
    "texts": [{"language": "en", "text": "Dear {customer_name}, we are sorry that {order} is late."}],
    "words": ["late", "where is my parcel"],
    "review_by": "2027-03-31",
}
SAVED_REPLY: Final[Example] = {
    "id": _OTHER_ID,
    **NEW_SAVED_REPLY,
    "is_stale": False,
    "uses": 12,
    "last_used_at": _LATER,
    "changed_at": _LATER,
    "changed_by": "Sam Example",
    "archived_at": None,
    "version": 1,
}
SUGGESTED_SAVED_REPLY: Final[Example] = {
    "saved_reply": SAVED_REPLY,
    "words": ["late"],
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

CHECK_REQUEST: Final[Example] = {"text": "We guarantee it.", "platform": "google_business", "kind": "review"}
CHECK_RESULT: Final[Example] = {
    "findings": [FINDING],
    "guide_version": 3,
    "reading_seconds": 1,
    "length": 16,
    "length_limit": 4096,
}

PROBLEM: Final[Example] = {
    "type": "about:blank",
    "title": "Conflict",
    "status": 409,
    "code": "held",
    "detail": "Kim Example has this case since 08:00 UTC. Nothing was changed. Take another case, or ask a team lead.",
    "holder_id": _PERSON_ID,
    "holder_name": "Kim Example",
    "held_since": _MORNING,
}
