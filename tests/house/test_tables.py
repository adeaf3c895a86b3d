"""Every table × every guard: whoever is bound to one brand reaches no other brand's row, by either guard alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, Table, create_engine, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from agency.local.postgres import RunningPostgres
from tenants.database import UNSCOPED_TABLES, Base, db, new_id
from tenants.row_policies import APP_MAY, brand_column, owned_tables, policy_statements
from tenants.scope import BIND, NoScope, OutsideScope, Scope, in_scope
from tests.conftest import empty
from tests.house.rows import ROWS, Tenant, put_a_row_everywhere

REFUSED_BY_POLICY_OR_GRANT = "42501"
OWNED = [table.name for table in owned_tables()]
MODELS: dict[str, Any] = {str(mapper.local_table): mapper.class_ for mapper in Base.registry.mappers}


@dataclass
class House:
    """Rows everywhere of a brand, its sister brand and another agency's brand."""

    app: Flask
    mine: Tenant
    sister: Tenant
    stranger: Tenant

    @property
    def scope(self) -> Scope:
        """My brand alone."""
        return Scope(self.mine.agency_id, frozenset({self.mine.brand_id}))

    def others_of(self, table: Table) -> list[Tenant]:
        """Whose rows of this table are not mine; what only the agency owns is my sister's too."""
        return [self.stranger] if brand_column(table) is None else [self.sister, self.stranger]


@pytest.fixture(scope="module")
def house(base_app: Flask, superuser: Engine) -> House:
    """Made once: no test here may change a row, and every one looks whether it has."""
    with superuser.begin() as connection:
        empty(connection)
    agency_id = new_id()
    made = House(base_app, Tenant("MINE", agency_id), Tenant("SISTER", agency_id), Tenant("STRANGER", new_id()))
    put_a_row_everywhere(superuser, made.mine, made.sister, made.stranger)
    return made


@pytest.fixture(scope="session")
def as_application(postgres: RunningPostgres) -> Iterator[Engine]:
    """Plain SQL as the application's role: guard two alone."""
    engine = create_engine(postgres.app_url.replace("postgresql:", "postgresql+psycopg:", 1))
    yield engine
    engine.dispose()


@contextmanager
def guard_one_alone(table: Table, superuser: Engine) -> Iterator[None]:
    """Row-level security of this table switched off."""
    with superuser.begin() as connection:
        connection.execute(text(f"alter table {table.name} disable row level security"))
    try:
        yield
    finally:
        with superuser.begin() as connection:
            for statement in policy_statements(table):
                connection.execute(text(statement))


def is_theirs(table: Table, tenant: Tenant) -> Any:
    """The condition that finds another tenant's rows of a table."""
    brand = brand_column(table)
    theirs = table.c.agency_id == tenant.agency_id
    return theirs if brand is None else theirs & (table.c[brand] == tenant.brand_id)


def foreign_row(table: Table, tenant: Tenant) -> dict[str, Any]:
    """A further row of that tenant, as whoever wants to plant one would write it."""
    row = ROWS[table.name](tenant)
    return {**row, "id": row["id"] if table.name == "brand" else new_id()}


def rows_of(connection: Connection, table: Table, tenant: Tenant) -> int:
    return len(connection.execute(select(table.c.id).where(is_theirs(table, tenant))).all())


def test_every_table_has_a_row_here() -> None:
    assert set(ROWS) == set(Base.metadata.tables), "Give the new table a line in tests/house/rows.py."


def test_every_table_is_owned_or_says_why_not() -> None:
    assert set(OWNED) | set(UNSCOPED_TABLES) == set(Base.metadata.tables)
    for name in OWNED:
        assert Base.metadata.tables[name].primary_key.columns.keys()[0] == "agency_id", name


def test_the_rows_are_really_there(house: House, superuser: Engine) -> None:
    with superuser.connect() as connection:
        for table in Base.metadata.sorted_tables:
            found = connection.execute(text(f"select count(*) from {table.name}")).scalar_one()
            assert found >= (2 if table.name == "agency" else 3), table.name


@pytest.mark.parametrize("name", OWNED)
def test_guard_two_alone(name: str, house: House, as_application: Engine, superuser: Engine) -> None:
    table = Base.metadata.tables[name]
    allowed = table.info.get("app_may", APP_MAY)
    for other in house.others_of(table):
        with as_application.begin() as connection:
            connection.execute(BIND, house.scope.as_settings())
            assert connection.execute(select(table.c.agency_id).where(is_theirs(table, house.mine))).all()
            assert connection.execute(select(table.c.agency_id).where(is_theirs(table, other))).all() == []
        for deed, statement in (
            ("UPDATE", update(table).where(is_theirs(table, other)).values(agency_id=house.mine.agency_id)),
            ("DELETE", delete(table).where(is_theirs(table, other))),
        ):
            with as_application.connect() as connection:
                connection.execute(BIND, house.scope.as_settings())
                if deed in allowed:
                    assert connection.execute(statement).rowcount == 0, deed
                else:
                    assert refusal(connection, statement) == REFUSED_BY_POLICY_OR_GRANT, deed
        with as_application.connect() as connection:
            connection.execute(BIND, house.scope.as_settings())
            planted = insert(table).values(**foreign_row(table, other))
            assert refusal(connection, planted) == REFUSED_BY_POLICY_OR_GRANT
        if "UPDATE" in allowed:
            with as_application.connect() as connection:
                connection.execute(BIND, house.scope.as_settings())
                given_away = update(table).where(is_theirs(table, house.mine)).values(**owner_columns(table, other))
                assert refusal(connection, given_away) == REFUSED_BY_POLICY_OR_GRANT
        with superuser.connect() as connection:
            assert rows_of(connection, table, other) >= 1


def owner_columns(table: Table, tenant: Tenant) -> dict[str, UUID]:
    brand = brand_column(table)
    owner = {"agency_id": tenant.agency_id}
    return owner if brand is None else {**owner, brand: tenant.brand_id}


def refusal(connection: Connection, statement: Any) -> str:
    """The SQLSTATE this statement is refused with."""
    with pytest.raises(DBAPIError) as refused:
        connection.execute(statement)
    return str(getattr(refused.value.orig, "sqlstate", ""))


@pytest.mark.parametrize("name", OWNED)
def test_nobody_unbound_reaches_anything(name: str, house: House, as_application: Engine) -> None:
    table = Base.metadata.tables[name]
    statements = (
        select(table.c.agency_id),
        insert(table).values(**foreign_row(table, house.mine)),
        update(table).values(agency_id=house.mine.agency_id),
        delete(table),
    )
    for used_before in (False, True):
        for statement in statements:
            with as_application.connect() as connection:
                if used_before:  # after a bound transaction the setting is empty, not missing
                    connection.execute(BIND, house.scope.as_settings())
                    connection.commit()
                refusal(connection, statement)
    with house.app.app_context():
        for orm in (select(MODELS[name]), update(MODELS[name]).values(id=new_id()), delete(MODELS[name])):
            with pytest.raises(NoScope):
                db.session.execute(orm)
        db.session.rollback()


@pytest.mark.parametrize("name", OWNED)
def test_guard_one_alone(name: str, house: House, superuser: Engine) -> None:
    table = Base.metadata.tables[name]
    with guard_one_alone(table, superuser):
        is_held_by_guard_one(table, house, superuser)


def is_held_by_guard_one(table: Table, house: House, superuser: Engine) -> None:
    model = MODELS[table.name]
    allowed = table.info.get("app_may", APP_MAY)
    brand = brand_column(table)
    mine = (house.mine.agency_id, house.mine.brand_id if brand else None)
    with in_scope(house.app, house.scope):
        found = db.session.scalars(select(model)).all()
        assert found
        for row in found:
            assert (row.agency_id, getattr(row, brand) if brand else None) == mine
    for other in house.others_of(table):
        theirs, harmless = is_theirs(table, other), list(table.columns)[-1]
        unchanged = {model_name(model, harmless.name): harmless}
        for statement in (update(model).where(theirs).values(**unchanged), delete(model).where(theirs)):
            if ("UPDATE" if statement.is_update else "DELETE") not in allowed:
                continue
            with in_scope(house.app, house.scope):
                assert db.session.execute(statement.execution_options(synchronize_session=False)).rowcount == 0
        planted = {model_name(model, key): value for key, value in foreign_row(table, other).items()}
        for attempt in (
            lambda: db.session.execute(insert(model).values(**planted)),  # noqa: B023
            lambda: db.session.execute(insert(model), [planted]),  # noqa: B023
            lambda: (db.session.add(model(**planted)), db.session.flush()),  # noqa: B023
            lambda: db.session.execute(update(model).values(**owner_columns(table, other))),  # noqa: B023
        ):
            with pytest.raises(OutsideScope), in_scope(house.app, house.scope):
                attempt()
        with superuser.connect() as connection:
            assert rows_of(connection, table, other) >= 1


def model_name(model: Any, column: str) -> str:
    """The attribute a column is mapped to."""
    return str(model.__mapper__.get_property_by_column(model.__table__.c[column]).key)
