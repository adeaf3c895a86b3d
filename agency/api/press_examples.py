"""Invented answers about presses, for the document."""

from __future__ import annotations

from typing import Any

CASE_ID = "01937b2c-7a11-7f00-8a00-00000000c0de"
OTHER_ID = "01937b2c-7a11-7f00-8a00-00000000c0df"
MESSAGE_ID = "01937b2c-7a11-7f00-8a00-00000000beef"
NEW_PRESS: dict[str, Any] = {"deed": "resolve", "conversation_ids": [CASE_ID, OTHER_ID]}
PRESS: dict[str, Any] = {
    "id": "01937b2c-7a11-7f00-8a00-0000000d0ed0",
    "deed": "resolve",
    "asked_count": 2,
    "done_count": 1,
    "more_left": False,
    "pressed_at": "2026-11-22T11:04:05Z",
    "can_be_undone": True,
    "undone_at": None,
    "restored_count": 0,
    "left": [{"conversation_id": OTHER_ID, "reason": "Ana has this case. Nothing was changed."}],
}
PRESS_UNDONE = {**PRESS, "can_be_undone": False, "undone_at": "2026-11-22T11:04:20Z", "restored_count": 1, "left": []}
SPAM_MARK: dict[str, Any] = {
    "contact_id": "01937b2c-7a11-7f00-8a00-0000000c0a7e",
    "brand_id": "01937b2c-7a11-7f00-8a00-00000000b4a0",
    "name": "Cheap Watches",
    "platform": "facebook",
    "since": "2026-11-20T09:00:00Z",
    "by_name": "Ana",
    "stars": False,
    "closed_count": 4,
}
