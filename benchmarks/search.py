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
from functools import partial
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from agency.inbox.queries import QueueFilter, QueuePage, list_conversations
from agency.inbox.search_index import keep_older_words, keep_words
from benchmarks import queue_data
from benchmarks.queue_data import Seeded
from benchmarks.rounds import Line, WrongAnswer, count, line, median_ms, paired
from benchmarks.scratch import Database, Scratch
from tenants.database import db
from tenants.scope import Scope, in_scope

SIZES = {"tiny": (3_000,), "small": (100_000,), "full": (1_000_000,)}
ROUNDS = {"tiny": 2, "small": 9, "full": 9}
TIMES = {"tiny": 3, "small": 20, "full": 20}
MIXED = {"tiny": 12, "small": 200, "full": 200}
MIXED_ROUNDS, MIXED_TIMES = 3, 3
KEPT = {"tiny": 500, "small": 4_000, "full": 4_000}
VOCABULARY = 50_000

FILL = """
create table said as
select v.agency_id, v.id, v.brand_id, v.account_id, v.contact_id, v.author_name, v.external_id, v.last_message_at,
    v.status = 'open' as is_open,
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
insert into search_word (agency_id, id, brand_id, word, at, is_open)
select agency_id, id, brand_id, unnest(words || array['customer', split_part(author_name, ' ', 2), '#' || external_id]),
    last_message_at, is_open
from said;
create table floor.said as
select s.id, c.rank, c.excerpt, c.author_name, c.last_message_at,
    array_to_tsvector(words || string_to_array(lower(s.author_name), ' ') || array[s.external_id]) as words
from said s join conversation c on c.id = s.id
where s.brand_id = (select brand_id from account where external_id = 'account-0');
create index on floor.said using gin (words);
alter table floor.said add primary key (id);
drop table said;
analyze;
"""
FLOOR = """
select id, rank, excerpt, author_name, last_message_at from floor.said where words @@ %s::tsquery
order by last_message_at desc, id desc limit 50
"""
FLOOR_BY_ID = "select id, rank, excerpt, author_name, last_message_at from floor.said where id = %s"


class Kind(NamedTuple):
    """One kind of search, and what the floor is asked: words of a tsquery, or an id."""

    name: str
    wanted: QueueFilter
    asked: str
    who: str = "everything"
    pages: int = 1
    is_found: bool = True


def search(scratch: Scratch, size: str) -> Iterator[Line]:
    """Each kind of search against the bare look-up, statements and buffers; bytes a conversation; rate of keeping."""
    for rows in SIZES[size]:
        database = scratch.database("search", partial(_fill, rows=rows), filled_as=f"search_{rows}")
        yield from _figures(database, rows, size)
        scratch.drop(database)


def _figures(database: Database, rows: int, size: str) -> Iterator[Line]:
    here = f"{rows:,} conversations"
    app = database.base_app()
    for kind in _kinds(database, rows):
        yield from _figures_of(database, app, kind, here, size)
    yield from _as_people_search(database, app, here, size)
    with database.superuser() as connection:
        (bytes_each,) = connection.execute("select pg_total_relation_size('search_word') / %s", [rows]).fetchone() or (
            0,
        )
        (words_each,) = connection.execute("select count(*)::float / %s from search_word", [rows]).fetchone() or (0,)
    yield count(f"words kept, {here}: bytes a conversation", int(bytes_each), "bytes", words=round(words_each, 1))
    rate, behind_seconds = _rate(database, KEPT[size])
    yield count(f"words kept, {here}: conversations a second", round(rate), "a second")
    yield count(f"words kept, {here}: seconds until a poll's 100 are found", round(behind_seconds, 2), "s")


def _figures_of(database: Database, app: Flask, kind: Kind, here: str, size: str) -> Iterator[Line]:
    with database.superuser() as bare, in_scope(app, _scope(bare, kind.who)):
        after = None
        for _ in range(kind.pages - 1):
            after = _asked(kind.wanted, after).next_cursor
        if bool(_asked(kind.wanted, after).rows) != kind.is_found:
            raise WrongAnswer(f"{kind.name}: {kind.wanted.q}")
        seen, floor = _statements(kind.wanted, after), _floor(bare, kind.asked, TIMES[size])
        finding = [one for one in seen if "message.text" not in one[0]]
        found = paired(_finding(finding, TIMES[size]), floor, rounds=ROUNDS[size])
        yield line(f"finding {kind.name}, {here}", found, "ms", against="one brand's bare look-up", aim="<= 5")
        whole = paired(_ours(kind.wanted, after, TIMES[size]), floor, rounds=ROUNDS[size])
        yield line(f"the whole search, marked, for {kind.name}", whole, "ms", against="one brand's bare look-up")
        buffers = _buffers(finding)
        yield count(f"statements and buffers to find {kind.name}", len(finding), "", buffers=buffers)


def _as_people_search(database: Database, app: Flask, here: str, size: str) -> Iterator[Line]:
    """Searches drawn from what conversations hold; of their ratios the middle one, and that which one in twenty is
    above."""
    found = []
    with database.superuser() as bare, in_scope(app, _scope(bare, "everything")):
        for kind in _mixed(bare, MIXED[size]):
            page = _asked(kind.wanted)
            if not page.rows and page.next_cursor is None and kind.wanted.status is None:
                raise WrongAnswer(f"{kind.name}: {kind.wanted.q}")
            finding = [one for one in _statements(kind.wanted) if "message.text" not in one[0]]
            ours, floor = _finding(finding, MIXED_TIMES), _floor(bare, kind.asked, MIXED_TIMES)
            found.append((paired(ours, floor, rounds=MIXED_ROUNDS), kind.name))
    found.sort(key=lambda one: one[0].ratio)
    for name, place in (("the middle", 50), ("one in twenty above", 95)):
        pairing, kind_name = found[len(found) * place // 100]
        name = f"finding as people search, {len(found)} searches, {name}, {here}"
        yield line(name, pairing, "ms", against="one brand's bare look-up", aim="<= 5", of=kind_name)


def _mixed(bare: psycopg.Connection[Any], number: int) -> Iterator[Kind]:
    """One to three words that stand together, the last as it is typed or begun, names, a platform's ids, numbers."""
    random = Random(30)
    rows = bare.execute(
        "select s.id, s.author_name, c.external_id, tsvector_to_array(s.words) from floor.said s"
        " join conversation c on c.id = s.id order by s.last_message_at, s.id"
    ).fetchall()
    for id_, name, external_id, held in random.sample(rows, number):
        words = random.sample([one for one in held if one.startswith("w")], random.choice((1, 1, 1, 2, 2, 3)))
        begun = words[-1][: random.randint(3, 9)]
        kinds = {
            f"{len(words)} words": (" ".join(f'"{one}"' for one in words), " & ".join(words)),
            f"{len(words)} words as typed": (" ".join(words), " & ".join(words) + ":*"),
            f"{len(words)} words, the last begun": (
                " ".join((*words[:-1], begun)),
                " & ".join((*words[:-1], begun)) + ":*",
            ),
            "a name": (name, " & ".join(name.lower().split()) + ":*"),
            "a platform's id": (external_id, f"'{external_id}'"),
            "a number": (str(id_), f"#{id_}"),
        }
        kind = random.choices(list(kinds), (5, 6, 4, 3, 1, 1))[0]
        status = random.choice((None, "open"))
        yield Kind(f"{kind}, {status or 'any state'}", QueueFilter(q=kinds[kind][0], status=status), kinds[kind][1])


def _scope(bare: psycopg.Connection[Any], who: str) -> Scope:
    """Everything of the agency, or the brands of who sees 20 of 200."""
    seeded = Seeded.known()
    if who == "everything":
        return Scope(seeded.agency_id, None)
    (brand_ids,) = bare.execute(
        "select brand_ids from membership where person_id = %s", [seeded.staff_id]
    ).fetchone() or ([],)
    return Scope(seeded.agency_id, frozenset(brand_ids))


def _kinds(database: Database, rows: int) -> list[Kind]:
    """Kinds of searches, each of something the floor's brand has."""
    with database.superuser() as bare:

        def placed(least: int, most: int) -> str:
            """A word of so many places, of which some are the floor's."""
            found = bare.execute(
                "select word from search_word where word ~ '^w[b-m]+$' group by word having count(*) between %s and %s"
                " and bool_or(id in (select id from floor.said)) order by count(*), word limit 1",
                [least, most],
            ).fetchone()
            if not found:
                raise WrongAnswer(f"no word of {least} to {most} places")
            return str(found[0])

        rare, some, many = placed(10, 2_000), placed(rows // 1_000, rows // 500), placed(rows // 50, rows // 10)
        together = bare.execute(
            "select a.word, b.word from search_word a join search_word b on a.id = b.id"
            " where a.word = any(%(ones)s) and b.word = any(%(others)s) limit 1",
            {"ones": [_word(n) for n in range(700, 760)], "others": [_word(n) for n in range(300, 400)]},
        ).fetchone() or ("wm", "wl")
        number, external_id, name = bare.execute(
            "select s.id, c.external_id, c.author_name from floor.said s join conversation c on c.id = s.id"
            " order by s.id offset %s limit 1",
            [rows // 50],
        ).fetchone() or (None, "", "")
        beside = bare.execute(
            "select a.word from search_word a join search_word b on a.id = b.id and b.word = %s"
            " where a.word = any(%s) limit 1",
            [rare, [_word(n) for n in range(1, 20)]],
        ).fetchone() or (_word(1),)
    common: str = _word(1)
    any_state: Any = {"status": None}
    beginning = name.lower().split()[1]

    def of(*words: str, **more: Any) -> QueueFilter:
        return QueueFilter(q=" ".join(f'"{word}"' for word in words), **more)

    return [
        Kind("a rare word", of(rare, **any_state), rare),
        Kind("a rare word as it is typed", QueueFilter(q=rare, **any_state), f"{rare}:*"),
        Kind("a word of one in a thousand", of(some, **any_state), some),
        Kind("a word of one in a thousand, open ones", of(some), some),
        Kind("a word of one in fifty", of(many, **any_state), many),
        Kind("a common word", of(common, **any_state), common),
        Kind("a common word, open ones", of(common), common),
        Kind("a common word, page 2", of(common, **any_state), common, pages=2),
        Kind("a word of one in a thousand, page 2", of(some, **any_state), some, pages=2),
        Kind("two common words", of(_word(2), _word(3), **any_state), f"{_word(2)} & {_word(3)}"),
        Kind("two words that seldom meet", of(*together, **any_state), " & ".join(together)),
        Kind("a rare and a common word", of(rare, beside[0], **any_state), f"{rare} & {beside[0]}"),
        Kind("a name", QueueFilter(q=f'"{name}"', **any_state), f"customer & {beginning}"),
        Kind("a name's beginning", QueueFilter(q=name, **any_state), f"customer & {beginning}:*"),
        Kind("a platform's id", QueueFilter(q=external_id, **any_state), f"'{external_id}'"),
        Kind("a case number", QueueFilter(q=str(number), **any_state), f"#{number}"),
        Kind("a word nobody has", QueueFilter(q="wzzz", **any_state), "wzzz:*", is_found=False),
        Kind("a rare word, 20 of 200 brands", of(rare, **any_state), rare, who="20 brands"),
        Kind("a common word, 20 of 200 brands", of(common, **any_state), common, who="20 brands"),
        Kind("a common word, 20 of 200 brands, open ones", of(common), common, who="20 brands"),
    ]


def _fill(database: Database, rows: int) -> None:
    queue_data.fill(database, rows)
    with database.superuser() as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("set synchronous_commit = off")
        connection.execute("set maintenance_work_mem = '512MB'")
        connection.execute("set work_mem = '128MB'")
        connection.execute("drop index ix_search_word_place")
        connection.execute("drop index ix_search_word_open")
        connection.execute("alter table search_word drop constraint pk_search_word")
        for statement in FILL.split(";\n"):
            if statement.strip():
                connection.execute((statement % {"vocabulary": VOCABULARY}).encode())
        connection.execute(
            "alter table search_word add constraint pk_search_word primary key (agency_id, id, word, brand_id)"
        )
        connection.execute("create index ix_search_word_place on search_word (agency_id, word, at, id, brand_id)")
        connection.execute(
            "create index ix_search_word_open on search_word (agency_id, word, id, brand_id) where is_open"
        )
        connection.execute("vacuum (analyze)")
        connection.execute("checkpoint")


def _word(number: int) -> str:
    """A word by how common it is: letters alone, as words are, and none that has another stem."""
    return "w" + str(number).translate(str.maketrans("0123456789", "bcdfghjklm"))


def _asked(wanted: QueueFilter, after: str | None = None) -> QueuePage:
    return list_conversations(wanted, after, with_accounts=False)


def _ours(wanted: QueueFilter, after: str | None, times: int) -> Callable[[], float]:
    return lambda: median_ms(lambda: _asked(wanted, after), times)


def _finding(seen: list[tuple[str, Any]], times: int) -> Callable[[], float]:
    """The statements, as the driver alone runs them."""
    cursor = db.session.connection().connection.dbapi_connection.cursor(binary=True)  # type: ignore[union-attr]

    def once() -> None:
        for statement, values in seen:
            cursor.execute(statement, values)
            cursor.fetchall()

    return lambda: median_ms(once, times)


def _floor(bare: psycopg.Connection[Any], asked: str, times: int) -> Callable[[], float]:
    cursor = bare.cursor(binary=True)
    if asked.startswith("#"):
        return lambda: median_ms(lambda: cursor.execute(FLOOR_BY_ID, [UUID(asked[1:])]).fetchall(), times)
    return lambda: median_ms(lambda: cursor.execute(FLOOR, [asked]).fetchall(), times)


def _statements(wanted: QueueFilter, after: str | None = None) -> list[tuple[str, Any]]:
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        seen.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        _asked(wanted, after)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return seen


def _buffers(statements: list[tuple[str, Any]]) -> int:
    """Shared buffers of these statements, as the application's role reads them."""
    total = 0
    with db.session.connection().connection.dbapi_connection.cursor() as cursor:  # type: ignore[union-attr]
        for statement, values in statements:
            cursor.execute(f"explain (analyze, buffers, timing off, format json) {statement}", values)
            plan = cursor.fetchone()[0][0]["Plan"]
            total += int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])
    return total


def _rate(database: Database, conversations: int) -> tuple[float, float]:
    """How many conversations the job reads anew in a second, from nothing kept of them; and how many seconds it takes
    to read the hundred that a poll changed while so many older ones still wait."""
    newest = "(select id from conversation order by id desc limit %s)"
    with database.superuser() as connection:
        connection.execute(f"delete from search_word where id in {newest}", [conversations])
        connection.execute("insert into search_due (agency_id, before_id) select id, %s from agency", [_LAST])
        connection.execute(
            f"insert into search_due (agency_id, conversation_id) select agency_id, id from conversation"
            f" where id in {newest} limit 100".encode(),
            [conversations],
        )
    app, scope, kept, started = database.base_app(), Scope(Seeded.known().agency_id, None), 0, time.perf_counter()
    with in_scope(app, scope):
        if keep_words() != 100:
            raise WrongAnswer("the job did not read what changed")
    behind_seconds, started = time.perf_counter() - started, time.perf_counter()
    while kept < conversations:
        with in_scope(app, scope):
            found = keep_older_words()
        if not found:
            raise WrongAnswer("the job read nothing")
        kept += found
    return kept / (time.perf_counter() - started), behind_seconds


_LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"
