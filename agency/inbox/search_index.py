"""Keeping the words of conversations as they stand: what changed is read anew a slice at a time, by one at a time.

In an agency's scope; nothing here commits. What a message loses when it goes is taken out by triggers at once
(`migrations/versions/0034_search_words.py`); everything else follows within seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from agency.inbox.search_models import SearchDue
from agency.inbox.search_text import LONGEST_READ, NOTE, name_keys, text_keys, whole_key
from tenants.database import db
from tenants.scope import current_scope, raw_sql

SLICE = 500
"""Conversations read in one transaction."""
MOST_MESSAGES = 1_000
"""Of a conversation the newest so many messages and so many notes are searched."""
_WHY = "a slice of conversations in one statement each"

_LOCK = raw_sql(
    "select pg_try_advisory_xact_lock(hashtextextended('search ' || cast(:agency_id as text), 0))",
    reason="one reads an agency's words at a time",
)
# The newest first: what is said now is looked for now, whatever waits behind it.
_DUE = raw_sql(
    "select id, conversation_id from search_due where agency_id = :agency_id and conversation_id is not null"
    " order by id desc limit :limit",
    reason=_WHY,
)
_DONE = raw_sql("delete from search_due where id = any(:ids)", reason=_WHY).bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)
_OLDER = raw_sql(
    "select id, before_id from search_due where agency_id = :agency_id and conversation_id is null order by id limit 1",
    reason=_WHY,
)
_NEXT_OLDER = raw_sql(
    "select id from conversation where agency_id = :agency_id and id < :before_id order by id desc limit :limit",
    reason=_WHY,
)
_MOVE_ON = raw_sql("update search_due set before_id = :before_id where id = :id", reason=_WHY)
_CONVERSATIONS = raw_sql(
    """
    select c.id, c.last_message_at, c.status = 'open', c.external_id, c.permalink, c.author_name, p.name
    from conversation c left join contact p on p.agency_id = c.agency_id and p.id = c.contact_id
    where c.agency_id = :agency_id and c.id = any(:ids)
    """,
    reason=_WHY,
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
_MESSAGES = raw_sql(
    f"""
    select m.conversation_id, left(m.text, {LONGEST_READ}), coalesce(m.language, c.language), m.direction,
        m.author_name, m.external_id, m.permalink
    from conversation c cross join lateral (
        select * from message m
        where m.agency_id = c.agency_id and m.conversation_id = c.id and m.brand_id = c.brand_id
          and m.deleted_at is null
        order by m.written_at desc, m.id desc limit {MOST_MESSAGES}
    ) m
    where c.agency_id = :agency_id and c.id = any(:ids)
    """,
    reason=_WHY,
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
_NOTES = raw_sql(
    f"""
    select n.conversation_id, left(n.text, {LONGEST_READ}), b.language
    from conversation c join brand b on b.agency_id = c.agency_id and b.id = c.brand_id
    cross join lateral (
        select * from note n where n.agency_id = c.agency_id and n.conversation_id = c.id and n.brand_id = c.brand_id
        order by n.created_at desc, n.id desc limit {MOST_MESSAGES}
    ) n
    where c.agency_id = :agency_id and c.id = any(:ids)
    """,
    reason=_WHY,
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
_HELD = raw_sql(
    "select id, word, at, is_open from search_word where agency_id = :agency_id and id = any(:ids)", reason=_WHY
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
_ADD = raw_sql(
    """
    insert into search_word (agency_id, id, brand_id, word, at, is_open)
    select c.agency_id, c.id, c.brand_id, given.word, c.last_message_at, c.status = 'open'
    from unnest(:ids, :words) as given (id, word)
    join conversation c on c.agency_id = :agency_id and c.id = given.id
    on conflict do nothing
    """,
    reason=_WHY,
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("words", type_=ARRAY(Text)))
# What somebody holds is being taken out, and its conversation told to be read anew: not waited for.
_MOVE = raw_sql(
    """
    update search_word w set at = c.last_message_at, is_open = c.status = 'open'
    from (select agency_id, id, word, brand_id from search_word
          where agency_id = :agency_id and id = any(:ids) for update skip locked) as free
    join conversation c on c.agency_id = free.agency_id and c.id = free.id and c.brand_id = free.brand_id
    where w.agency_id = free.agency_id and w.id = free.id and w.word = free.word and w.brand_id = free.brand_id
    """,
    reason=_WHY,
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))
_TAKE_OUT = raw_sql(
    """
    delete from search_word w using unnest(:ids, :words) as given (id, word)
    where w.agency_id = :agency_id and w.id = given.id and w.word = given.word
    """,
    reason=_WHY,
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("words", type_=ARRAY(Text)))


def agencies_due() -> list[UUID]:
    """Agencies of which something has to be read. Needs no scope."""
    return list(db.session.scalars(select(SearchDue.agency_id).distinct()))


def is_any_due() -> bool:
    """Whether there is any. Needs no scope."""
    return bool(db.session.scalar(select(select(SearchDue.id).limit(1).exists())))


def keep_words(limit: int = SLICE) -> int:
    """Read what changed, the newest first; returns how many conversations, 0 where nothing waits or another reads."""
    agency_id = current_scope().agency_id
    if not db.session.execute(_LOCK, {"agency_id": str(agency_id)}).scalar_one():
        return 0
    due = db.session.execute(_DUE, {"agency_id": agency_id, "limit": limit}).all()
    ids = {row[1] for row in due}
    if ids:
        _read(agency_id, ids)
        db.session.execute(_DONE, {"ids": [row[0] for row in due]})
    return len(ids)


def keep_older_words(limit: int = SLICE) -> int:
    """Read the next of what was there before words were kept, the newest first; returns how many conversations."""
    agency_id = current_scope().agency_id
    if not db.session.execute(_LOCK, {"agency_id": str(agency_id)}).scalar_one():
        return 0
    row = db.session.execute(_OLDER, {"agency_id": agency_id}).first()
    if row is None:
        return 0
    values = {"agency_id": agency_id, "before_id": row[1], "limit": limit}
    ids = list(db.session.execute(_NEXT_OLDER, values).scalars())
    if not ids:
        db.session.execute(_DONE, {"ids": [row[0]]})
        return 0
    _read(agency_id, set(ids))
    db.session.execute(_MOVE_ON, {"id": row[0], "before_id": ids[-1]})
    return len(ids)


class Held(NamedTuple):
    """A conversation and a word."""

    id: UUID
    word: str


def _read(agency_id: UUID, ids: set[UUID]) -> None:
    # What is told to be read is deleted by its own number, after this: what changes meanwhile is told anew.
    values: dict[str, Any] = {"agency_id": agency_id, "ids": sorted(ids)}
    wanted: set[Held] = set()

    def add(conversation_id: UUID, keys: Iterable[str]) -> None:
        wanted.update(Held(conversation_id, key) for key in keys if key)

    stands: dict[UUID, tuple[datetime, bool]] = {}
    for found, at, is_open, external_id, permalink, author, person in db.session.execute(_CONVERSATIONS, values):
        stands[found] = (at, is_open)
        add(found, (whole_key(external_id), whole_key(permalink or "")))
        add(found, name_keys(author) | name_keys(person))
    for found, text, language, direction, author, external_id, permalink in db.session.execute(_MESSAGES, values):
        add(found, text_keys(text, language))
        add(found, (whole_key(external_id), whole_key(permalink or "")))
        if direction == "in":
            add(found, name_keys(author))
    for found, text, language in db.session.execute(_NOTES, values):
        add(found, (NOTE + key for key in text_keys(text, language)))
    held, moved = set[Held](), set[UUID]()
    for found, word, at, is_open in db.session.execute(_HELD, values):
        held.add(Held(found, word))
        if (at, is_open) != stands.get(found):
            moved.add(found)
    for statement, changed in ((_TAKE_OUT, held - wanted), (_ADD, wanted - held)):
        if changed:
            rows = sorted(changed)
            db.session.execute(
                statement,
                {"agency_id": agency_id, "ids": [row.id for row in rows], "words": [row.word for row in rows]},
            )
    if moved:
        db.session.execute(_MOVE, {"agency_id": agency_id, "ids": sorted(moved)})
