"""Promises to customers as lists and cases show them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

from sqlalchemy import Date, DateTime, Subquery, and_, cast, func, literal_column, or_, select, true, tuple_
from sqlalchemy.orm import aliased

from agency.inbox.contacts.reading import read_cursor
from agency.inbox.models import Conversation
from agency.replies.models import CustomerPromise, Reply, ReplyText
from agency.replies.reply_rows import ReplyRow
from tenants import clock
from tenants.database import db
from tenants.errors import Invalid
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require
from tenants.scope import current_scope

PAGE_ROWS: Final = 50
STATES: Final = ("open", "broken", "today", "late")
"""Of a list: what has not ended, broken ones first; those of it whose time has passed; those that fall due before their
brand's day is over; what was kept too late."""
MOST_COUNTED: Final = 99
LONGEST_DAY: Final = timedelta(hours=26)
"""On which clocks go back, and an hour more."""


_READ: Final = (
    *("agency_id", "id", "brand_id", "conversation_id", "reply_id", "reply_text_id", "starts", "ends"),
    *("made_at", "due_at", "ended", "ended_at", "ended_by_name"),
)


class Promised(NamedTuple):
    """A promise with its words, as the published text has them now; `ended` as in `CustomerPromise`."""

    id: UUID
    phrase: str
    made_at: datetime
    due_at: datetime
    ended: str | None
    ended_at: datetime | None
    ended_by_name: str | None

    def is_broken(self, now: datetime) -> bool:
        """Open past its time."""
        return self.ended is None and self.due_at < now

    @classmethod
    def of(cls, reply: ReplyRow) -> list[Self]:
        """What a reply promised, in the order it falls due."""
        return [
            cls(
                UUID(one["id"]),
                reply.text[one["starts"] : one["ends"]],
                datetime.fromisoformat(one["made_at"]),
                datetime.fromisoformat(one["due_at"]),
                one["ended"],
                datetime.fromisoformat(one["ended_at"]) if one["ended_at"] else None,
                one["ended_by_name"],
            )
            for one in reply.promises or ()
        ]


class ListedPromise(NamedTuple):
    """A row of a list, with the case it was made in; the brand's `time_zone`, by whose clock it was said."""

    promise: Promised
    brand_id: UUID
    conversation_id: UUID
    reply_id: UUID
    platform: str
    kind: str
    customer_name: str | None
    text: str
    time_zone: str
    is_private: bool
    """It was said to one person alone."""


class PromisesPage(NamedTuple):
    """Rows and where the next page begins, None at the end."""

    rows: list[ListedPromise]
    next_cursor: str | None


def list_promises(
    actor: Actor, state: str, brand_id: UUID | None = None, after: str | None = None, limit: int = PAGE_ROWS
) -> PromisesPage:
    """Promises of brands in use, of one or of all this person works for: open ones by when they fall due, so that
    broken ones come first; late ones from the newest on. Keyset pages; one statement, along an index.

    Raises NotFound, Forbidden, Invalid `bad_cursor`.
    """
    require(actor, Permission.REPLY_READ, brand_id)
    page = _places(state, brand_id, read_cursor(after, _bad_cursor), limit + 1).c
    found = db.session.execute(
        select(
            page.id,
            func.substr(ReplyText.text, page.starts + 1, page.ends - page.starts),
            page.made_at,
            page.due_at,
            page.ended,
            page.ended_at,
            page.ended_by_name,
            page.brand_id,
            page.conversation_id,
            page.reply_id,
            Conversation.platform,
            Conversation.kind,
            Conversation.author_name,
            ReplyText.text,
            Brand.time_zone,
            or_(Reply.private, Reply.kind == "message"),
        )
        .join(Brand, (Brand.agency_id == page.agency_id) & (Brand.id == page.brand_id))
        .join(ReplyText, _is_row(ReplyText, page, page.reply_text_id))
        .join(Reply, _is_row(Reply, page, page.reply_id))
        .join(Conversation, _is_row(Conversation, page, page.conversation_id))
        .order_by(*_order(state, page))
    )
    cut = len(Promised._fields)
    rows = [ListedPromise(Promised(*row[:cut]), *row[cut:]) for row in found]
    more, rows = len(rows) > limit, rows[:limit]
    return PromisesPage(rows, _cursor(state, rows[-1].promise) if more else None)


def count_promises(actor: Actor) -> dict[str, int]:
    """How many are open and how many of them broken, each counted to one more than MOST_COUNTED. One statement."""
    require(actor, Permission.REPLY_READ)
    counted = [
        select(func.count()).select_from(_places(state, None, None, MOST_COUNTED + 1)).scalar_subquery()
        for state in ("open", "broken")
    ]
    found = db.session.execute(select(*counted)).one()
    return {"open": int(found[0]), "broken": int(found[1])}


def _places(state: str, brand_id: UUID | None, after: tuple[datetime, UUID] | None, limit: int) -> Subquery:
    """The first so many behind `after`: of all brands along one index, of some of each its own first."""
    one, brand = aliased(CustomerPromise), aliased(Brand)
    at = one.ended_at if state == "late" else one.due_at
    some = select(*(getattr(one, name) for name in _READ))
    some = some.where(one.ended == "late") if state == "late" else some.where(one.ended.is_(None))
    if state == "broken":
        some = some.where(one.due_at < clock.now())
    if state == "today":
        now = clock.now()
        ends = day_end(brand.time_zone, now)
        some = some.where(one.due_at >= now, one.due_at <= ends, one.due_at < now + LONGEST_DAY)  # where an index ends
    if after is not None:
        key = tuple_(at, one.id)
        some = some.where(key < after if state == "late" else key > after)
    of_brand = and_(brand.agency_id == one.agency_id, brand.id == one.brand_id, brand.archived_at.is_(None))
    if brand_id is None and current_scope().brand_ids is None and state != "late":
        return some.join(brand, of_brand).order_by(*_order(state, one)).limit(limit).subquery()
    first = some.where(of_brand).correlate(brand).order_by(*_order(state, one)).limit(limit).lateral("first")
    found = select(*first.c, brand.name.label("brand_name")).join(first, true())
    if brand_id is not None:
        found = found.where(brand.id == brand_id)
    return found.order_by(*_order(state, first.c)).limit(limit).subquery()


def day_end(time_zone: Any, now: datetime) -> Any:
    """When the day ends that it is there, as SQL."""
    there = cast(func.timezone(time_zone, now), Date) + literal_column("1")
    return func.timezone(time_zone, cast(there, DateTime))


def _is_row(of: Any, page: Any, row_id: Any) -> Any:
    return and_(of.agency_id == page.agency_id, of.id == row_id, of.brand_id == page.brand_id)


def _order(state: str, of: Any) -> tuple[Any, Any]:
    return (of.ended_at.desc(), of.id.desc()) if state == "late" else (of.due_at, of.id)


def _cursor(state: str, last: Promised) -> str:
    at = last.ended_at if state == "late" else last.due_at
    assert at is not None
    return f"{at.isoformat()}_{last.id}"


def _bad_cursor() -> Invalid:
    return Invalid("This page's address is damaged. Start again from the first page.", code="bad_cursor")
