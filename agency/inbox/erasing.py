"""Deleting what we hold of one person, at their own word: their words, their name and their id at the platform.

What stays is that something was said and when, as a tombstone: without it the next poll would bring the words back.
Answers of ours stay, they are the brand's. In an agency's scope; nothing here commits.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import LargeBinary, delete, literal, select, update

from agency.inbox import intake
from agency.inbox.models import ERASED, Contact, Conversation, Message
from channels.models import Account, RawEvent, SetAsideItem
from tenants import clock
from tenants.database import db, new_id

PLATFORMS = ("facebook", "instagram")
SHORTEST_SEARCHED = 8
"""Kept bytes are searched for an id of this length or more: a shorter one would be found in everybody's."""


def erase_person(person_id: str) -> set[UUID]:
    """Returns the accounts at which something of this person was deleted."""
    contacts = list(
        db.session.execute(
            select(Contact).where(Contact.external_id == person_id, Contact.platform.in_(PLATFORMS))
        ).scalars()
    )
    for contact in contacts:
        _erase_words(contact)
        # A statement of its own: a name that came since the contact was read goes, too.
        db.session.execute(
            update(Contact)
            .where(Contact.id == contact.id)
            .values(
                name=None,
                external_id=f"{ERASED}{new_id()}",
                is_vip=False,
                vip_note="",
                vip_by_name=None,
                vip_at=None,
                own_vip=False,
                weight=0,
                own_weight=0,
                group_id=None,
                name_key="",
            )
            .execution_options(synchronize_session=False)
        )
    touched = {contact.account_id for contact in contacts}
    if len(person_id) >= SHORTEST_SEARCHED:
        pattern = literal(b"%" + person_id.replace("_", r"\_").encode() + b"%", LargeBinary)
        told = delete(RawEvent).where(RawEvent.body.op("like")(pattern)).returning(RawEvent.account_id)
        aside = delete(SetAsideItem).where(SetAsideItem.raw.op("like")(pattern)).returning(SetAsideItem.account_id)
        for statement in (told, aside):
            touched |= set(db.session.execute(statement.execution_options(synchronize_session=False)).scalars())
    return touched


def _erase_words(contact: Contact) -> None:
    account = db.session.execute(select(Account).where(Account.id == contact.account_id)).scalar_one()
    said = list(
        db.session.execute(
            select(Message.external_id).where(Message.contact_id == contact.id, Message.direction == "in")
        ).scalars()
    )
    intake.mark_gone(account, said, now=clock.now())
    quiet = {"synchronize_session": False}
    db.session.execute(
        update(Message)
        .where(Message.contact_id == contact.id, Message.direction == "in")
        .values(text="", author_name=None, attachments=[], earlier_texts=[], permalink=None, reading=None)
        .execution_options(**quiet)
    )
    db.session.execute(
        update(Conversation)
        .where(Conversation.contact_id == contact.id)
        .values(author_name=None, excerpt="", permalink=None, act=None, sentiment=None)
        .execution_options(**quiet)
    )
