"""A link into the client's place that a mail about one brand holds: what that mail is about can be read, and whatever a
link may decide is decided, without a sign-in. What it opens, and what not: `agency.replies.day_links`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from tenants import clock
from tenants.models import Brand
from tenants.tokens import Purpose, mint_for_agency

DAYS_OF_A_BRANDS: Final = 2
"""On which a link that came in a mail about one brand works: the day it was mailed and the next."""


class PlaceLink(NamedTuple):
    """The path of the place behind a link, and until when it opens."""

    path: str
    until: datetime


def place_link(brand: Brand, person_id: UUID) -> PlaceLink:
    """A new link to all of one brand that concerns this person, for a mail that leaves now. Flushes."""
    until = midnight_after(clock.now(), ZoneInfo(brand.time_zone), DAYS_OF_A_BRANDS)
    token = mint_for_agency(Purpose.APPROVE_DAY, person_id, brand.agency_id, until, brand_id=brand.id)
    return PlaceLink(f"/d/{token}", until)


def midnight_after(now: datetime, place: ZoneInfo, days: int) -> datetime:
    """The end of the day that is so many days from now in that zone, this one counted."""
    day = now.astimezone(place).date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, tzinfo=place)
