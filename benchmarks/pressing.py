"""500 cases resolved by one press and taken back, against one bare UPDATE of as many rows and their audit lines.

Method: one brand among 20, cases open and free. Ours is `agency.inbox.bulk.press` as a page calls it, and its undo,
as the application's role with row-level security on, committed: rules case by case, what they were before, the record
and the queue's counters. The floor is one UPDATE by id and one INSERT ... SELECT of the same number of audit lines by
the superuser, without row policies but with the counters' triggers, which no other way spares. Statements are counted
on one press of 1 and one of 500.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import event, select

from agency.inbox import bulk, undoing
from agency.inbox.bulk import Chosen
from agency.inbox.deeds import Resolve
from agency.inbox.models import Conversation
from benchmarks.rounds import LEAST_ROUNDS, Line, WrongAnswer, line, paired
from benchmarks.scratch import Scratch
from tenants import models
from tenants.database import db, new_id
from tenants.permissions import Actor, Role
from tenants.scope import Scope, in_scope

CASES = {"tiny": 50, "small": 500, "full": 500}
MORE = {"tiny": 100, "small": 5_000, "full": 50_000}
BRANDS = 20

CASES_SQL = """
insert into conversation (agency_id, id, brand_id, account_id, platform, kind, external_id, status, rank,
    rank_reasons, excerpt, author_name, context, message_count, last_message_at, last_customer_at, version)
select %(agency)s, uuidv7(), (%(brands)s::uuid[])[1 + n %% %(count)s], %(account)s, 'facebook', 'comment',
    'thread-' || n, 'open', n, '[]', 'Where is my card?', 'Maria Silva', '{}', 1, now(), now(), 1
from generate_series(1, %(cases)s) n
"""
FLOOR = (
    "update conversation set status = 'closed', closed_reason = 'resolved', version = version + 1 where id = any(%s)",
    # Numbers below those of any chain: what is measured is one INSERT, not whether it would verify.
    "insert into brand_audit (agency_id, id, brand_id, number, hash, actor_salt, actor_name, action, subject_type, "
    "subject_id, facts) select agency_id, uuidv7(), brand_id, floor(-1e18 * random()), '', '', 'Sam', "
    "'conversation.close', 'conversation', id::text, '{}' from conversation where id = any(%s)",
)


def bulk_resolve(scratch: Scratch, size: str) -> list[Line]:
    """Lines of the benchmark `bulk_resolve`."""
    database = scratch.database("pressing")
    app = database.base_app()
    agency_id, brand_ids = new_id(), [new_id() for _ in range(BRANDS)]
    actor = Actor(new_id(), "Sam Staff", Role.STAFF, agency_id, None)
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
    with database.superuser() as connection:
        values = {"agency": agency_id, "brands": brand_ids, "count": BRANDS, "account": new_id()}
        # Accounts are not looked at; the counters' triggers stay on, as in every floor below.
        connection.execute("alter table conversation disable trigger all")
        connection.execute(CASES_SQL, {**values, "cases": MORE[size] + CASES[size]})
        connection.execute("alter table conversation enable trigger all")
        connection.execute("vacuum (analyze)")
    with in_scope(app, actor.scope):
        wanted = select(Conversation.id).order_by(Conversation.rank.desc()).limit(CASES[size])
        ids = tuple(db.session.scalars(wanted))

    def open_again() -> None:
        with database.superuser() as connection:
            connection.execute(
                "update conversation set status = 'open', closed_reason = null where id = any(%s)", (list(ids),)
            )
            connection.execute("vacuum conversation")

    def ours() -> float:
        open_again()
        started = time.perf_counter()
        with in_scope(app, actor.scope):
            done = bulk.press(actor, new_id(), Resolve(), Chosen(ids))
        taken = time.perf_counter() - started
        if done.done_count != len(ids):
            raise WrongAnswer(f"{done.done_count} of {len(ids)} were resolved")
        return taken

    def floor() -> float:
        open_again()
        started = time.perf_counter()
        with database.superuser() as connection, connection.transaction():
            for statement in FLOOR:
                connection.execute(statement, (list(ids),))
        return time.perf_counter() - started

    def back() -> float:
        open_again()
        with in_scope(app, actor.scope):
            press_id = bulk.press(actor, new_id(), Resolve(), Chosen(ids)).id
        started = time.perf_counter()
        with in_scope(app, actor.scope):
            undone = undoing.undo(actor, press_id)
        taken = time.perf_counter() - started
        if undone.restored_count != len(ids):
            raise WrongAnswer(f"{undone.restored_count} of {len(ids)} were put back")
        return taken

    counts = []
    for chosen in (ids[:1], ids):
        open_again()
        with in_scope(app, actor.scope):
            db.session.scalars(wanted).all()  # so that the scope is bound
            with _counted() as seen:
                bulk.press(actor, new_id(), Resolve(), Chosen(chosen))
        counts.append(len(seen))
    if counts[0] != counts[1]:
        raise WrongAnswer(f"{counts[0]} statements for one case, {counts[1]} for {len(ids)}")
    rounds = 1 if size == "tiny" else LEAST_ROUNDS
    ours(), floor(), back()
    against = "one UPDATE and one INSERT of audit lines"
    name = f"{len(ids)} cases resolved by one press, {counts[1]} statements"
    return [
        line(name, paired(ours, floor, rounds=rounds), "s", against=against),
        line(f"{len(ids)} cases put back by its undo", paired(back, floor, rounds=rounds), "s", against=against),
    ]


class _counted:
    """The statements that reach the database inside."""

    def __enter__(self) -> list[str]:
        self._seen: list[str] = []
        self._engine = db.engine
        event.listen(self._engine, "before_cursor_execute", self._saw)
        return self._seen

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._saw)

    def _saw(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        self._seen.append(statement)
