"""What staff did lately with direct messages: one closed as spam and its author marked, one put off until tomorrow, two
told as one case.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from agency.demo import corpus
from agency.inbox import bulk, merging
from agency.inbox.deeds import Snooze, Spam
from agency.inbox.intake import store_page
from agency.inbox.models import Conversation
from channels.items import Author, IncomingItem, Page, person_thread
from channels.models import Account
from tenants import clock
from tenants.database import db, new_id
from tenants.permissions import Actor, Role

LISTED = Path(__file__).parent / "data" / "worked_on.json"


def write_worked_on(agency_id: UUID, brand_ids: Mapping[str, UUID], ids: Mapping[str, UUID]) -> None:
    """Store them and do it, where the accounts are connected."""
    people = {
        person.key: Actor(ids[person.key], person.name, Role(person.role), agency_id, None)
        for person in corpus.load_people().people
    }
    for key, entry in json.loads(LISTED.read_text(encoding="utf-8")).items():
        account = db.session.execute(
            select(Account)
            .where(Account.brand_id == brand_ids[key], Account.platform == entry["platform"])
            .order_by(Account.id)
        ).scalar()
        if account is not None:
            _work(account, entry, people[entry["by"]])


def _work(account: Account, entry: dict[str, Any], actor: Actor) -> None:
    spam = _stored(account, entry["spam"])
    bulk.press_one(actor, new_id(), Spam(), spam, mark=True)
    until = (clock.now() + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    given = {"until": until.isoformat()}
    bulk.press_one(actor, new_id(), Snooze(until), _stored(account, entry["put_off"]), given=given)
    together = [_stored(account, one) for one in entry.get("together", ())]
    for other in together[1:]:
        merging.merge(actor, new_id(), together[0], other)


def _stored(account: Account, one: dict[str, Any]) -> UUID:
    at = clock.now().replace(microsecond=0) - timedelta(hours=one["hours_ago"])
    thread = person_thread(one["person"])
    item = IncomingItem(
        external_id=f"m_demo_{one['person']}",
        thread_external_id=thread,
        parent_external_id=None,
        kind="message",
        author=Author(one["person"], one["name"]),
        text=one["says"],
        created_at=at,
        updated_at=None,
        stars=None,
        permalink=None,
        from_us=False,
    )
    store_page(account, Page((item,), (), "", complete=True), now=at, known_stay=True)
    return db.session.scalars(
        select(Conversation.id).where(Conversation.account_id == account.id, Conversation.external_id == thread)
    ).one()
