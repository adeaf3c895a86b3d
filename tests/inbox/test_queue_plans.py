"""What PostgreSQL makes of the queue's statements in a full house: plans kept, and walks that end early."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from agency.inbox.filters import cursor_of
from agency.inbox.queries import QueueFilter, list_conversations, queue_state
from tenants import clock
from tenants.database import db, new_id
from tests.factories import Agency, Factory

OPEN, CLOSED = 5_000, 5_000
RUNS = 14
"""The driver prepares at the sixth run, and the server may keep a plan from the sixth run after that."""

FILL = """
insert into conversation (agency_id, id, brand_id, account_id, platform, kind, external_id, status, rank, excerpt)
select :agency_id, uuidv7(n * interval '10 seconds' - interval '30 days'), :brand_id, :account_id, 'facebook',
    'comment', 'thread-' || n, case when n % 2 = 0 then 'open' else 'closed' end, n % 1000, repeat('words ', 20)
from generate_series(1, :rows) n
"""


@pytest.fixture
def full_house(ana: Agency, make: Factory, superuser: Engine) -> Agency:
    """Thousands of conversations in one brand, and what the planner knows about them up to date."""
    account = make.account(ana)
    values = {"agency_id": ana.id, "brand_id": ana.brand_ids[0], "account_id": account, "rows": OPEN + CLOSED}
    with superuser.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text(FILL), values)
        connection.execute(text("analyze conversation, account, brand, queue_counter"))
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
    assert "Backward using pk_conversation" in plan, plan
