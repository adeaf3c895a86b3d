"""What was asked in loops, as cases and lists show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, select, tuple_

from agency.inbox.contacts.reading import read_cursor
from agency.inbox.loops.models import LoopAsking
from agency.inbox.models import Conversation
from tenants.database import db
from tenants.errors import Invalid, NotFound
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require

PAGE_ROWS: Final = 50
SHOWN: Final = 30
"""Of one case, the newest."""
TABS: Final = ("open", "mine", "to_me", "ended")


class AskingView(NamedTuple):
    """A question as its case shows it; see `LoopAsking`."""

    id: UUID
    loop_name: str
    question: str
    asked_by_name: str
    to_name: str
    sent_on_by: str | None
    asked_at: datetime
    due_at: datetime
    state: str
    answer: str
    answered_by: str
    ended_at: datetime | None
    reminded_at: datetime | None
    undelivered: str | None
    files_left: int = 0
    to_person_id: UUID | None = None


def loops_beside(this_id: Any) -> Any:
    """As a select beside others of one case, newest first."""
    return (
        select(*(getattr(LoopAsking, name) for name in AskingView._fields))
        .where(LoopAsking.conversation_id == this_id)
        .order_by(LoopAsking.id.desc())
        .limit(SHOWN)
    )


def askings_of(further: Mapping[str, Sequence[Sequence[Any]] | None]) -> tuple[AskingView, ...]:
    """From what was read beside a case, oldest first."""
    return tuple(
        AskingView._make(
            [
                UUID(row[0]),
                *row[1:6],
                *map(_maybe, row[6:8]),
                *row[8:11],
                *map(_maybe, row[11:13]),
                *row[13:15],
                UUID(row[15]) if row[15] else None,
            ]
        )
        for row in reversed(further.get("loops") or ())
    )


class ListedAsking(NamedTuple):
    """A row of the list."""

    id: UUID
    loop_name: str
    question: str
    asked_by_name: str
    to_name: str
    due_at: datetime
    state: str
    answer: str
    ended_at: datetime | None
    undelivered: str | None
    files_left: int
    to_person_id: UUID | None
    brand_id: UUID
    time_zone: str
    conversation_id: UUID
    platform: str
    kind: str
    status: str
    customer_name: str | None


class AskingsPage(NamedTuple):
    """Rows and where the next page begins, None at the end."""

    rows: list[ListedAsking]
    next_cursor: str | None


def get_asking(actor: Actor, asking_id: UUID) -> LoopAsking:
    """One question. Raises NotFound, Forbidden."""
    found = db.session.scalars(select(LoopAsking).where(LoopAsking.id == asking_id)).one_or_none()
    if found is None:
        raise NotFound()
    require(actor, Permission.NOTE_READ, found.brand_id)
    return found


def list_askings(
    actor: Actor, tab: str = "open", *, brand_id: UUID | None = None, after: str | None = None, limit: int = PAGE_ROWS
) -> AskingsPage:
    """`open`: what nobody answered yet, late ones first; `mine`: those of it this person asked; `to_me`: those put to
    them; `ended`: the newest first. Of brands in use; keyset pages, one statement. Raises NotFound, Forbidden, Invalid
    `bad_cursor`.
    """
    require(actor, Permission.NOTE_READ, brand_id)
    is_over = tab == "ended"
    at = LoopAsking.ended_at if is_over else LoopAsking.due_at
    order = (at.desc(), LoopAsking.id.desc()) if is_over else (at, LoopAsking.id)
    wanted = (
        select(
            *(getattr(LoopAsking, name) for name in ListedAsking._fields[:13]),
            Brand.time_zone,
            Conversation.id,
            Conversation.platform,
            Conversation.kind,
            Conversation.status,
            Conversation.author_name,
        )
        .join(
            Conversation,
            and_(
                Conversation.agency_id == LoopAsking.agency_id,
                Conversation.id == LoopAsking.conversation_id,
                Conversation.brand_id == LoopAsking.brand_id,
            ),
        )
        .join(Brand, and_(Brand.agency_id == LoopAsking.agency_id, Brand.id == LoopAsking.brand_id))
        .where(Brand.archived_at.is_(None), LoopAsking.state != "open" if is_over else LoopAsking.state == "open")
        .order_by(*order)
        .limit(limit + 1)
    )
    if tab == "mine":
        wanted = wanted.where(LoopAsking.asked_by == actor.user_id)
    elif tab == "to_me":
        wanted = wanted.where(LoopAsking.to_person_id == actor.user_id)
    if brand_id is not None:
        wanted = wanted.where(LoopAsking.brand_id == brand_id)
    place = read_cursor(after, _bad_cursor)
    if place is not None:
        key = tuple_(at, LoopAsking.id)
        wanted = wanted.where(key < place if is_over else key > place)
    rows = [ListedAsking._make(row) for row in db.session.execute(wanted)]
    more, rows = len(rows) > limit, rows[:limit]
    if not more:
        return AskingsPage(rows, None)
    last = rows[-1].ended_at if is_over else rows[-1].due_at
    assert last is not None
    return AskingsPage(rows, f"{last.isoformat()}_{rows[-1].id}")


def _bad_cursor() -> Invalid:
    return Invalid("This page's address is damaged. Start again from the first page.", code="bad_cursor")


def _maybe(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
