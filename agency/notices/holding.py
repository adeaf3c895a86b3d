"""When a mail leaves that is made at its leaving about all of one brand that a person was told of until then.

The first one waits a little for others; what comes soon after a mail waits longer, so that many in a row make few
mails. Neither is waited for where somebody's time would run out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select

from agency.notices.models import Notice
from tenants import clock
from tenants.base_app import settings_of_app
from tenants.database import db, first_id_of
from tenants.models import Person
from tenants.outbox import JobName, enqueue_after_commit
from tenants.scope import current_scope

APART: Final = 5
"""So many times the wait of a first mail lie between two mails: ten minutes where that is two."""
SHARE: Final = 10
"""At most this part of the time left until a moment that matters to whoever reads the mail."""


def held_until(now: datetime, last_left_at: datetime | None, leave_by: datetime | None, seconds: int) -> datetime:
    """When a mail leaves that could leave now. Pure."""
    at = now + timedelta(seconds=seconds)
    if last_left_at is not None:
        at = max(at, last_left_at + timedelta(seconds=seconds * APART))
    return at if leave_by is None else max(now, min(at, leave_by))


def a_share_of(now: datetime, *moments: datetime | None) -> datetime | None:
    """By when a mail has to leave so that most of the time until the first of these moments is left to its reader; what
    is past leaves none to save, so it hurries nothing. None for none.
    """
    first = min((one for one in moments if one is not None and one > now), default=None)
    return None if first is None else now + (first - now) / SHARE


def leaves_at(
    job: JobName, kind: str, person: Person, brand_id: UUID, leave_by: datetime | None, may_come: datetime
) -> datetime:
    """When the mail leaves that tells this, with what waits already; promised by this. Never before `may_come`."""
    now, seconds = clock.now(), settings_of_app().mail_together_seconds
    lately = first_id_of(now - timedelta(seconds=seconds * (APART + 1)))
    waiting, last_left_at = db.session.execute(
        select(
            func.min(Notice.mail_due_at).filter(Notice.mailed_at.is_(None)),
            func.max(Notice.mailed_at).filter(Notice.mail_id.is_not(None)),
        ).where(
            Notice.person_id == person.id,
            Notice.kind == kind,
            Notice.of_brand_id == brand_id,
            Notice.mail_due_at.is_not(None),
            or_(Notice.mailed_at.is_(None), Notice.id >= lately),
        )
    ).one()
    at = max(held_until(now, last_left_at, leave_by, seconds), may_come)
    if waiting is not None and waiting > now:
        at = min(at, waiting)
    promise(job, brand_id, person.id, at)  # also where one waits: that run may be over before this commits
    return at


def promise(job: JobName, brand_id: UUID, person_id: UUID, at: datetime) -> None:
    """One mail about this brand to this person, then."""
    agency_id = current_scope().agency_id
    enqueue_after_commit(job, run_at=at, agency_id=agency_id, brand_id=brand_id, person_id=person_id)
