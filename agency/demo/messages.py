"""Direct messages of the demo, stored as a platform's page brings them, and the people who work on them.

Messages, because nothing of the sandbox's is compared with them: there they were never written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from agency.demo import corpus
from agency.inbox.intake import store_page
from agency.inbox.models import Message
from channels.items import Author, IncomingItem, Page, person_thread
from channels.models import Account
from tenants.database import db
from tenants.permissions import Actor, Role


class Stored(NamedTuple):
    """A message that came: its id, its case and who wrote it."""

    id: UUID
    conversation_id: UUID
    contact_id: UUID


def actors_of(agency_id: UUID, ids: Mapping[str, UUID]) -> dict[str, Actor]:
    """The demo's people by key, each with every brand: what they did in its past was theirs to do."""
    return {
        person.key: Actor(ids[person.key], person.name, Role(person.role), agency_id, None)
        for person in corpus.load_people().people
    }


def account_of(brand_id: UUID, platform: str) -> Account | None:
    """The brand's first account there, if one is connected."""
    return db.session.execute(
        select(Account).where(Account.brand_id == brand_id, Account.platform == platform).order_by(Account.id)
    ).scalar()


def message_came(account: Account, person: str, name: str, text: str, at: datetime) -> Stored:
    """Somebody wrote to the account; `person` is who they are there."""
    item = IncomingItem(
        external_id=f"m_demo_{person}",
        thread_external_id=person_thread(person),
        parent_external_id=None,
        kind="message",
        author=Author(person, name),
        text=text,
        created_at=at,
        updated_at=None,
        stars=None,
        permalink=None,
        from_us=False,
    )
    store_page(account, Page((item,), (), "", complete=True), now=at, known_stay=True)
    message = db.session.execute(
        select(Message).where(Message.account_id == account.id, Message.external_id == item.external_id)
    ).scalar_one()
    assert message.contact_id is not None
    return Stored(message.id, message.conversation_id, message.contact_id)
