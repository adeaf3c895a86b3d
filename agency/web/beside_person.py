"""The card of whoever writes: who they are, whether they are a VIP and why, and what colleagues noted."""

from __future__ import annotations

from flask_babel import gettext as _

from agency.inbox.case import Case
from agency.inbox.contacts import reading
from agency.web.contexts_beside import CardLook
from agency.web.contexts_customers import PersonCard
from agency.web.customer_looks import note_look, person_look
from agency.web.inbox_address import read_address
from tenants.permissions import Permission

NOTES_SHOWN = 2


def person_card(case: Case) -> CardLook | None:
    """None where the platform names nobody, and for who may not see it. Two statements."""
    if case.contact_id is None or not case.actor.may(Permission.CONTACT_READ):
        return None
    found = reading.get_person(case.actor, case.contact_id)
    notes = reading.notes_of(case.actor, found)
    card = PersonCard(
        person=person_look(found),
        notes=tuple(note_look(one, case.actor) for one in notes[:NOTES_SHOWN]),
        more_notes=max(0, len(notes) - NOTES_SHOWN),
        look_url=read_address().deed_url(case.id, "beside"),
    )
    return CardLook(name="person", heading=_("Who writes"), look=card)
