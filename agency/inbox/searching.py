"""Finding conversations by their words, under row-level security.

A rare word is looked up first, in `search_word`; what it names is all that is read. Where every word is common, the
list is walked in its own order and each conversation asked whether it has them, so the newest or most urgent are found
soon; a walk ends after WINDOWS rows and goes on with the next page. So no search reads more than a bounded number of
rows, however many conversations there are. Texts themselves are read for one page, to show where the words stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from agency.inbox.models import Conversation, Message, SearchWord
from agency.inbox.search_text import Search, Term
from tenants.database import db
from tenants.kept_select import KeptSelect

MOST_RARE: Final = 2_000
"""A word that stands in so many places is rare: all its conversations are read."""
WINDOWS: Final = (200, 800, 3_000, 6_000)
"""Rows a walk looks at, in steps, until a page is full."""
Place = tuple[Any, UUID]
_LAST = "\U0010ffff"
_TEXTS: Any = ARRAY(Text())
_IDS: Any = ARRAY(Uuid())


def has_words(search: Search, of: Any = Conversation) -> ColumnElement[bool]:
    """As a condition on Conversation, or an alias of it, whatever else is asked.

    Slow for common words, where nothing else narrows.
    """
    if search.is_empty:
        return false()
    ways: list[ColumnElement[bool]] = []
    if search.terms:
        ways.append(and_(*(_stands_in(_with_word(term), of) for term in search.terms)))
    if search.whole:
        ways.append(_stands_in(SearchWord.word.in_(search.whole), of))
    if search.number is not None:
        ways.append(of.id.in_(_numbered(search.number)))
    return or_(*ways)


def _with_word(term: Term) -> ColumnElement[bool]:
    return or_(
        SearchWord.word.in_(term.keys),
        *(and_(SearchWord.word >= begun, SearchWord.word < begun + _LAST) for begun in term.beginnings),
    )


def _stands_in(condition: ColumnElement[bool], of: Any) -> ColumnElement[bool]:
    return (
        select(SearchWord.id)
        .where(
            SearchWord.agency_id == of.agency_id,
            SearchWord.id == of.id,
            SearchWord.brand_id == of.brand_id,
            condition,
        )
        .correlate(of)
        .exists()
    )


def _numbered(number: UUID) -> Any:
    """Conversations that a number of ours leads to: their own, a message's or a person's."""
    return union_all(
        select(Conversation.id).where(Conversation.id == number),
        select(Conversation.id).where(Conversation.contact_id == number),
        select(Message.conversation_id).where(Message.id == number),
    )


class Narrowed(NamedTuple):
    """What the rare words leave. `ids` None: no word is rare. `surely` are found by a number or an address."""

    ids: list[UUID] | None
    surely: frozenset[UUID]


def narrow(search: Search, brand_ids: Sequence[UUID] | None) -> Narrowed:
    """Look the words up, all in one statement, and one more where some are rare and others are not."""
    shape, values = shape_of(search), values_of(search)
    if brand_ids is not None:
        values["brands"] = list(brand_ids)
    if search.whole:
        values["whole"] = list(search.whole)
    surely: set[UUID] = set()
    looked_up: list[list[UUID] | None] = []
    if search.terms or search.whole:
        (row,) = _lookup(shape, bool(search.whole), brand_ids is not None).rows(values)
        looked_up = list(row[: len(shape)])
        surely.update((row[-1] or ()) if search.whole else ())
    if search.number is not None:
        surely.update(
            db.session.execute(select(Conversation.id).where(Conversation.id.in_(_numbered(search.number)))).scalars()
        )
    rare = sorted((set(ids) for ids in looked_up if ids is not None), key=len)
    if search.terms and not rare:
        return Narrowed(None, frozenset(surely))
    found = set.intersection(*rare) if rare else set()
    common = [term for term, ids in zip(search.terms, looked_up, strict=True) if ids is None] if found else []
    if common:
        of_them = select(SearchWord.id).where(SearchWord.id.in_(found))
        for term in common:
            found &= set(db.session.execute(of_them.where(_with_word(term))).scalars())
    return Narrowed(sorted(found | surely), frozenset(surely))


def shape_of(search: Search) -> tuple[int, ...]:
    """How many beginnings each term has: what the statements differ by."""
    return tuple(len(term.beginnings) for term in search.terms)


def values_of(search: Search) -> dict[str, Any]:
    """The values of the terms' parameters."""
    values: dict[str, Any] = {}
    for place, term in enumerate(search.terms):
        values[f"keys_{place}"] = list(term.keys)
        for number, begun in enumerate(term.beginnings):
            values |= {f"from_{place}_{number}": begun, f"to_{place}_{number}": begun + _LAST}
    return values


def _ways(shape: tuple[int, ...], place: int) -> list[ColumnElement[bool]]:
    """The conditions of a term, any of which is enough."""
    keys: Any = bindparam(f"keys_{place}", type_=_TEXTS)
    ranges = [
        and_(
            SearchWord.word >= bindparam(f"from_{place}_{number}", type_=Text()),
            SearchWord.word < bindparam(f"to_{place}_{number}", type_=Text()),
        )
        for number in range(shape[place])
    ]
    return [SearchWord.word == any_(keys), *ranges]


@lru_cache(maxsize=64)
def _lookup(shape: tuple[int, ...], with_whole: bool, in_brands: bool) -> KeptSelect:
    """For each word the conversations that have it, no array where they are too many; then those of a whole key."""
    brands: Any = bindparam("brands", type_=_IDS)

    def ids(conditions: Iterable[ColumnElement[bool]]) -> Any:
        parts = []
        for condition in conditions:
            part = select(SearchWord.id).where(condition).limit(literal_column(str(MOST_RARE + 1)))
            parts.append(part.where(SearchWord.brand_id == any_(brands)) if in_brands else part)
        one = parts[0] if len(parts) == 1 else union_all(*parts)
        found = one.subquery()
        empty: Any = literal_column("'{}'::uuid[]")
        listed = case((func.count() <= MOST_RARE, func.coalesce(func.array_agg(found.c.id), empty)))
        return select(listed).select_from(found).scalar_subquery()

    columns = [ids(_ways(shape, place)) for place in range(len(shape))]
    if with_whole:
        whole: Any = bindparam("whole", type_=_TEXTS)
        columns.append(ids([SearchWord.word == any_(whole)]))
    return KeptSelect(select(*columns))


class Walked(NamedTuple):
    """The next that have the words, in the list's order, and the last place looked at, None at the end."""

    ids: list[UUID]
    place: Place | None


def walk(
    window: Callable[[Place | None, int], list[list[tuple[Place, bool]]]],
    place: Place | None,
    limit: int,
    *,
    descending: bool,
) -> Walked:
    """Go along the list from a place on. `window` gives the next rows behind a place, of each lane that the list is
    made of, in the list's order: where each stands, and whether it has the words.
    """
    found: list[Place] = []
    for rows in WINDOWS:
        lanes = window(place, rows)
        floors = [lane[-1][0] for lane in lanes if len(lane) == rows]
        floor = (max(floors) if descending else min(floors)) if floors else None
        seen = sorted((one for lane in lanes for one in lane), reverse=descending)
        if floor is not None:  # what lies beyond is not whole: another lane may have rows between
            seen = [one for one in seen if (one[0] >= floor if descending else one[0] <= floor)]
        found += [at for at, has in seen if has]
        if len(found) > limit or (len(found) == limit and floor is not None):
            return Walked([number for _, number in found[:limit]], found[limit - 1])
        if floor is None:
            return Walked([number for _, number in found], None)
        place = floor
    return Walked([number for _, number in found], place)


def has_each(shape: tuple[int, ...]) -> ColumnElement[bool]:
    """Whether a conversation has every term; asked row by row, of a list that is walked."""
    return and_(*(_probe(or_(*_ways(shape, place))) for place in range(len(shape))))


def _probe(condition: ColumnElement[bool]) -> Any:
    # With a limit, so that it is asked for each row: else PostgreSQL reads everything that has the word, beforehand.
    return func.coalesce(
        select(literal_column("true"))
        .select_from(SearchWord)
        .where(
            SearchWord.agency_id == Conversation.agency_id,
            SearchWord.id == Conversation.id,
            SearchWord.brand_id == Conversation.brand_id,
            condition,
        )
        .correlate(Conversation)
        .limit(literal_column("1"))
        .scalar_subquery(),
        literal_column("false"),
    )
