"""What a person was told of in the app: the newest first, read one by one or all at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, literal_column, or_, select, update

from agency.notices.gathering import line_of
from agency.notices.models import Notice
from tenants import clock
from tenants.database import db
from tenants.errors import NotFound
from tenants.models import Brand
from tenants.permissions import Actor

MOST_COUNTED = 99
PAGE_ROWS = 50


class NoticeRow(NamedTuple):
    """One notice in words of the reader's language. `is_over`: it needs nobody's eye any more."""

    id: UUID
    kind: str
    brand_id: UUID | None
    subject_type: str
    subject_id: UUID
    path: str
    words: str
    told_at: datetime
    is_read: bool
    is_over: bool


def unread_count(person_id: Any) -> Any:
    """How many unread notices somebody has, up to MOST_COUNTED + 1: a column beside what a page reads anyway."""
    few = (
        select(Notice.id)
        .where(Notice.person_id == person_id, Notice.in_app, Notice.read_at.is_(None), Notice.settled_at.is_(None))
        .limit(literal_column(str(MOST_COUNTED + 1)))
        .subquery()
    )
    return select(func.count()).select_from(few).scalar_subquery()


def unread_of(actor: Actor) -> int:
    """The same, by a statement of its own."""
    found: int = db.session.execute(select(unread_count(actor.user_id))).scalar_one()
    return found


def list_notices(
    actor: Actor, language: str, *, before: UUID | None = None, only_unread: bool = False, limit: int = PAGE_ROWS
) -> list[NoticeRow]:
    """What the actor was told of, newest first, older than `before`; of brands that are still theirs. One statement."""
    wanted = (
        select(Notice, Brand.name)
        .join(Brand, (Brand.agency_id == Notice.agency_id) & (Brand.id == Notice.of_brand_id), isouter=True)
        .where(Notice.person_id == actor.user_id, Notice.in_app)
        .order_by(Notice.id.desc())
        .limit(limit)
    )
    if actor.brand_ids is not None:
        wanted = wanted.where(or_(Notice.of_brand_id.is_(None), Notice.of_brand_id.in_(actor.brand_ids)))
    if before is not None:
        wanted = wanted.where(Notice.id < before)
    if only_unread:
        wanted = wanted.where(Notice.read_at.is_(None), Notice.settled_at.is_(None))
    return [_row(notice, brand or "", language) for notice, brand in db.session.execute(wanted)]


def read(actor: Actor, notice_id: UUID, language: str) -> NoticeRow:
    """Mark it read; harmless when it is. Raises NotFound for what is somebody else's."""
    wanted = (
        select(Notice, Brand.name)
        .join(Brand, (Brand.agency_id == Notice.agency_id) & (Brand.id == Notice.of_brand_id), isouter=True)
        .where(Notice.id == notice_id, Notice.person_id == actor.user_id, Notice.in_app)
    )
    found = db.session.execute(wanted).one_or_none()
    if found is None or (found[0].of_brand_id is not None and not actor.scope.covers(found[0].of_brand_id)):
        raise NotFound()
    notice, brand = found
    notice.read_at = notice.read_at or clock.now()
    db.session.flush()
    return _row(notice, brand or "", language)


def read_all(actor: Actor, up_to: UUID) -> int:
    """Mark everything read that was told until this one, whatever its brand; returns how many were unread."""
    done = db.session.execute(
        update(Notice)
        .where(Notice.person_id == actor.user_id, Notice.read_at.is_(None), Notice.id <= up_to)
        .values(read_at=clock.now())
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


def _row(notice: Notice, brand_name: str, language: str) -> NoticeRow:
    return NoticeRow(
        notice.id,
        notice.kind,
        notice.of_brand_id,
        notice.subject_type,
        notice.subject_id,
        notice.path,
        line_of(notice, language, brand_name),
        notice.created_at,
        notice.read_at is not None,
        notice.settled_at is not None,
    )
