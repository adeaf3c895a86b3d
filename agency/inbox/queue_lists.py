"""The one statement of a list of the queue: which index it walks, or which lanes of one it puts together."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Text, Uuid, and_, any_, column, func, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from agency.inbox.filters import AMONG, ME, ORDERED_BY, QueueFilter, conditions
from agency.inbox.kept_filters import PARAMETERS, in_order
from agency.inbox.models import STATUSES, Conversation, ConversationLabel

WALKED: Final = 5_000
"""Cases of a list that are asked for what no index has in its order, before the page ends."""
WALKED_IN_TABLE: Final = 1_000
"""The same where each is asked in the table itself, because no index carries its topics."""
LEAST_WALKED: Final = 100
"""Of each of very many lanes."""
ASKED: Final = (*AMONG, "brand_ids", "holder", "label_ids", "topic_ids")
INDEXED: Final = ("brand_ids", "holder", "reply_state", "label_ids")


def parts_of(wanted: QueueFilter, order: str) -> tuple[QueueFilter, QueueFilter]:
    """Of a filter whose values were taken out: what an index finds in the order of the list, and what each case found
    is asked for besides.
    """
    walked = QueueFilter(
        brand_ids=wanted.brand_ids,
        status=wanted.status,
        holder=wanted.holder if _is_held(wanted) else None,
        reply_state=wanted.reply_state if order == "rank" and wanted.reply_state is PARAMETERS["reply"] else None,
        label_ids=wanted.label_ids if _has_label_index(wanted, order) else None,
        late=wanted.late,
        kept_for_me=wanted.kept_for_me,
    )
    found: dict[str, Any] = {name: None for name in INDEXED if getattr(walked, name) is not None}
    return walked, wanted._replace(status=None, late=False, kept_for_me=False, **found)


def walked_rows(wanted: QueueFilter, order: str, brands: int) -> int:
    """How many cases of each lane, or of the one list, are asked before the page ends; 0 where none has to be asked.

    A power of two of lanes has the same number, so that statements stay few.
    """
    asked = parts_of(wanted, order)[1]
    if all(getattr(asked, name) is None for name in ASKED):
        return 0
    lanes = (brands if wanted.brand_ids is PARAMETERS["brands"] else 1) * (
        len(STATUSES) if wanted.status is None else 1
    )
    most = WALKED if asked.topic_ids is None else WALKED_IN_TABLE
    return max(most >> (lanes - 1).bit_length(), LEAST_WALKED) if _has_lanes(wanted, order) else most


def list_query(
    wanted: QueueFilter,
    order: str,
    is_continued: bool,
    rows: int,
    columns: tuple[Any, ...],
    *,
    in_lane: bool,
    walked: int = 0,
) -> Any:
    """So many rows of a filter whose values were taken out. `in_lane`: the lanes' index holds all of `columns`.

    `walked`, of `walked_rows`: of so many cases that an index finds those that have the rest of the filter; each row
    then begins with where that ended (`_with_end`).
    """
    if walked:
        top = _of_stretch(wanted, order, is_continued, rows, columns, in_lane=in_lane, walked=walked)
        return _with_end(top, wanted, order, is_continued, rows, columns, walked=walked)
    # A limit the planner cannot see would make it sort everything rather than walk the index to the page's end.
    limit: Any = literal_column(str(int(rows)))
    if _has_lanes(wanted, order):
        return _of_lanes(wanted, order, is_continued, limit, columns if in_lane and order == "rank" else (), columns)
    return _in_one(wanted, order, is_continued, limit, columns)


def _in_one(wanted: QueueFilter, order: str, is_continued: bool, limit: Any, columns: tuple[Any, ...]) -> Any:
    query: Any = select(*columns).limit(limit)
    keys: tuple[Any, Any] = (ORDERED_BY[order], Conversation.id)
    if _has_label_index(wanted, order):
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
    some = conditions(wanted, PARAMETERS["me"], PARAMETERS["now"])
    return in_order(query.where(*some), keys, is_continued, downwards=order != "due")


def _stretch(
    wanted: QueueFilter, order: str, is_continued: bool, columns: tuple[Any, ...], walked: int
) -> tuple[list[Any], Any]:
    """The lanes of a list, if it has any, and the next cases of it or of each of them, in their order."""
    lanes, some, rest = _lanes_of(wanted) if _has_lanes(wanted, order) else ([], [], wanted)
    query = _in_one(rest, order, is_continued, literal_column(str(int(walked))), columns)
    return lanes, query.where(*some).correlate(*lanes).lateral("stretch")


def _of_stretch(
    wanted: QueueFilter,
    order: str,
    is_continued: bool,
    rows: int,
    columns: tuple[Any, ...],
    *,
    in_lane: bool,
    walked: int,
) -> Any:
    """Of the next cases of the list those that have the rest of the filter, until the page is full."""
    found, asked = parts_of(wanted, order)
    by = {"agency_id", "id", "brand_id", ORDERED_BY[order].key}
    by |= {name for name in (*AMONG, "topic_ids", "label_ids") if getattr(asked, name) is not None}
    by |= {"holder_id", "held_until"} if isinstance(asked.holder, str) else set()
    by |= {one.key for one in columns if in_lane and isinstance(one, InstrumentedAttribute)}
    lanes, stretch = _stretch(
        found, order, is_continued, tuple(getattr(Conversation, name) for name in sorted(by)), walked
    )
    case = aliased(Conversation, stretch, name="stretch")
    given = columns if in_lane else (Conversation.id, Conversation.brand_id, ORDERED_BY[order])
    shown = tuple(getattr(case, one.key) if isinstance(one, InstrumentedAttribute) else one for one in given)
    some = conditions(asked._replace(label_ids=None), PARAMETERS["me"], PARAMETERS["now"], case)
    if asked.label_ids is not None:
        one: Any = asked.label_ids
        is_one = one is PARAMETERS["label"]
        some.append(one == any_(case.label_ids) if is_one else case.label_ids.op("&&", is_comparison=True)(one))
    limit: Any = literal_column(str(int(rows)))
    # As the stretch is in order, so is what is left of it; the label's own rank PostgreSQL would sort by once more.
    top: Any = select(*shown).where(*some).limit(limit)
    if lanes:
        lane = top.correlate(*lanes).lateral("lane")
        top = select(*lane.c).select_from(_joined(lanes, lane)).order_by(*_placed(lane, order)).limit(limit)
    return top if in_lane else _whole(top, order, columns)


def _with_end(
    top: Any, wanted: QueueFilter, order: str, is_continued: bool, rows: int, columns: tuple[Any, ...], *, walked: int
) -> Any:
    """The rows, each behind the place and the id up to which every case there is was asked, of several lanes the end of
    whichever ends first; none where it came to the list's end, or the page is full. No row is one whose id is null.

    In one statement: were what was asked of one moment and its end of the next, cases closed between them would move
    the end behind others that nobody had asked.
    """
    page = top.with_only_columns(*(one.label(f"c{n}") for n, one in enumerate(top.selected_columns))).cte("page")
    key: Any = ORDERED_BY[order]
    yes: Any = literal_column("true")
    lanes, stretch = _stretch(parts_of(wanted, order)[0], order, is_continued, (key, Conversation.id), walked)
    last: Any = select(stretch.c[key.key], stretch.c.id).offset(literal_column(str(int(walked) - 1)))
    if lanes:
        lane = last.correlate(*lanes).lateral("end_of_lane")
        last = select(*lane.c).select_from(_joined(lanes, lane)).order_by(*_placed(lane, order))
        last = last.limit(literal_column("1"))
    else:
        found = select(func.count()).select_from(page).scalar_subquery()
        last = last.where(found < literal_column(str(int(rows))))
    end, at, one = last.subquery("stretch_end"), {c.key: n for n, c in enumerate(columns)}, select(yes).subquery("one")
    place, number = page.c[f"c{at[key.key]}"], page.c[f"c{at['id']}"]
    shown = select(end.c[key.key].label("end_place"), end.c.id.label("end_id"), *page.c)
    shown = shown.select_from(one.outerjoin(end, yes).outerjoin(page, yes))
    return shown.order_by(*((place, number) if order == "due" else (place.desc(), number.desc())))


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


def _has_label_index(wanted: QueueFilter, order: str) -> bool:
    return wanted.label_ids is PARAMETERS["label"] and wanted.status is not None and order != "due"


def _is_held(wanted: QueueFilter) -> bool:
    return wanted.holder is PARAMETERS["holder"] or (isinstance(wanted.holder, str) and wanted.holder == ME)


def _has_lanes(wanted: QueueFilter, order: str) -> bool:
    if _has_label_index(wanted, order):
        return False
    if order == "past" and wanted.status is None:
        return True
    if wanted.brand_ids is not PARAMETERS["brands"]:
        return False
    # What one person holds, or has its reply in one state, has an index in the queue's order, over all brands.
    return not (order == "rank" and (_is_held(wanted) or wanted.reply_state is PARAMETERS["reply"]))


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
    lanes, some, wanted = _lanes_of(wanted)
    key = ORDERED_BY[order]
    given = carried or (Conversation.id, Conversation.brand_id, key)
    lane = _in_one(wanted, order, is_continued, limit, given).where(*some).lateral("lane")
    shown = tuple(lane.c) if carried else (lane.c.id, lane.c.brand_id, lane.c[key.key])
    top = select(*shown).select_from(_joined(lanes, lane)).order_by(*_placed(lane, order)).limit(limit)
    return top if carried else _whole(top, order, columns)


def _lanes_of(wanted: QueueFilter) -> tuple[list[Any], list[Any], QueueFilter]:
    """The lanes, what binds a case to its lane, and what is left of the filter."""
    some, lanes = list[Any](), list[Any]()
    if wanted.brand_ids is PARAMETERS["brands"]:
        lanes.append(_each(PARAMETERS["brands"], Uuid(), "chosen"))
        some.append(Conversation.brand_id == lanes[-1].c.one)
        wanted = wanted._replace(brand_ids=None)
    if wanted.status is None:
        words: Any = literal_column("array['" + "','".join(STATUSES) + "']")
        lanes.append(_each(words, Text(), "standing"))
        some.append(Conversation.status == lanes[-1].c.one)
    return lanes, some, wanted


def _joined(lanes: list[Any], lane: Any) -> Any:
    from_: Any = lanes[0]
    for more in lanes[1:]:
        from_ = from_.join(more, literal_column("true"))
    return from_.join(lane, literal_column("true"))


def _placed(of: Any, order: str) -> tuple[Any, Any]:
    at, number = of.c[ORDERED_BY[order].key], of.c.id
    return (at, number) if order == "due" else (at.desc(), number.desc())


def _whole(top: Any, order: str, columns: tuple[Any, ...]) -> Any:
    """The rows whose names and places were found."""
    found = top.subquery("top")
    return (
        select(*columns)
        .select_from(found)
        .join(Conversation, and_(Conversation.id == found.c.id, Conversation.brand_id == found.c.brand_id))
        .order_by(*_placed(found, order))
    )
