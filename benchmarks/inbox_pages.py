"""The inbox, its refresh and a conversation, over HTTP, signed in, with row-level security on, against a bare page.

Both are served by gunicorn with the same threads and processes, from tables of the same size in the same database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import Uuid, bindparam, event, select
from sqlalchemy.engine import Engine

from agency.app import create_app
from agency.inbox.badges import badges
from agency.inbox.filters import QueueFilter, cursor_of
from agency.inbox.models import QueueCounter
from agency.inbox.queries import list_conversations
from agency.web.who import cookie_name
from benchmarks import queue_data
from benchmarks.http_client import Client
from benchmarks.queue_data import Seeded
from benchmarks.rounds import Line, WrongAnswer, count, line, median_ms, paired
from benchmarks.scratch import Database, Scratch, be_quiet
from tenants.database import db
from tenants.kept_select import KeptSelect
from tenants.scope import Scope, in_scope

SIZES = {"tiny": (3_000,), "small": (100_000,), "medium": (100_000, 1_000_000), "full": (1_000_000, 10_000_000)}
ROUNDS = {"tiny": 2, "small": 9, "medium": 9, "full": 11}
REQUESTS = {"tiny": 3, "small": 30, "medium": 30, "full": 30}
WARMED_BY = {"tiny": 4, "small": 40, "medium": 40, "full": 40}
COUNTED_SQL = (
    "select brand_id, count(*) filter (where status = 'open'), count(*) filter (where status = 'snoozed'),"
    " count(*) filter (where status = 'closed') from conversation where agency_id = %(agency_id)s group by brand_id"
)
ONE_ROW = KeptSelect(
    select(QueueCounter.brand_id, QueueCounter.open_count, QueueCounter.snoozed_count, QueueCounter.closed_count).where(
        QueueCounter.brand_id == bindparam("brand_id", type_=Uuid())
    )
)
PAGE_ROWS = 50
MOST_STATEMENTS = 5
MOST_STATEMENTS_OF_A_CASE = 6
MOST_PAGE_BYTES = 42 * 1024


@dataclass
class House:
    """The product and the floor, running on one filled database."""

    rows: int
    database: Database
    admin: Client
    staff: Client
    floor: Client
    ids: list[UUID]
    base_app: Flask
    """The product without pages, for what is measured without HTTP."""
    cursor: str
    """Where page 100 of the open queue begins (page 2 where the queue is shorter)."""


def inbox_page(scratch: Scratch, size: str) -> list[Line]:
    """The list against the floor's page; 1,000,000 against 100,000; page 100 against page 1; few brands against all."""
    rounds, requests = ROUNDS[size], REQUESTS[size]
    lines: list[Line] = []
    with houses(scratch, size) as served:
        for house in served:
            answer = house.admin.get("/inbox")
            if answer.status != 200 or answer.body.count(b'href="/inbox/') < PAGE_ROWS:
                raise WrongAnswer(f"/inbox answered {answer.status} without {PAGE_ROWS} rows")
            bytes_floor = len(house.floor.get("/page").body)
            here = f"{house.rows:,} conversations"
            pages = paired(
                lambda h=house: h.admin.timed_ms("/inbox", requests),
                lambda h=house: h.floor.timed_ms("/page", requests),
                rounds=rounds,
            )
            lines.append(line(f"inbox page, {here}", pages, "ms", against="bare page of 50 rows", aim="<= 3"))
            lines.append(_weight(f"inbox page, {here}: weight", len(answer.body), bytes_floor))
            lines.append(_statements(f"inbox page, {here}: SQL statements", house, "/inbox"))
            lines.append(list_buffers(f"inbox page, {here}: buffers of the list", house, QueueFilter()))
            deep = f"/inbox?after={house.cursor}"
            lines.append(
                line(
                    f"inbox page 100 against page 1, {here}",
                    paired(
                        lambda h=house, path=deep: h.admin.timed_ms(path, requests),
                        lambda h=house: h.admin.timed_ms("/inbox", requests),
                        rounds=rounds,
                    ),
                    "ms",
                    against="page 1",
                    aim="<= 1.1",
                )
            )
            lines.append(
                line(
                    f"inbox page, staff of 20 brands against all 200, {here}",
                    paired(
                        lambda h=house: h.staff.timed_ms("/inbox", requests),
                        lambda h=house: h.admin.timed_ms("/inbox", requests),
                        rounds=rounds,
                    ),
                    "ms",
                    against="somebody with all brands",
                    aim="<= 1.5",
                )
            )
        lines += growth(served, "inbox page", lambda h: h.admin.timed_ms("/inbox", requests), rounds)
    return lines


def badge_counts(scratch: Scratch, size: str) -> list[Line]:
    """Exact counts by status of all 200 brands as the product reads them, against one brand's read in the same way."""
    rounds, lines = ROUNDS[size], list[Line]()
    with houses(scratch, size) as served:
        for house in served:
            brands = _right_counts(house)
            lines.append(
                line(
                    f"counts of {len(brands)} brands, {house.rows:,} conversations",
                    paired(
                        lambda h=house: _counts_ms(h), lambda h=house, one=brands[0]: _counts_ms(h, one), rounds=rounds
                    ),
                    "ms",
                    against="one row",
                    aim="<= 2",
                )
            )
        lines += growth(served, "counts", _counts_ms, rounds)
    return lines


def _right_counts(house: House) -> list[UUID]:
    """The brands. Raises WrongAnswer where the counters are not what counting says."""
    with house.database.superuser() as connection:
        counted = connection.execute(COUNTED_SQL, {"agency_id": Seeded.known().agency_id}).fetchall()
    with in_scope(house.database.base_app(), Scope(Seeded.known().agency_id, None)):
        found = badges()
        if len(found) != len(counted) or any(found.of(brand_id) != tuple(counts) for brand_id, *counts in counted):
            raise WrongAnswer("the counters are not what counting says")
    return [row[0] for row in counted]


def _counts_ms(house: House, brand_id: UUID | None = None) -> float:
    """Of every brand, ready to be asked for; of one, its row."""
    with in_scope(house.base_app, Scope(Seeded.known().agency_id, None)):
        if brand_id is None:
            return median_ms(badges, 300)
        return median_ms(lambda: ONE_ROW.rows({"brand_id": brand_id}), 300)


def inbox_refresh_304(scratch: Scratch, size: str) -> list[Line]:
    """An unchanged inbox asked for again with its tag, against one row read and a 304."""
    rounds, requests = ROUNDS[size], REQUESTS[size]
    lines: list[Line] = []
    with houses(scratch, size) as served:
        for house in served:
            pairing = paired(
                lambda h=house: _refreshed_ms(h.admin, requests),
                lambda h=house: h.floor.timed_ms("/unchanged", requests, status=304),
                rounds=rounds,
            )
            here = f"{house.rows:,} conversations"
            lines.append(line(f"inbox unchanged (304), {here}", pairing, "ms", against="one row read and a 304"))
            tag = house.admin.get("/inbox").headers["etag"]
            lines.append(_statements(f"inbox unchanged, {here}: SQL statements", house, "/inbox", tag))
    return lines


def conversation_page(scratch: Scratch, size: str) -> list[Line]:
    """One open conversation, each request another one, against the floor's page."""
    rounds, requests = ROUNDS[size], REQUESTS[size]
    lines: list[Line] = []
    with houses(scratch, size) as served:
        for house in served:
            path = f"/conversations/{house.ids[0]}"
            answer = house.admin.get(path)
            if answer.status != 200 or b"nobody answered" not in answer.body:
                raise WrongAnswer(f"{path} answered {answer.status} without its messages")
            here = f"{house.rows:,} conversations"
            pairing = paired(
                lambda h=house: _conversations_ms(h, requests),
                lambda h=house: h.floor.timed_ms("/page", requests),
                rounds=rounds,
            )
            lines.append(line(f"conversation page, {here}", pairing, "ms", against="bare page of 50 rows"))
            lines.append(count(f"conversation page, {here}: weight", len(answer.body), "bytes"))
            statements = f"conversation page, {here}: SQL statements"
            lines.append(_statements(statements, house, path, most=MOST_STATEMENTS_OF_A_CASE))
        lines += growth(served, "conversation page", lambda h: _conversations_ms(h, requests), rounds)
    return lines


@contextmanager
def houses(scratch: Scratch, size: str) -> Iterator[list[House]]:
    """A house for each number of conversations of this size; it goes on for the next benchmark that asks for it."""
    filled = [scratch.filled(lambda given, n=rows: queue_data.fill(given, n), f"queue_{rows}") for rows in SIZES[size]]
    for database in filled:
        with database.superuser() as connection:
            connection.execute("vacuum (analyze)")

    def start(held: ExitStack) -> list[House]:
        return [_house(database, rows, held, size) for database, rows in zip(filled, SIZES[size], strict=True)]

    yield scratch.lasting(f"houses of {size}", start)


def _house(database: Database, rows: int, held: ExitStack, size: str) -> House:
    seeded = Seeded.known()
    cookie = cookie_name(database.settings())
    with database.superuser() as connection:
        found = connection.execute(
            "select rank, id from conversation where status = 'open' order by rank desc, id desc limit 5000"
        ).fetchall()
    place = found[99 * PAGE_ROWS - 1] if len(found) > 99 * PAGE_ROWS else found[PAGE_ROWS - 1]
    url, floor_url = held.enter_context(database.product()), held.enter_context(database.floor())
    house = House(
        rows,
        database,
        Client(url, {cookie: queue_data.sign_in(database, seeded.admin_id)}),
        Client(url, {cookie: queue_data.sign_in(database, seeded.staff_id)}),
        Client(floor_url),
        [row[1] for row in found[: PAGE_ROWS * 4]],
        database.base_app(),
        cursor_of("rank", *place),
    )
    for client in (house.admin, house.staff, house.floor):
        held.callback(client.close)
    for _ in range(WARMED_BY[size]):  # both processes compile their templates and statements
        house.admin.get("/inbox")
        house.admin.close()
        house.staff.get("/inbox")
        house.staff.close()
        house.floor.get("/page")
        house.floor.close()
    return house


def growth(served: list[House], name: str, measure: Any, rounds: int) -> list[Line]:
    """The largest house against the one before, in paired rounds."""
    if len(served) < 2:
        return []
    small, large = served[-2:]
    pairing = paired(lambda: measure(large), lambda: measure(small), rounds=rounds)
    return [
        line(
            f"{name}, {large.rows:,} conversations against {small.rows:,}",
            pairing,
            "ms",
            against=f"{small.rows:,} conversations",
            aim="<= 1.1",
        )
    ]


def _refreshed_ms(client: Client, times: int) -> float:
    """As a browser does: the page once, then only whether it changed. The tag changes by the clock, so it may twice."""
    for _ in range(3):
        tag = client.get("/inbox").headers["etag"]
        try:
            return client.timed_ms("/inbox", times, {"If-None-Match": tag}, status=304)
        except RuntimeError:
            continue
    raise WrongAnswer("/inbox never answered 304 to its own tag")


def _conversations_ms(house: House, times: int) -> float:
    taken = []
    for number in range(times):
        taken.append(house.admin.timed_ms(f"/conversations/{house.ids[number % len(house.ids)]}", 1))
    return sorted(taken)[times // 2]


def _weight(name: str, ours: int, floor: int) -> Line:
    found = count(name, ours, "bytes", aim=f"<= {MOST_PAGE_BYTES}", floor_bytes=floor)
    return found


def _statements(name: str, house: House, path: str, tag: str = "", most: int = MOST_STATEMENTS) -> Line:
    statements = statements_of(house.database, house.admin, path, tag)
    return count(name, len(statements), "", aim=f"<= {most}", statements=statements)


def statements_of(database: Database, client: Client, path: str, tag: str = "") -> list[str]:
    """The statements of one request, counted in this process through the same app; transaction control left out."""
    app = create_app(database.settings())
    be_quiet()
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(" ".join(statement.split())[:200])

    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items()), "Host": "localhost"}
    if tag:
        headers["If-None-Match"] = tag
    _ask(app, path, headers)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        _ask(app, path, headers)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        with app.app_context():
            db.engine.dispose()
    return seen


def list_buffers(name: str, house: House, wanted: QueueFilter, most: int | None = 12) -> Line:
    """Buffers of the list's statement for somebody with all brands."""
    return count(name, _buffers(house, wanted), "", aim=f"<= {most}" if most else "")


def _buffers(house: House, wanted: QueueFilter) -> int:
    """Buffers the list's statement touches for somebody with all brands, as the application's role."""
    return buffers_of(
        house, lambda: list_conversations(wanted, me=Seeded.known().admin_id, with_accounts=False), "conversation"
    )


def buffers_of(house: House, read: Callable[[], object], table: str) -> int:
    """Buffers that statements from this table touch as this reads them, as the application's role."""
    with in_scope(house.database.base_app(), Scope(Seeded.known().agency_id, None)):
        read()
        seen: list[tuple[str, Any]] = []

        def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
            seen.append((statement, values))

        event.listen(Engine, "before_cursor_execute", note)
        try:
            read()
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        driver: Any = db.session.connection().connection.driver_connection
        touched = 0
        for statement, values in (one for one in seen if "from" in one[0].lower() and table in one[0]):
            for _ in range(2):  # the first run may still set hint bits
                ((plan,),) = driver.execute(f"explain (analyze, buffers, format json) {statement}", values).fetchall()
            top = plan[0]["Plan"]
            touched += int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])
        return touched


def _ask(app: Flask, path: str, headers: dict[str, str]) -> None:
    answer = app.test_client(use_cookies=False).get(path, headers=headers)
    if answer.status_code not in (200, 304):
        raise WrongAnswer(f"{path} answered {answer.status_code}")
