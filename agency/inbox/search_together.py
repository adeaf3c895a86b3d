"""Several words at once: their places are merged as they stand in the index, and nothing else of the list is read.

The two rarest are merged, unless one is too common for that; what is left is asked for the other words. By time the
newest that have all are found first, and reading ends with the page; of open ones all are found, and then put in their
list's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    column,
    func,
    literal_column,
    null,
    select,
    tuple_,
    union_all,
)

from agency.inbox.filters import ORDERED_BY, QueueFilter, conditions
from agency.inbox.kept_filters import PARAMETERS, in_order
from agency.inbox.kept_values import unseen, unseen_list
from agency.inbox.models import Conversation, SearchWord
from agency.inbox.search_lookup import MOST_RARE, Shape, Where, and_opened, as_array, places_where
from agency.inbox.search_newest import Newest
from agency.inbox.searching import probe, ways_of
from tenants import clock
from tenants.kept_select import KeptSelect

MEASURED: Final = 500
"""Places of each word that are looked at to learn how common it is."""
MOST_BEGUN: Final = 5_000
"""Places of all words with a beginning that are read whole and put in order."""
PLACES_A_PROBE: Final = 40
"""To ask one conversation for a word takes as long as to read so many of its places."""
HORIZON_SECONDS: Final = 365 * 86_400.0
"""Places that were all seen count as spread over so long, or as far back as any word goes."""
MOST_MERGED: Final = 20_000
"""Places of one word that a page reads."""
MOST_ASKED: Final = 10_000
"""Places that are asked for another word."""
MOST_KEYS: Final = 4
"""Of a word that stands in more spellings, each place of the rarest is asked for it."""
_ASKED = -1
_IDS: Any = ARRAY(Uuid())
_NO_IDS: Any = literal_column("'{}'::uuid[]")
_YES: Any = literal_column("true")

Lanes = tuple[tuple[int, int], ...]
"""The terms by their number, the rarest first, and by how many keys the places of each are read; 0 where all are few
and are read whole, _ASKED where another's are asked for it."""


class Plan(NamedTuple):
    """How words are found together, and the values it needs."""

    shape: Shape
    lanes: Lanes
    values: dict[str, Any]


def planned(shape: Shape, where: Where, values: dict[str, Any]) -> Plan | None:
    """How these words are found together; None where one stands nowhere."""
    named = [(key, place) for place in range(len(shape)) for key in dict.fromkeys(values[f"keys_{place}"])]
    found = _measured(shape, tuple(where)).rows(values | {"keys": [key for key, _ in named]})
    horizon = max([HORIZON_SECONDS, *(_seconds(row[3]) for row in found if row[3] is not None)])
    seen = {row[1]: (row[2], row[3]) for row in found if row[0] is None}
    begun: dict[int, int] = {}
    for row in found:
        if row[0] is not None:
            begun[row[0]] = begun.get(row[0], 0) + row[2]
    rates: list[tuple[float, int, tuple[str, ...] | None]] = []
    for place, beginnings in enumerate(shape):
        keys = tuple(key for key, whose in named if whose == place and key in seen)
        number = sum(seen[key][0] for key in keys) + begun.get(place, 0)
        if not number:
            return None
        if number <= MEASURED or (
            beginnings and number <= MOST_BEGUN and all(seen[key][0] <= MEASURED for key in keys)
        ):
            rates.append((number / horizon, place, ()))
        elif beginnings or len(keys) > MOST_KEYS:
            rates.append((float("inf"), place, None))
        else:
            rate = sum(
                count / (_seconds(last) if count > MEASURED else horizon) for count, last in map(seen.__getitem__, keys)
            )
            rates.append((rate, place, keys))
    rates.sort(key=lambda one: (one[0], one[1]))
    return _plan(shape, rates, values)


def _plan(shape: Shape, rates: list[tuple[float, int, tuple[str, ...] | None]], values: dict[str, Any]) -> Plan:
    """The terms numbered by how rare they are, so that the same few statements serve whatever stands first."""
    lanes: list[int] = []
    given: dict[str, Any] = {}
    for place, (rate, was, keys) in enumerate(rates):
        given[f"keys_{place}"] = values[f"keys_{was}"]
        for number in range(shape[was]):
            given |= {f"{end}_{place}_{number}": values[f"{end}_{was}_{number}"] for end in ("from", "to")}
        if keys is None or place > 1 or (place and rate > rates[0][0] * PLACES_A_PROBE):
            lanes.append(_ASKED)
            continue
        lanes.append(len(keys))
        given |= {f"key_{place}_{number}": key for number, key in enumerate(keys)}
    return Plan(tuple(shape[was] for _, was, _ in rates), tuple(enumerate(lanes)), given)


def _seconds(last: Any) -> float:
    """How long ago: a moment, or a number of a conversation, which begins with the moment it was made."""
    if isinstance(last, UUID):
        return max(clock.now().timestamp() - (last.int >> 80) / 1000, 1.0)
    return max((clock.now() - last).total_seconds(), 1.0)


@lru_cache(maxsize=256)
def _measured(shape: Shape, where: Where) -> KeptSelect:
    """Rows: for a beginning its term's place, else None; the key; its places, counted up to MEASURED or
    MOST_BEGUN and one more; the last of these."""
    most: Any = literal_column(str(MEASURED + 1))
    by = SearchWord.id if where[1] else SearchWord.at
    keys = func.unnest(unseen_list(bindparam("keys", type_=ARRAY(Text()))))
    key = keys.table_valued(column("word", Text(collation="C"))).render_derived("key")
    lane: Any = select(by.label("stands")).where(SearchWord.word == key.c.word, *places_where(where))
    lane = lane.order_by(*_order(where)).limit(most).lateral("lane")
    stands: Any = func.array_agg(lane.c.stands, type_=ARRAY(by.type))[func.count()]
    if not where[1]:
        stands = func.min(lane.c.stands)
    counts: list[Any] = [
        select(null().label("place"), key.c.word, func.count().label("number"), stands.label("last"))
        .select_from(key.join(lane, _YES))
        .group_by(key.c.word)
    ]
    for place in range(len(shape)):
        for way in ways_of(shape, place)[1:]:
            some = select(_YES).where(way, *places_where(where), SearchWord.id.is_not(None))
            begun = some.limit(literal_column(str(MOST_BEGUN + 1))).subquery()
            counts.append(select(literal_column(str(place)), null(), func.count(), null()).select_from(begun))
    return KeptSelect(counts[0] if len(counts) == 1 else select(union_all(*counts).subquery()))


def _order(where: Where) -> tuple[Any, ...]:
    """Of open ones by their ids, of all by time, as the words' indexes have them."""
    return (SearchWord.id.desc(),) if where[1] else (SearchWord.at.desc(), SearchWord.id.desc())


def _lane(shape: Shape, place: int, keys: int, where: Where, is_continued: bool, most: int) -> Any:
    """A word's places in order."""
    stands = [SearchWord.id, SearchWord.brand_id] + ([] if where[1] else [SearchWord.at])
    of_word: list[Any] = [SearchWord.word == unseen(bindparam(f"key_{place}_{n}", type_=Text())) for n in range(keys)]
    some = []
    for way in of_word or ways_of(shape, place):
        part = select(*stands).where(way, *places_where(where))
        if is_continued:
            before = tuple_(bindparam("place", type_=DateTime(timezone=True)), PARAMETERS["place_id"])
            part = part.where(tuple_(SearchWord.at, SearchWord.id) < before)
        if keys:
            part = part.order_by(*_order(where)).limit(literal_column(str(most)))
        else:  # so few that their order is made, not read
            part = part.limit(literal_column(str(MOST_BEGUN + 1)))
        some.append(part)
    if keys == 1:
        return some[0]
    every = (some[0] if len(some) == 1 else union_all(*(select(part.subquery()) for part in some))).subquery()
    order = [every.c.id.desc()] if where[1] else [every.c.at.desc(), every.c.id.desc()]
    return select(every).order_by(*order).limit(literal_column(str(most)))


def _merged(lanes: Lanes, where: Where, tables: Sequence[Any]) -> Any:
    """Places that all words have whose places are read."""
    first, *others = tables
    both: Any = first
    for table in others:
        same = table.c.id == first.c.id
        both = both.join(table, same if where[1] else and_(table.c.at == first.c.at, same))
    found = select(*first.c).select_from(both)
    return found.distinct() if any(keys != 1 for _, keys in lanes if keys != _ASKED) else found


def _having(plan: tuple[Shape, Lanes], one: Any) -> list[Any]:
    """Whether a place has the words that it is asked for."""
    return [probe(plan[0], place, one.id, one.brand_id) for place, keys in plan[1] if keys == _ASKED]


@lru_cache(maxsize=256)
def _newest(
    columns: tuple[Any, ...],
    wanted: QueueFilter,
    plan: tuple[Shape, Lanes],
    where: Where,
    is_continued: bool,
    limit: int,
) -> KeptSelect:
    """Rows: time and id of the place, and the columns; the newest first."""
    shape, lanes = plan
    most = _most(lanes)
    tables = [_lane(shape, *lane, where, is_continued, most).subquery() for lane in lanes if lane[1] != _ASKED]
    top = _merged(lanes, where, tables).order_by(tables[0].c.at.desc(), tables[0].c.id.desc()).subquery("top")
    page = select(top.c.at, top.c.id, *columns).select_from(
        top.join(Conversation, and_(Conversation.id == top.c.id, Conversation.brand_id == top.c.brand_id))
    )
    page = page.where(*_having(plan, top.c), *conditions(wanted, PARAMETERS["me"], PARAMETERS["now"]))
    return KeptSelect(page.order_by(top.c.at.desc(), top.c.id.desc()).limit(literal_column(str(limit))))


def _most(lanes: Lanes) -> int:
    """Places of a word that are read: of one alone, which is asked for the others, not so many."""
    is_alone = [keys for _, keys in lanes].count(_ASKED) == len(lanes) - 1
    return MOST_ASKED if is_alone else MOST_MERGED


@lru_cache(maxsize=256)
def _end(plan: tuple[Shape, Lanes], where: Where, is_continued: bool) -> KeptSelect:
    """Where the lanes end that were not read to their own end; the newest of these first."""
    shape, lanes = plan
    most = _most(lanes)
    cut = []
    for place, keys in lanes:
        if keys > 0:
            lane = _lane(shape, place, keys, where, is_continued, most).subquery()
            cut.append(select(lane.c.at, lane.c.id).offset(literal_column(str(most - 1))))
    every = (cut[0] if len(cut) == 1 else union_all(*cut)).subquery()
    return KeptSelect(select(every.c.at, every.c.id).order_by(every.c.at.desc(), every.c.id.desc()))


def newest_together(
    columns: tuple[Any, ...],
    wanted: QueueFilter,
    plan: Plan,
    by: tuple[bool, bool],
    limit: int,
    values: dict[str, Any],
) -> Newest:
    """At most `limit` rows that have every word, the newest first. `by`: as in `search_newest`."""
    is_continued, in_brands = by
    where = (in_brands, False)
    statement, given = (plan.shape, plan.lanes), values | plan.values
    rows = _newest(columns, wanted, statement, where, is_continued, limit + 1).rows(given)
    place = None
    if len(rows) > limit:
        rows = rows[:limit]
        place = (rows[-1][0], rows[-1][1])
    elif any(keys > 0 for _, keys in plan.lanes):
        ends = _end(statement, where, is_continued).rows(given)
        place = ends[0] if ends else None
    return Newest([row[2:] for row in rows], frozenset(), place)


@lru_cache(maxsize=256)
def _open(
    columns: tuple[Any, ...],
    wanted: QueueFilter,
    order: str,
    plan: tuple[Shape, Lanes],
    where: Where,
    is_continued: bool,
    rows: int,
) -> KeptSelect:
    """Rows: whether all were found, and the columns (None where nothing was), in the list's order."""
    shape, lanes = plan
    most = _most(lanes)
    read = [lane for lane in lanes if lane[1] != _ASKED]
    tables = [_lane(shape, *lane, where, False, most + 1).cte(f"lane_{lane[0]}") for lane in read]
    met = _merged(lanes, where, tables).limit(literal_column(str(MOST_ASKED + 1))).cte("met")
    have = select(met.c.id).where(*_having(plan, met.c)).limit(literal_column(str(MOST_RARE + 1))).subquery()
    are_all: list[Any] = [func.count() <= literal_column(str(MOST_RARE))]
    are_all.append(select(func.count() <= literal_column(str(MOST_ASKED))).select_from(met).scalar_subquery())
    for table, (_, keys) in zip(tables, read, strict=True):
        if keys:
            whole = func.count() <= literal_column(str(most))
            are_all.append(select(whole).select_from(table).scalar_subquery())
    ids: Any = case((and_(*are_all), func.coalesce(func.array_agg(have.c.id, type_=_IDS), _NO_IDS)))
    ids = select(ids).select_from(have).scalar_subquery()
    found = select(and_opened(ids, shape).label("ids")).cte("found")
    places = (ORDERED_BY[order], Conversation.id)
    listed = select(*(one.label(f"c{n}") for n, one in enumerate(columns)), places[0].label("place"))
    listed = listed.add_columns(places[1].label("number"))
    some = conditions(wanted, PARAMETERS["me"], PARAMETERS["now"])
    listed = listed.where(Conversation.id == any_(as_array(select(found.c.ids).scalar_subquery())), *some)
    listed = listed.limit(literal_column(str(rows)))
    page = in_order(listed, places, is_continued, downwards=order != "due").subquery("page")
    return KeptSelect(
        select(found.c.ids.is_not(None), *(page.c[f"c{n}"] for n in range(len(columns))))
        .select_from(found.outerjoin(page, _YES))
        .order_by(*((page.c.place, page.c.number) if order == "due" else (page.c.place.desc(), page.c.number.desc())))
    )


def open_together(
    columns: tuple[Any, ...],
    wanted: QueueFilter,
    order: str,
    plan: Plan,
    by: tuple[bool, bool],
    limit: int,
    values: dict[str, Any],
) -> list[tuple[Any, ...]] | None:
    """At most `limit` open ones that have every word, in the list's order; None where too many do, or may."""
    is_continued, in_brands = by
    kept = _open(columns, wanted, order, (plan.shape, plan.lanes), (in_brands, True), is_continued, limit)
    found = kept.rows(values | plan.values)
    return [row[1:] for row in found if row[1] is not None] if found[0][0] else None
