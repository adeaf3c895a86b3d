"""Reading the queue: one keyset statement a page, one for all counts."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Uuid,
    and_,
    any_,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from agency.inbox.brand_names import BRAND_NAME_HASH, BrandName, brand_names
from agency.inbox.conversation_view import ConversationView, get_conversation
from agency.inbox.filters import ME, QueueFilter, conditions, read_cursor
from agency.inbox.kept_filters import PARAMETERS, bound_filter, unseen
from agency.inbox.label_names import LABELS_HASH
from agency.inbox.models import Conversation, QueueCounter
from agency.inbox.queue_lists import late_of_brands, list_query, walked_rows
from agency.inbox.search_hits import Hit, hits
from agency.inbox.search_page import place_cursor, seek
from agency.notices.reading import unread_count
from channels.models import Account
from tenants import clock
from tenants.kept_select import KeptSelect
from tenants.models import Brand
from tenants.scope import current_scope

PAGE_ROWS = 50
MOST_COUNTED = 99
"""Mine, late and new ones are counted up to here and one more, so counting never grows with the data."""
BUSIEST_BRANDS = 12
MOST_LANES = 64
"""Somebody with so few brands is shown the top of each brand's own list: 0.6 ms for twenty of them, whatever is open
elsewhere. With more the agency's list is walked, of which a large share is theirs."""


class QueueRow(NamedTuple):
    """Everything a row of the queue shows."""

    id: UUID
    brand_id: UUID
    account_name: str
    """Empty where it was not asked for."""
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
    label_ids: list[UUID]
    signs: int


class QueuePage(NamedTuple):
    """Rows in their order, and where the next page begins; None at the end."""

    rows: list[QueueRow]
    next_cursor: str | None
    hits: dict[UUID, Hit] = {}
    """Of a search: where each row has the words."""
    is_cut: bool = False
    """Whether the page ended, perhaps without a row, because enough of the list had been looked through."""


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
_NO_NAME: Any = literal_column("''").label("account_name")

ROW_COLUMNS = (
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
    Conversation.label_ids,
    Conversation.signs,
)

ROW_WITHOUT_ACCOUNT = tuple(_NO_NAME if column is _ACCOUNT_NAME else column for column in ROW_COLUMNS)


def _order(wanted: QueueFilter) -> str:
    if wanted.late:
        return "due"
    return "rank" if wanted.status == "open" else "past"


def list_conversations(
    wanted: QueueFilter,
    after: str | None = None,
    limit: int = PAGE_ROWS,
    *,
    me: UUID | None = None,
    with_accounts: bool = True,
) -> QueuePage:
    """One page of the queue, one statement.

    Where each case has to be asked for a part of the filter, some thousands are, and where the list goes on behind them
    the page does, too, however few it found.
    Open ones stand by rank, late ones by due time, everything else by last message; ties by id, so no row is skipped or
    shown twice while others arrive. Accounts' names cost as much as the rows, so who shows none does without them.
    Raises Invalid for a cursor that is damaged or of another order.
    """
    order = _order(wanted)
    values: dict[str, Any] = {"now": clock.now(), "me": me}
    if wanted.is_search:
        return _searched(wanted, order, after, limit, values, with_accounts)
    if after:
        values["place"], values["place_id"] = read_cursor(after, order)
    wanted = wanted._replace(brand_ids=_brands_walked(wanted.brand_ids))
    if wanted.brand_ids == ():
        return QueuePage([], None)
    bound = bound_filter(wanted, values)
    walked = walked_rows(bound, order, len(wanted.brand_ids or ()))
    kept = _kept_list(bound, order, bool(after), limit + 1, with_accounts, walked)
    found, end = kept.rows(values), None
    if walked:
        end = found[0][:2] if found[0][1] is not None else None
        found = [row[2:] for row in found if row[2] is not None]
    rows = [QueueRow._make(row) for row in found]
    if end is not None:
        rows = [row for row in rows if _stands_by(row, order, end)]
    if len(rows) > limit:
        return QueuePage(rows[:limit], _cursor_behind(rows[limit - 1], order))
    is_cut = end is not None and len(rows) < limit
    return QueuePage(rows, place_cursor(order, *end) if end is not None else None, is_cut=is_cut)


def _brands_walked(asked: tuple[UUID, ...] | None) -> tuple[UUID, ...] | None:
    """The brands whose own lists are read: of those asked for what the scope holds, or the few that it holds.

    None for the agency's own list, where what the scope does not hold is passed over.
    """
    own = current_scope().brand_ids
    if asked is None:
        return None if own is None or len(own) > MOST_LANES else tuple(sorted(own))
    return asked if own is None else tuple(one for one in asked if one in own)


def _searched(
    wanted: QueueFilter, order: str, after: str | None, limit: int, values: dict[str, Any], with_accounts: bool
) -> QueuePage:
    """The same of a search: one statement and one or two for the texts, one or two more for several words.

    A page of common words may be short, or empty, and still have a next one: so far was looked.
    """

    columns = ROW_COLUMNS if with_accounts else ROW_WITHOUT_ACCOUNT
    sought = seek(wanted, order, after, limit, values, columns)
    next_cursor, rows = sought.next_cursor, [QueueRow._make(row) for row in sought.rows]
    is_cut = next_cursor is not None and len(rows) < limit
    if len(rows) > limit:
        rows = rows[:limit]
        next_cursor = _cursor_behind(rows[-1], order)
    seen = hits(sought.search, [row.id for row in rows], sought.surely, notes=wanted.with_notes)
    return QueuePage([row for row in rows if row.id in seen], next_cursor, seen, is_cut=is_cut)


def _cursor_behind(row: QueueRow, order: str) -> str:
    return place_cursor(order, *_place(row, order))


def _place(row: QueueRow, order: str) -> tuple[Any, UUID]:
    return {"rank": row.rank, "due": row.due_at, "past": row.last_message_at}[order], row.id


def _stands_by(row: QueueRow, order: str, end: tuple[Any, UUID]) -> bool:
    """Whether the row stands no further than that place: behind it other lanes were not looked through."""
    return _place(row, order) <= end if order == "due" else _place(row, order) >= end


@lru_cache(maxsize=256)
def _kept_list(
    wanted: QueueFilter, order: str, is_continued: bool, rows: int, with_accounts: bool, walked: int
) -> KeptSelect:
    columns = ROW_COLUMNS if with_accounts else ROW_WITHOUT_ACCOUNT
    return KeptSelect(list_query(wanted, order, is_continued, rows, columns, in_lane=not with_accounts, walked=walked))


class QueueState(NamedTuple):
    """Counts of the scope, or of the one brand asked for. `mine`, `late` and `newer` stop at MOST_COUNTED + 1."""

    asked_for: int
    """How many of the brands asked for there are: 0 says that the one asked for is not in the scope."""
    open_count: int
    held_count: int
    awaiting_approval_count: int
    brand_count: int
    """Of the whole scope, as what follows."""
    busiest: list[UUID]
    """At most BUSIEST_BRANDS, those with most open conversations first, equal ones by name."""
    names: int
    """Changes when any brand's name, mark or colour does, or which brands there are."""
    versions: int
    """Changes whenever anything a queue page shows does, but for the passing of time and `names`."""
    mine: int
    late: int
    newer: int
    labels: int
    """Changes when a label's name or colour does, or which ones are in use."""
    unread_notices: int


def queue_state(me: UUID, *, since: datetime | None = None, brand_ids: tuple[UUID, ...] | None = None) -> QueueState:
    """What the queue's page counts, and whether anything on it changed: one statement and one row.

    `brand_ids` narrows the counts of conversations; brands and versions are always of the whole scope.
    """
    values: dict[str, Any] = {"now": clock.now(), "me": me}
    if since:
        values["first_new"] = first_id_after(since)
    own = current_scope().brand_ids
    lanes = brand_ids if own is None else tuple(own if brand_ids is None else own.intersection(brand_ids))
    if lanes is not None:
        values["lanes"] = list(lanes)
    bound = bound_filter(QueueFilter(brand_ids=brand_ids), values)
    (row,) = _kept_state(bound, since is not None, lanes is not None).rows(values)
    return QueueState._make(row)


_VERSION_HASH = func.uuid_hash_extended(Brand.id, func.coalesce(QueueCounter.version, literal_column("0")))


def _state_query(base: QueueFilter, counts_new: bool, is_of_brands: bool) -> Any:
    me, now = PARAMETERS["me"], PARAMETERS["now"]
    asked_for: Any = literal_column("true")
    if base.brand_ids is not None:
        several: Any = base.brand_ids
        asked_for = Brand.id == (any_(several) if several is PARAMETERS["brands"] else several)
    newer: Any = literal_column("0")
    if counts_new:
        # Newest first, because that is the key read backwards: it ends at the first known one. A plan made before the
        # moment is known otherwise expects a third of all to be new, and looks for them among everything open.
        newer = _capped(
            *conditions(base, me, now),
            Conversation.id > unseen(PARAMETERS["first_new"]),
            order=Conversation.id.desc(),
        )
    open_count = func.coalesce(QueueCounter.open_count, 0)
    busiest = func.array_agg(
        aggregate_order_by(Brand.id, open_count.desc(), func.lower(Brand.name), Brand.id), type_=ARRAY(Uuid())
    )
    return (
        select(
            func.count(Brand.id).filter(asked_for),
            *(
                func.coalesce(func.sum(counter).filter(asked_for), 0)
                for counter in (QueueCounter.open_count, QueueCounter.held_count, QueueCounter.awaiting_approval_count)
            ),
            func.count(Brand.id),
            func.coalesce(busiest[1:BUSIEST_BRANDS], literal_column("'{}'")),
            func.coalesce(func.bit_xor(BRAND_NAME_HASH), 0),
            func.coalesce(func.bit_xor(_VERSION_HASH), 0),
            _capped(*conditions(base._replace(holder=ME), me, now)),
            late_of_brands(MOST_COUNTED + 1) if is_of_brands else _capped(*conditions(QueueFilter(late=True), me, now)),
            newer,
            LABELS_HASH,
            unread_count(me),
        )
        .join(
            QueueCounter,
            and_(QueueCounter.agency_id == Brand.agency_id, QueueCounter.brand_id == Brand.id),
            isouter=True,
        )
        .where(Brand.archived_at.is_(None))
    )


@lru_cache(maxsize=16)
def _kept_state(base: QueueFilter, counts_new: bool, is_of_brands: bool) -> KeptSelect:
    return KeptSelect(_state_query(base, counts_new, is_of_brands))


def first_id_after(moment: datetime) -> UUID:
    """The lowest id `tenants.database.new_id` gives after a moment: new rows are found by the key itself."""
    milliseconds = int(moment.timestamp() * 1000) + 1
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0x2 << 62))


def _capped(*where: Any, order: Any = None) -> Any:
    some = select(Conversation.id).where(*where).order_by(order).limit(literal_column(str(MOST_COUNTED + 1))).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


__all__ = [
    "BrandName",
    "ConversationView",
    "QueueFilter",
    "QueuePage",
    "QueueRow",
    "QueueState",
    "brand_names",
    "first_id_after",
    "get_conversation",
    "list_conversations",
    "queue_state",
]
