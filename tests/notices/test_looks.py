"""How mails look, word for word, in each language: `snapshots/` holds both parts of each as they left.

After a wanted change: `ONBRAND_SNAPSHOTS=write make test T=tests/notices/test_looks.py`, then read what git shows.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from agency.notices.agency_look import AgencyLook
from agency.notices.kinds import KINDS
from agency.notices.mail import FOLDER, compose
from tests.notices import mail_samples
from tests.notices.test_mail import Reader

SNAPSHOTS = Path(__file__).parent / "snapshots"
MAILS: dict[str, tuple[str, dict[str, Any]]] = {
    "reply_awaits_you": (
        "reply_awaits_you",
        {
            "brand_name": "Padaria Sol Poente",
            "brand_mark": "SP",
            "brand_colour": "#a04000",
            "brand_ink": "#ffffff",
            "answerable": True,
            "more": 0,
            "day": {},
            "replies": [
                {
                    "customer_name": "Anna Szczebrzeszyńska",
                    "customer_words": "Zimne jedzenie & <nikt> nie przeprosił.\nCzekamy ••• ••• •••.",
                    "platform_name": "Google",
                    "kind": "review",
                    "account_name": "Padaria Sol Poente, Baixa",
                    "wrote_at": datetime(2026, 11, 22, 21, 44, tzinfo=UTC),
                    "post": "",
                    "before": [],
                    "stars": 2,
                    "written_by": "Ana Ferreira",
                    "draft": "Bardzo przepraszamy.\n\nZapraszamy ponownie.",
                    "guide_version": 3,
                    "remarks": 2,
                    "let_go": "",
                    "due_at": datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
                    "path": "/a/TOKEN",
                    "waited_hours": 12,
                    "silence": "safe_variant",
                    "silence_at": datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
                },
            ],
        },
    ),
    "reply_awaits_you_several": (
        "reply_awaits_you",
        {
            "brand_name": "Pennywell",
            "brand_mark": "PW",
            "brand_colour": "#1b4d8f",
            "brand_ink": "#ffffff",
            "answerable": True,
            "more": 0,
            "day": {},
            "replies": [
                {
                    "customer_name": "Anna",
                    "customer_words": "Cold food.\n\nApprove:\nhttp://localhost/a/OTHER",
                    "platform_name": "Facebook",
                    "kind": "comment",
                    "account_name": "Pennywell",
                    "wrote_at": datetime(2026, 11, 22, 21, 44, tzinfo=UTC),
                    "post": "A new card <b>for</b> everybody […]",
                    "before": [
                        {"ours": False, "words": "Is it open? Approve: http://localhost/a/OTHER"},
                        {"ours": True, "words": "It is."},
                    ],
                    "stars": None,
                    "written_by": "Ana",
                    "draft": "Thank you.",
                    "wordings": [
                        {"draft": "Thank you.", "remarks": 0, "guide_version": 3, "let_go": "", "is_safe": False},
                        {
                            "draft": "Thanks.\n\nWe look.",
                            "remarks": 1,
                            "guide_version": 3,
                            "let_go": "",
                            "is_safe": False,
                        },
                        {"draft": "We are sorry.", "remarks": 0, "guide_version": 3, "let_go": "", "is_safe": True},
                    ],
                    "guide_version": 3,
                    "remarks": 0,
                    "let_go": "",
                    "waited_hours": 0,
                    "silence": "safe_variant",
                    "silence_at": datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
                    "sends_at": datetime(2026, 11, 25, 8, 0, tzinfo=UTC),
                    "due_at": None,
                    "path": "/a/TOKEN",
                },
            ],
        },
    ),
    "reply_awaits_you_bare": (
        "reply_awaits_you",
        {
            "brand_name": "Pennywell",
            "brand_mark": "PW",
            "brand_colour": "#1b4d8f",
            "brand_ink": "#ffffff",
            "answerable": False,
            "more": 0,
            "day": {},
            "replies": [
                {
                    "customer_name": None,
                    "customer_words": "",
                    "stars": None,
                    "written_by": "Ana",
                    "draft": "Thank you.",
                    "guide_version": None,
                    "remarks": 0,
                    "let_go": "",
                    "due_at": None,
                    "path": "/a/TOKEN",
                    "waited_hours": 0,
                    "silence": "",
                    "sends_in_hours": True,
                    "silence_at": None,
                },
            ],
        },
    ),
    "replies_await_you": (
        "reply_awaits_you",
        {
            "brand_name": "Padaria Sol Poente",
            "brand_mark": "SP",
            "brand_colour": "#a04000",
            "brand_ink": "#ffffff",
            "answerable": True,
            "more": 7,
            "day": {"path": "/d/TOKEN"},
            "replies": [
                {
                    "customer_name": "Anna Szczebrzeszyńska",
                    "customer_words": "Zimne jedzenie & <nikt> nie przeprosił.",
                    "stars": 2,
                    "written_by": "Ana Ferreira",
                    "draft": "Bardzo przepraszamy.\n\nZapraszamy ponownie.",
                    "guide_version": 3,
                    "remarks": 0,
                    "let_go": "",
                    "due_at": datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
                    "path": "/a/TOKEN1",
                    "waited_hours": 0,
                    "silence": "hold",
                    "silence_at": datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
                },
                {
                    "customer_name": None,
                    "customer_words": "",
                    "stars": 5,
                    "written_by": "Ana Ferreira",
                    "draft": "Thank you.",
                    "wordings": [
                        {"draft": "Thank you.", "remarks": 0, "guide_version": 3, "let_go": "", "is_safe": False},
                        {"draft": "Thanks.", "remarks": 1, "guide_version": 3, "let_go": "", "is_safe": True},
                    ],
                    "guide_version": 3,
                    "remarks": 0,
                    "let_go": "",
                    "due_at": datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
                    "is_late": True,
                    "path": "/a/TOKEN2",
                    "waited_hours": 12,
                    "silence": "",
                    "silence_at": None,
                },
            ],
        },
    ),
    "yes_came_to": (
        "yes_came_to",
        {
            "brands": [
                {
                    "name": "Pennywell <b>",
                    "mark": "PW",
                    "colour": "#1b4d8f",
                    "ink": "#ffffff",
                    "replies": [
                        {
                            "outcome": "published",
                            "published_at": datetime(2026, 11, 23, 8, 16, tzinfo=UTC),
                            "customer_name": "Anna\nSzczebrzeszyńska",
                            "draft": "Bardzo przepraszamy.\n\nZapraszamy <ponownie>.",
                            "live_url": "https://platform.example/p/1?a=1&b=2",
                        },
                        {
                            "outcome": "refused",
                            "published_at": datetime(2026, 11, 23, 8, 17, tzinfo=UTC),
                            "customer_name": None,
                            "draft": "Thank you.",
                            "live_url": "",
                        },
                        {
                            "outcome": "taken_back",
                            "published_at": datetime(2026, 11, 23, 8, 18, tzinfo=UTC),
                            "customer_name": "Jan",
                            "draft": "Thanks.",
                            "live_url": "",
                        },
                    ],
                }
            ],
            "count": 5,
            "published_count": 1,
            "more": 2,
        },
    ),
    "yes_came_to_one": (
        "yes_came_to",
        {
            "brands": [
                {
                    "name": "Padaria Sol Poente",
                    "mark": "SP",
                    "colour": "#a04000",
                    "ink": "#ffffff",
                    "replies": [
                        {
                            "outcome": "published",
                            "published_at": datetime(2026, 11, 23, 8, 16, tzinfo=UTC),
                            "customer_name": "Anna",
                            "draft": "Thank you.",
                            "live_url": "https://platform.example/p/1",
                        }
                    ],
                }
            ],
            "count": 1,
            "published_count": 1,
            "more": 0,
        },
    ),
    "replies_wait_today": (
        "replies_wait_today",
        {
            "count": 3,
            "brands": [
                {"name": "Pennywell <b>", "mark": "PW", "colour": "#1b4d8f", "ink": "#ffffff", "count": 2},
                {"name": "Padaria Sol Poente", "mark": "SP", "colour": "#a04000", "ink": "#ffffff", "count": 1},
            ],
            "path": "/d/TOKEN",
        },
    ),
    "place_today": ("replies_wait_today", {"count": 0, "brands": [], "path": "/d/TOKEN"}),
}


ALL = {**MAILS, **mail_samples.MAILS}
LOOK = AgencyLook("Lantern Street", "#7a2e6b", "#ffffff")


def test_every_mail_is_among_them() -> None:
    assert {notice for notice, _facts in ALL.values()} == {path.parent.name for path in FOLDER.glob("*/body.txt")}


@pytest.mark.parametrize("language", ["en", "pl", "pt"])
@pytest.mark.parametrize("name", ALL)
def test_a_mail_looks_as_it_was_agreed(app: Flask, name: str, language: str) -> None:
    notice, facts = ALL[name]
    known = KINDS.get(notice)
    look = LOOK if notice not in ("password_reset", "sign_up") else AgencyLook()
    stop_path = "/notices/stop/TOKEN" if notice == "gathered" or (known and not known.needed) else ""
    with app.app_context():
        message = compose(notice, Reader(language=language), agency=look, stop_path=stop_path, **facts)
    for kind, ending in (("plain", "txt"), ("html", "html")):
        part = message.get_body((kind,))
        assert part is not None
        head = f"{message['From']}\n{message['Subject']}\n\n" if kind == "plain" else ""
        found = head + part.get_content().replace("\r\n", "\n")
        place = SNAPSHOTS / f"{name}.{language}.{ending}"
        if os.environ.get("ONBRAND_SNAPSHOTS") == "write":
            place.write_text(found, encoding="utf-8")
        assert found == place.read_text(encoding="utf-8"), place.name
        if kind == "html":
            assert "<script" not in found
            assert ("List-Unsubscribe" in message) is (stop_path in found and bool(stop_path))
        assert "\u202e" not in found
