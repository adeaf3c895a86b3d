"""Every migration on a house in use: before it runs, each table of its time has rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, inspect, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import make_url

from agency.local.postgres import APP_ROLE, OWNER_ROLE, RunningPostgres
from migrations.run import alembic_config, upgrade
from tenants.database import UNSCOPED_TABLES, Base, new_id
from tenants.row_policies import catalogue_problems, policy_statements
from tests.house.rows import ROWS, SECOND, Tenant

LONG = 400
"""Characters of a tenant's mark, which stands in every text: more than any name a migration may want to shorten."""
SWITCHED_OFF = "select tgname from pg_trigger where tgenabled <> 'O'"


@pytest.fixture
def older(postgres: RunningPostgres) -> Iterator[str]:
    """A database that no migration has seen."""
    postgres.create_database("older")
    yield "older"
    postgres.drop_database("older")


def as_role(postgres: RunningPostgres, role: str, database: str) -> Engine:
    return create_engine(make_url(postgres.url(role, database)).set(drivername="postgresql+psycopg"))


def fill(connection: Connection, tenants: list[Tenant], filled: set[str]) -> None:
    """Give each new table its row policy, as the release of its time did, and the rows of each tenant: today's, as far
    as the table had columns for them then.
    """
    then = MetaData()
    for name in set(inspect(connection).get_table_names()) - {"alembic_version"} - filled:
        Table(name, then, autoload_with=connection, resolve_fks=False)
    for now in Base.metadata.sorted_tables:
        table = then.tables.get(now.name)
        if table is None:
            continue
        if table.name not in UNSCOPED_TABLES:
            for statement in policy_statements(table):
                connection.execute(text(statement))
        for tenant in tenants:
            for made in (ROWS, SECOND):
                if table.name in made:
                    row = {**defaults(now), **made[table.name](tenant)}
                    known = {name: value for name, value in row.items() if name in table.columns}
                    connection.execute(insert(table).values(known).on_conflict_do_nothing())
    filled.update(then.tables)


def defaults(table: Table) -> dict[str, Any]:
    """What a model puts into the columns that a row says nothing about."""
    found = {}
    for column in table.columns:
        default: Any = column.default
        if default is not None and (default.is_scalar or default.is_callable):
            found[column.name] = default.arg(None) if default.is_callable else default.arg
    return found


def test_every_migration_runs_on_a_house_with_rows_in_every_table(postgres: RunningPostgres, older: str) -> None:
    tenants = [Tenant(letter * LONG, new_id()) for letter in "MN"]
    owner, superuser = as_role(postgres, OWNER_ROLE, older), as_role(postgres, "postgres", older)
    filled: set[str] = set()
    with owner.connect() as connection:
        config = alembic_config(connection)
        for step in [*ScriptDirectory.from_config(config).walk_revisions()][::-1]:
            command.upgrade(config, step.revision)
            connection.commit()
            with superuser.begin() as filling:
                fill(filling, tenants, filled)
                if step.revision == "0097":  # before names of which nothing is to be seen became none
                    filling.execute(text("update message set author_name = :unseen"), {"unseen": "\u200b\u2060"})
    owner.dispose()
    upgrade(postgres.url(OWNER_ROLE, older), postgres.url(APP_ROLE, older))
    with superuser.connect() as connection:
        for table in Base.metadata.sorted_tables:
            rows = connection.execute(select(table)).all()
            assert len(rows) >= 2, f"{table.name} lost its rows"
        assert connection.execute(text(SWITCHED_OFF)).all() == []
        assert connection.execute(text("select max(length(author_name)) from conversation")).scalar_one() == 100
        assert set(connection.execute(text("select author_name from message")).scalars()) == {None}
    superuser.dispose()
    app = as_role(postgres, APP_ROLE, older)
    with app.connect() as connection:
        assert catalogue_problems(connection) == []
    app.dispose()
