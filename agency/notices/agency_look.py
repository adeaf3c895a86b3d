"""How an agency's mails look: its name, its colour, where answers go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from tenants import audit
from tenants.brand_colours import ink_on, tones_of
from tenants.database import db
from tenants.errors import Invalid, worded
from tenants.models import Agency
from tenants.people import clean_email
from tenants.permissions import Actor, Permission, require

OURS: Final = "#1b4d8f"
"""Of mails that speak for no agency, and of agencies that chose none."""
_HEX = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class AgencyLook:
    """`accent` can be seen on white, `ink` read on it."""

    name: str = ""
    accent: str = OURS
    ink: str = "#ffffff"
    answers_to: str = ""


def look_of(agency_id: UUID) -> AgencyLook:
    """One statement."""
    row = db.session.execute(select(Agency.name, Agency.colour, Agency.answers_to).where(Agency.id == agency_id)).one()
    accent = tones_of(row.colour or OURS).on_light
    return AgencyLook(row.name, accent, ink_on(accent), row.answers_to or "")


def change_look(actor: Actor, colour: str, answers_to: str) -> None:
    """Keep colour and the address for answers; empty ones mean ours. Raises Invalid naming the field, Forbidden."""
    require(actor, Permission.PEOPLE_MANAGE)
    colour = colour.strip().lower()
    if colour and not _HEX.fullmatch(colour):
        sentence = worded("Write the colour as # and six digits or letters from a to f.")
        raise Invalid(sentence, errors={"colour": [sentence]})
    address = clean_address(answers_to)
    db.session.execute(
        update(Agency).where(Agency.id == actor.agency_id).values(colour=colour or None, answers_to=address or None)
    )
    audit.record(actor, "agency.mail_look", "agency", actor.agency_id, colour=colour, answers_to=bool(address))


def clean_address(given: str) -> str:
    """The address as it is stored, empty for none. Raises Invalid naming `answers_to`."""
    if not given.strip():
        return ""
    try:
        return clean_email(given)
    except Invalid as error:
        raise Invalid(error.message, errors={"answers_to": [error.message]}) from None
