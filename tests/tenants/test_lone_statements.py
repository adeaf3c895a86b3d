"""Statements without a session: what becomes of a kept connection whose server went away."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import Engine, text

from tenants.lone_statements import lone_statements, rows


def _server_process(app: Flask) -> int:
    with app.app_context(), lone_statements() as connection:
        ((pid,),) = rows(connection, "select pg_backend_pid()", {})
    return int(pid)


def test_a_connection_the_server_ended_is_not_handed_out(app: Flask, superuser: Engine) -> None:
    first = _server_process(app)
    assert _server_process(app) == first, "it is kept"
    with superuser.begin() as connection:
        connection.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": first})
    assert _server_process(app) != first
