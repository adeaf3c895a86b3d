"""Looking words up in `search_word`, and reading what they name: one statement where any of the words is rare.

Every word's places are counted up to MOST_RARE. The rarest word's are held against the other words in the index alone,
and only what is left is read from the list's own table.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    Uuid,
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
from agency.inbox.models import Conversation, SearchWord
from agency.inbox.searching import numbered, probe, ways_of
from tenants.kept_select import KeptSelect

MOST_RARE: Final = 2_000
"""A word that stands in so many places is rare: all its conversations are read."""
NEXT_TO_NONE: Final = 100
"""Beside a word of at most so many places, other words are asked of these alone."""
MOST_HELD_AGAINST: Final = 20_000
"""Of several common words, the places of the least common one up to so many are held against the others; those of
another are read whole for it, up to so many.
"""
PLACES_A_PROBE: Final = 10
"""Beside a rarer word, another's places are read whole if they are up to so many times more: to ask one conversation
for a word takes as long as to read 40 places, and of a word that has more all that was read is in vain.
"""
_IDS: Any = ARRAY(Uuid())
_NO_IDS: Any = literal_column("'{}'::uuid[]")
_YES: Any = literal_column("true")

Shape = tuple[int, ...]


@lru_cache(maxsize=256)
def listed_by_rare(
    columns: tuple[Any, ...],
    wanted: QueueFilter,
    order: str,
    is_continued: bool,
    rows: int,
    shape: Shape,
    by: tuple[bool, bool, bool],
) -> KeptSelect:
    """What the rare words, a whole key or a number of ours lead to, in the list's order.

    `by`: whether there is a whole key, whether a number, whether the brands of `brands` alone are looked in. Each row
    begins with whether any word is rare (None: each is common, nothing was read) and whether it was found by a key or
    a number; what follows is None where nothing was found.
    """
    with_whole, with_number, in_brands = by
    few = _fewest(shape, in_brands) if len(shape) > 1 else None
    terms = [_places_of(ways_of(shape, place), in_brands, few).cte(f"word_{place}") for place in range(len(shape))]
    surely: list[Any] = []
    if with_whole:
        whole: Any = unseen_list(bindparam("whole", type_=ARRAY(Text())))
        keyed = _places_of([SearchWord.word == any_(whole)], in_brands).cte("keyed")
        surely.append(select(func.coalesce(keyed.c.ids, _NO_IDS)).scalar_subquery())
    if with_number:
        ours = numbered(unseen(bindparam("number", type_=Uuid()))).subquery()
        surely.append(
            select(func.coalesce(func.array_agg(ours.c.id, type_=_IDS), _NO_IDS)).select_from(ours).scalar_subquery()
        )
    by_word = _of_the_rarest(terms, shape, in_brands) if terms else _NO_IDS
    certain: Any = _NO_IDS
    for one in surely:
        certain = func.array_cat(certain, one, type_=_IDS)
    found = select(by_word.label("by_word"), certain.label("certain")).cte("found")
    named = func.array_cat(found.c.by_word, found.c.certain, type_=_IDS) if surely else found.c.by_word
    ids, certain = (_array(select(one).scalar_subquery()) for one in (named, found.c.certain))
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
    ids = _array(select(func.array_agg(ours.c.id, type_=_IDS)).select_from(ours).scalar_subquery())
    some = conditions(wanted, PARAMETERS["me"], PARAMETERS["now"])
    listed = select(*columns).where(Conversation.id == any_(ids), *some).limit(literal_column(str(rows)))
    return KeptSelect(in_order(listed, (ORDERED_BY[order], Conversation.id), is_continued, downwards=order != "due"))


def _some(ways: list[ColumnElement[bool]], in_brands: bool, most: Any) -> Any:
    parts = []
    for way in ways:
        part = select(SearchWord.id, SearchWord.brand_id).where(way, *_in_brands(in_brands))
        parts.append(part.limit(most + literal_column("1")))
    return (parts[0] if len(parts) == 1 else union_all(*parts)).subquery()


def _fewest(shape: Shape, in_brands: bool) -> Any:
    """How many places a word is looked up to: beside one that has next to none, the others need no counting."""
    least: list[Any] = []
    for place in range(len(shape)):
        some = _some(ways_of(shape, place), in_brands, literal_column(str(NEXT_TO_NONE)))
        least.append(select(func.count()).select_from(some).scalar_subquery())
    next_to_none: Any = literal_column(str(NEXT_TO_NONE))
    most = case((func.least(*least) <= next_to_none, next_to_none), else_=literal_column(str(MOST_RARE)))
    return select(select(most.label("most")).cte("counted").c.most).scalar_subquery()


def _places_of(ways: list[ColumnElement[bool]], in_brands: bool, most: Any = None) -> Select[Any]:
    """Conversations and their brands as two arrays, None where they are more than `most`."""
    most = literal_column(str(MOST_RARE)) if most is None else most
    found = _some(ways, in_brands, most)
    is_rare = func.count() <= most
    return select(
        case((is_rare, func.coalesce(func.array_agg(found.c.id, type_=_IDS), _NO_IDS))).label("ids"),
        case((is_rare, func.coalesce(func.array_agg(found.c.brand_id, type_=_IDS), _NO_IDS))).label("brand_ids"),
    ).select_from(found)


def _of_the_rarest(terms: list[Any], shape: Shape, in_brands: bool) -> Any:
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
        more = select(_places_of(ways_of(shape, n), in_brands, most).subquery().c.ids).scalar_subquery()
        ids = select(case((few.is_not(None), few), else_=more).label("ids")).cte(f"held_{n}")
        return or_(of == literal_column(str(n)), _is_held(shape, n, one.c, ids.c.ids))

    having = (
        select(func.coalesce(func.array_agg(one.c.id, type_=_IDS), _NO_IDS))
        .select_from(one)
        .where(*map(has, range(len(shape))))
    )
    return case((select(rarest.c.ids).exists(), having.scalar_subquery()))


def _is_held(shape: Shape, place: int, one: Any, ids: Any) -> Any:
    """Whether a conversation is among the word's `ids`; where these are null, it is asked for the word."""
    held = select(ids).scalar_subquery()
    among = one.id.in_(select(func.unnest(held)))
    return case((held.is_not(None), among), else_=probe(shape, place, one.id, one.brand_id))


def _array(ids: Any) -> Any:
    """What a sub-select gives as one array, not as rows to compare with."""
    return cast(ids, _IDS)


def _in_brands(in_brands: bool) -> list[ColumnElement[bool]]:
    return [SearchWord.brand_id == any_(unseen_list(PARAMETERS["brands"]))] if in_brands else []


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


@lru_cache(maxsize=64)
def counted(shape: Shape, in_brands: bool) -> KeptSelect:
    """Places of each word, counted up to MOST_HELD_AGAINST and one more."""
    most: Any = literal_column(str(MOST_HELD_AGAINST))

    def count(place: int) -> Any:
        return select(func.count()).select_from(_some(ways_of(shape, place), in_brands, most)).scalar_subquery()

    return KeptSelect(select(*(count(place) for place in range(len(shape)))))


@lru_cache(maxsize=64)
def having_all(shape: Shape, least: int, held: tuple[int, ...], in_brands: bool) -> KeptSelect:
    """Those of one common word that have all others, at most MOST_RARE and one more. `held`: of these the places are
    read whole.
    """
    most: Any = literal_column(str(MOST_HELD_AGAINST))
    theirs = _some([or_(*ways_of(shape, least))], in_brands, most)
    others = [
        _is_held(shape, n, theirs.c, _places_of(ways_of(shape, n), in_brands, most).cte(f"held_{n}").c.ids)
        if n in held
        else probe(shape, n, theirs.c.id, theirs.c.brand_id)
        for n in range(len(shape))
        if n != least
    ]
    return KeptSelect(select(theirs.c.id).where(*others).limit(literal_column(str(MOST_RARE + 1))))
