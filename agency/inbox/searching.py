"""What finds conversations by their words, under row-level security: conditions, and the walk along a list.

A rare word is looked up first (`agency.inbox.search_lookup`); what it names is all that is read. Several words are
merged (`agency.inbox.search_together`). Where every word is
common, the list is walked in its own order and each conversation asked whether it has them, so the newest or most
urgent are found soon; a walk ends after so many rows and goes on with the next page. One word alone, in a list by time,
is read from its newest place on (`agency.inbox.search_newest`). So no search reads more than a bounded number of rows,
however many conversations there are. Texts themselves are read for one page, to show where the words stand.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from agency.inbox.kept_values import unseen, unseen_list
from agency.inbox.models import Conversation, Message, SearchWord
from agency.inbox.search_text import Search, Term

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
        ways.append(of.id.in_(numbered(search.number)))
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


def numbered(number: UUID) -> Any:
    """Conversations that a number of ours leads to: their own, a message's or a person's."""
    return union_all(
        select(Conversation.id).where(Conversation.id == number),
        select(Conversation.id).where(Conversation.contact_id == number),
        select(Message.conversation_id).where(Message.id == number),
    )


def shape_of(search: Search) -> tuple[int, ...]:
    """How many beginnings each term has: what the statements differ by."""
    return tuple(len(term.beginnings) for term in search.terms)


def values_of(search: Search) -> dict[str, Any]:
    """The values of the terms' parameters."""
    values: dict[str, Any] = {}
    for place, term in enumerate(search.terms):
        values[f"keys_{place}"] = [key for key in term.keys if not key.startswith(term.beginnings)]
        for number, begun in enumerate(term.beginnings):
            values |= {f"from_{place}_{number}": begun, f"to_{place}_{number}": begun + _LAST}
    return values


def ways_of(shape: tuple[int, ...], place: int) -> list[ColumnElement[bool]]:
    """The conditions of a term, any of which is enough."""
    keys: Any = unseen_list(bindparam(f"keys_{place}", type_=_TEXTS))
    ranges = [
        and_(
            SearchWord.word >= unseen(bindparam(f"from_{place}_{number}", type_=Text())),
            SearchWord.word < unseen(bindparam(f"to_{place}_{number}", type_=Text())),
        )
        for number in range(shape[place])
    ]
    return [SearchWord.word == any_(keys), *ranges]


def has_each(shape: tuple[int, ...], id_: Any, brand_id: Any) -> ColumnElement[bool]:
    """Whether a conversation has every term; asked row by row, of a list that is walked."""
    return and_(*(probe(shape, place, id_, brand_id) for place in range(len(shape))))


def probe(shape: tuple[int, ...], place: int, id_: Any, brand_id: Any) -> ColumnElement[bool]:
    """Whether a conversation has this word."""
    # With a limit, so that it is asked for each row: else PostgreSQL reads everything that has the word, beforehand.
    asked = []
    for way in ways_of(shape, place):
        one = select(SearchWord.id.is_not(None))
        one = one.where(SearchWord.id == id_, SearchWord.brand_id == brand_id, way).limit(literal_column("1"))
        asked.append(func.coalesce(one.scalar_subquery(), literal_column("false")))
    return or_(*asked)
