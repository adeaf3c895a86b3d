"""Names of people of whom we heard before the platform named them: direct messages are told by events without one.

The platform is asked once for whom an event brought as somebody new. A poll that reads such a message names its author,
too. Whoever was erased stays without a name. In an agency's scope; nothing here commits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update

from agency.inbox.contacts.names import is_seen
from agency.inbox.conversation_rows import refresh_conversation
from agency.inbox.incoming import Record
from agency.inbox.models import Contact, Conversation, Message
from agency.inbox.storage import AccountRows, Person
from channels.models import Account
from tenants.database import db
from tenants.outbox import JobName, enqueue_after_commit


class Nameless(NamedTuple):
    """A person whose messages name nobody; ``name`` where it became known meanwhile."""

    account_id: UUID
    external_id: str
    name: str | None


def named(record: Record, people: Mapping[str, Person]) -> Record:
    """The record with the name we know its author by, where it brings none itself."""
    person = people.get(record.contact_key) if record.contact_key is not None else None
    return record._replace(author_name=person.name) if person and record.author_name is None else record


def promise_names(
    account: Account, fresh: Iterable[Record], people: Mapping[str, Person], new_threads: Collection[str]
) -> None:
    """Have people asked for whom an event is the first to tell of (NAME_PERSON with agency_id, brand_id, contact_id).

    Once: the promise is made with the contact or its conversation, and neither is made twice.
    """
    told = {
        person.id
        for r in fresh
        if r.known_stays and r.kind == "message" and r.contact_key is not None
        for person in [people[r.contact_key]]
        if person.name is None and (person.is_new or r.thread_external_id in new_threads)
    }
    for contact_id in sorted(told):
        enqueue_after_commit(
            JobName.NAME_PERSON, agency_id=account.agency_id, brand_id=account.brand_id, contact_id=contact_id
        )


def write_names(names: Iterable[tuple[UUID, str]]) -> None:
    """Say who wrote these messages, where nobody is named yet; nothing else of them changes."""
    by_name: dict[str, list[UUID]] = {}
    for message_id, name in names:
        by_name.setdefault(name, []).append(message_id)
    for name, message_ids in by_name.items():
        db.session.execute(
            update(Message)
            .where(Message.id.in_(message_ids), Message.author_name.is_(None), Message.deleted_at.is_(None))
            .values(author_name=name)
            .execution_options(synchronize_session=False)
        )


def nameless(contact_id: UUID) -> Nameless | None:
    """Whom to ask for; None where there is nobody, or nobody any more."""
    contact = db.session.scalars(select(Contact).where(Contact.id == contact_id)).one_or_none()
    if contact is None or contact.is_erased:
        return None
    return Nameless(contact.account_id, contact.external_id, contact.name)


def give_name(account: Account, contact_id: UUID, name: str) -> None:
    """Let everything this person wrote to the account say so, unless they were erased meanwhile."""
    rows = AccountRows(account)
    rows.lock()
    contact = db.session.scalars(
        select(Contact).where(Contact.id == contact_id).with_for_update(), execution_options={"populate_existing": True}
    ).one_or_none()
    if contact is None or contact.is_erased or not is_seen(name):
        return
    contact.name = known = contact.name or name
    db.session.flush()
    conversation_ids = db.session.scalars(
        select(Conversation.id)
        .where(Conversation.contact_id == contact_id)
        .order_by(Conversation.id)
        .with_for_update(key_share=True)
    ).all()
    messages = db.session.scalars(
        select(Message.id).where(
            Message.conversation_id.in_(conversation_ids),
            Message.contact_id == contact_id,
            Message.direction == "in",
            Message.author_name.is_(None),
            Message.deleted_at.is_(None),
        )
    ).all()
    if messages:
        write_names((message_id, known) for message_id in messages)
        for conversation_id in conversation_ids:
            refresh_conversation(account, conversation_id)
