"""The examples in the API's document. A test holds each of them to its schema."""

from __future__ import annotations

from typing import Any, Final

from agency.replies.words import hash_of

Example = dict[str, Any]

BRAND_ID = "019a8f00-0000-7000-8000-000000000001"
ACCOUNT_ID = "019a8f00-0000-7000-8000-000000000002"
CONVERSATION_ID = "019a8f00-0000-7000-8000-000000000003"
LABEL_ID = "019a8f00-0000-7000-8000-000000000032"
TOPIC_ID = "019a8f00-0000-7000-8000-000000000035"
_MESSAGE_ID = "019a8f00-0000-7000-8000-000000000004"
REPLY_ID = "019a8f00-0000-7000-8000-000000000005"
PERSON_ID = "019a8f00-0000-7000-8000-000000000006"
OTHER_ID = "019a8f00-0000-7000-8000-000000000007"
MORNING = "2026-11-22T08:00:00.000000Z"
LATER = "2026-11-22T09:30:00.000000Z"
REPLY_WORDS = "Dear Ines, thank you for telling us. We have sent the card again. Kind regards, Pennywell"

BRAND: Final[Example] = {
    "id": BRAND_ID,
    "name": "Pennywell",
    "mark": "PW",
    "colour": "#1d6f8f",
    "colour_on_light": "#1d6f8f",
    "colour_on_dark": "#307f9f",
    "language": "en",
    "time_zone": "Europe/London",
    "needs_approval": True,
    "guide_needs_approval": False,
    "keeps_birthdays": False,
    "answer_due_hours": 12,
    "answer_due_hours_on": {"instagram": 4},
    "tier": "standard",
    "created_at": MORNING,
    "paused_at": None,
    "archived_at": None,
}
NEW_BRAND: Final[Example] = {"name": "Pennywell", "language": "en", "time_zone": "Europe/London"}

ACCOUNT: Final[Example] = {
    "id": ACCOUNT_ID,
    "brand_id": BRAND_ID,
    "platform": "google_business",
    "external_id": "accounts/1/locations/2",
    "name": "Pennywell, High Street",
    "login": None,
    "health": "ok",
    "health_reason": None,
    "health_since": MORNING,
    "state": "healthy",
    "action": "none",
    "last_polled_at": LATER,
    "next_poll_at": LATER,
    "throttled_until": None,
    "writes_paused_until": None,
    "messages_paused_until": None,
    "last_event_at": LATER,
    "last_item_at": LATER,
    "last_sent_at": None,
    "scopes": ["https://www.googleapis.com/auth/business.manage"],
    "tasks": [],
    "features": [{"name": "reviews", "stands": True, "missing_scopes": [], "lacks_task": False}],
    "set_up": "tested",
    "tested_at": LATER,
    "access_ends_at": None,
    "access_checked_at": MORNING,
    "access_problem": None,
    "subscribed_at": MORNING,
    "subscription_problem": None,
    "missed_count": 0,
    "last_missed_at": None,
    "usage_percent": None,
    "connected_at": MORNING,
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
    "disconnected_at": LATER,
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
    "brand_id": BRAND_ID,
    "platform": "google_business",
    "external_id": "accounts/1/locations/2",
    "credential": "the refresh token",
    "name": "Pennywell, High Street",
}

HOLDER: Final[Example] = {"id": PERSON_ID, "name": "Sam Example", "until": LATER}
CLAIM: Final[Example] = {"conversation_id": CONVERSATION_ID, "holder": HOLDER}

FINDING: Final[Example] = {
    "rule": "no-guarantee",
    "level": "stop",
    "message": "“guarantee” is a promise this brand does not make.",
    "start": 3,
    "end": 12,
    "suggestion": "do our best",
    "needs_approval": False,
}

NEW_REPLY: Final[Example] = {"text": REPLY_WORDS}
REPLY: Final[Example] = {
    "id": REPLY_ID,
    "brand_id": BRAND_ID,
    "conversation_id": CONVERSATION_ID,
    "account_id": ACCOUNT_ID,
    "in_reply_to": _MESSAGE_ID,
    "platform": "google_business",
    "kind": "review",
    "private": False,
    "only_heard": False,
    "automatic": False,
    "deed": "reply",
    "changes_reply_id": None,
    "deed_reason": None,
    "saved_reply_id": None,
    "state": "draft",
    "state_since": LATER,
    "state_reason": None,
    "text": REPLY_WORDS,
    "text_hash": hash_of(REPLY_WORDS),
    "version": 1,
    "typed": False,
    "variant_count": 0,
    "findings": [],
    "guide_version": 3,
    "let_go_reason": None,
    "let_go_by": None,
    "stopped_by_version": None,
    "stopped_now": None,
    "written_by": "Sam Example",
    "written_by_id": PERSON_ID,
    "created_at": LATER,
    "submitted_at": None,
    "not_before": None,
    "not_before_because": None,
    "trouble": None,
    "published_at": None,
    "read_back_at": None,
    "platform_id": None,
    "live_state": None,
}
SHOWN: Final[Example] = {"text_hash": hash_of(REPLY_WORDS)}
LET_GO: Final[Example] = {"let_go_reason": "The client asked for this very word.", "let_go_by": "Lee Example"}
SUBMITTED: Final[Example] = {"state": "awaiting_approval", "submitted_at": LATER}
CHANGE: Final[Example] = {"deed": "edit", "changes_reply_id": OTHER_ID}
PUBLISHED: Final[Example] = {
    "state": "published",
    "submitted_at": LATER,
    "published_at": LATER,
    "platform_id": "accounts/1/locations/2/reviews/3",
}
REQUESTS: Final[Example] = {
    "reply_id": REPLY_ID,
    "items": [
        {
            "id": "019a8f00-0000-7000-8000-000000000048",
            "approver_id": PERSON_ID,
            "approver": "Jan Kowalczyk",
            "asked_at": MORNING,
            "text_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "expires_at": "2026-11-25T08:00:00.000000Z",
            "ended_at": LATER,
            "ended_because": "approve",
            "ended_by": "Jan Kowalczyk",
        }
    ],
}
DEED: Final[Example] = {
    "id": OTHER_ID,
    "message_id": _MESSAGE_ID,
    "deed": "hide",
    "state": "waiting",
    "reason": None,
    "asked_by": "Sam Example",
    "created_at": LATER,
    "finished_at": None,
}
CONVERSATION_ROW: Final[Example] = {
    "id": CONVERSATION_ID,
    "brand_id": BRAND_ID,
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
    "last_message_at": MORNING,
    "last_customer_at": MORNING,
    "due_at": LATER,
    "label_ids": [LABEL_ID],
    "signs": ["vip"],
    "holder": HOLDER,
}
_CALM: Final[Example] = {"label": "calm", "confidence": 0.9, "words": []}
READING: Final[Example] = {
    "act": {"label": "complaint", "confidence": 0.82, "words": ["never", "arrived"]},
    "sentiment": {"label": "negative", "confidence": 0.74, "words": ["never", "arrived"]},
    "urgency": _CALM,
    "anger": _CALM,
    "toxicity": {"label": "clean", "confidence": 0.9, "words": []},
    "topics": [{"label": "delivery", "confidence": 0.65, "words": ["arrived"]}],
    "own_topics": [{"topic_id": TOPIC_ID, "confidence": 0.65, "words": ["arrived"]}],
    "language": {"label": "en", "confidence": 0.9, "words": ["it", "never"]},
    "personal_data": [],
    "personal_places": [],
    "corrected": [],
}
CONVERSATION: Final[Example] = {
    "id": CONVERSATION_ID,
    "brand_id": BRAND_ID,
    "account_id": ACCOUNT_ID,
    "account_name": "Pennywell, High Street",
    "platform": "google_business",
    "kind": "review",
    "external_id": "accounts/1/locations/2/reviews/3",
    "status": "open",
    "closed_reason": None,
    "rank": 70,
    "rank_reasons": [
        {"part": "complaint", "points": 30, "words": ["never arrived"]},
        {"part": "due", "points": 35, "at": LATER},
        {"part": "waiting", "points": 5, "at": MORNING},
    ],
    "author_name": "Ines Example",
    "contact": {"id": OTHER_ID, "name": "Ines Example"},
    "language": "en",
    "act": "complaint",
    "sentiment": "negative",
    "stars": 1,
    "context": {},
    "permalink": None,
    "message_count": 1,
    "reply_state": "draft",
    "last_message_at": MORNING,
    "created_at": MORNING,
    "clocks": {
        "last_customer_at": MORNING,
        "due_at": LATER,
        "snoozed_until": None,
        "held_since": MORNING,
        "held_until": LATER,
        "clocks": [
            {
                "clock": "answered",
                "since": MORNING,
                "due_at": LATER,
                "stopped_at": None,
                "rule": {"platform": "facebook", "kind": "", "said": "", "hours": 12, "counted": "business"},
            }
        ],
        "client": [{"since": MORNING, "until": None, "due_at": LATER, "pauses": True}],
    },
    "label_ids": [LABEL_ID],
    "holder": HOLDER,
    "present": [{"person_id": PERSON_ID, "name": "Sam Example", "typing": True}],
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
                    "id": OTHER_ID,
                    "position": 0,
                    "state": "kept",
                    "reason": None,
                    "content_type": "image/jpeg",
                    "url": f"/api/v1/conversations/{CONVERSATION_ID}/media/{OTHER_ID}",
                }
            ],
            "permalink": None,
            "written_at": MORNING,
            "edited_at": None,
            "deleted_at": None,
            "hidden": False,
            "liked": False,
            "moderation": None,
            "reply_id": None,
            "reading": READING,
        }
    ],
    "more_before": None,
    "notes": [{"id": OTHER_ID, "author_name": "Sam Example", "text": "Sent on Monday.", "created_at": LATER}],
    "deeds": [],
    "rules": [],
    "earlier": [],
    "replies": [REPLY],
    "promises": [
        {
            "id": OTHER_ID,
            "reply_id": OTHER_ID,
            "phrase": "by Tuesday",
            "made_at": LATER,
            "due_at": "2026-11-24T17:00:00.000000Z",
            "broken": False,
        }
    ],
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
    "holder_id": PERSON_ID,
    "holder_name": "Kim Example",
    "held_since": MORNING,
}

QUIZ: Final[Example] = {
    "id": OTHER_ID,
    "brand_id": BRAND_ID,
    "person_id": OTHER_ID,
    "person_name": "Sam Example",
    "guide_version": 3,
    "tries": 2,
    "right_count": 9,
    "question_count": 10,
    "finished_at": LATER,
    "passed_at": LATER,
}
