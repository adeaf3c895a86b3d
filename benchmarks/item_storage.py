"""Storing what polls bring, and polls that bring nothing new, against PostgreSQL's own `INSERT … unnest … ON CONFLICT`.

The floor writes rows of 100 items into a table of the same columns, indexes and constraints as our messages, a commit
each, on one connection. Ours does the same for pages of 100 items and everything that stands on them: contacts,
conversations, excerpts, languages, ranks, the brand's counters, under row-level security.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count as numbers
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from agency.inbox import intake
from benchmarks import queue_data
from benchmarks.rounds import Line, Pairing, WrongAnswer, count, line, paired
from benchmarks.scratch import Database, Scratch
from channels import accounts
from channels.items import Author, IncomingItem, Page
from tenants import clock
from tenants.database import db, new_id
from tenants.scope import Scope, in_scope

PAGE_ITEMS = 100
CONVERSATIONS = {"tiny": 3_000, "small": 100_000, "full": 100_000}
PAGES = {"tiny": 1, "small": 10, "full": 30}
ROUNDS = {"tiny": 2, "small": 9, "full": 11}
TEXT = (
    "Hi, my order number {n} has not arrived yet and I would like to know when it will be here, because the party is "
    "on Saturday. I wrote twice already and nobody answered me. Could somebody please look into it and call me back?"
)
DAY = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
OWNED = ("message", "conversation", "contact", "queue_counter", "account", "set_aside_item", "outbox_entry")

FLOOR_TABLE = """
create table floor.message (like public.message including all);
insert into floor.message select * from public.message;
"""
FLOOR_INSERT = """
insert into floor.message (agency_id, id, brand_id, conversation_id, account_id, contact_id, external_id, direction,
    author_name, text, language, written_at, content_hash)
select %s, id, %s, conversation_id, %s, contact_id, external_id, 'in', author_name, text, 'en', written_at, content_hash
from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::bytea[])
    as given(id, conversation_id, contact_id, external_id, author_name, text, written_at, content_hash)
on conflict (agency_id, account_id, external_id, brand_id) do nothing
"""


def store_items(scratch: Scratch, size: str) -> list[Line]:
    """Rows a second: fresh comments under fewer posts than comments, and the dearest kind, each a case of its own."""
    lines = []
    for name, replies in (("60 comments with 40 replies a page", 40), ("100 comments a page, each its own case", 0)):
        place = _Place(_filled(scratch, size))
        try:
            pairing = _stored_new(place, replies, size)
            against = "INSERT … unnest(100) … ON CONFLICT of the messages alone"
            lines.append(line(f"storing, {name}", pairing, "rows/s", against=against, aim=">= 0.2"))
        finally:
            place.close()
    return lines


def duplicate_poll(scratch: Scratch, size: str) -> list[Line]:
    """A page of known items: what is written (nothing), how many statements, how long an item takes."""
    place = _Place(_filled(scratch, size))
    try:
        pages, floor = place.fresh_pages(40), place.fresh_floor()
        known = next(pages)
        for _ in range(6):
            place.store(known)
        before = place.versions_of_rows()
        statements = place.statements_of(lambda: place.store(known))
        written = place.written_since(before)
        next(floor)
        times = PAGES[size] * 3
        pairing = paired(
            lambda: 1e6 / _rate(lambda: place.store_known(known), times),
            lambda: 1e6 / _rate(lambda: place.floor_again(), times),
            rounds=ROUNDS[size],
        )
        against = "INSERT … unnest(100) … ON CONFLICT, all duplicates"
        return [
            count("duplicate poll of 100 items: rows written", written, "rows", aim="<= 0"),
            count("duplicate poll of 100 items: SQL statements", len(statements), "", statements=statements),
            line("duplicate poll of 100 items, an item", pairing, "us", against=against),
        ]
    finally:
        place.close()


def _stored_new(place: _Place, replies: int, size: str) -> Pairing:
    pages, floor, times = place.fresh_pages(replies), place.fresh_floor(), PAGES[size]
    for _ in range(5):  # statements are prepared from their fifth run on
        place.store_new(next(pages))
        next(floor)
    return paired(
        lambda: _rate(lambda: place.store_new(next(pages)), times),
        lambda: _rate(lambda: next(floor), times),
        rounds=ROUNDS[size],
    )


def _filled(scratch: Scratch, size: str) -> Database:
    """A house that has been at work: an empty table's plans are not those of a full one."""
    rows = CONVERSATIONS[size]
    return scratch.database("items", lambda given: queue_data.fill(given, rows), filled_as=f"queue_{rows}")


class _Place:
    """One account of the filled house, and the floor's table of as many messages beside it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.app: Flask = database.base_app()
        self._numbers = numbers()
        with database.superuser() as connection:
            # One of the many; the first brand and its accounts are the busiest.
            found = connection.execute(
                "select agency_id, brand_id, id from account where external_id = 'account-303'"
            ).fetchone()
        assert found is not None
        self.agency_id, self.brand_id, self.account_id = found
        self.floor = psycopg.connect(database.superuser_url, autocommit=True)
        self.floor.execute(FLOOR_TABLE)
        self.floor.execute("vacuum (analyze)")
        self._last: tuple[Any, ...] = ()

    def entered(self) -> Any:
        """The account's tenant, in a transaction of its own, as polling enters it."""
        return in_scope(self.app, Scope(self.agency_id, frozenset({self.brand_id})))

    def store(self, page: Page) -> intake.Stored:
        """As `jobs.polling` does it: the account is read, the page stored, the transaction committed."""
        with self.entered():
            return intake.store_page(accounts.get(self.account_id), page, now=clock.now())

    def store_new(self, page: Page) -> None:
        """Raises WrongAnswer unless all of it was new."""
        if self.store(page).new != PAGE_ITEMS:
            raise WrongAnswer("a fresh page held known items")

    def store_known(self, page: Page) -> None:
        """Raises WrongAnswer unless none of it was new."""
        if self.store(page).unchanged != PAGE_ITEMS:
            raise WrongAnswer("a known page held new items")

    def fresh_pages(self, replies: int) -> Iterator[Page]:
        """Pages of items nobody has seen; the last `replies` of each answer the first ones."""
        while True:
            start = next(self._numbers) * PAGE_ITEMS
            yield Page(
                items=tuple(
                    _item(start + n, start + n % 7 if n >= PAGE_ITEMS - replies else None) for n in range(PAGE_ITEMS)
                ),
                set_aside=(),
                next_cursor="{}",
                complete=True,
            )

    def fresh_floor(self) -> Iterator[None]:
        """Each step writes 100 rows nobody has seen."""
        while True:
            start = next(self._numbers) * PAGE_ITEMS
            several = range(start, start + PAGE_ITEMS)
            self._last = (
                self.agency_id,
                self.brand_id,
                self.account_id,
                [new_id() for _ in several],
                [new_id() for _ in several],
                [new_id() for _ in several],
                [f"post_{n}" for n in several],
                [f"Customer {n}" for n in several],
                [TEXT.format(n=n) for n in several],
                [DAY + timedelta(seconds=n) for n in several],
                [n.to_bytes(32, "big") for n in several],
            )
            if self.floor.execute(FLOOR_INSERT, self._last).rowcount != PAGE_ITEMS:
                raise WrongAnswer("the floor's page held known rows")
            yield

    def floor_again(self) -> None:
        """The floor's last 100 rows once more."""
        if self.floor.execute(FLOOR_INSERT, self._last).rowcount != 0:
            raise WrongAnswer("the floor's page was not known")

    def versions_of_rows(self) -> dict[str, set[str]]:
        """Every stored row with where it lies and who wrote it last: any write at all changes it."""
        return {
            table: {row[0] for row in self.floor.execute(f"select ctid::text || '/' || xmin from {table}".encode())}
            for table in OWNED
        }

    def written_since(self, before: dict[str, set[str]]) -> int:
        """How many rows were written since."""
        return sum(len(rows - before[table]) for table, rows in self.versions_of_rows().items())

    def statements_of(self, call: Callable[[], object]) -> list[str]:
        """What was sent to PostgreSQL meanwhile, transaction control left out."""
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(" ".join(statement.split())[:120])

        event.listen(Engine, "before_cursor_execute", note)
        try:
            call()
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return seen

    def close(self) -> None:
        """Give everything back."""
        self.floor.close()
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        self.database.scratch.drop(self.database)


def _item(number: int, under: int | None) -> IncomingItem:
    return IncomingItem(
        external_id=f"post_{number}",
        thread_external_id=f"post_{number if under is None else under}",
        parent_external_id=None if under is None else f"post_{under}",
        kind="comment",
        author=Author(f"person-{number}", f"Customer {number}"),
        text=TEXT.format(n=number),
        created_at=DAY + timedelta(seconds=number),
        updated_at=None,
        stars=None,
        permalink=None,
        from_us=False,
    )


def _rate(page: Callable[[], object], times: int) -> float:
    """Items a second over so many pages."""
    started = time.perf_counter()
    for _ in range(times):
        page()
    return times * PAGE_ITEMS / (time.perf_counter() - started)
