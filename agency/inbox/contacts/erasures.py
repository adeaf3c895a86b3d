"""A lead erases what is held of one person: what would go and what stays, the order to do it, and how far it is."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from agency.inbox.contacts.models import Contact, ContactErasure, ContactLink, ContactNote
from agency.inbox.contacts.reading import PersonView
from agency.inbox.models import Conversation, Note
from tenants import clock
from tenants.audit import record
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.outbox import JobName, enqueue_after_commit
from tenants.permissions import Actor, Permission, require


class Preview(NamedTuple):
    """What goes of these identities, counted. Messages are those of their own cases, ours among them."""

    cases: int
    messages: int
    case_notes: int
    person_notes: int
    links: int


def preview(actor: Actor, person: PersonView, contact_ids: Collection[UUID]) -> Preview:
    """What would go. One statement. Raises Invalid, Forbidden."""
    require(actor, Permission.CONTACT_ERASE, person.brand_id)
    chosen = _chosen(person, contact_ids)
    cases = select(Conversation.id).where(Conversation.contact_id.in_(chosen))
    row = db.session.execute(
        select(
            func.count(Conversation.id),
            func.coalesce(func.sum(Conversation.message_count), 0),
            select(func.count(Note.id)).where(Note.conversation_id.in_(cases)).scalar_subquery(),
            select(func.count(ContactNote.id)).where(ContactNote.contact_id.in_(chosen)).scalar_subquery(),
            select(func.count(ContactLink.id))
            .where(ContactLink.contact_id.in_(chosen) | ContactLink.other_id.in_(chosen))
            .scalar_subquery(),
        ).where(Conversation.contact_id.in_(chosen))
    ).one()
    return Preview(*row)


def order(actor: Actor, person: PersonView, contact_ids: Collection[UUID]) -> ContactErasure:
    """Have these identities of the person erased, once; asked again while it goes on, it is the same order.

    Promises ERASE_CONTACTS (agency_id, brand_id, erasure_id). Raises Invalid, Conflict `erased`, Forbidden.
    """
    require(actor, Permission.CONTACT_ERASE, person.brand_id)
    chosen = [one for one in person.contact_ids if one in set(_chosen(person, contact_ids))]
    # Whoever orders at once waits here; then the identities are on their way, or gone.
    db.session.execute(select(Contact.id).where(Contact.id.in_(chosen)).order_by(Contact.id).with_for_update())
    if all(one.is_erased for one in person.identities if one.id in chosen):
        raise Conflict(
            "What was held of this person is erased already. Nothing was changed. There is nothing to do.",
            code="erased",
        )
    wanted = {str(one) for one in chosen}
    under_way = db.session.scalars(
        select(ContactErasure)
        .where(ContactErasure.brand_id == person.brand_id, ContactErasure.state != "done")
        .order_by(ContactErasure.id)
    )
    for one in under_way:
        if wanted <= set(one.contact_ids):
            return one
    made = ContactErasure(
        brand_id=person.brand_id,
        id=new_id(),
        created_at=clock.now(),
        contact_ids=[str(one) for one in chosen],
        state="waiting",
        asked_by=actor.user_id,
        asked_by_name=actor.name,
        left_count=sum(not one.is_erased for one in person.identities if one.id not in chosen),
    )
    db.session.add(made)
    db.session.flush()
    enqueue_after_commit(JobName.ERASE_CONTACTS, agency_id=made.agency_id, brand_id=made.brand_id, erasure_id=made.id)
    record(
        actor,
        "contact.erasure_ordered",
        "contact_erasure",
        made.id,
        brand_id=made.brand_id,
        contact_ids=made.contact_ids,
    )
    return made


def get_erasure(actor: Actor, erasure_id: UUID) -> ContactErasure:
    """How far it is. Raises NotFound, Forbidden."""
    found = db.session.execute(select(ContactErasure).where(ContactErasure.id == erasure_id)).scalar_one_or_none()
    if found is None:
        raise NotFound()
    require(actor, Permission.CONTACT_ERASE, found.brand_id)
    return found


def _chosen(person: PersonView, contact_ids: Collection[UUID]) -> list[UUID]:
    chosen = [one for one in person.contact_ids if one in set(contact_ids)]
    if not chosen or len(chosen) != len(set(contact_ids)):
        problem = worded("must name identities of this person")
        raise Invalid(
            worded(
                "These are not identities of this person: %(field)s %(problem)s. Nothing was changed. "
                "Open the person anew and choose.",
                field="contact_ids",
                problem=problem,
            ),
            errors={"contact_ids": [problem]},
        )
    return chosen
