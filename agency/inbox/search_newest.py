"""One word's conversations in the order of time, read from the newest on: a page reads little more than it shows.

`search_word` keeps of each word where its conversations stand in time, as they stood when their words were last read.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Text,
    and_,
    any_,
    bindparam,
    column,
    func,
    literal_column,
    select,
    tuple_,
    union_all,
)

from agency.inbox.filters import QueueFilter, conditions
from agency.inbox.kept_filters import PARAMETERS
from agency.inbox.kept_values import unseen, unseen_list
from agency.inbox.models import Conversation, SearchWord
from agency.inbox.searching import ways_of
from tenants.kept_select import KeptSelect

STEPS: Final = (200, 10_000)
"""Places of the word a page looks at, the second number where the first gave no full page; then the page ends."""
MOST_BEGUN: Final = 500
"""Places of all words with a beginning, put in order at once; of more each word is read by itself."""
MOST_WORDS: Final = 200
"""Words with a beginning, each read from its newest place on; of more the list is walked instead: they are common."""
STEPS_OF_MANY: Final = (51, 1_000)
"""Places of each that a page looks at, where there are so many words."""
_YES: Any = literal_column("true")
_NO: Any = literal_column("false")


class Newest(NamedTuple):
    """What was found: rows, of these what a whole key leads to, and the place where looking goes on, if it does."""

    rows: list[tuple[Any, ...]]
    surely: frozenset[UUID]
    place: tuple[Any, UUID] | None


def newest(
    columns: tuple[Any, ...],
    wanted: QueueFilter,
    beginnings: int,
    by: tuple[bool, bool],
    limit: int,
    values: dict[str, Any],
) -> Newest | None:
    """At most `limit` rows that have the only word or a whole key of `values`, the newest first; None where too much
    begins so. `by`: whether it goes on behind `values["place"]`, and whether the brands of `values["brands"]` alone
    are looked in. `columns` begin with the id.
    """
    steps, at = STEPS, 0
    while True:
        most = steps[at]
        found = _of_word(columns, wanted, beginnings, by, limit + 1, most).rows(values)
        is_cut, looked_at, *end = found[0][:4]
        if is_cut:
            words = {word for (word,) in _words_begun(beginnings, MOST_WORDS + 1).rows(values)}
            if len(words) > MOST_WORDS:
                return None
            values = values | {"keys": sorted({*values["keys"], *words})}
            steps, beginnings = STEPS_OF_MANY, 0
            continue
        rows = [row for row in found if row[4] is not None]
        is_more, at = looked_at == most, at + 1
        if len(rows) > limit or not is_more or at == len(steps):
            break
    place = (end[0], end[1]) if is_more else None
    if len(rows) > limit:
        rows = rows[:limit]
        place = (rows[-1][5], rows[-1][6])
    return Newest([row[6:] for row in rows], frozenset(row[6] for row in rows if row[4]), place)


@lru_cache(maxsize=8)
def _words_begun(beginnings: int, most: int) -> KeptSelect:
    """The words with these beginnings, each found behind the one before it; at most so many of each beginning."""
    parts: list[Any] = []
    for number in range(beginnings):
        ends = SearchWord.word < unseen(bindparam(f"to_0_{number}", type_=Text()))
        begins = SearchWord.word >= unseen(bindparam(f"from_0_{number}", type_=Text()))
        first = select(SearchWord.word).where(begins, ends).order_by(SearchWord.word).limit(literal_column("1"))
        begun = select(first.subquery().c.word).cte(f"begun_{number}", recursive=True)
        behind = select(SearchWord.word).where(SearchWord.word > begun.c.word, ends).order_by(SearchWord.word)
        following = behind.limit(literal_column("1")).correlate(begun).scalar_subquery()
        begun = begun.union_all(select(following).where(begun.c.word.is_not(None)))
        some = select(begun.c.word).where(begun.c.word.is_not(None)).limit(literal_column(str(most)))
        parts.append(select(some.subquery().c.word))
    return KeptSelect(parts[0] if len(parts) == 1 else select(union_all(*parts).subquery().c.word))


@lru_cache(maxsize=256)
def _of_word(
    columns: tuple[Any, ...], wanted: QueueFilter, beginnings: int, by: tuple[bool, bool], limit: int, most: int
) -> KeptSelect:
    """Rows: whether a beginning has too many places, how many places were looked at, time and id of the last of them;
    then whether a whole key led there, when, and the columns.
    """
    is_continued, in_brands = by
    number: Any = literal_column(str(int(most)))
    stands = (SearchWord.id, SearchWord.brand_id, SearchWord.at)
    before = tuple_(bindparam("place", type_=DateTime(timezone=True)), PARAMETERS["place_id"])
    whole: Any = unseen_list(bindparam("whole", type_=ARRAY(Text())))
    keys = func.unnest(unseen_list(bindparam("keys", type_=ARRAY(Text()))))
    key = keys.table_valued(column("word", Text(collation="C"))).render_derived("key")
    lane = select(*stands).where(SearchWord.word == key.c.word)
    if is_continued:
        lane = lane.where(tuple_(SearchWord.at, SearchWord.id) < before)
    lane = lane.order_by(SearchWord.at.desc(), SearchWord.id.desc()).limit(number)
    newest_of = lane.lateral("lane")
    is_sure = (key.c.word == any_(whole)).label("is_sure")
    lanes = [select(*newest_of.c, is_sure).select_from(key.join(newest_of, _YES))]
    is_cut: Any = _NO
    if beginnings:
        begun = union_all(
            *(
                select(*stands).where(way).limit(literal_column(str(MOST_BEGUN + 1)))
                for way in ways_of((beginnings,), 0)[1:]
            )
        ).cte("begun")
        is_cut = select(func.count() > literal_column(str(MOST_BEGUN))).select_from(begun).scalar_subquery()
        some = select(*begun.c, _NO)
        lanes.append(some.where(tuple_(begun.c.at, begun.c.id) < before) if is_continued else some)
    every = (lanes[0] if len(lanes) == 1 else union_all(*lanes)).subquery("every")
    place = (every.c.at, every.c.id, every.c.brand_id)
    once = select(*place, func.bool_or(every.c.is_sure).label("is_sure")).group_by(*place)
    top = once.order_by(every.c.at.desc(), every.c.id.desc()).limit(number).cte("top")
    last = select(top.c.at, top.c.id).order_by(top.c.at, top.c.id).limit(literal_column("1")).subquery("last")
    looked_at = select(func.count()).select_from(top).scalar_subquery()
    named = (one.label(f"c{n}") for n, one in enumerate(columns))
    page = select(top.c.is_sure, top.c.at.label("place"), top.c.id.label("number"), *named).select_from(top)
    page = page.join(Conversation, and_(Conversation.id == top.c.id, Conversation.brand_id == top.c.brand_id))
    if in_brands:
        page = page.where(top.c.brand_id == any_(unseen_list(PARAMETERS["brands"])))
    page = page.where(*conditions(wanted, PARAMETERS["me"], PARAMETERS["now"]))
    page = page.order_by(top.c.at.desc(), top.c.id.desc()).limit(literal_column(str(int(limit))))
    listed = page.subquery("page")
    shown = (listed.c[f"c{n}"] for n in range(len(columns)))
    one = select(is_cut.label("is_cut"), looked_at.label("looked_at")).subquery("one")
    return KeptSelect(
        select(one.c.is_cut, one.c.looked_at, last.c.at, last.c.id, listed.c.is_sure, listed.c.place, *shown)
        .select_from(one.outerjoin(last, _YES).outerjoin(listed, _YES))
        .order_by(listed.c.place.desc(), listed.c.number.desc())
    )
