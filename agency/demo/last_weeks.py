"""Cases of the last four weeks of which nothing is left but that they were answered, when, and how fast: what figures
are counted from. Mentions and messages only, which no platform lists whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from agency.demo.corpus import load_brands
from agency.demo.messages import account_of
from agency.inbox.clock_models import ClockOutcome
from agency.inbox.models import Contact, Conversation, Message
from channels.models import Account
from tenants import clock
from tenants.database import db, new_id

LISTED = Path(__file__).parent / "data" / "last_weeks.json"
DAYS: Final = 27
"""With today a month of figures."""
WAITS: Final = (12, 25, 35, 40, 55, 65, 75, 95, 110, 130, 150, 180, 260, 700, 1_500)
"""Minutes to an answer, one for each case in turn: most within the hours a brand promises, some not."""
UNANSWERED: Final = 11
"""One case in so many was closed without an answer."""


class Past(NamedTuple):
    """A case as it is told: when somebody wrote what, and after how many minutes they were answered, if they were."""

    number: int
    name: str
    asked: str
    answered: str
    at: datetime
    minutes: int | None


def write_last_weeks(agency_id: UUID, brand_ids: Mapping[str, UUID]) -> int:
    """Write them for each brand whose Facebook page is connected; returns how many cases."""
    listed = json.loads(LISTED.read_text(encoding="utf-8"))
    rows: dict[Any, list[dict[str, Any]]] = {Contact: [], Conversation: [], Message: [], ClockOutcome: []}
    for brand in load_brands():
        account = account_of(brand_ids[brand.key], "facebook")
        if account is None:
            continue
        for past in told(listed[brand.key], brand.key, clock.now(), ZoneInfo(brand.time_zone)):
            _add(rows, agency_id, account, past, timedelta(hours=brand.first_answer_due_hours))
    for kind, values in rows.items():
        if values:
            db.session.execute(insert(kind), values)
    return len(rows[Conversation])


def told(listed: Mapping[str, Any], key: str, now: datetime, zone: ZoneInfo) -> Iterator[Past]:
    """One to three cases a day, fewer at weekends, the same ones at every seeding."""
    number = 0
    today = now.astimezone(zone).date()
    for days_ago in range(DAYS, 0, -1):
        day = today - timedelta(days=days_ago)
        for _ in range(1 if day.weekday() >= 5 else 1 + _chance(key, days_ago) % 3):
            asked, answered = listed["said"][number % len(listed["said"])]
            first, last = listed["first_names"], listed["last_names"]
            name = f"{first[number % len(first)]} {last[number // len(first) % len(last)]}"
            chance = _chance(key, days_ago, number)
            at = datetime.combine(day, time(8 + chance % 11, chance % 60), zone)
            waits = None if number % UNANSWERED == UNANSWERED - 1 else WAITS[chance % len(WAITS)]
            late = waits is not None and at + timedelta(minutes=waits) > now
            yield Past(number, name, asked, answered, at, None if late else waits)
            number += 1


def _chance(*named: object) -> int:
    return int.from_bytes(hashlib.sha256(repr(named).encode()).digest()[:4], "big")


def _add(rows: dict[Any, list[dict[str, Any]]], agency_id: UUID, account: Account, past: Past, due: timedelta) -> None:
    thread = f"demo-week-{past.number}"
    owned = {"agency_id": agency_id, "brand_id": account.brand_id}
    contact_id, case_id = new_id(), new_id()
    kind = "message" if past.number % 3 else "mention"
    answered_at = past.at + timedelta(minutes=past.minutes) if past.minutes is not None else None
    rows[Contact].append(
        {
            **owned,
            "id": contact_id,
            "account_id": account.id,
            "platform": account.platform,
            "external_id": f"{thread}-person",
            "name": past.name,
        }
    )
    rows[Conversation].append(
        {
            **owned,
            "id": case_id,
            "account_id": account.id,
            "contact_id": contact_id,
            "platform": account.platform,
            "kind": kind,
            "external_id": thread,
            "status": "closed",
            "closed_reason": "resolved",
            "excerpt": past.asked[:140],
            "author_name": past.name,
            "message_count": 1 if answered_at is None else 2,
            "last_message_at": answered_at or past.at,
            "last_customer_at": past.at,
            "rerank_at": None,
        }
    )
    said = [("in", past.asked, past.at, thread)]
    if answered_at is not None:
        said.append(("out", past.answered, answered_at, f"{thread}-ours"))
        rows[ClockOutcome].append(
            {
                **owned,
                "id": new_id(),
                "conversation_id": case_id,
                "clock": "answered",
                "started_at": past.at,
                "due_at": past.at + due,
                "stopped_at": answered_at,
                "rule": ["answered", "", "", "", int(due.total_seconds() // 3_600), "plain"],
            }
        )
    for direction, text, at, external_id in said:
        rows[Message].append(
            {
                **owned,
                "id": new_id(),
                "conversation_id": case_id,
                "account_id": account.id,
                "contact_id": contact_id if direction == "in" else None,
                "external_id": external_id,
                "direction": direction,
                "author_name": past.name if direction == "in" else None,
                "text": text,
                "written_at": at,
                "content_hash": bytes(32),
            }
        )
