"""Two guards keep tenants apart, and each holds alone: these tests switch one off and try the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, create_engine, delete, exists, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, aliased

from agency.inbox.models import Conversation, Message
from agency.local.postgres import RunningPostgres
from tenants.database import UNSCOPED_TABLES, Base, db, new_id
from tenants.kept_select import KeptSelect
from tenants.models import Agency as AgencyRow
from tenants.models import Brand
from tenants.row_policies import catalogue_problems, owned_tables, policy_statements
from tenants.scope import NoScope, OutsideScope, Scope, ScopeChanged, UnguardedStatement, enter_scope, in_scope, raw_sql
from tests.factories import Agency, Factory


@pytest.fixture
def rows(make: Factory, ana: Agency, stranger: Agency) -> tuple[UUID, UUID, UUID]:
    """Conversations: the agency's first brand, its second brand, the stranger's."""
    return make.conversation(ana), make.conversation(ana, brand=1), make.conversation(stranger)


READ_HERE = ("brand", "contact", "conversation", "message")


@pytest.fixture
def without_policies(app: Any, superuser: Engine) -> Iterator[None]:
    """Guard two switched off, for what these tests read."""
    tables = [table for table in owned_tables() if table.name in READ_HERE]
    assert len(tables) == len(READ_HERE)
    with superuser.begin() as connection:
        for table in tables:
            connection.execute(text(f"alter table {table.name} disable row level security"))
    yield
    with superuser.begin() as connection:
        for table in tables:
            for statement in policy_statements(table):
                connection.execute(text(statement))


# Statements a forgetful programmer might write, each naming conversations without naming a tenant.
READS = {
    "attributes": lambda: select(Conversation.id),
    "entity": lambda: select(Conversation),
    "alias": lambda: select(aliased(Conversation).id),
    "count of ids": lambda: select(func.count(Conversation.id)),
    "join": lambda: select(Message.text).join(Conversation, Conversation.id == Message.conversation_id),
    "join of an unselected class": lambda: select(AgencyRow.id).join(
        Conversation, Conversation.agency_id == AgencyRow.id
    ),
    "sub-select": lambda: select(select(Conversation.id).subquery().c.id),
    "scalar sub-select": lambda: select(select(func.count(Conversation.id)).scalar_subquery()),
    "cte": lambda: select(select(Conversation.id).cte("c").c.id),
    "in": lambda: select(Message.id).where(Message.conversation_id.in_(select(Conversation.id))),
    "union": lambda: select(Conversation.id).union(select(Conversation.id)),
    "count over the table": lambda: select(func.count()).select_from(Conversation),
    "exists without entity": lambda: select(exists().where(Conversation.id.is_not(None))),
    "cross join by where": lambda: select(AgencyRow.id).where(Conversation.agency_id == AgencyRow.id),
    "core table": lambda: select(Conversation.__table__.c.id),
}


def read(shape: str, kept: bool) -> list[Any]:
    if kept:
        return [row[0] for row in KeptSelect(READS[shape]()).rows({})]
    return list(db.session.execute(READS[shape]()).scalars())


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("shape", READS)
@pytest.mark.parametrize("guard_two", [True, False])
def test_a_read_never_reaches_beyond_the_scope(
    shape: str, guard_two: bool, kept: bool, ana: Agency, rows: Any, request: pytest.FixtureRequest
) -> None:
    if not guard_two:
        request.getfixturevalue("without_policies")
    first_brand_only = Scope(ana.id, frozenset({ana.brand_ids[0]}))
    with in_scope(ana.app, first_brand_only):
        try:
            got = read(shape, kept)
        except UnguardedStatement:
            return
        numbers = [value for value in got if isinstance(value, int)]
        assert (numbers == [1]) if numbers else (len(got) == 1), f"{shape} reached {got}"


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("shape", READS)
def test_a_read_without_a_scope_is_an_error(shape: str, kept: bool, ana: Agency, rows: Any) -> None:
    with ana.app.app_context(), pytest.raises((NoScope, UnguardedStatement)):
        read(shape, kept)


def test_a_kept_select_serves_one_scope_after_another(
    ana: Agency, stranger: Agency, rows: tuple[UUID, UUID, UUID], without_policies: None
) -> None:
    kept = KeptSelect(select(Conversation.id))
    first, second, foreign = rows
    for scope, seen in (
        (Scope(ana.id, None), {first, second}),
        (Scope(ana.id, frozenset({ana.brand_ids[1]})), {second}),
        (Scope(ana.id, frozenset()), set()),
        (Scope(stranger.id, None), {foreign}),
        (Scope(stranger.id, frozenset({ana.brand_ids[1]})), set()),
    ):
        with in_scope(ana.app, scope):
            assert {row[0] for row in kept.rows({})} == seen


@pytest.mark.parametrize("guard_two", [True, False])
def test_a_write_never_reaches_beyond_the_scope(
    guard_two: bool, ana: Agency, stranger: Agency, rows: Any, request: pytest.FixtureRequest, superuser: Engine
) -> None:
    if not guard_two:
        request.getfixturevalue("without_policies")
    with in_scope(ana.app, Scope(ana.id, frozenset({ana.brand_ids[0]}))):
        assert db.session.execute(update(Conversation).values(excerpt="mine")).rowcount == 1
    with in_scope(ana.app, Scope(ana.id, frozenset({ana.brand_ids[1]}))):
        assert db.session.execute(delete(Message)).rowcount == 1
    with superuser.connect() as connection:
        assert connection.execute(text("select count(*) from conversation where excerpt = 'mine'")).scalar() == 1
        assert connection.execute(text("select count(*) from message")).scalar() == 2


@pytest.mark.parametrize("guard_two", [True, False])
def test_a_foreign_row_cannot_be_inserted(
    guard_two: bool, ana: Agency, stranger: Agency, request: pytest.FixtureRequest
) -> None:
    if not guard_two:
        request.getfixturevalue("without_policies")
    foreign = {"agency_id": stranger.id, "id": new_id(), "name": "x", "mark": "X", "colour": "#000000"}
    for attempt in (
        lambda: db.session.execute(insert(Brand).values(**foreign)),
        lambda: db.session.execute(insert(Brand), [foreign]),
        lambda: (db.session.add(Brand(**foreign)), db.session.flush()),
        lambda: db.session.execute(update(Brand).values(agency_id=stranger.id)),
    ):
        with ana.app.app_context(), pytest.raises(OutsideScope):
            enter_scope(db.session, ana.scope)
            attempt()


def test_raw_sql_is_held_by_row_policies_alone(ana: Agency, stranger: Agency, rows: Any) -> None:
    with ana.entered():
        got = db.session.execute(raw_sql("select agency_id from conversation", reason="the test")).scalars().all()
        assert set(got) == {ana.id}
    with ana.app.app_context(), pytest.raises(UnguardedStatement):
        enter_scope(db.session, ana.scope)
        db.session.execute(text("select 1 from conversation"))
    for statement in (
        f"insert into brand (agency_id, id, name, mark, colour, language, time_zone, needs_approval, answer_due_hours)"
        f" values ('{stranger.id}', '{new_id()}', 'x', 'X', '#000000', 'en', 'UTC', true, 1)",
        f"update conversation set agency_id = '{stranger.id}'",
    ):
        with ana.app.app_context(), pytest.raises(DBAPIError):
            enter_scope(db.session, ana.scope)
            db.session.execute(raw_sql(statement, reason="the test"))


@pytest.mark.parametrize("table", [table.name for table in owned_tables()])
def test_no_owned_table_answers_an_unbound_connection(table: str, app: Any, postgres: RunningPostgres) -> None:
    """Fresh or used before: without the two settings PostgreSQL answers with an error, not with rows."""
    engine = create_engine(postgres.app_url.replace("postgresql:", "postgresql+psycopg:", 1))
    try:
        with engine.connect() as connection:
            for _ in range(2):
                with pytest.raises(DBAPIError):
                    connection.execute(text(f"select 1 from {table} where agency_id is not null or true"))
                    connection.execute(text(f"insert into {table} default values"))
                connection.rollback()
                connection.execute(
                    text("select set_config('app.agency_id', :a, true), set_config('app.brand_ids', '*', true)"),
                    {"a": str(new_id())},
                )
                assert connection.execute(text(f"select count(*) from {table}")).scalar() == 0
                connection.commit()
    finally:
        engine.dispose()


def test_a_session_keeps_its_scope_for_life(ana: Agency, stranger: Agency) -> None:
    with ana.app.app_context():
        enter_scope(db.session, ana.scope)
        enter_scope(db.session, ana.scope)
        with pytest.raises(ScopeChanged):
            enter_scope(db.session, stranger.scope)


def test_a_scope_entered_after_the_transaction_began_still_binds_it(ana: Agency, rows: Any) -> None:
    with ana.app.app_context():
        db.session.execute(select(AgencyRow.id)).all()
        enter_scope(db.session, ana.scope)
        assert len(db.session.execute(raw_sql("select 1 from conversation", reason="the test")).all()) == 2


def test_the_scope_outlives_commit_and_rollback_but_not_the_connection(
    ana: Agency, rows: Any, postgres: RunningPostgres
) -> None:
    with ana.app.app_context():
        enter_scope(db.session, ana.scope)
        for end in (db.session.commit, db.session.rollback):
            assert len(db.session.execute(select(Conversation.id)).all()) == 2
            end()
    with ana.app.app_context():
        left = db.session.execute(
            text("select coalesce(current_setting('app.agency_id', true), '')").execution_options(
                raw_sql_reason="the test"
            )
        ).scalar()
        assert left == ""


def test_a_child_cannot_point_at_another_tenants_parent(
    ana: Agency, stranger: Agency, rows: tuple[UUID, UUID, UUID]
) -> None:
    for foreign in (rows[1], rows[2]):
        with ana.app.app_context(), pytest.raises(DBAPIError):
            enter_scope(db.session, ana.scope)
            db.session.execute(
                raw_sql("update message set conversation_id = :foreign where brand_id = :brand", reason="the test"),
                {"foreign": foreign, "brand": ana.brand_ids[0]},
            )


def test_every_table_is_owned_or_excused() -> None:
    for name, table in Base.metadata.tables.items():
        owned = "agency_id" in table.primary_key.columns
        assert owned != (name in UNSCOPED_TABLES), f"{name}: owned by an agency, or excused with a reason, not both"
        if owned:
            assert next(iter(table.primary_key.columns)).name == "agency_id"
            for index in table.indexes:
                assert next(iter(index.expressions)).name == "agency_id", index.name
            for key in table.foreign_key_constraints:
                assert key.column_keys[0] == "agency_id", key.name


def test_the_catalogue_check_sees_each_weakness(app: Any, superuser: Engine, postgres: RunningPostgres) -> None:
    engine = create_engine(postgres.app_url.replace("postgresql:", "postgresql+psycopg:", 1))
    weaknesses = [
        ("alter table message disable row level security", "alter table message enable row level security"),
        ("alter table note no force row level security", "alter table note force row level security"),
        ("alter policy scope on reply using (true)", policy_statements(Base.metadata.tables["reply"])),
        ("create policy extra on brand using (true)", "drop policy extra on brand"),
        ("create view leak as select * from brand; grant select on leak to onbrand_app", "drop view leak"),
        (
            "create view leak with (security_invoker) as select * from brand; grant select on leak to public",
            "drop view leak",
        ),
        (
            "create materialized view leak as select * from brand; grant select on leak to onbrand_app",
            "drop materialized view leak",
        ),
        ("create table leak (id int); grant select on leak to onbrand_app", "drop table leak"),
        ("create table leak (id int, name text); grant select (name) on leak to onbrand_app", "drop table leak"),
        ("create table leak (id int); grant insert on leak to onbrand_app", "drop table leak"),
        (
            "create table leak (); alter table leak enable row level security; grant select on leak to onbrand_app",
            "drop table leak",
        ),
        ("create table leak (id int); alter table leak owner to onbrand_app", "drop table leak"),
        ("alter role onbrand_app bypassrls", "alter role onbrand_app nobypassrls"),
    ]
    try:
        for weaken, mend in weaknesses:
            with superuser.begin() as connection:
                connection.execute(text(weaken))
            with engine.connect() as connection:
                assert catalogue_problems(connection), weaken
            with superuser.begin() as connection:
                for statement in [mend] if isinstance(mend, str) else mend:
                    connection.execute(text(statement))
        with engine.connect() as connection:
            assert catalogue_problems(connection) == []
    finally:
        engine.dispose()


def test_a_newer_releases_tables_do_not_keep_this_one_from_starting(
    app: Any, superuser: Engine, postgres: RunningPostgres
) -> None:
    """Machines are upgraded one after the other; what the application cannot read unguarded is no danger."""
    engine = create_engine(postgres.app_url.replace("postgresql:", "postgresql+psycopg:", 1))
    guarded = (
        "create table newer (id int); grant select, insert on newer to onbrand_app;"
        " alter table newer enable row level security; alter table newer force row level security"
    )
    try:
        for made, gone in (
            (guarded, "drop table newer"),
            ("create table newer (id int)", "drop table newer"),
            ("create view newer as select * from brand", "drop view newer"),
        ):
            with superuser.begin() as connection:
                connection.execute(text(made))
            with engine.connect() as connection:
                problems = catalogue_problems(connection)
            with superuser.begin() as connection:
                connection.execute(text(gone))
            assert problems == [], made
    finally:
        engine.dispose()


def test_sessions_of_the_orm_are_all_guarded() -> None:
    """The hooks sit on SQLAlchemy's own Session class, so no session can be made without them."""
    from sqlalchemy import event

    from tenants import scope

    assert event.contains(Session, "do_orm_execute", scope._guard_statement)
    assert event.contains(Session, "before_flush", scope._guard_flush)
    assert event.contains(Session, "after_begin", scope._bind_transaction)


def test_a_statement_seen_before_is_judged_like_a_new_one(ana: Agency, rows: Any, without_policies: None) -> None:
    mine, others, _ = rows
    ask = select(Conversation.id)
    for brand_id, found in ((ana.brand_ids[0], mine), (ana.brand_ids[1], others)):
        with in_scope(ana.app, Scope(ana.id, frozenset({brand_id}))):
            assert db.session.scalars(ask).all() == [found]
    for _ in range(2):
        with in_scope(ana.app, ana.scope), pytest.raises(UnguardedStatement):
            db.session.execute(select(Conversation.__table__.c.id))
        with in_scope(ana.app, None), pytest.raises(NoScope):
            db.session.scalars(ask)
