"""Searching over all brands, with row-level security on, against one brand's bare look-up in a full-text index.

Words are drawn as words of a language are: few are common, most are rare (Zipf), twelve a conversation; each has a
message. The floor is what one brand alone would have: a table of its conversations with a GIN index of their words,
past row-level security, one statement for the newest fifty. Ours first: the statements that find and read the rows as
the queue shows them, on the application's own connection. Then the whole call, which reads the texts as well and marks
the words in Python.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine

from agency.inbox.queries import QueueFilter, QueuePage, list_conversations
from agency.inbox.search_index import keep_older_words
from benchmarks import queue_data
from benchmarks.queue_data import Seeded
from benchmarks.rounds import Line, WrongAnswer, count, line, median_ms, paired
from benchmarks.scratch import Database, Scratch
from tenants.database import db
from tenants.scope import Scope, in_scope

SIZES = {"tiny": (3_000,), "small": (100_000,), "full": (1_000_000,)}
ROUNDS = {"tiny": 2, "small": 9, "full": 9}
TIMES = {"tiny": 3, "small": 20, "full": 20}
KEPT = {"tiny": 500, "small": 4_000, "full": 4_000}
VOCABULARY = 50_000
TRIES = 50

FILL = """
create table said as
select v.agency_id, v.id, v.brand_id, v.account_id, v.contact_id, v.author_name, v.external_id, v.last_message_at,
    array(select distinct 'w' || translate(floor(power(%(vocabulary)s, random()))::int::text, '0123456789',
              'bcdfghjklm') from generate_series(1, 12)
          where v.id is not null) as words
from conversation v;
update message m set text = array_to_string(s.words, ' ') from said s where s.id = m.conversation_id;
insert into message (agency_id, id, brand_id, conversation_id, account_id, contact_id, external_id, direction,
    author_name, text, language, written_at, content_hash)
select agency_id, uuidv7(last_message_at - now()), brand_id, id, account_id, contact_id, external_id, 'in', author_name,
    array_to_string(words, ' '), 'en', last_message_at, sha256(id::text::bytea)
from said s where not exists (select from message m where m.agency_id = s.agency_id and m.conversation_id = s.id);
insert into search_word (agency_id, id, brand_id, word)
select agency_id, id, brand_id, unnest(words || array['customer', split_part(author_name, ' ', 2), '#' || external_id])
from said;
create table floor.said as
select s.id, c.rank, c.excerpt, c.author_name, c.last_message_at, to_tsvector('simple', array_to_string(words, ' ')
    || ' ' || s.author_name) as words
from said s join conversation c on c.id = s.id
where s.brand_id = (select brand_id from account where external_id = 'account-0');
create index on floor.said using gin (words);
drop table said;
analyze;
"""
FLOOR = """
select id, rank, excerpt, author_name, last_message_at from floor.said where words @@ to_tsquery('simple', %s)
order by last_message_at desc, id desc limit 50
"""


def search(scratch: Scratch, size: str) -> Iterator[Line]:
    """Each kind of search against the bare look-up, statements and buffers; bytes a conversation; rate of keeping."""
    for rows in SIZES[size]:
        database = scratch.database("search", lambda given, n=rows: _fill(given, n), filled_as=f"search_{rows}")
        here = f"{rows:,} conversations"
        app = database.base_app()
        scope = Scope(Seeded.known().agency_id, None)
        rare, two = _rare_words(database)
        kinds = {
            "a rare word": (QueueFilter(q=f'"{rare}"', status=None), rare),
            "a common word": (QueueFilter(q=f'"{_word(1)}"', status=None), _word(1)),
            "a common word, open ones": (QueueFilter(q=f'"{_word(1)}"'), _word(1)),
            "two words": (QueueFilter(q=f'"{two[0]}" "{two[1]}"', status=None), f"{two[0]} & {two[1]}"),
            "two common words": (QueueFilter(q=f'"{_word(2)}" "{_word(3)}"', status=None), f"{_word(2)} & {_word(3)}"),
            "a name's beginning": (QueueFilter(q="customer 123", status=None), "customer & 123:*"),
            "an id": (QueueFilter(q=f"thread-{rows // 2}", status=None), f"{rare}"),
        }
        with database.superuser() as bare, in_scope(app, scope):
            for name, (wanted, asked) in kinds.items():
                if not _asked(wanted).rows:
                    raise WrongAnswer(f"{name}: {wanted.q} found nothing")
                seen, floor = _statements(wanted), _floor(bare, asked, TIMES[size])
                found = paired(_finding(seen[:-1], TIMES[size]), floor, rounds=ROUNDS[size])
                bare_words = "one brand's bare look-up"
                yield line(f"finding {name}, {here}", found, "ms", against=bare_words, aim="<= 5")
                whole = paired(_ours(wanted, TIMES[size]), floor, rounds=ROUNDS[size])
                yield line(f"the whole search, words marked, for {name}", whole, "ms", against=bare_words)
                buffers = _buffers(bare, seen)
                yield count(f"statements for {name}", len(seen), "", buffers=buffers)
                yield count(f"buffers for {name}", buffers, "")
        with database.superuser() as connection:
            (bytes_each,) = connection.execute(
                "select pg_total_relation_size('search_word') / %s", [rows]
            ).fetchone() or (0,)
            (words_each,) = connection.execute("select count(*)::float / %s from search_word", [rows]).fetchone() or (
                0,
            )
        yield count(f"words kept, {here}: bytes a conversation", int(bytes_each), "bytes", words=round(words_each, 1))
        yield count(f"words kept, {here}: conversations a second", round(_rate(database, KEPT[size])), "a second")
        scratch.drop(database)


def _fill(database: Database, rows: int) -> None:
    queue_data.fill(database, rows)
    with database.superuser() as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("set synchronous_commit = off")
        connection.execute("set maintenance_work_mem = '512MB'")
        connection.execute("set work_mem = '128MB'")
        connection.execute("drop index ix_search_word_word")
        connection.execute("alter table search_word drop constraint pk_search_word")
        for statement in FILL.split(";\n"):
            if statement.strip():
                connection.execute((statement % {"vocabulary": VOCABULARY}).encode())
        connection.execute(
            "alter table search_word add constraint pk_search_word primary key (agency_id, id, brand_id, word)"
        )
        connection.execute("create index ix_search_word_word on search_word (agency_id, word)")
        connection.execute("vacuum (analyze)")
        connection.execute("checkpoint")


def _rare_words(database: Database) -> tuple[str, tuple[str, str]]:
    """A word of few conversations, and two not so rare ones that come together."""
    with database.superuser() as connection:
        (rare,) = connection.execute(
            "select word from search_word where word ~ '^w[b-m]+$' group by word having count(*) >= 10"
            " order by count(*), word limit 1"
        ).fetchone() or ("wm",)
        both = connection.execute(
            "select a.word, b.word from search_word a join search_word b on a.id = b.id"
            " where a.word = any(%(ones)s) and b.word = any(%(others)s) limit 1",
            {"ones": [_word(n) for n in range(700, 760)], "others": [_word(n) for n in range(300, 400)]},
        ).fetchone() or ("wm", "wl")
    return rare, (both[0], both[1])


def _word(number: int) -> str:
    """A word by how common it is: letters alone, as words are, and none that has another stem."""
    return "w" + str(number).translate(str.maketrans("0123456789", "bcdfghjklm"))


def _asked(wanted: QueueFilter) -> QueuePage:
    return list_conversations(wanted, with_accounts=False)


def _ours(wanted: QueueFilter, times: int) -> Callable[[], float]:
    return lambda: median_ms(lambda: _asked(wanted), times)


def _finding(seen: list[tuple[str, Any]], times: int) -> Callable[[], float]:
    """The statements without the last, which reads the texts."""
    cursor = db.session.connection().connection.dbapi_connection.cursor()  # type: ignore[union-attr]

    def once() -> None:
        for statement, values in seen:
            cursor.execute(statement, values)
            cursor.fetchall()

    return lambda: median_ms(once, times)


def _floor(bare: psycopg.Connection[Any], asked: str, times: int) -> Callable[[], float]:
    return lambda: median_ms(lambda: bare.execute(FLOOR, [asked]).fetchall(), times)


def _statements(wanted: QueueFilter) -> list[tuple[str, Any]]:
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        seen.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        _asked(wanted)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return seen


def _buffers(bare: psycopg.Connection[Any], statements: list[tuple[str, Any]]) -> int:
    """Shared buffers of these statements, as the application's role reads them."""
    total = 0
    with db.session.connection().connection.dbapi_connection.cursor() as cursor:  # type: ignore[union-attr]
        for statement, values in statements:
            cursor.execute(f"explain (analyze, buffers, timing off, format json) {statement}", values)
            plan = cursor.fetchone()[0][0]["Plan"]
            total += int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])
    return total


def _rate(database: Database, conversations: int) -> float:
    """How many conversations the job reads anew in a second, from nothing kept of them."""

    with database.superuser() as connection:
        connection.execute(
            "delete from search_word where id in (select id from conversation order by id desc limit %s)",
            [conversations],
        )
        connection.execute("insert into search_due (agency_id, before_id) select id, %s from agency", [_LAST])
    app, scope, kept, started = database.base_app(), Scope(Seeded.known().agency_id, None), 0, time.perf_counter()
    while kept < conversations:
        with in_scope(app, scope):
            found = keep_older_words()
        if not found:
            raise WrongAnswer("the job read nothing")
        kept += found
    return kept / (time.perf_counter() - started)


_LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"
