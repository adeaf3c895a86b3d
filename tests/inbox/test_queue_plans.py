"""What PostgreSQL makes of the queue's statements in a full house: plans kept, and walks that end early."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text

from agency.inbox import bulk, undoing
from agency.inbox.bulk import Chosen
from agency.inbox.deeds import Resolve
from agency.inbox.filters import FREE, ME, cursor_of
from agency.inbox.models import Conversation
from agency.inbox.queries import QueueFilter, list_conversations, queue_state
from agency.inbox.storage import AccountRows
from channels.models import Account
from tenants import clock
from tenants.database import db, new_id
from tenants.permissions import Role
from tests.factories import Agency, Factory

OPEN, CLOSED = 5_000, 5_000
RUNS = 14
"""The driver prepares at the sixth run, and the server may keep a plan from the sixth run after that."""

FILL = """
insert into conversation (agency_id, id, brand_id, account_id, platform, kind, external_id, status, rank, excerpt)
select :agency_id, uuidv7(n * interval '10 seconds' - interval '30 days'),
    case when n % 80 < 40 then :brand_id else md5((n % 80)::text)::uuid end, :account_id, 'facebook',
    'comment', 'thread-' || n, case when n % 2 = 0 then 'open' else 'closed' end, n % 1000, repeat('words ', 20)
from generate_series(1, :rows) n
"""

PRESSES = """
insert into bulk_deed_case (agency_id, id, brand_id, bulk_deed_id, conversation_id, place, state, version_after)
select agency_id, uuidv7(), brand_id, bulk_deed_id, conversation_id, place, 'done', 0
from bulk_deed_case, generate_series(1, 80)
"""


@pytest.fixture
def full_house(ana: Agency, make: Factory, superuser: Engine) -> Agency:
    """Thousands of conversations, half in one brand, half in forty others; what the planner knows of them is new."""
    account = make.account(ana)
    values = {"agency_id": ana.id, "brand_id": ana.brand_ids[0], "account_id": account, "rows": OPEN + CLOSED}
    with superuser.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text(FILL), values)
    with superuser.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum (analyze) conversation, account, brand, queue_counter"))
    with ana.app.app_context():
        db.engine.dispose()  # a fresh session has prepared nothing
    return ana


def _prepared() -> dict[str, Any]:
    """This session's prepared statements on conversations: by their words, their name and how often a plan was kept."""
    rows = db.session.connection().exec_driver_sql(
        "select statement, name, generic_plans, custom_plans from pg_prepared_statements"
    )
    return {row.statement: row for row in rows if "FROM conversation" in row.statement}


def _kept_plan(words: str, name: str) -> str:
    """The plan made without knowing any value."""
    connection = db.session.connection()
    connection.exec_driver_sql("set local plan_cache_mode = force_generic_plan")
    count = len(set(re.findall(r"\$\d+", words)))
    rows = connection.exec_driver_sql(f'explain execute "{name}"({", ".join(["null"] * count)})')
    return "\n".join(row[0] for row in rows)


def test_later_pages_begin_at_their_place_in_the_queue(full_house: Agency) -> None:
    place = cursor_of("rank", 990, new_id())
    with full_house.entered(full_house.agency_admin):
        for _ in range(RUNS):
            assert len(list_conversations(QueueFilter(), place).rows) == 50
        ((words, found),) = _prepared().items()
        plan = _kept_plan(words, found.name)
    assert "ix_conversation_queue" in plan
    assert "Sort" not in plan, plan
    assert re.search(r"Index Cond: .*ROW\(rank, id\) <", plan), "the page is walked to from the beginning"


@pytest.fixture
def many_accounts(full_house: Agency, superuser: Engine) -> Iterator[Agency]:
    """The same house, where PostgreSQL takes an account for one of thousands: small, as most are."""
    with superuser.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            connection.execute(text("alter table conversation alter account_id set (n_distinct = 5000)"))
            connection.execute(text("analyze conversation"))
            yield full_house
        finally:
            connection.execute(text("alter table conversation alter account_id reset (n_distinct)"))


def test_storing_reads_no_more_of_an_account_than_it_names(many_accounts: Agency) -> None:
    read = "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables"
    with many_accounts.entered():
        account = db.session.execute(select(Account)).scalar_one()
        rows, known = AccountRows(account), db.session.scalars(select(Conversation.id).limit(3)).all()
        asked = db.session.connection().exec_driver_sql
        asked("set local plan_cache_mode = force_generic_plan")
        for _ in range(RUNS):
            before = asked(f"{read} where relname = 'conversation'").scalar_one()
            assert len(rows.threads(["thread-7", "thread-8"], known)) == 5
            after = asked(f"{read} where relname = 'conversation'").scalar_one()
            assert after - before <= 20, "all that the account ever had was read"


VIEWS = [
    (QueueFilter(), "queue"),
    (QueueFilter(holder=FREE), "queue"),
    (QueueFilter(kind="comment", platform="facebook"), "queue"),
    (QueueFilter(brand_ids=(new_id(),)), "brand_queue"),
    (QueueFilter(brand_ids=(new_id(), new_id())), "brand_queue"),
    (QueueFilter(late=True), "due"),
    (QueueFilter(holder=ME), "holder"),
    (QueueFilter(reply_state="awaiting_approval"), "reply"),
]


def test_a_view_is_read_from_its_index_alone(full_house: Agency) -> None:
    """Every column that a row shows or is filtered by is carried by the index (docs/decisions/0023)."""
    for wanted, index in VIEWS:
        with full_house.app.app_context():
            db.engine.dispose()
        with full_house.entered(full_house.agency_admin):
            for _ in range(RUNS):
                list_conversations(wanted, me=full_house.agency_admin.user_id, with_accounts=False)
            ((words, found),) = _prepared().items()
            plan = _kept_plan(words, found.name)
        assert f"Index Only Scan using ix_conversation_{index} " in plan, plan


def test_each_case_is_looked_up_by_itself_among_older_presses(full_house: Agency, superuser: Engine) -> None:
    """Held case by case against every press, as where the planner takes the table for empty, 500 took half a second."""
    with superuser.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum (analyze) bulk_deed_case"))  # while it is empty: so the planner knows it
    admin, older = full_house.agency_admin, new_id()
    with full_house.entered(admin):
        ours = QueueFilter(brand_ids=(full_house.brand_ids[0],))
        cases = tuple(row.id for row in list_conversations(ours).rows)
        bulk.press(admin, older, Resolve(), Chosen(cases))
    with superuser.begin() as connection:  # and eighty presses of the same cases that nobody took back
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text(PRESSES))
    plans: list[str] = []

    def explain(_connection: Any, cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if "update bulk_deed_case d" in statement:
            with cursor.connection.cursor() as beside:
                plans.append("\n".join(row[0] for row in beside.execute(f"explain {statement}", values)))

    with full_house.entered(admin):
        event.listen(engine := db.engine, "before_cursor_execute", explain)
        try:
            assert undoing.undo(admin, older).restored_count == len(cases)
        finally:
            event.remove(engine, "before_cursor_execute", explain)
    (plan,) = plans
    assert re.search(r"Index Cond: .*conversation_id = given.id", plan), plan


@pytest.mark.parametrize("status", ["open", "closed", None])
def test_lists_of_few_brands_are_walked_in_each_alone(full_house: Agency, make: Factory, status: str | None) -> None:
    """Somebody of whose brands nothing stands there does not have what others have looked through."""
    few = make.person(full_house, Role.STAFF, only_brand_ids=full_house.brand_ids[1:])
    with full_house.entered(few):
        for _ in range(RUNS):
            assert list_conversations(QueueFilter(status=status)).rows == []
            assert list_conversations(QueueFilter(status=status, brand_ids=(full_house.brand_ids[0],))).rows == []
        plans = "\n".join(_kept_plan(words, found.name) for words, found in _prepared().items())
    assert "ix_conversation_brand_" in plans, plans
    assert "Seq Scan on conversation" not in plans


def test_what_is_late_is_counted_in_each_of_few_brands_and_what_one_holds_by_person(
    full_house: Agency, make: Factory, superuser: Engine
) -> None:
    with superuser.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        held = "update conversation set holder_id = :who where status = 'open' and rank % 4 = 0"
        connection.execute(text(held), {"who": full_house.team_lead.user_id})
    with superuser.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum (analyze) conversation"))
    few = make.person(full_house, Role.STAFF, only_brand_ids=full_house.brand_ids[1:])
    late = make.conversation(full_house, brand=1, due_at=clock.now() - timedelta(minutes=1))
    make.conversation(full_house, due_at=clock.now() - timedelta(minutes=1))
    with full_house.app.app_context():
        db.engine.dispose()
    with full_house.entered(few):
        for _ in range(RUNS):
            assert queue_state(few.user_id).late == 1
            assert queue_state(few.user_id, brand_ids=(full_house.brand_ids[0],)).late == 0
        assert [row.id for row in list_conversations(QueueFilter(late=True)).rows] == [late]
        plans = [
            _kept_plan(words, found.name) for words, found in _prepared().items() if "late" in words or "lane" in words
        ]
    assert plans
    assert all("using ix_conversation_brand_due" in plan for plan in plans), plans
    counting = [plan for plan in plans if "queue_counter" in plan]
    assert counting
    assert all("using ix_conversation_holder" in plan for plan in counting), counting


def test_new_ones_are_counted_from_the_newest_and_planned_once(full_house: Agency, make: Factory) -> None:
    since = clock.now() - timedelta(minutes=1)
    make.conversation(full_house)
    with full_house.app.app_context():
        db.engine.dispose()
    with full_house.entered(full_house.agency_admin):
        for _ in range(RUNS):
            assert queue_state(full_house.agency_admin.user_id, since=since).newer == 1
        ((words, found),) = _prepared().items()
        assert found.generic_plans > 0, "every run is planned anew"
        plan = _kept_plan(words, found.name)
    assert "Backward using ix_conversation_open_id" in plan, plan
