"""Lines added to the record by the product's function, as links of a chain, against the same INSERT without one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import orjson
import psycopg

from benchmarks.rounds import LEAST_ROUNDS, Line, WrongAnswer, line, paired
from benchmarks.scratch import Database, Scratch
from tenants import models
from tenants.audit_reading import verify_chains
from tenants.database import db, new_id
from tenants.row_policies import policy_test
from tenants.scope import Scope, in_scope

APPENDS = {"tiny": 20, "small": 500, "full": 2_000}
"""Transactions of one round, each of one line."""
BULK = {"tiny": 50, "small": 500, "full": 500}
"""Lines of the one transaction that a large press is."""
THREADS = 4
BRANDS = 8

BOUND = "select set_config('app.agency_id', %s, true), set_config('app.brand_ids', '*', true)"
CHAINED = "select append_brand_audit(%s, %s::jsonb)"
UNCHAINED = """
insert into plain_audit (agency_id, id, brand_id, actor_id, actor_name, action, subject_type, subject_id, facts, words)
select %s, id, brand_id, actor_id, actor_name, action, subject_type, subject_id, facts, words
from jsonb_to_recordset(%s::jsonb) as g(id uuid, brand_id uuid, actor_id uuid, actor_name text, action text,
    subject_type text, subject_id text, facts jsonb, words jsonb)
"""
PLAIN_TABLE = (
    "create table plain_audit (like brand_audit including all)",
    "alter table plain_audit drop column number, drop column hash, drop column actor_salt, drop column words_salt,"
    " drop column words_hash, drop column erased_at",
    "alter table plain_audit add foreign key (agency_id, brand_id) references brand (agency_id, id)",
    "alter table plain_audit enable row level security",
    "alter table plain_audit force row level security",
    "grant select, insert on plain_audit to onbrand_app",
)
"""The record as it would be without chains: the same columns, indexes, row policy and foreign key."""


def audit_append(scratch: Scratch, size: str) -> list[Line]:
    """Lines of the benchmark `audit_append`."""
    database = scratch.database("audit_append")
    app = database.base_app()
    agency_id, brand_ids = new_id(), [new_id() for _ in range(BRANDS)]
    with app.app_context():
        db.session.add(models.Agency(id=agency_id, name="Bench House"))
        db.session.commit()
    with in_scope(app, Scope(agency_id, None)):
        for number, brand_id in enumerate(brand_ids):
            db.session.add(
                models.Brand(
                    agency_id=agency_id, id=brand_id, name=f"B {number}", mark="BB", colour="#123456", language="en"
                )
            )
    policy = policy_test(models.BrandAudit.__table__)
    with database.superuser() as connection:
        for statement in (*PLAIN_TABLE, f"create policy scope on plain_audit using ({policy}) with check ({policy})"):
            connection.execute(statement.encode())

    def rate(statement: str, threads: int, brands: Sequence[UUID], lines: int, times: int) -> Callable[[], float]:
        return lambda: _lines_a_second(database, statement, agency_id, threads, brands, lines, times)

    count, bulk = APPENDS[size], BULK[size]
    shapes = (
        ("one line a transaction, one after the other", 1, brand_ids[:1], 1, count),
        (f"one line a transaction, {THREADS} at once over {BRANDS} brands", THREADS, brand_ids, 1, count // THREADS),
        (f"one line a transaction, {THREADS} at once, one brand", THREADS, brand_ids[:1], 1, count // THREADS),
        (f"{bulk} lines in one transaction", 1, brand_ids, bulk, 1 if size == "tiny" else 5),
    )
    found = []
    for name, *shape in shapes:
        ours, floor = rate(CHAINED, *shape), rate(UNCHAINED, *shape)
        ours(), floor()
        rounds = 1 if size == "tiny" else LEAST_ROUNDS
        pairing = paired(ours, floor, rounds=rounds)
        against = "the same INSERT into a table without chains"
        found.append(line(name, pairing, "lines/s", against=against, aim=">= 0.5"))
    with in_scope(app, Scope(agency_id, None)):
        for brand_id, verdict in verify_chains():
            if verdict.broken is not None or (brand_id is not None and verdict.lines == 0):
                raise WrongAnswer(f"a chain of {verdict.lines} lines: {verdict.broken}")
    return found


def _lines_a_second(
    database: Database, statement: str, agency_id: UUID, threads: int, brands: Sequence[UUID], lines: int, times: int
) -> float:
    """`threads` connections of the application's role, each `times` transactions of `lines` lines."""
    together, errors = threading.Barrier(threads + 1), list[BaseException]()

    def work(place: int) -> None:
        try:
            with psycopg.connect(database.app_url, prepare_threshold=2) as connection:
                together.wait(30)
                for turn in range(times):
                    rows = [_row(brands[(place + turn + number) % len(brands)]) for number in range(lines)]
                    connection.execute(BOUND, (str(agency_id),))
                    connection.execute(statement, (agency_id, orjson.dumps(rows).decode()))
                    connection.commit()
        except BaseException as error:
            errors.append(error)
            together.abort()

    started = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
    for one in started:
        one.start()
    together.wait(30)
    began = time.perf_counter()
    for one in started:
        one.join()
    taken = time.perf_counter() - began
    if errors:
        raise errors[0]
    return threads * times * lines / taken


def _row(brand_id: UUID) -> dict[str, Any]:
    return {
        "id": new_id(),
        "brand_id": brand_id,
        "actor_id": brand_id,
        "actor_name": "Sam Staff",
        "action": "reply.submit",
        "subject_type": "reply",
        "subject_id": str(brand_id),
        "facts": {"from_state": "draft", "to_state": "awaiting_approval", "text_hash": "5f" * 32},
        "words": None,
    }
