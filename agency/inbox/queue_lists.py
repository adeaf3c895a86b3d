"""The one statement of a list of the queue: which index it walks, or which lanes of one it puts together."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text, Uuid, and_, any_, column, func, literal_column, select

from agency.inbox.filters import ME, ORDERED_BY, QueueFilter, conditions
from agency.inbox.kept_filters import PARAMETERS, in_order
from agency.inbox.models import STATUSES, Conversation, ConversationLabel


def list_query(
    wanted: QueueFilter, order: str, is_continued: bool, rows: int, columns: tuple[Any, ...], *, in_lane: bool
) -> Any:
    """So many rows of a filter whose values were taken out. `in_lane`: the lanes' index holds all of `columns`."""
    me, now = PARAMETERS["me"], PARAMETERS["now"]
    # A limit the planner cannot see would make it sort everything rather than walk the index to the page's end.
    limit: Any = literal_column(str(int(rows)))
    downwards = order != "due"
    keys: tuple[Any, Any] = (ORDERED_BY[order], Conversation.id)
    query: Any = select(*columns).limit(limit)
    if wanted.label_ids is PARAMETERS["label"] and wanted.status is not None and order != "due":
        # The label's own index has its cases in the queue's order; looked up case by case, a rare label would be
        # looked for among everything open.
        bears = ConversationLabel
        query = query.join(
            bears,
            and_(
                bears.agency_id == Conversation.agency_id,
                bears.conversation_id == Conversation.id,
                bears.brand_id == Conversation.brand_id,
            ),
        ).where(bears.label_id == PARAMETERS["label"], bears.status == literal_column(f"'{wanted.status}'"))
        keys = (bears.rank if order == "rank" else bears.last_message_at, bears.conversation_id)
        wanted = wanted._replace(label_ids=None)
    elif _has_lanes(wanted, order):
        return _of_lanes(wanted, order, is_continued, limit, columns if in_lane and order == "rank" else (), columns)
    return in_order(query.where(*conditions(wanted, me, now)), keys, is_continued, downwards=downwards)


def among_query(wanted: QueueFilter, order: str, is_continued: bool, rows: int, columns: tuple[Any, ...]) -> Any:
    """So many of the conversations named by `among` that meet the filter."""
    some = conditions(wanted, PARAMETERS["me"], PARAMETERS["now"])
    found: Any = select(*columns).where(Conversation.id == any_(PARAMETERS["among"]), *some)
    found = found.limit(literal_column(str(int(rows))))
    return in_order(found, (ORDERED_BY[order], Conversation.id), is_continued, downwards=order != "due")


def late_of_brands(most: int) -> Any:
    """How many of the brands `lanes` are late, counted up to `most`: a look at each brand's own due times.

    Looked for among all that is late, somebody of whose brands nothing is would have all of it looked through.
    """
    chosen = _each(PARAMETERS["lanes"], Uuid(), "chosen")
    late = QueueFilter(late=True)
    top: Any = literal_column(str(int(most)))
    lane = (
        select(Conversation.id)
        .where(Conversation.brand_id == chosen.c.one, *conditions(late, PARAMETERS["me"], PARAMETERS["now"]))
        .limit(top)
        .lateral("lane")
    )
    some = select(lane.c.id).select_from(chosen).join(lane, literal_column("true")).limit(top).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _has_lanes(wanted: QueueFilter, order: str) -> bool:
    if order == "past" and wanted.status is None:
        return True
    if wanted.brand_ids is not PARAMETERS["brands"]:
        return False
    # What one person holds, or has its reply in one state, has an index in the queue's order, over all brands.
    is_held = wanted.holder is PARAMETERS["holder"] or (isinstance(wanted.holder, str) and wanted.holder == ME)
    is_few = is_held or wanted.reply_state is PARAMETERS["reply"]
    return not (order == "rank" and is_few)


def _each(values: Any, sort: Any, name: str) -> Any:
    return func.unnest(values).table_valued(column("one", sort)).render_derived(name)


def _of_lanes(
    wanted: QueueFilter, order: str, is_continued: bool, limit: Any, carried: tuple[Any, ...], columns: tuple[Any, ...]
) -> Any:
    """A list of several brands, or of every status: the top of each by its own index, and of these the top.

    Asked at once, PostgreSQL either walks the whole agency's list and throws away what is of other brands, or reads
    and sorts all of these; a set of small brands made the first long, one with a large brand the second. A lane gives
    all that is shown where its index carries it, otherwise names and places only.
    """
    some, lanes = list[Any](), list[Any]()
    if wanted.brand_ids is PARAMETERS["brands"]:
        lanes.append(_each(PARAMETERS["brands"], Uuid(), "chosen"))
        some.append(Conversation.brand_id == lanes[-1].c.one)
        wanted = wanted._replace(brand_ids=None)
    if wanted.status is None:
        words: Any = literal_column("array['" + "','".join(STATUSES) + "']")
        lanes.append(_each(words, Text(), "standing"))
        some.append(Conversation.status == lanes[-1].c.one)
    key, downwards = ORDERED_BY[order], order != "due"
    given = carried or (Conversation.id, Conversation.brand_id, key)
    lane = in_order(
        select(*given).where(*some, *conditions(wanted, PARAMETERS["me"], PARAMETERS["now"])).limit(limit),
        (key, Conversation.id),
        is_continued,
        downwards=downwards,
    ).lateral("lane")
    from_: Any = lanes[0]
    for more in lanes[1:]:
        from_ = from_.join(more, literal_column("true"))
    from_ = from_.join(lane, literal_column("true"))

    def placed(of: Any) -> tuple[Any, Any]:
        at, number = of.c[key.key], of.c.id
        return (at.desc(), number.desc()) if downwards else (at, number)

    shown = tuple(lane.c) if carried else (lane.c.id, lane.c.brand_id, lane.c[key.key])
    top = select(*shown).select_from(from_).order_by(*placed(lane)).limit(limit)
    if carried:
        return top
    found = top.subquery("top")
    return (
        select(*columns)
        .select_from(found)
        .join(Conversation, and_(Conversation.id == found.c.id, Conversation.brand_id == found.c.brand_id))
        .order_by(*placed(found))
    )
