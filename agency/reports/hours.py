"""How many cases wait at each brand hour by hour: the queue's own counters, written down once an hour by upkeep.

In an agency's scope; nothing here commits.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select

from agency.reports.models import BrandHour
from tenants import clock
from tenants.database import db
from tenants.scope import current_scope, raw_sql

KEPT: Final = timedelta(days=8)
"""A week and the day it is held against."""

_NOTE = raw_sql(
    """
    insert into brand_hour (agency_id, id, brand_id, hour, waiting)
    select b.agency_id, gen_random_uuid(), b.id, :hour, coalesce(q.open_count, 0)
    from brand b left join queue_counter q on q.agency_id = b.agency_id and q.brand_id = b.id
    where b.agency_id = :agency_id and b.archived_at is null
    on conflict do nothing
    """,
    reason="counters of all brands at once",
)


def note_hour() -> bool:
    """Write down how many wait now, where nobody did in this hour; old hours are let go with it. One statement where
    somebody did. Returns whether it wrote.
    """
    agency_id, hour = current_scope().agency_id, hour_of(clock.now())
    noted = select(BrandHour.id).where(BrandHour.agency_id == agency_id, BrandHour.hour == hour).limit(1)
    if db.session.execute(noted).first() is not None:
        return False
    db.session.execute(_NOTE, {"agency_id": agency_id, "hour": hour})
    old = delete(BrandHour).where(BrandHour.hour < hour - KEPT)
    db.session.execute(old.execution_options(synchronize_session=False))
    return True


def hour_of(moment: datetime) -> datetime:
    """When its hour began."""
    return moment.replace(minute=0, second=0, microsecond=0)
