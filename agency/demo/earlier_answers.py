"""What the demo's brands answered in the weeks before: direct messages, as they stand after publishing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from agency.demo import corpus
from agency.demo.messages import account_of, message_came
from agency.inbox import outgoing
from agency.inbox.models import Conversation, Message
from agency.replies.answered_words import keep_question
from agency.replies.customer_promises import note_promises
from agency.replies.drafting import new_reply
from agency.replies.models import Approval, CustomerPromise, Reply, ReplyText
from agency.replies.wordings import remember_sent
from agency.replies.words import hash_of
from channels.models import Account
from tenants import clock
from tenants.database import db, new_id
from tenants.permissions import Actor, Role

LISTED = Path(__file__).parent / "data" / "earlier_answers.json"
PROMISED = Path(__file__).parent / "data" / "promised.json"
"""Answers that said by when: broken since, due before the day is over, kept."""
ANSWERED_AFTER = timedelta(minutes=40)


def write_earlier_answers(
    agency_id: UUID, brand_ids: Mapping[str, UUID], ids: Mapping[str, UUID], listed: Path = LISTED
) -> None:
    """Store them, where the brand's account of the platform is connected. `ids` are those of people, by key."""
    people = {person.key: person for person in corpus.load_people().people}
    owners = {
        key: person for person in people.values() if person.role == Role.CLIENT_OWNER for key in person.brands or ()
    }
    asks = {brand.key for brand in corpus.load_brands() if brand.needs_approval}
    for key, entries in json.loads(listed.read_text(encoding="utf-8")).items():
        for entry in entries:
            account = account_of(brand_ids[key], entry["platform"])
            if account is not None:
                staff, owner = people[entry["staff"]], owners[key] if key in asks else None
                actors = [Actor(ids[p.key], p.name, Role(p.role), agency_id, None) for p in (staff, owner) if p]
                _answer(account, entry, *actors)


def _answer(account: Account, entry: dict[str, Any], staff: Actor, owner: Actor | None = None) -> None:
    asked_at = clock.now().replace(microsecond=0) - timedelta(days=entry["days_ago"], minutes=17)
    answered_at = asked_at + ANSWERED_AFTER
    stored = message_came(account, entry["person"], entry["name"], entry["asked"], asked_at)
    message = db.session.execute(select(Message).where(Message.id == stored.id)).scalar_one()
    conversation = db.session.execute(
        select(Conversation).where(Conversation.id == message.conversation_id)
    ).scalar_one()
    reply = _published(conversation, message, entry["answered"], (staff, owner), answered_at)
    outgoing.answered(
        account,
        conversation.id,
        reply_id=reply.id,
        platform_id=f"{message.external_id}_answer",
        answered_external_id=message.external_id,
        text=entry["answered"],
        written_at=answered_at,
    )
    remember_sent(reply)
    keep_question(reply)
    note_promises([reply])
    if entry.get("kept"):
        ended = {"ended": "kept", "ended_at": answered_at + timedelta(hours=20)}
        db.session.execute(
            update(CustomerPromise)
            .where(CustomerPromise.reply_id == reply.id)
            .values(**ended, ended_by=staff.user_id, ended_by_name=staff.name)
        )


def _published(
    conversation: Conversation, message: Message, words: str, people: tuple[Actor, Actor | None], at: datetime
) -> Reply:
    """`people`: who wrote it, and who said yes where the brand asks for that."""
    staff, owner = people
    reply = new_reply(conversation, message, staff, private=True)
    reply.created_at = at - timedelta(minutes=2)
    reply.submitted_at = reply.created_at if owner else None
    reply.state, reply.state_since, reply.live_state = "published", at, "visible"
    reply.sent_at = reply.published_at = reply.read_back_at = at
    reply.platform_id = f"{message.external_id}_answer"
    db.session.add(reply)
    db.session.flush()
    owned = {"agency_id": reply.agency_id, "brand_id": reply.brand_id, "reply_id": reply.id}
    text = ReplyText(
        **owned,
        id=new_id(),
        number=1,
        text=words,
        text_hash=hash_of(words),
        author_id=staff.user_id,
        author_name=staff.name,
        created_at=reply.created_at,
    )
    db.session.add(text)
    db.session.flush()
    reply.text_id = text.id
    db.session.add(
        Approval(
            **owned,
            reply_text_id=text.id,
            text_hash=text.text_hash,
            target_fingerprint=reply.target_fingerprint,
            decision="approved" if owner else "released",
            decided_by=(owner or staff).user_id,
            decided_by_name=(owner or staff).name,
            created_at=at - timedelta(minutes=1),
        )
    )
    conversation.reply_state = "published"
    db.session.flush()
    return reply
