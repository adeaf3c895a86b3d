"""Looking words up in `search_word`, and reading what they name: one statement where any of the words is rare.

Every word's places are counted up to MOST_RARE. The rarest word's are held against the other words in the index alone,
and only what is left is read from the list's own table.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from agency.inbox.filters import ORDERED_BY, QueueFilter, conditions
from agency.inbox.kept_filters import PARAMETERS, in_order
from agency.inbox.kept_values import unseen, unseen_list
from agency.inbox.models import Conversation, SearchDue, SearchWord
from agency.inbox.searching import has_each, numbered, probe, ways_of
from tenants.kept_select import SCOPE_AGENCY, KeptSelect

MOST_RARE: Final = 2_000
"""A word that stands in so many places is rare: all its conversations are read."""
NEXT_TO_NONE: Final = 100
"""Beside a word of at most so many places, other words are asked of these alone."""
MOST_OPENED: Final = 200
"""Of what was opened since its words were read so many are asked for each word."""
PLACES_A_PROBE: Final = 10
"""Beside a rarer word, another's places are read whole if they are up to so many times more: to ask one conversation
for a word takes as long as to read 40 places, and of a word that has more all that was read is in vain.
"""
_IDS: Any = ARRAY(Uuid())
_NO_IDS: Any = literal_column("'{}'::uuid[]")
_YES: Any = literal_column("true")

Shape = tuple[int, ...]
Where = Sequence[bool]
"""Whether places are looked for in the brands of `brands` alone, and in open conversations alone."""


@lru_cache(maxsize=256)
def listed_by_rare(
    columns: tuple[Any, ...],
    wanted: QueueFilter,
    order: str,
    is_continued: bool,
    rows: int,
    shape: Shape,
    by: tuple[bool, bool, bool, bool],
) -> KeptSelect:
    """What the rare words, a whole key or a number of ours lead to, in the list's order.

    `by`: whether there is a whole key, whether a number, whether the brands of `brands` alone are looked in, whether
    open ones alone. Each row begins with whether any word is rare (None: each is common, nothing was read) and whether
    it was found by a key or a number; what follows is None where nothing was found.
    """
    with_whole, with_number, *where = by
    few = _fewest(shape, where) if len(shape) > 1 else None
    terms = [_places_of(ways_of(shape, place), where, few).cte(f"word_{place}") for place in range(len(shape))]
    surely: list[Any] = []
    if with_whole:
        whole: Any = unseen_list(bindparam("whole", type_=ARRAY(Text())))
        keyed = _places_of([SearchWord.word == any_(whole)], (where[0], False)).cte("keyed")
        surely.append(select(func.coalesce(keyed.c.ids, _NO_IDS)).scalar_subquery())
    if with_number:
        ours = numbered(unseen(bindparam("number", type_=Uuid()))).subquery()
        surely.append(
            select(func.coalesce(func.array_agg(ours.c.id, type_=_IDS), _NO_IDS)).select_from(ours).scalar_subquery()
        )
    by_word = _of_the_rarest(terms, shape, where) if terms else _NO_IDS
    if terms and where[1]:
        by_word = and_opened(by_word, shape)
    certain: Any = _NO_IDS
    for one in surely:
        certain = func.array_cat(certain, one, type_=_IDS)
    found = select(by_word.label("by_word"), certain.label("certain")).cte("found")
    named = func.array_cat(found.c.by_word, found.c.certain, type_=_IDS) if surely else found.c.by_word
    ids, certain = (as_array(select(one).scalar_subquery()) for one in (named, found.c.certain))
    is_certain = Conversation.id == any_(certain) if surely else literal_column("false")
    some = conditions(wanted, PARAMETERS["me"], PARAMETERS["now"])
    keys = (ORDERED_BY[order], Conversation.id)
    listed = select(is_certain.label("is_certain"), *(one.label(f"c{n}") for n, one in enumerate(columns)))
    listed = listed.add_columns(keys[0].label("place"), keys[1].label("number"))
    listed = listed.where(Conversation.id == any_(ids), *some).limit(literal_column(str(rows)))
    page = in_order(listed, keys, is_continued, downwards=order != "due").subquery("page")
    return KeptSelect(
        select(found.c.by_word.is_not(None), page.c.is_certain, *(page.c[f"c{n}"] for n in range(len(columns))))
        .select_from(found.outerjoin(page, _YES))
        .order_by(*((page.c.place, page.c.number) if order == "due" else (page.c.place.desc(), page.c.number.desc())))
    )


@lru_cache(maxsize=64)
def listed_by_number(
    columns: tuple[Any, ...], wanted: QueueFilter, order: str, is_continued: bool, rows: int
) -> KeptSelect:
    """What a number of ours leads to, in the list's order: nobody who has it looks for words."""
    ours = numbered(unseen(bindparam("number", type_=Uuid()))).subquery()
    ids = as_array(select(func.array_agg(ours.c.id, type_=_IDS)).select_from(ours).scalar_subquery())
    some = conditions(wanted, PARAMETERS["me"], PARAMETERS["now"])
    listed = select(*columns).where(Conversation.id == any_(ids), *some).limit(literal_column(str(rows)))
    return KeptSelect(in_order(listed, (ORDERED_BY[order], Conversation.id), is_continued, downwards=order != "due"))


def _some(ways: list[ColumnElement[bool]], where: Where, most: Any) -> Any:
    parts = []
    for way in ways:
        part = select(SearchWord.id, SearchWord.brand_id).where(way, *places_where(where))
        parts.append(part.limit(most + literal_column("1")))
    return (parts[0] if len(parts) == 1 else union_all(*parts)).subquery()


def _fewest(shape: Shape, where: Where) -> Any:
    """How many places a word is looked up to: beside one that has next to none, the others need no counting."""
    least: list[Any] = []
    for place in range(len(shape)):
        some = _some(ways_of(shape, place), where, literal_column(str(NEXT_TO_NONE)))
        least.append(select(func.count()).select_from(some).scalar_subquery())
    next_to_none: Any = literal_column(str(NEXT_TO_NONE))
    most = case((func.least(*least) <= next_to_none, next_to_none), else_=literal_column(str(MOST_RARE)))
    return select(select(most.label("most")).cte("counted").c.most).scalar_subquery()


def _places_of(ways: list[ColumnElement[bool]], where: Where, most: Any = None) -> Select[Any]:
    """Conversations and their brands as two arrays, None where they are more than `most`."""
    most = literal_column(str(MOST_RARE)) if most is None else most
    found = _some(ways, where, most)
    is_rare = func.count() <= most
    return select(
        case((is_rare, func.coalesce(func.array_agg(found.c.id, type_=_IDS), _NO_IDS))).label("ids"),
        case((is_rare, func.coalesce(func.array_agg(found.c.brand_id, type_=_IDS), _NO_IDS))).label("brand_ids"),
    ).select_from(found)


def _of_the_rarest(terms: list[Any], shape: Shape, where: Where) -> Any:
    """The ids of the rarest word that have the others; null where none is rare."""
    if len(terms) == 1:
        return select(terms[0].c.ids).scalar_subquery()
    numbers: Any = (literal_column(str(number)).label("place") for number in range(len(terms)))
    every = union_all(*(select(t.c.ids, t.c.brand_ids, n) for t, n in zip(terms, numbers, strict=True))).subquery()
    rarest = (
        select(every.c.ids, every.c.brand_ids, every.c.place)
        .where(every.c.ids.is_not(None))
        .order_by(func.cardinality(every.c.ids))
        .limit(literal_column("1"))
        .cte("rarest")
    )
    one = (
        func.unnest(select(rarest.c.ids).scalar_subquery(), select(rarest.c.brand_ids).scalar_subquery())
        .table_valued(column("id", Uuid()), column("brand_id", Uuid()))
        .render_derived("one")
    )
    of = select(rarest.c.place).scalar_subquery()
    number_of: Any = func.cardinality(select(rarest.c.ids).scalar_subquery())
    many: Any = number_of * literal_column(str(PLACES_A_PROBE))
    most = case((number_of > literal_column(str(NEXT_TO_NONE)), many), else_=literal_column("0"))

    def has(n: int) -> Any:
        few = select(terms[n].c.ids).scalar_subquery()
        more = select(_places_of(ways_of(shape, n), where, most).subquery().c.ids).scalar_subquery()
        ids = select(case((few.is_not(None), few), else_=more).label("ids")).cte(f"held_{n}")
        return or_(of == literal_column(str(n)), _is_held(shape, n, one.c, ids.c.ids))

    having = (
        select(func.coalesce(func.array_agg(one.c.id, type_=_IDS), _NO_IDS))
        .select_from(one)
        .where(*map(has, range(len(shape))))
    )
    return case((select(rarest.c.ids).exists(), having.scalar_subquery()))


def and_opened(by_word: Any, shape: Shape) -> Any:
    """The same and those that were opened since their words were read; null where these are too many, too."""
    of_agency = SearchDue.agency_id == SCOPE_AGENCY
    told = select(SearchDue.conversation_id).where(SearchDue.was_opened, of_agency)
    some = told.limit(literal_column(str(MOST_OPENED + 1))).cte("opened")
    is_few = select(func.count() <= literal_column(str(MOST_OPENED))).select_from(some).scalar_subquery()
    found_open = select(Conversation.id, Conversation.brand_id).where(
        Conversation.id == any_(as_array(select(func.array_agg(some.c.conversation_id, type_=_IDS)).scalar_subquery()))
    )
    one = found_open.subquery()
    having = select(func.coalesce(func.array_agg(one.c.id, type_=_IDS), _NO_IDS)).where(
        has_each(shape, one.c.id, one.c.brand_id)
    )
    found = select(by_word.label("ids")).cte("by_word")
    ids = select(found.c.ids).scalar_subquery()
    both = func.array_cat(ids, having.scalar_subquery(), type_=_IDS)
    return case((and_(ids.is_not(None), is_few), both))


def _is_held(shape: Shape, place: int, one: Any, ids: Any) -> Any:
    """Whether a conversation is among the word's `ids`; where these are null, it is asked for the word."""
    held = select(ids).scalar_subquery()
    among = one.id.in_(select(func.unnest(held)))
    return case((held.is_not(None), among), else_=probe(shape, place, one.id, one.brand_id))


def as_array(ids: Any) -> Any:
    """What a sub-select gives as one array, not as rows to compare with."""
    return cast(ids, _IDS)


def places_where(where: Where) -> list[Any]:
    in_brands, is_open = where
    found: list[Any] = [SearchWord.is_open] if is_open else []
    return [*found, SearchWord.brand_id == any_(unseen_list(PARAMETERS["brands"]))] if in_brands else found


@lru_cache(maxsize=64)
def surely_found(with_whole: bool, with_number: bool) -> KeptSelect:
    """Ids of what a whole key or a number of ours leads to."""
    parts: list[Any] = []
    if with_whole:
        whole: Any = unseen_list(bindparam("whole", type_=ARRAY(Text())))
        one = select(SearchWord.id).where(SearchWord.word == any_(whole)).limit(literal_column(str(MOST_RARE)))
        parts.append(select(one.subquery().c.id))
    if with_number:
        parts.append(select(numbered(unseen(bindparam("number", type_=Uuid()))).subquery().c.id))
    every: Any = parts[0] if len(parts) == 1 else union_all(*parts)
    return KeptSelect(select(every.subquery().c.id))
