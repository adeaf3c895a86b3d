"""What an agency says of itself for all its brands: in which colour its mails are drawn, where answers to them go."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import select

from tenants import audit
from tenants.database import db
from tenants.errors import Forbidden, Invalid, worded
from tenants.models import Agency
from tenants.people import clean_email
from tenants.permissions import Actor, Permission, require

_HEX: Final = re.compile(r"#[0-9a-f]{6}")


def refuse_leading_some(actor: Actor) -> None:
    """Raise Forbidden for who may not say what holds for every brand."""
    require(actor, Permission.BRAND_MANAGE)
    if actor.brand_ids is not None:
        raise Forbidden("This holds for every brand, and you lead only some. Nothing was changed. Ask an agency admin.")


def agency_of(actor: Actor) -> Agency:
    """The actor's own agency."""
    return db.session.execute(select(Agency).where(Agency.id == actor.agency_id)).scalar_one()


def set_mail_look(actor: Actor, colour: str, answers_to: str) -> Agency:
    """The colour of mails, `#rrggbb`, and the address that answers to them go to where a mail has none of its own.
    Empty for ours. The same again leaves no record, and the record does not hold the address.

    Raises Forbidden, Invalid naming `colour` or `answers_to`.
    """
    refuse_leading_some(actor)
    errors = {}
    plain = colour.strip().lower()
    if plain and not _HEX.fullmatch(plain):
        errors["colour"] = [worded("must be a colour such as #2f6f5e")]
    address = answers_to.strip()
    if address:
        try:
            address = clean_email(address)
        except Invalid as refused:
            errors["answers_to"] = refused.fields["errors"]["email"]
    if errors:
        raise Invalid("This cannot be used. Nothing was changed; see the field.", errors=errors)
    agency = agency_of(actor)
    if (agency.colour, agency.answers_to) != (plain or None, address or None):
        agency.colour, agency.answers_to = plain or None, address or None
        audit.record(
            actor, "agency.mail_look_set", "agency", agency.id, colour=plain or None, has_own_address=bool(address)
        )
    return agency
