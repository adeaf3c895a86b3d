"""Kept selects go to the driver directly; what goes wrong is raised as SQLAlchemy raises it and mended as it does."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine, Integer, cast, func, literal_column, select, text
from sqlalchemy.exc import DataError, OperationalError, ProgrammingError

from tenants.database import db
from tenants.kept_select import KeptSelect
from tenants.models import Person


def kept(column: Any) -> KeptSelect:
    return KeptSelect(select(column))


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (cast(literal_column("'seven'"), Integer), DataError),
        (func.no_such_function(), ProgrammingError),
        (func.pg_sleep(5), OperationalError),
    ],
)
def test_a_refusal_is_the_one_sqlalchemy_raises(app: Flask, column: Any, kind: type[Exception]) -> None:
    with app.app_context():
        if kind is OperationalError:
            db.session.execute(text("set local statement_timeout = 50").execution_options(raw_sql_reason="a test"))
        with pytest.raises(kind):
            kept(column).rows({})
        db.session.rollback()
        assert kept(literal_column("7")).rows({}) == [(7,)]


def test_a_lost_server_is_told_and_the_next_request_has_a_new_connection(app: Flask, superuser: Engine) -> None:
    with app.app_context():
        ((gone,),) = kept(func.pg_backend_pid()).rows({})
        with superuser.begin() as connection:
            connection.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": gone})
        with pytest.raises(OperationalError) as told:
            kept(literal_column("7")).rows({})
        assert told.value.connection_invalidated
        db.session.rollback()
        db.session.remove()
        assert kept(func.pg_backend_pid()).rows({}) != [(gone,)]


def test_rows_are_plain_tuples_and_waiting_changes_are_written_first(app: Flask) -> None:
    person = Person(id=uuid4(), name="Ada", email="ada@lantern.example", language="en", time_zone="UTC")
    with app.app_context():
        db.session.add(person)
        found = KeptSelect(select(Person.id, Person.name, Person.preferences)).rows({})
        assert found == [(person.id, "Ada", {})]
        assert type(found[0]) is tuple
