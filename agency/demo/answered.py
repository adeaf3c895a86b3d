"""Weeks of the demo that are over: what was answered, and how leads judged it. Written as it was left by then.

Mentions and messages only: those no platform lists whole, so that no poll asks the sandbox for what it never had.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from agency.demo.corpus import DATA_FOLDER
from agency.inbox.models import Contact, Conversation, Message
from agency.replies.checks import findings_as_data
from agency.replies.models import Approval, Reply, ReplyText
from agency.replies.words import hash_of
from agency.training import quality
from agency.training.quality_sample import newest_week
from channels.models import Account
from styleguides.brand_check import check_for_brand
from tenants.database import db, new_id
from tenants.errors import Conflict
from tenants.permissions import Actor, Permission

DATA = DATA_FOLDER / "answered.json"
FIRST_HOUR = time(9, 20)


def load_answered() -> list[dict[str, Any]]:
    """The cases, newest week first."""
    cases: list[dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))
    return cases


def write_answered(people: dict[str, Actor], brand_ids: dict[str, UUID]) -> int:
    """Write every case whose account is connected, then its judgements by the leads' own way; returns how many."""
    listed = select(Account.id, Account.brand_id, Account.platform)
    accounts = {(row.brand_id, row.platform): row.id for row in db.session.execute(listed)}
    written = [
        (case, _write(case, number, brand_id, account_id, people))
        for number, case in enumerate(load_answered())
        for brand_id in [brand_ids[case["brand"]]]
        for account_id in [accounts.get((brand_id, case["platform"]))]
        if account_id is not None
    ]
    db.session.flush()
    for case, reply_id in written:
        for key, (friendly, solves, personal, note) in case.get("judged", {}).items():
            given = {"friendly": friendly, "solves": solves, "personal": personal, "note": note, "version": 0}
            with suppress(Conflict):  # other answers of the demo may have drawn the lot
                quality.judge(people[key], reply_id, given)
    return len(written)


def _write(case: dict[str, Any], number: int, brand_id: UUID, account_id: UUID, people: dict[str, Actor]) -> UUID:
    sent_at = datetime.combine(newest_week(), FIRST_HOUR, UTC) + timedelta(
        days=case["day"] - 7 * (case["weeks_ago"] - 1), minutes=case["minutes"]
    )
    asked_at = sent_at - timedelta(minutes=case["minutes"])
    again_at = sent_at + timedelta(minutes=case.get("again_minutes", 0))
    writer, platform, kind = people[case["writer"]], case["platform"], case["kind"]
    contact_id, conversation_id, asked_id, reply_id, text_id = (new_id() for _ in range(5))
    owned = {"agency_id": writer.agency_id, "brand_id": brand_id}
    thread = f"demo-answered-{number}"
    messages = 3 if "again" in case else 2
    db.session.add(
        Contact(**owned, id=contact_id, account_id=account_id, platform=platform, external_id=f"{thread}-person",
                name=case["customer"])
    )  # fmt: skip
    db.session.flush()
    db.session.add(
        Conversation(
            **owned,
            id=conversation_id,
            account_id=account_id,
            contact_id=contact_id,
            platform=platform,
            kind=kind,
            external_id=thread,
            status="closed",
            closed_reason="resolved",
            excerpt=case.get("again", case["text"])[:140],
            author_name=case["customer"],
            message_count=messages,
            reply_state="published",
            last_message_at=again_at,
            last_customer_at=again_at if "again" in case else asked_at,
        )
    )
    db.session.flush()
    spoken: list[tuple[UUID, str, str, str, datetime, UUID | None]] = [
        (asked_id, thread, "in", case["text"], asked_at, None)
    ]
    spoken.append((new_id(), f"{thread}-ours", "out", case["reply"], sent_at, reply_id))
    if "again" in case:
        spoken.append((new_id(), f"{thread}-again", "in", case["again"], again_at, None))
    for message_id, external_id, direction, text, at, ours in spoken:
        db.session.add(
            Message(
                **owned,
                id=message_id,
                conversation_id=conversation_id,
                account_id=account_id,
                contact_id=contact_id if direction == "in" else None,
                external_id=external_id,
                direction=direction,
                author_name=case["customer"] if direction == "in" else None,
                text=text,
                written_at=at,
                reply_id=ours,
                content_hash=bytes(32),
            )
        )
    checked = check_for_brand(brand_id, case["reply"], platform, kind, customer_name=case["customer"])
    db.session.add(
        Reply(
            **owned,
            id=reply_id,
            conversation_id=conversation_id,
            account_id=account_id,
            in_reply_to_id=asked_id,
            in_reply_to_external_id=thread,
            in_reply_to_content_hash=bytes(32),
            thread_external_id=thread,
            platform=platform,
            kind=kind,
            state="published",
            state_since=sent_at,
            text_id=text_id,
            target_fingerprint=bytes(32),
            written_by=writer.user_id,
            written_by_name=writer.name,
            submitted_at=sent_at - timedelta(minutes=min(10, case["minutes"] // 2)),
            sent_at=sent_at,
            platform_id=f"{thread}-ours",
            published_at=sent_at,
            read_back_at=sent_at + timedelta(minutes=2),
            live_state="visible",
            created_at=sent_at - timedelta(minutes=min(15, case["minutes"] // 2)),
        )
    )
    db.session.flush()
    db.session.add(
        ReplyText(
            **owned,
            id=text_id,
            reply_id=reply_id,
            number=1,
            text=case["reply"],
            text_hash=hash_of(case["reply"]),
            author_id=writer.user_id,
            author_name=writer.name,
            guide_version=checked.guide_version,
            findings=findings_as_data(checked),
            created_at=sent_at - timedelta(minutes=min(15, case["minutes"] // 2)),
        )
    )
    db.session.flush()
    decider = next(one for one in people.values() if one.may(Permission.REPLY_APPROVE) and one.scope.covers(brand_id))
    db.session.add(
        Approval(
            **owned,
            reply_id=reply_id,
            reply_text_id=text_id,
            text_hash=hash_of(case["reply"]),
            target_fingerprint=bytes(32),
            decision="approved",
            decided_by=decider.user_id,
            decided_by_name=decider.name,
            created_at=sent_at - timedelta(minutes=1),
        )
    )
    return reply_id
