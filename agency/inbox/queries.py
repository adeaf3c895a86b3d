"""Reading the queue: one keyset statement a page, one for all counts."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, Integer, Text, Uuid, and_, bindparam, func, literal, select, tuple_

from agency.inbox.conversation_view import ConversationView, get_conversation
from agency.inbox.filters import ME, QueueFilter, conditions, cursor_of, read_cursor
from agency.inbox.models import Conversation, QueueCounter
from channels.models import Account
from tenants import clock
from tenants.database import db
from tenants.models import Brand

PAGE_ROWS = 50
MOST_COUNTED = 99
"""Mine, late and new ones are counted up to here and one more, so counting never grows with the data."""


class QueueRow(NamedTuple):
    """Everything a row of the queue shows."""

    id: UUID
    brand_id: UUID
    account_name: str
    platform: str
    kind: str
    status: str
    closed_reason: str | None
    rank: int
    excerpt: str
    author_name: str | None
    language: str | None
    stars: int | None
    message_count: int
    reply_state: str | None
    last_message_at: datetime
    last_customer_at: datetime | None
    due_at: datetime | None
    holder_id: UUID | None
    holder_name: str | None
    held_until: datetime | None
    looked_at: datetime | None
    version: int


class QueuePage(NamedTuple):
    """Rows in their order, and where the next page begins; None at the end."""

    rows: list[QueueRow]
    next_cursor: str | None


# Looked up for the rows of the page, not joined: a join lets the planner begin with the accounts, and then it reads and
# sorts everything open of somebody who sees a few brands (1,000,000 conversations, 20 of 200 brands: 600 ms, not 2).
_ACCOUNT_NAME = (
    select(Account.name)
    .where(
        Account.agency_id == Conversation.agency_id,
        Account.id == Conversation.account_id,
        Account.brand_id == Conversation.brand_id,
    )
    .correlate(Conversation)
    .scalar_subquery()
)

_ROW = (
    Conversation.id,
    Conversation.brand_id,
    _ACCOUNT_NAME,
    Conversation.platform,
    Conversation.kind,
    Conversation.status,
    Conversation.closed_reason,
    Conversation.rank,
    Conversation.excerpt,
    Conversation.author_name,
    Conversation.language,
    Conversation.stars,
    Conversation.message_count,
    Conversation.reply_state,
    Conversation.last_message_at,
    Conversation.last_customer_at,
    Conversation.due_at,
    Conversation.holder_id,
    Conversation.holder_name,
    Conversation.held_until,
    Conversation.looked_at,
    Conversation.version,
)


def _order(wanted: QueueFilter) -> str:
    if wanted.late:
        return "due"
    return "rank" if wanted.status == "open" else "past"


def list_conversations(
    wanted: QueueFilter, after: str | None = None, limit: int = PAGE_ROWS, *, me: UUID | None = None
) -> QueuePage:
    """One page of the queue, one statement.

    Open ones stand by rank, late ones by due time, everything else by last message; ties by id, so no row is skipped or
    shown twice while others arrive. Raises Invalid for a cursor that is damaged or of another order.
    """
    order = _order(wanted)
    values: dict[str, Any] = {"now": clock.now(), "me": me, "rows": limit + 1}
    if after:
        values["place"], values["place_id"] = read_cursor(after, order)
    bound = _bound(wanted, values)
    build = _list_query if bound is wanted else _kept_list_query
    query = build(bound, order, bool(after))
    rows = [QueueRow._make(row) for row in db.session.execute(query, values)]
    if len(rows) <= limit:
        return QueuePage(rows, None)
    last = rows[limit - 1]
    place: Any = last.rank
    if order != "rank":
        moment = last.due_at if order == "due" else last.last_message_at
        assert moment is not None
        place = moment.isoformat()
    return QueuePage(rows[:limit], cursor_of(order, place, last.id))


def _bound(wanted: QueueFilter, values: dict[str, Any]) -> QueueFilter:
    """The same filter with its values taken out, so that its statement can be kept; itself where that cannot be."""
    if wanted.q or isinstance(wanted.holder, UUID) or len(wanted.brand_ids or ()) > 1:
        return wanted
    changes: dict[str, Any] = {}
    for name in ("platform", "kind", "reply_state", "language"):
        if getattr(wanted, name) is not None:
            values[name] = getattr(wanted, name)
            changes[name] = _PARAMETERS[name]
    if wanted.brand_ids:
        values["brand"] = wanted.brand_ids[0]
        changes["brand_ids"] = (_PARAMETERS["brand"],)
    return wanted._replace(**changes) if changes else wanted._replace(q="")


_PARAMETERS: dict[str, Any] = {
    **{name: bindparam(name, type_=Text()) for name in ("platform", "kind", "reply_state", "language")},
    **{name: bindparam(name, type_=Uuid()) for name in ("brand", "me", "place_id", "first_new")},
    "now": bindparam("now", type_=DateTime(timezone=True)),
}


def _list_query(wanted: QueueFilter, order: str, is_continued: bool) -> Any:
    # A limit the planner cannot see would make it sort everything rather than walk the index to the page's end.
    query: Any = select(*_ROW).limit(bindparam("rows", type_=Integer(), literal_execute=True))
    query = query.where(*conditions(wanted, _PARAMETERS["me"], _PARAMETERS["now"]))
    column: Any = {"due": Conversation.due_at, "rank": Conversation.rank, "past": Conversation.last_message_at}[order]
    keys = (column, Conversation.id)
    place = tuple_(bindparam("place", type_=column.type), _PARAMETERS["place_id"])
    if order == "due":
        query = query.order_by(*keys)
        return query.where(tuple_(*keys) > place) if is_continued else query
    query = query.order_by(*(key.desc() for key in keys))
    return query.where(tuple_(*keys) < place) if is_continued else query


_kept_list_query = lru_cache(maxsize=256)(_list_query)
"""Building a statement costs more than running it, so the few shapes there are are built once."""


class BrandCounts(NamedTuple):
    """A brand as the frame shows it, with its exact counts. `version` grows with every change to its conversations."""

    id: UUID
    name: str
    mark: str
    colour: str
    language: str
    time_zone: str
    needs_approval: bool
    answer_due_hours: int
    paused_at: datetime | None
    open_count: int
    held_count: int
    awaiting_approval_count: int
    snoozed_count: int
    closed_count: int
    version: int


class QueueState(NamedTuple):
    """Counts of every brand in the scope. `mine`, `late` and `newer` stop at MOST_COUNTED + 1."""

    brands: list[BrandCounts]
    mine: int
    late: int
    newer: int

    @property
    def versions(self) -> str:
        """Changes whenever anything a queue page shows does, but for the passing of time."""
        return "-".join(str(brand.version) for brand in self.brands)


def queue_state(me: UUID, *, since: datetime | None = None, brand_ids: tuple[UUID, ...] | None = None) -> QueueState:
    """Brands with their counters, and what is mine, late, and (with `since`) new: one statement.

    `brand_ids` narrows mine, late and newer; the brands are always all of the scope, by name.
    """
    values: dict[str, Any] = {"now": clock.now(), "me": me}
    if since:
        values["first_new"] = _first_id_after(since)
    wanted = QueueFilter(brand_ids=brand_ids)
    bound = _bound(wanted, values)
    build = _state_query if bound is wanted else _kept_state_query
    rows = db.session.execute(build(bound, since is not None), values).all()
    brands = [BrandCounts._make(row[:15]) for row in rows]
    counts: Any = rows[0][15:18] if rows else (0, 0, 0)
    return QueueState(brands, *counts)


def _state_query(base: QueueFilter, counts_new: bool) -> Any:
    me, now = _PARAMETERS["me"], _PARAMETERS["now"]
    mine = _capped(*conditions(base._replace(holder=ME), me, now))
    late = _capped(*conditions(base._replace(late=True), me, now))
    newer: Any = literal(0)
    if counts_new:
        newer = _capped(*conditions(base, me, now), Conversation.id > _PARAMETERS["first_new"])
    return (
        select(
            Brand.id,
            Brand.name,
            Brand.mark,
            Brand.colour,
            Brand.language,
            Brand.time_zone,
            Brand.needs_approval,
            Brand.answer_due_hours,
            Brand.paused_at,
            *(
                func.coalesce(column, 0)
                for column in (
                    QueueCounter.open_count,
                    QueueCounter.held_count,
                    QueueCounter.awaiting_approval_count,
                    QueueCounter.snoozed_count,
                    QueueCounter.closed_count,
                    QueueCounter.version,
                )
            ),
            mine,
            late,
            newer,
        )
        .join(
            QueueCounter,
            and_(QueueCounter.agency_id == Brand.agency_id, QueueCounter.brand_id == Brand.id),
            isouter=True,
        )
        .where(Brand.archived_at.is_(None))
        .order_by(func.lower(Brand.name), Brand.id)
    )


_kept_state_query = lru_cache(maxsize=8)(_state_query)


def _first_id_after(moment: datetime) -> UUID:
    """The lowest id `tenants.database.new_id` gives after a moment: new rows are found by the key itself."""
    milliseconds = int(moment.timestamp() * 1000) + 1
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0x2 << 62))


def _capped(*where: Any) -> Any:
    some = select(Conversation.id).where(*where).limit(MOST_COUNTED + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


__all__ = [
    "BrandCounts",
    "ConversationView",
    "QueueFilter",
    "QueuePage",
    "QueueRow",
    "QueueState",
    "get_conversation",
    "list_conversations",
    "queue_state",
]
