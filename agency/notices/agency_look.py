"""How an agency's mails look: its name, its colour, where answers go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from tenants.brand_colours import ink_on, tones_of
from tenants.database import db
from tenants.models import Agency

OURS: Final = "#1b4d8f"
"""Of mails that speak for no agency, and of agencies that chose none."""


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
