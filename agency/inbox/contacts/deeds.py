"""What staff set of a person: whether they are a VIP, how much they count, and notes. Flushes, never commits.

Everything here holds for the whole person, whichever identity it was set on; what is set on one takes the place of what
was set on another. The record keeps who did it and when, and never the words: they go when the person is erased.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update

from agency.inbox.contacts import linking
from agency.inbox.contacts.identities import lock, members_of
from agency.inbox.contacts.models import ContactNote
from agency.inbox.contacts.names import name_key
from agency.inbox.contacts.reading import MOST_NOTES
from agency.inbox.models import ERASED, MOST_WEIGHT, Contact
from styleguides.given_fields import Wrong, line
from styleguides.given_fields import text as text_of
from tenants import clock
from tenants.audit import record
from tenants.database import db
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.permissions import Actor, Permission, require

LONGEST_VIP_NOTE: Final = 300
LONGEST_NOTE: Final = 4_000
KEYS_AT_ONCE: Final = 500
MOST_EARLIER: Final = 50
"""Earlier words of a note that are kept; the record has every change."""


def set_vip(actor: Actor, contact_id: UUID, *, is_vip: bool, note: str = "") -> None:
    """Make somebody a VIP with a reason, or end it. Raises Invalid with `errors`, NotFound, Forbidden."""
    contact, group = begin(actor, contact_id, Permission.CONTACT_WRITE)
    said = given("vip_note", lambda: line(note, LONGEST_VIP_NOTE)) if is_vip else ""
    none: dict[str, Any] = {"own_vip": False, "vip_note": "", "vip_by_name": None, "vip_at": None}
    _write(group, none)
    if is_vip:
        mine = {"own_vip": True, "vip_note": said, "vip_by_name": actor.name, "vip_at": clock.now()}
        _write({contact.id}, mine)
    linking.regroup(group)
    record(
        actor,
        "contact.vip_set" if is_vip else "contact.vip_ended",
        "contact",
        contact.id,
        brand_id=contact.brand_id,
    )


def set_weight(actor: Actor, contact_id: UUID, weight: int) -> None:
    """Say how much more this person counts in the queue, 0 to MOST_WEIGHT. Raises Invalid, NotFound, Forbidden."""
    contact, group = begin(actor, contact_id, Permission.CONTACT_WRITE)
    if isinstance(weight, bool) or not 0 <= weight <= MOST_WEIGHT:
        raise invalid("weight", worded("must be a whole number from 0 to 10"))
    _write(group, {"own_weight": 0})
    _write({contact.id}, {"own_weight": weight})
    linking.regroup(group)
    record(actor, "contact.weight_set", "contact", contact.id, brand_id=contact.brand_id, weight=weight)


def add_note(actor: Actor, contact_id: UUID, text: str) -> ContactNote:
    """Write a note on a person. Raises Invalid, Conflict `too_many_notes`, NotFound, Forbidden."""
    contact, group = begin(actor, contact_id, Permission.NOTE_WRITE)
    said = _note_text(text)
    known = db.session.scalars(select(ContactNote.id).where(ContactNote.contact_id.in_(group)).limit(MOST_NOTES)).all()
    if len(known) >= MOST_NOTES:
        raise Conflict(
            "There are as many notes on this person as are shown. Nothing was kept. Change one that is there.",
            code="too_many_notes",
        )
    note = ContactNote(
        brand_id=contact.brand_id,
        contact_id=contact.id,
        author_id=actor.user_id,
        author_name=actor.name,
        text=said,
        created_at=clock.now(),
        version=1,
        earlier=[],
    )
    db.session.add(note)
    db.session.flush()
    record(actor, "contact.note_written", "contact_note", note.id, brand_id=contact.brand_id)
    return note


def change_note(actor: Actor, note_id: UUID, text: str, version: int) -> ContactNote:
    """Put other words in a note's place; what it said is kept with who and until when.

    Raises Invalid, Conflict `note_changed` where somebody was faster, NotFound, Forbidden.
    """
    note = db.session.execute(
        select(ContactNote).where(ContactNote.id == note_id).with_for_update(),
        execution_options={"populate_existing": True},
    ).scalar_one_or_none()
    if note is None:
        raise NotFound()
    require(actor, Permission.NOTE_WRITE, note.brand_id)
    said = _note_text(text)
    if note.version != version:
        raise Conflict(
            "Somebody changed this note while you were at it. Nothing of yours was saved; it is still in the form. "
            "Look at what it says now, put both together and save again.",
            code="note_changed",
        )
    if said == note.text:
        return note
    before = {"text": note.text, "by": note.edited_by_name or note.author_name, "until": clock.now().isoformat()}
    note.earlier = [*note.earlier, before][-MOST_EARLIER:]
    note.text, note.version = said, note.version + 1
    note.edited_at, note.edited_by_name = clock.now(), actor.name
    db.session.flush()
    record(actor, "contact.note_changed", "contact_note", note.id, brand_id=note.brand_id, version=note.version)
    return note


def fill_name_keys(limit: int = KEYS_AT_ONCE) -> int:
    """Give contacts from before there was a key theirs, a slice of the agency's; returns how many. For upkeep."""
    rows = db.session.execute(
        select(Contact.id, Contact.name)
        .where(Contact.name_key.is_(None), Contact.name.is_not(None))
        .order_by(Contact.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for contact_id, name in rows:
        _write({contact_id}, {"name_key": name_key(name)})
    return len(rows)


def begin(actor: Actor, contact_id: UUID, permission: Permission) -> tuple[Contact, set[UUID]]:
    """The identity and everybody of its group, nobody else linking there. Raises NotFound, Conflict, Forbidden."""
    brand_id = db.session.execute(select(Contact.brand_id).where(Contact.id == contact_id)).scalar_one_or_none()
    if brand_id is None:
        raise NotFound()
    require(actor, permission, brand_id)
    lock(brand_id)
    contact = db.session.execute(
        select(Contact).where(Contact.id == contact_id), execution_options={"populate_existing": True}
    ).scalar_one_or_none()
    if contact is None:
        raise NotFound()
    if contact.external_id.startswith(ERASED):
        raise Conflict(
            "What was held of this person was erased, and nothing is written of them again. Nothing was changed. "
            "If they write anew, they appear as somebody new.",
            code="erased",
        )
    return contact, members_of(contact_id)


def _write(contact_ids: set[UUID], values: dict[str, Any]) -> None:
    db.session.execute(
        update(Contact).where(Contact.id.in_(contact_ids)).values(**values).execution_options(synchronize_session=False)
    )


def _note_text(text: str) -> str:
    def read() -> str:
        line(text, LONGEST_NOTE)  # which is never empty
        return text_of(text, LONGEST_NOTE)

    return given("text", read)


def given(field: str, read: Callable[[], str]) -> str:
    try:
        return read()
    except Wrong as wrong:
        raise invalid(field, wrong.args[0]) from None


def invalid(field: str, problem: str) -> Invalid:
    return Invalid(
        worded(
            "This cannot be kept: %(field)s %(problem)s. Nothing was changed. Correct it and try again.",
            field=field,
            problem=problem,
        ),
        errors={field: [problem]},
    )
