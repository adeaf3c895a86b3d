"""What every other mail than the one that asks for a yes is made from, with hostile words wherever somebody writes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

EVIL = "<script>alert(1)</script> \u202eEve & Co"
_ONE = {
    "label": "Facebook",
    "platform": "Facebook",
    "names": [EVIL],
    "more": 0,
    "url": "http://localhost/reconnect/TOKEN",
}
_TWO = {**_ONE, "label": "Google", "platform": "Google", "names": ["Łeba", "Gdańsk"], "more": 3}
_ENDS = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)

MAILS: dict[str, tuple[str, dict[str, Any]]] = {
    "loop_asked": (
        "loop_asked",
        {
            "brand_name": EVIL,
            "by_name": EVIL,
            "loop_name": EVIL,
            "sent_on_by_name": EVIL,
            "question": f"{EVIL}\nSecond line.",
            "customer_words": f"{EVIL}\nhttps://evil.example/x",
            "procedure": EVIL,
            "due_at": _ENDS,
            "by_mail": True,
            "again": False,
            "path": "/q/TOKEN",
        },
    ),
    "case_awaits_you": (
        "case_awaits_you",
        {
            "brand_name": EVIL,
            "by_name": EVIL,
            "customer_name": EVIL,
            "customer_words": f"{EVIL}\nhttps://evil.example/x",
            "stars": 1,
            "note": EVIL,
            "there": "https://platform.example/p/1",
            "due_at": _ENDS,
            "path": "/inbox/ID",
        },
    ),
    "guide_awaits_you": (
        "guide_awaits_you",
        {
            "brand_name": EVIL,
            "by_name": EVIL,
            "number": 4,
            "note": f"{EVIL}\nSecond line.",
            "path": "/d/TOKEN/guides/ID/4",
            "open_until_at": _ENDS,
            "sign_in": {"path": "/guide"},
        },
    ),
    "monthly_report": (
        "monthly_report",
        {
            "brand_name": EVIL,
            "month": "października 2026",
            "lines": [
                {"figure": "time", "public": "2 godz.", "private": "–", "goals": []},
                {
                    "figure": "answered",
                    "public": "94%",
                    "private": "100%",
                    "goals": [{"private": True, "target": "90%", "met": True}],
                },
                {"figure": "received", "public": "1 204", "private": "3", "goals": []},
                {
                    "figure": "resolved",
                    "public": "71%",
                    "private": "–",
                    "goals": [{"private": False, "target": "80%", "met": False}],
                },
                {"figure": "client", "public": "3 godz.", "private": "–", "goals": []},
            ],
            "path": "/d/TOKEN/months/ID/2026-10",
            "open_until_at": _ENDS,
            "sign_in": {"path": "/brands/ID/months/2026-10"},
        },
    ),
    "guide_answered": (
        "guide_answered",
        {
            "brand_name": EVIL,
            "by_name": EVIL,
            "number": 4,
            "approved": False,
            "comment": f"{EVIL}\nSecond line.",
            "path": "/guide",
        },
    ),
    "guide_in_force": (
        "guide_answered",
        {"brand_name": EVIL, "by_name": EVIL, "number": 4, "approved": True, "comment": "", "path": "/guide"},
    ),
    "policy_awaits_you": (
        "policy_awaits_you",
        {"brand_name": EVIL, "by_name": EVIL, "number": 2, "note": EVIL, "path": "/approval"},
    ),
    "policy_answered": (
        "policy_answered",
        {"brand_name": EVIL, "by_name": EVIL, "number": 2, "comment": EVIL, "path": "/approval"},
    ),
    "answer_taken_back": (
        "answer_taken_back",
        {"brand_name": EVIL, "by_name": EVIL, "answer": f"{EVIL}\nThanks.", "reason": EVIL, "path": "/receipt"},
    ),
    "connection_broke": (
        "connection_broke",
        {"brand_name": EVIL, "names": [EVIL], "platform": "Facebook", "sign_ins": [_ONE], "due_at": None},
    ),
    "connections_broke": (
        "connection_broke",
        {
            "brand_name": EVIL,
            "names": [EVIL, "Łeba", "Gdańsk"],
            "platform": "Facebook",
            "sign_ins": [_ONE, _TWO],
            "due_at": None,
        },
    ),
    "connections_end": (
        "connection_ends",
        {"brand_name": EVIL, "names": [EVIL, "Łeba"], "platform": "Facebook", "sign_ins": [_TWO], "due_at": _ENDS},
    ),
    "writing_paused": (
        "writing_paused",
        {
            "stopped": "messages",
            "account_name": EVIL,
            "brand_name": EVIL,
            "platform": "Instagram",
            "path": "/accounts",
        },
    ),
    "invitation": ("invitation", {"inviter": EVIL, "path": "/invitation/TOKEN"}),
    "sign_up": ("sign_up", {"path": "/sign-up/TOKEN"}),
    "password_reset": ("password_reset", {"path": "/reset/TOKEN", "has_tokens": True}),
    "gathered": (
        "gathered",
        {
            "kind": "reply_declined",
            "brands": [
                {"name": EVIL, "items": [{"words": f"{EVIL} declined your reply.", "url": "http://localhost/1"}] * 2},
                {"name": "Łeba", "items": [{"words": "Łeba: Jan declined your reply.", "url": "http://localhost/3"}]},
            ],
            "count": 7,
            "more": 4,
            "path": "/notices",
        },
    ),
}
